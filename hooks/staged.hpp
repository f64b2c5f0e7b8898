// SPDX-License-Identifier: Apache-2.0
// What the hooks before a commit decide, from exactly the staged bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "hooks/report.hpp"

namespace striatum::hooks {

/// What git and the caller's environment say of a commit that is about to be made.
struct CommitQuestion {
  /// GIT_INDEX_FILE, absolute; nullopt: the worktree's own.
  std::optional<std::string> index_file;
  /// STRIATUM_SESSION_ID; empty: a person.
  std::optional<std::string> session;
  /// STRIATUM_APPLY.
  std::optional<std::string> intent;
  /// The other heads of a merge, which pre-merge-commit gets in the environment (`GITHEAD_<id>`) alone.
  std::vector<std::string> merged;
};

/// pre-commit, pre-merge-commit and pre-applypatch: one decision. What it lets through is noted in the spool.
[[nodiscard]] HookReport check_staged(app::Context& ctx, const CommitQuestion& question);

}  // namespace striatum::hooks
