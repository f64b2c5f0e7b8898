// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "git/discover.hpp"
#include "git/repository.hpp"

namespace striatum::hooks {

/// As `Repository::root_commits`, by what is remembered of an ancestor (`<common dir>/striatum/root-commits`).
[[nodiscard]] std::vector<Oid> root_commits(const git::Places& places, const git::Repository& repository, const Oid& tip);

}  // namespace striatum::hooks
