// SPDX-License-Identifier: Apache-2.0
// The worktrees of jobs, and what is under way with one while git is at work.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "domain/worktree.hpp"
#include "store/connection.hpp"

namespace striatum::store {

/// `Error` 3 when there is none.
[[nodiscard]] JobWorktree get_worktree(Connection& db, const WorktreeId& id);
[[nodiscard]] std::optional<JobWorktree> find_worktree(Connection& db, const WorktreeId& id);
[[nodiscard]] std::optional<JobWorktree> active_worktree(Connection& db, const JobId& job);
/// Active and abandoned ones, of one run or of all, the oldest first.
[[nodiscard]] std::vector<JobWorktree> kept_worktrees(Connection& db, const std::optional<RunId>& run);
/// Kept ones of any attempt of a job, the oldest first.
[[nodiscard]] std::vector<JobWorktree> kept_worktrees_of(Connection& db, const RunId& run, const WorkflowJobId& job);
/// Whole rows with `workflow_job_id`, the oldest first.
[[nodiscard]] Json list_worktrees(Connection& db, const std::optional<RunId>& run);
[[nodiscard]] bool has_active_lease(Connection& db, const LeaseId& lease);

void insert_worktree(Connection& db, const JobWorktree& worktree, Instant now);
/// To `removed`.
void end_worktree(Connection& db, const WorktreeId& id, Instant now);

/// `create`: git makes it, no row speaks of it yet. `remove`: its folder may have been moved aside, to be judged there.
/// `drop`: the rows say removed; what is left on disk goes.
enum class WorktreeStep { create, remove, drop };
struct WorktreeIntent {
  WorktreeId id;
  WorktreeStep step = WorktreeStep::create;
  /// As in the row.
  std::string path;
};
/// Opens it or moves it on.
void set_worktree_intent(Connection& db, const WorktreeIntent& intent, Instant now);
void end_worktree_intent(Connection& db, const WorktreeId& id);
[[nodiscard]] std::vector<WorktreeIntent> worktree_intents(Connection& db);

}  // namespace striatum::store

template <>
inline constexpr std::array<std::string_view, 3> striatum::kWords<striatum::store::WorktreeStep>{"create", "remove",
                                                                                                "drop"};
