// SPDX-License-Identifier: Apache-2.0
#include "hooks/sync.hpp"

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "os/repo_files.hpp"

namespace striatum::hooks {
namespace {

using git::Change;
using git::Mode;

/// More paths than this are asked for by looking at the whole tree.
constexpr std::size_t kMaxPathArguments = 1000;

struct Side {
  Mode mode = Mode::none;
  std::optional<Oid> blob;
  bool operator==(const Side&) const = default;
};

Side before_of(const Change& change) { return {change.mode_before, change.before}; }
Side after_of(const Change& change) { return {change.mode_after, change.after}; }

std::map<std::string, Side> by_path(const std::vector<Change>& changes) {
  std::map<std::string, Side> out;
  for (const Change& change : changes) out[change.path] = after_of(change);
  return out;
}

/// What a work tree has at the paths of a commit's change.
class Checkout {
 public:
  Checkout(const std::string& folder, const Oid& before, const std::vector<Change>& changes)
      : git_(git::Program(folder).durable()), files_(folder) {
    std::vector<std::string> paths;
    for (const Change& change : changes) paths.push_back(change.path);
    if (paths.size() > kMaxPathArguments) paths.clear();
    index_ = by_path(git::staged_changes(git_, before.hex()));
    tree_ = by_path(git::worktree_changes(git_, before.hex(), git::StoreBlobs::no, paths));
  }

  /// Returns the paths left alone.
  std::vector<std::string> bring(const std::vector<Change>& changes) {
    std::vector<std::string> alone;
    std::vector<Change> enter;
    std::vector<Change> write;
    for (const Change& change : changes) {
      const Side index = side(index_, change);
      const Side tree = side(tree_, change);
      const bool written = tree == after_of(change);
      if ((index != before_of(change) && index != after_of(change)) || (!written && !untouched(change, tree))) {
        alone.push_back(change.path);
        continue;
      }
      if (index != after_of(change)) enter.push_back(change);
      if (!written) write.push_back(change);
    }
    if (!put(enter)) {
      for (const Change& change : changes) alone.push_back(change.path);
      return alone;
    }
    write_files(write);
    if (!enter.empty()) static_cast<void>(git_.run({"update-index", "-q", "--refresh"}));
    return alone;
  }

 private:
  static Side side(const std::map<std::string, Side>& changed, const Change& change) {
    const auto found = changed.find(change.path);
    return found == changed.end() ? before_of(change) : found->second;
  }

  /// As the commit before has it, and nothing in the way that git would have to remove.
  bool untouched(const Change& change, const Side& tree) const {
    if (tree != before_of(change)) return false;
    const auto found = files_.stat(change.path);
    if (change.mode_before == Mode::none) return found.access == os::Access::absent;
    return found.access == os::Access::ok;
  }

  /// Another program may hold the index for a moment; its lock is never removed.
  bool put(const std::vector<Change>& changes) const {
    if (changes.empty()) return true;
    std::string input;
    for (const Change& change : changes) {
      const bool gone = change.mode_after == Mode::none;
      input += (gone ? "0" : git::to_octal(change.mode_after)) + ' ' + change.after.value_or(Oid{}).hex() + '\t' +
               change.path + '\0';
    }
    constexpr int kTries = 40;
    for (int i = 0; i < kTries; ++i) {
      if (git_.run({"update-index", "-z", "--index-info"}, input).ok()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

  void write_files(const std::vector<Change>& changes) const {
    std::string input;
    for (const Change& change : changes) {
      if (change.mode_after == Mode::none) {
        static_cast<void>(files_.remove(change.path));
      } else if (change.mode_after != Mode::pointer) {
        input += change.path + '\0';
      }
    }
    if (input.empty()) return;
    static_cast<void>(git_.out({"checkout-index", "-f", "-u", "-q", "-z", "--stdin"}, std::move(input)));
  }

  git::Program git_;
  os::RepoFiles files_;
  std::map<std::string, Side> index_;
  std::map<std::string, Side> tree_;
};

}  // namespace

std::vector<std::string> sync_work_trees(const git::Program& git, const git::Repository& repository,
                                         const std::string& ref, const Oid& before, const Oid& after) {
  const auto changes = repository.diff(repository.commit(before).tree, repository.commit(after).tree);
  std::set<std::string> alone;
  for (const git::Worktree& tree : git::worktrees(git)) {
    if (tree.bare || tree.ref != ref || !os::is_directory(tree.path)) continue;
    for (std::string& path : Checkout(tree.path, before, changes).bring(changes)) alone.insert(std::move(path));
  }
  return {alone.begin(), alone.end()};
}

}  // namespace striatum::hooks
