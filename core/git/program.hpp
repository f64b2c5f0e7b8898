// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "domain/oid.hpp"
#include "git/discover.hpp"
#include "git/names.hpp"
#include "git/repository.hpp"
#include "os/files.hpp"
#include "os/process.hpp"

namespace striatum::git {

struct HookResult {
  int exit_code = 0;
  std::string output;  ///< both streams
};

/// The `git` program in one folder. Arguments as a vector, LC_ALL=C, no terminal prompt, no pager, never a
/// shell. GIT_DIR and the other variables that name a repository are not inherited.
class Program {
 public:
  /// `folder`: a worktree's top, or a bare repository. Where `places` are given, GIT_DIR and GIT_WORK_TREE
  /// are set from them, so that the child means exactly this repository.
  explicit Program(std::string folder);
  explicit Program(const Places& places);

  /// A copy whose children use this index file instead of the worktree's own.
  [[nodiscard]] Program with_index(const std::string& index_file) const;
  [[nodiscard]] Program with_environment(const std::string& name, std::optional<std::string> value) const;
  /// A copy whose children sync what they write (`-c core.fsync=all`).
  [[nodiscard]] Program durable() const;

  /// Runs `git ARGS…`; whatever its exit.
  [[nodiscard]] os::Finished run(std::vector<std::string> args, std::string input = {}) const;
  /// Standard output of a call that has to succeed; else `Error` 1 of kind `git_failed` with git's first
  /// line.
  [[nodiscard]] std::string out(std::vector<std::string> args, std::string input = {}) const;
  /// `out` without the final line break.
  [[nodiscard]] std::string line(std::vector<std::string> args, std::string input = {}) const;

  /// The child as it would be run, in the user's locale: for what needs a deadline or the terminal.
  [[nodiscard]] os::Command command(std::vector<std::string> args) const;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// The parts of the repository that the children mean. `Error` 3 when there is none.
  [[nodiscard]] const Places& places() const;
  [[nodiscard]] const std::string& git_dir() const { return places().git_dir; }

 private:
  std::string folder_;
  std::optional<Places> places_;
  std::vector<std::string> options_;
  std::vector<std::pair<std::string, std::optional<std::string>>> environment_;
};

/// git's own words of a failed call: the first line of its standard error without `fatal: `, on one line.
[[nodiscard]] std::string complaint(const os::Finished& finished);

// ---- configuration -------------------------------------------------------------------------------------

/// The whole configuration as `git config --list -z` tells it: -c, includes and scopes count. Keys as git
/// prints them (section and name lower case). One child process for any number of questions.
class Config {
 public:
  [[nodiscard]] static Config read(const Program& git);
  /// Last value; nullopt when unset.
  [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view key) const;
  /// Is anything set whose key begins so?
  [[nodiscard]] bool any(std::string_view beginning) const;
  /// As `git config --type=bool`; `Error` 1 (`bad_config`) for a value that is neither.
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;

