// SPDX-License-Identifier: Apache-2.0
// git: reading through libgit2, everything that writes or runs hooks through the `git` program.
// This header settles the common questions by reading plain files, without either.
#pragma once

#include <optional>
#include <string>

#include "domain/oid.hpp"

namespace striatum::git {

/// Where a repository's parts lie. All paths absolute.
struct Places {
  std::string git_dir;         ///< `.git`, or `.git/worktrees/<name>` in a linked worktree
  std::string common_dir;      ///< shared by all worktrees
  std::string work_tree;       ///< top folder of the worktree the search began in; empty when bare
  std::string main_work_tree;  ///< top folder of the main worktree; empty when bare
  bool bare = false;
  bool linked = false;  ///< a linked worktree, where work_tree != main_work_tree
};

/// Which of git's environment variables the search obeys.
enum class Environment { obey, ignore };

/// Finds the repository of `cwd` (absolute) as git does: GIT_DIR, GIT_COMMON_DIR, GIT_WORK_TREE, GIT_CEILING_
/// DIRECTORIES when obeyed, then `.git` folders and files upwards, then bare repositories. nullopt: none.
/// Reads a few plain files (core.worktree and core.bare of the local config included); no child process.
[[nodiscard]] std::optional<Places> discover(const std::string& cwd,
                                             Environment environment = Environment::obey);

/// `refs/heads/<x>` when HEAD of this git dir plainly says so; nullopt: detached, odd, or unreadable: ask
/// `Repository` or the program. Branch may be unborn.
[[nodiscard]] std::optional<std::string> quick_head_ref(const std::string& git_dir);

/// The short branch name of the worktree at `work_tree`, by plain files alone; nullopt as above.
[[nodiscard]] std::optional<std::string> quick_head(const std::string& work_tree);

/// The commit HEAD stands on, when loose files tell (symbolic or detached); nullopt: packed, unborn or odd.
[[nodiscard]] std::optional<Oid> quick_head_commit(const Places& places);

}  // namespace striatum::git
