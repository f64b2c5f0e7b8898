// SPDX-License-Identifier: Apache-2.0
// Which commits were there before our hooks looked: `<common dir>/striatum/baseline`. Its presence says that hooks are
// installed here.
#pragma once

#include <string>
#include <vector>

#include "domain/oid.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

/// `<common dir>/striatum`.
[[nodiscard]] std::string own_folder(const git::Places& places);

[[nodiscard]] bool has_baseline(const git::Places& places);
/// Everything that the branches and HEADs of this repository reach now.
void set_baseline(const git::Places& places);
/// The same, unless there is one.
void set_baseline_once(const git::Places& places);
void forget_baseline(const git::Places& places);
[[nodiscard]] std::vector<Oid> baseline(const git::Places& places);

/// The folders above and at `folder` that `install` is about to make, so that `uninstall` takes away what is empty then.
void remember_missing_folders(const git::Places& places, const std::string& folder);
void forget_made_folders(const git::Places& places);

}  // namespace striatum::hooks
