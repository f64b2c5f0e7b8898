// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace striatum::git {

/// A name git accepts for a branch (the rules of `git check-ref-format --branch`).
[[nodiscard]] bool valid_branch_name(std::string_view name);

}  // namespace striatum::git
