// SPDX-License-Identifier: Apache-2.0
// How the commits of this clone came about: which of them a hook of ours judged, and which went around.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/program.hpp"
#include "git/repository.hpp"

namespace striatum::hooks {

enum class Seen {
  judged,   ///< pre-commit (or pre-merge-commit, pre-applypatch) let exactly these changes through
  applied,  ///< `git striatum apply` made it
  not_run,  ///< cherry-pick, revert or rebase: git runs no pre-commit for it
  changed,  ///< pre-commit judged other changes on the same commit
  around,   ///< git commit, merge or am made it, and no hook judged it: --no-verify, or hooks were switched off
  no_hook   ///< no git command that runs hooks made it here
};
[[nodiscard]] std::string_view to_text(Seen seen);
/// Somebody went around the hooks.
[[nodiscard]] bool went_around(Seen seen);
/// For people: how it went around.
[[nodiscard]] std::string_view explain(Seen seen);

/// What changes, in short: path, mode and blob after it, hashed as git hashes a blob (OpenSSL would cost a commit 1 ms).
[[nodiscard]] std::string changes_digest(std::vector<git::Change> changes);

struct Observed {
  git::Commit commit;
  Seen seen = Seen::no_hook;
};

/// Newest first, at most `kMostObserved`: what `include` reaches and neither `exclude`, nor a remote branch, nor what
/// was there before hooks were installed.
inline constexpr int kMostObserved = 1000;
struct Interest {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};
[[nodiscard]] std::vector<Observed> observe(const git::Places& places, const git::Program& git,
                                            const git::Repository& repository, const Interest& interest);

/// The branches and HEAD of this clone, without the commits that are as they should be. Empty where no hooks are
/// installed.
[[nodiscard]] std::vector<Observed> commits_around(const git::Places& places);

}  // namespace striatum::hooks
