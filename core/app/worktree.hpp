// SPDX-License-Identifier: Apache-2.0
// A git worktree for one job: made under its lease, worked in, applied from, and removed without losing what lies in
// it (docs/design/0005-worktrees.md).
#pragma once

#include <filesystem>
#include <optional>

#include "app/verbs.hpp"
#include "domain/worktree.hpp"

namespace striatum::app {

/// The folder of the job's active worktree, while it is on disk.
[[nodiscard]] std::optional<std::filesystem::path> own_folder(Context& ctx, const JobId& job);
/// Where the work of a job lies: there, else in the work tree of this command.
[[nodiscard]] std::filesystem::path work_folder(Context& ctx, const JobId& job);

[[nodiscard]] Json worktree_create(Context& ctx, const Held& held, const JobId& job);

/// What happens to work that stands nowhere else. `refuse`: nothing is removed; the contract's name saves it.
enum class Leftover { refuse, save, discard };
[[nodiscard]] Json worktree_release(Context& ctx, const WorktreeId& worktree, Leftover leftover);

[[nodiscard]] Json worktree_list(Context& ctx, const std::optional<RunId>& run);

enum class Rehearsal { no, yes };
/// Removes the worktrees that nobody holds a lease for and that hold nothing of their own; names the others.
[[nodiscard]] Json worktree_prune(Context& ctx, const std::optional<RunId>& run, Rehearsal rehearsal);

/// Ends what killed commands left half done; nothing while another command is at it.
void recover_worktrees(Context& ctx);

}  // namespace striatum::app
