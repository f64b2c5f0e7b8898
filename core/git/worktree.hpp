// SPDX-License-Identifier: Apache-2.0
// Linked worktrees: made, judged, saved, forgotten. Deleting their files is the caller's part.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "git/program.hpp"

namespace striatum::git {

/// `git worktree add --detach`; git's complaint when it made none.
[[nodiscard]] std::optional<std::string> add_worktree(const Program& git, const std::string& folder, const Oid& commit);
/// Takes a worktree whose folder is gone out of git's records, also one that git left half made or half removed. The
/// last part of `folder` has to be a name that no other worktree has.
void forget_worktree(const std::string& common_dir, const std::string& folder);

/// The parts of a linked worktree, also when its folder was moved; nullopt where git no longer knows it.
[[nodiscard]] std::optional<Places> worktree_places(const std::string& folder);

/// What would be lost with a worktree.
struct Unsaved {
  /// Changed paths whose content stands in none of the commits asked about, sorted.
  std::vector<std::string> paths;
  /// Folders that are repositories of their own.
  std::vector<std::string> repositories;
  /// HEAD is in no branch or tag.
  bool commits = false;
  /// `merge`, `rebase`, … under way.
  std::optional<std::string> operation;

  [[nodiscard]] bool nothing() const { return paths.empty() && repositories.empty() && !commits && !operation; }
  /// All of it can be put into a commit.
  [[nodiscard]] bool can_be_saved() const { return repositories.empty() && !operation; }
};
/// Compares files and index with HEAD; ignored files count as nothing, as in git. `safe`: commits that stay.
[[nodiscard]] Unsaved unsaved_work(const Places& worktree, const std::vector<Oid>& safe);

/// Puts all of it, untracked files included, into a commit that `ref` names; an index of its own becomes a second
/// parent, as `git stash` does it. The worktree stays as it is.
Oid save_work(const Places& worktree, const std::string& ref, const std::string& message);

}  // namespace striatum::git
