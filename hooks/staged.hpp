// SPDX-License-Identifier: Apache-2.0
// What the hooks of a commit decide, from exactly the staged bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"

namespace striatum::hooks {

struct StagedReport {
  /// Each stops the commit: a path, why, and what to do.
  std::vector<std::string> refusals;
  std::vector<std::string> hints;
  std::vector<std::string> warnings;
};

struct StagedQuestion {
  /// GIT_INDEX_FILE, absolute; nullopt: the worktree's own.
  std::optional<std::string> index_file;
  /// STRIATUM_SESSION_ID.
  std::optional<std::string> session;
  /// STRIATUM_APPLY.
  std::optional<std::string> intent;
};

/// pre-commit.
[[nodiscard]] StagedReport check_staged(app::Context& ctx, const StagedQuestion& question);
/// commit-msg: the trailers of the message in `file`.
[[nodiscard]] StagedReport check_message(app::Context& ctx, const StagedQuestion& question, const std::string& file);

}  // namespace striatum::hooks
