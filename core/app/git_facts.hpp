// SPDX-License-Identifier: Apache-2.0
// What verbs ask of git: where HEAD is, whether it fits the confirmed branch, what a job changed.
#pragma once

#include <optional>
#include <string>

#include "app/context.hpp"
#include "domain/records.hpp"

namespace striatum::app {

/// Short name of the branch checked out (an unborn one too); nullopt when detached or outside git.
[[nodiscard]] std::optional<std::string> current_branch(const Context& ctx);
/// Commit id of HEAD; nullopt outside git and on an unborn branch.
[[nodiscard]] std::optional<std::string> head_commit(const Context& ctx);
/// Commit id of a revision; nullopt when it names none.
[[nodiscard]] std::optional<std::string> commit_of(const Context& ctx, const std::string& revision);

/// Strict: HEAD descends from the confirmed base and is the branch, detached, or in a linked worktree (7).
void require_on_branch(const Context& ctx, const Run& run);

/// Strict `branch confirm`, before anything is changed (7).
struct BranchRequest {
  std::string branch;
  bool create = false;
  bool allow_protected = false;
  bool allow_dirty = false;
};
void require_confirmable(const Context& ctx, const BranchRequest& request);

/// What a repo-write job changed in its scope since its base.
struct Snapshot {
  /// Canonical `[{path, mode, blob}]`, sorted by path; a deleted path has null mode and blob.
  std::string rows;
  /// SHA-256 of `rows`, hex.
  std::string digest;
};
/// nullopt where no base is known or there is no git repository. Files that reviews of the run publish, or are
/// expected to, are not part of it, nor is `coming_review`, which is about to be published.
[[nodiscard]] std::optional<Snapshot> take_snapshot(Context& ctx, const Job& job,
                                                    const std::optional<std::string>& base,
                                                    const std::string& coming_review = {});

/// The strictness a run prepared now gets: STRIATUM_STRICT=1, else `striatum.strict`, else by name.
[[nodiscard]] bool default_strict(const Context& ctx);
/// A run's strictness here and now: what was frozen, tightened by STRIATUM_STRICT=1.
[[nodiscard]] bool is_strict(const Run& run);

}  // namespace striatum::app