 private:
  std::multimap<std::string, std::string, std::less<>> values_;
};

// ---- questions -----------------------------------------------------------------------------------------

/// Where refs/remotes/origin/HEAD points; else the first of init.defaultBranch, `main`, `master` that exists
/// as a local branch. Short name.
[[nodiscard]] std::optional<std::string> default_branch(const Repository& repository, const Config& config);

/// Tracked paths with staged or unstaged changes (`git status -uno`), sorted.
[[nodiscard]] std::vector<std::string> changed_tracked(const Program& git);

/// `merge`, `rebase`, `am`, `cherry-pick`, `revert` or `bisect` when one is under way in this git dir.
[[nodiscard]] std::optional<std::string_view> operation_in_progress(const std::string& git_dir);

/// `branch confirm --create`: `checkout -b NAME`, if that fails `checkout NAME`.
struct CheckoutResult {
  bool ok = false;
  bool created = false;
  std::string complaint;  ///< git's, when both failed
};
[[nodiscard]] CheckoutResult checkout_or_create(const Program& git, const std::string& branch);

struct Worktree {
  std::string path;
  std::optional<std::string> ref;
  std::optional<Oid> head;
  bool bare = false;
};
[[nodiscard]] std::vector<Worktree> worktrees(const Program& git);

/// Of `paths`, those that git ignores.
[[nodiscard]] std::vector<std::string> ignored(const Program& git, const std::vector<std::string>& paths);

// ---- changed paths -------------------------------------------------------------------------------------

/// Parses `git diff --raw -z --no-renames --no-abbrev` (also of diff-index, diff-files, diff-tree). A zero id
/// with a mode (`after` not hashed yet) is nullopt.
[[nodiscard]] std::vector<Change> parse_raw_diff(std::string_view bytes);
/// Index against a tree, `git diff --cached --raw -z`.
[[nodiscard]] std::vector<Change> staged_changes(const Program& git, const std::string& tree_ish);
/// Work tree against a tree, with clean filters applied, untracked files included, ignored ones not; only
/// below `scopes` (literal paths) when some are given. Uses a private copy of the index; the real one is not
/// touched. Whether the blobs are stored too is up to `store`.
enum class StoreBlobs { no, yes };
[[nodiscard]] std::vector<Change> worktree_changes(const Program& git, const std::string& tree_ish,
                                                   StoreBlobs store,
                                                   const std::vector<std::string>& scopes = {});

// ---- writing ---------------------------------------------------------------------------------------------

/// `git hash-object -w --no-filters`, one child for any number of them.
[[nodiscard]] std::vector<Oid> store_blobs(const Program& git, const std::vector<std::string>& contents);

/// A temporary index file: in the git dir and removed at the end, unless a folder is given.
class PrivateIndex {
 public:
  /// A copy of the worktree's index, what git knows of its files' times included. With StoreBlobs::no what its `git()`
  /// writes goes with it.
  explicit PrivateIndex(const Program& git, StoreBlobs store = StoreBlobs::yes);
  /// The same, then set to `tree_ish`. It lies in `folder`, which is the caller's to make and to remove.
  PrivateIndex(const Program& git, const std::string& tree_ish, const std::string& folder);
  PrivateIndex(const PrivateIndex&) = delete;
  PrivateIndex& operator=(const PrivateIndex&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const Program& git() const { return git_; }
  /// Sets or removes (`mode_after` none) entries, by `update-index --index-info`.
  void put(const std::vector<Change>& changes) const;
  [[nodiscard]] Oid write_tree() const;

 private:
  std::optional<os::TemporaryFolder> folder_;
  std::string path_;
  Program git_;
};

struct NewCommit {
  Oid tree;
  std::vector<Oid> parents;
  std::string message;
  bool sign = false;
};
/// `git commit-tree`; author and committer are the user's.
[[nodiscard]] Oid commit_tree(const Program& git, const NewCommit& commit,
                              std::optional<std::chrono::milliseconds> deadline = std::nullopt);

/// `git update-ref -m WHY REF NEW OLD`: false when the ref is no longer at `old`.
[[nodiscard]] bool update_ref(const Program& git, const std::string& ref, const Oid& now, const Oid& old,
                              const std::string& why);

/// `git hook run --ignore-missing NAME -- ARGS…` (git ≥ 2.36), in the user's own locale.
[[nodiscard]] HookResult run_hook(const Program& git, const std::string& name,
                                  const std::vector<std::string>& args = {});

/// As `git stripspace`: no white space at the ends of lines, no empty line twice or at either end of the text.
[[nodiscard]] std::string strip_space(std::string_view text);
/// `git interpret-trailers`: the message with these `Key: value` lines in its trailer block.
[[nodiscard]] std::string add_trailers(const Program& git, const std::string& message,
                                       const std::vector<std::string>& trailers);
/// The trailers of a message as `--parse` prints them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> trailers(const Program& git,
                                                                        const std::string& message);

/// Folder where git looks for hooks in this worktree, absolute (`rev-parse --git-path hooks`).
[[nodiscard]] std::string hooks_folder(const Program& git);
/// The same, without a child where the configuration names no other folder.
[[nodiscard]] std::string hooks_folder(const Program& git, const Config& config);
/// Whether `run_hook` may find something to run: a file, or any hook in a configuration that git reads hooks from.
[[nodiscard]] bool has_hook(const Program& git, const Config& config, const std::string& name);

/// From 2.54 on git also runs what the configuration names (`hook.<name>.command`).
[[nodiscard]] bool reads_configured_hooks(const Program& git);

/// (major, minor) of the git program.
[[nodiscard]] std::pair<int, int> version(const Program& git);

}  // namespace striatum::git
