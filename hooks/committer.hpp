// SPDX-License-Identifier: Apache-2.0
// Whose commit this is: a session's, which is held to its write scope, or nobody's that we know.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "domain/records.hpp"
#include "git/program.hpp"
#include "store/apply.hpp"

namespace striatum::hooks {

struct Committer {
  SessionId session;
  Job job;
};

/// The session that is named: `environment` (STRIATUM_SESSION_ID; empty: a person commits), else the worktree's own
/// configuration (`git config --worktree striatum.session`).
struct NamedSession {
  bool person = false;
  std::optional<std::string> id;
};
[[nodiscard]] NamedSession named_session(const git::Program& git, const std::optional<std::string>& environment);

struct WhoCommits {
  std::optional<Committer> committer;
  /// A session was named, and has no work in hand.
  std::optional<std::string> idle;
  /// Jobs that sessions work on in this worktree.
  std::vector<Job> at_work;
};
/// The named session, else the one of the only live repo-write lease of this worktree, else nobody.
[[nodiscard]] WhoCommits who_commits(app::Context& ctx, const NamedSession& named);

}  // namespace striatum::hooks
