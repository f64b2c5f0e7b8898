// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "domain/states.hpp"

namespace striatum {

using WorktreeId = Id<struct WorktreeTag>;

/// `released` stands in the contract and is never written.
enum class WorktreeState { active, released, removed, abandoned };
template <>
inline constexpr std::array<std::string_view, 4> kWords<WorktreeState>{"active", "released", "removed", "abandoned"};

/// A git worktree that was made for one job under one lease.
struct JobWorktree {
  WorktreeId id;
  RunId run;
  JobId job;
  LeaseId lease;
  std::string base_branch;
  /// Relative to the place's root.
  std::string path;
  WorktreeState state = WorktreeState::active;
};

}  // namespace striatum
