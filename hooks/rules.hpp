// SPDX-License-Identifier: Apache-2.0
// What may stand in a commit at all, whoever makes it: the same for what is staged and for what leaves.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "git/repository.hpp"
#include "hooks/report.hpp"

namespace striatum::hooks {

/// How to get a path out again.
using Undo = std::function<std::string(const std::string& path)>;

/// Nothing from `.striatum/`; in record folders only new files whose name is their digest; no private key in anything
/// headed for `.provenance/`.
void check_rules(const git::Repository& repository, const std::vector<git::Change>& changes, const Undo& undo,
                 HookReport& report);

}  // namespace striatum::hooks
