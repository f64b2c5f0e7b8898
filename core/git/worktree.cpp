// SPDX-License-Identifier: Apache-2.0
#include "git/worktree.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/text.hpp"
#include "os/files.hpp"

namespace striatum::git {
namespace {

struct Side {
  Mode mode = Mode::none;
  std::optional<Oid> blob;
  bool operator==(const Side&) const = default;
};
using Sides = std::map<std::string, Side>;

Sides after_of(const std::vector<Change>& changes) {
  Sides out;
  for (const Change& change : changes) out[change.path] = {change.mode_after, change.after};
  return out;
}

/// git in a worktree, by its parts: a moved folder is not looked up, and git does not write its new place down.
Program program_of(const Places& worktree) {
  return Program(worktree)
      .with_environment("GIT_DIR", worktree.git_dir)
      .with_environment("GIT_WORK_TREE", worktree.work_tree)
      .durable();
}

bool in_some(const Repository& repository, const std::vector<Oid>& trees, const std::string& path, const Side& side) {
  return std::any_of(trees.begin(), trees.end(), [&](const Oid& tree) {
    const auto entry = repository.entry(tree, path);
    return side == (entry ? Side{entry->mode, entry->id} : Side{});
  });
}

std::vector<std::string> nested_repositories(const Program& git) {
  constexpr std::size_t kColumns = 3;
  std::vector<std::string> out;
  for (const auto& row : split(git.out({"status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"}), '\0')) {
    if (row.size() > kColumns && row.ends_with('/')) out.push_back(row.substr(kColumns));
  }
  return out;
}

bool reachable(const Program& git, const Repository& repository, const Oid& head, const std::vector<Oid>& safe) {
  const auto holds = [&](const Oid& commit) { return commit == head || repository.is_ancestor(head, commit); };
  if (std::any_of(safe.begin(), safe.end(), holds)) return true;
  return !git.out({"for-each-ref", "--count=1", "--format=%(refname)", "--contains", head.hex()}).empty();
}

/// As `git stash`: a name of our own where git knows none.
Program with_identity(const Program& git) {
  if (git.run({"var", "GIT_COMMITTER_IDENT"}).ok()) return git;
  Program out = git;
  for (const char* who : {"GIT_AUTHOR", "GIT_COMMITTER"}) {
    out = out.with_environment(std::string(who) + "_NAME", "git striatum")
              .with_environment(std::string(who) + "_EMAIL", "git@striatum");
  }
  return out;
}

}  // namespace

std::optional<std::string> add_worktree(const Program& git, const std::string& folder, const Oid& commit) {
  const os::Finished done = git.run({"worktree", "add", "--quiet", "--detach", "--", folder, commit.hex()});
  return done.ok() ? std::nullopt : std::optional(complaint(done));
}

void forget_worktree(const std::string& common_dir, const std::string& folder) {
  if (os::exists(folder)) return;
  const std::filesystem::path all = std::filesystem::path(common_dir) / "worktrees";
  const std::filesystem::path one = all / std::filesystem::path(folder).filename();
  std::error_code error;
  std::filesystem::remove_all(one, error);
  if (error) os::fail_errno(error.value(), "removing", one.string());
  std::filesystem::remove(all, error);  // as git does with the last one
  if (error && error != std::errc::directory_not_empty) os::fail_errno(error.value(), "removing", all.string());
}

std::optional<Places> worktree_places(const std::string& folder) {
  auto places = discover(folder, Environment::ignore);
  const bool own = places && places->linked && os::real_path(places->work_tree) == os::real_path(folder);
  return own ? places : std::nullopt;
}

Unsaved unsaved_work(const Places& worktree, const std::vector<Oid>& safe) {
  const Program git = program_of(worktree);
  const Repository repository = Repository::open(worktree);
  Unsaved out;
  out.repositories = nested_repositories(git);
  if (const auto operation = operation_in_progress(worktree.git_dir)) out.operation = *operation;
  const auto head = repository.head().commit;
  if (head) out.commits = !reachable(git, repository, *head, safe);
  const Oid head_tree = head ? repository.commit(*head).tree : empty_tree_oid();
  std::vector<Oid> trees;
  for (const Oid& commit : safe) trees.push_back(repository.commit(commit).tree);
  const Sides present = after_of(worktree_changes(git, head_tree.hex(), StoreBlobs::no));
  std::set<std::string> paths;
  for (const auto& [path, side] : present) {
    if (!in_some(repository, trees, path, side)) paths.insert(path);
  }
  for (const auto& [path, side] : after_of(staged_changes(git, head_tree.hex()))) {
    const auto file = present.find(path);
    const bool held = side.mode == Mode::none || (file != present.end() && file->second == side);
    if (!held && !in_some(repository, trees, path, side)) paths.insert(path);
  }
  out.paths.assign(paths.begin(), paths.end());
  return out;
}

Oid save_work(const Places& worktree, const std::string& ref, const std::string& message) {
  const Program git = with_identity(program_of(worktree));
  const Repository repository = Repository::open(worktree);
  const PrivateIndex index(git);
  NewCommit commit;
  if (const auto head = repository.head().commit) commit.parents.push_back(*head);
  const std::optional<Oid> head_tree =
      commit.parents.empty() ? std::nullopt : std::optional(repository.commit(commit.parents.front()).tree);
  const os::Finished staged = index.git().run({"write-tree"});  // fails while paths are unmerged
  static_cast<void>(index.git().out({"add", "--all", "--", ":/"}));
  commit.tree = index.write_tree();
  commit.message = message;
  if (const auto tree = Oid::parse(trim(staged.out)); tree && tree != commit.tree && tree != head_tree) {
    NewCommit aside{*tree, commit.parents, "Index of: " + message, false};
    commit.parents.push_back(commit_tree(git, aside));
  }
  const Oid saved = commit_tree(git, commit);
  static_cast<void>(git.out({"update-ref", "--create-reflog", "-m", "striatum: worktree", ref, saved.hex()}));
  return saved;
}

}  // namespace striatum::git
