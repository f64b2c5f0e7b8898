// SPDX-License-Identifier: Apache-2.0
#include "hooks/sync.hpp"

#include <sys/stat.h>

#include <chrono>
#include <map>
#include <set>

#include "export/paths.hpp"
#include "hooks/index_lock.hpp"
#include "os/repo_files.hpp"

namespace striatum::hooks {
namespace {

using git::Change;
using git::Mode;

/// More paths than this are asked for by looking at the whole tree.
constexpr std::size_t kMaxPathArguments = 1000;
/// Others hold an index for moments only.
constexpr std::chrono::milliseconds kPatience{3'000};

/// The process's umask, which can only be read by setting it.
mode_t file_mask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

struct Side {
  Mode mode = Mode::none;
  std::optional<Oid> blob;
  bool operator==(const Side&) const = default;
};

Side before_of(const Change& change) { return {change.mode_before, change.before}; }
Side after_of(const Change& change) { return {change.mode_after, change.after}; }

Change reversed(const Change& change) {
  return {change.path, change.mode_after, change.mode_before, change.after, change.before};
}

std::map<std::string, Side> by_path(const std::vector<Change>& changes) {
  std::map<std::string, Side> out;
  for (const Change& change : changes) out[change.path] = after_of(change);
  return out;
}

/// One work tree, and where it begins: a commit or tree.
class Checkout {
 public:
  Checkout(const git::Repository& repository, const std::string& folder, const Oid& before)
      : repository_(repository), git_(git::Program(folder).durable()), files_(folder), before_(before.hex()) {}

  /// Returns the paths left alone: all of them while somebody else holds the index.
  std::vector<std::string> bring(const std::vector<Change>& changes) const {
    const auto lock = IndexLock::acquire(git_.git_dir(), kPatience);
    if (!lock) return paths_of(changes);
    const git::PrivateIndex index(git_);
    const std::vector<std::string> paths = arguments(changes);
    const auto staged = by_path(staged_in(index, paths));
    const auto present = by_path(git::worktree_changes(git_, before_, git::StoreBlobs::no, paths));
    std::vector<std::string> alone;
    std::vector<Change> enter;
    for (const Change& change : changes) {
      const Side entry = side(staged, change);
      const Side file = side(present, change);
      const bool free = entry == before_of(change) || entry == after_of(change);
      if (!free || !(file == after_of(change) || (untouched(change, file) && write(change)))) {
        alone.push_back(change.path);
      } else if (entry != after_of(change)) {
        enter.push_back(change);
      }
    }
    if (enter.empty()) return alone;
    index.put(enter);
    static_cast<void>(index.git().run({"update-index", "-q", "--refresh"}));
    lock->publish(index.path());
    return alone;
  }

  void undo_in_files(const std::vector<Change>& changes) const {
    const auto present = by_path(git::worktree_changes(git_, before_, git::StoreBlobs::no, arguments(changes)));
    for (const Change& change : changes) {
      const auto file = present.find(change.path);
      if (file != present.end() && file->second == after_of(change)) static_cast<void>(write(reversed(change)));
    }
  }

 private:
  static std::vector<std::string> paths_of(const std::vector<Change>& changes) {
    std::vector<std::string> out;
    for (const Change& change : changes) out.push_back(change.path);
    return out;
  }

  /// All paths, which is more than was asked for, where they are too many.
  static std::vector<std::string> arguments(const std::vector<Change>& changes) {
    return changes.size() > kMaxPathArguments ? std::vector<std::string>() : paths_of(changes);
  }

  [[nodiscard]] std::vector<Change> staged_in(const git::PrivateIndex& index, const std::vector<std::string>& paths) const {
    if (auto known = repository_.index_changes(index.path(), before_, paths)) return *std::move(known);
    return git::staged_changes(index.git(), before_);
  }

  static Side side(const std::map<std::string, Side>& changed, const Change& change) {
    const auto found = changed.find(change.path);
    return found == changed.end() ? before_of(change) : found->second;
  }

  /// As the commit before has it, and nothing else in the way.
  bool untouched(const Change& change, const Side& file) const {
    if (file != before_of(change)) return false;
    const os::Access access = files_.stat(change.path).access;
    return access == (change.mode_before == Mode::none ? os::Access::absent : os::Access::ok);
  }

  /// False when something stands in the way. Whole files only: by rename.
  bool write(const Change& change) const {
    const bool link = change.mode_before == Mode::link || change.mode_after == Mode::link;
    if (change.mode_after == Mode::none || link) {
      if (change.mode_before != Mode::none && files_.remove(change.path) != os::Access::ok) return false;
      if (change.mode_after == Mode::none) return true;
    }
    if (change.mode_after == Mode::pointer) return true;  // what a submodule holds is its user's
    if (change.mode_after == Mode::link) {
      return files_.write_link(change.path, repository_.blob(*change.after)) == os::Access::ok;
    }
    const mode_t mode = (change.mode_after == Mode::executable ? 0777U : 0666U) & ~file_mask();
    return files_.write_atomically(change.path, bytes(change), mode) == os::Access::ok;
  }

  /// As git would check it out; records have no filters.
  [[nodiscard]] std::string bytes(const Change& change) const {
    if (provenance::place_of(change.path) != provenance::Place::content) return repository_.blob(*change.after);
    return git_.out({"cat-file", "--filters", "--path=" + change.path, change.after->hex()});
  }

  const git::Repository& repository_;
  git::Program git_;
  os::RepoFiles files_;
  std::string before_;
};

}  // namespace

std::vector<std::string> sync_work_trees(const git::Program& git, const git::Repository& repository,
                                         const std::string& ref, const Oid& before, const Oid& after) {
  const auto changes = repository.diff(repository.commit(before).tree, repository.commit(after).tree);
  std::set<std::string> alone;
  for (const git::Worktree& tree : git::worktrees(git)) {
    if (tree.bare || tree.ref != ref || !os::is_directory(tree.path)) continue;
    for (std::string& path : Checkout(repository, tree.path, before).bring(changes)) alone.insert(std::move(path));
  }
  return {alone.begin(), alone.end()};
}

void undo_in_files(const git::Program& git, const git::Repository& repository, const Oid& before,
                   const std::vector<Change>& changes) {
  if (!changes.empty()) Checkout(repository, git.folder(), before).undo_in_files(changes);
}

}  // namespace striatum::hooks
