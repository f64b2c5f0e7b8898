// SPDX-License-Identifier: Apache-2.0
// What the git program changes or prepares: indexes, objects, refs, hooks, messages.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "git/program.hpp"
#include "os/files.hpp"

namespace striatum::git {
namespace {

std::vector<std::string> diff_arguments(const std::string& tree_ish) {
  return {"diff",
          "--cached",
          "--raw",
          "-z",
          "--no-renames",
          "--no-abbrev",
          "--no-ext-diff",
          "--no-textconv",
          "--ignore-submodules=none",
          tree_ish};
}

std::optional<Oid> present_id(std::string_view hex, Mode mode) {
  const auto id = Oid::parse(hex);
  return mode == Mode::none || !id || id->zero() ? std::nullopt : id;
}

/// `:100644 100755 <id> <id> M`
std::optional<Change> parse_raw_header(std::string_view header) {
  constexpr std::size_t kLength = 1 + 6 + 1 + 6 + 1 + 40 + 1 + 40 + 2;
  if (header.size() < kLength || header.front() != ':') return std::nullopt;
  const auto before = parse_mode(header.substr(1, 6));
  const auto after = parse_mode(header.substr(8, 6));
  if (!before || !after) return std::nullopt;
  Change change;
  change.mode_before = *before;
  change.mode_after = *after;
  change.before = present_id(header.substr(15, 40), *before);
  change.after = present_id(header.substr(56, 40), *after);
  return change;
}

/// Copies an index with its time into a folder that goes away: git tells by the time which entries it must look at
/// again.
void copy_index(const std::string& from, const std::string& to) {
  struct stat info {};
  const auto bytes = os::read_file(from, std::size_t{1} << 31);
  if (!bytes || ::stat(from.c_str(), &info) != 0) return;
  os::write_scratch(to, *bytes);
  const std::array<timespec, 2> times{info.st_atim, info.st_mtim};
  ::utimensat(AT_FDCWD, to.c_str(), times.data(), 0);
}

/// New objects go into a folder that nobody will want, beside the real ones.
Program with_scratch_objects(const Program& git, const std::string& folder) {
  os::make_scratch_folder(folder);
  return git.with_environment("GIT_OBJECT_DIRECTORY", folder)
      .with_environment("GIT_ALTERNATE_OBJECT_DIRECTORIES", os::path_join(git.places().common_dir, "objects"));
}

void add_pathspecs(std::vector<std::string>& args, const std::vector<std::string>& scopes) {
  args.emplace_back("--");
  for (const auto& scope : scopes) args.push_back(":(top,literal)" + scope);
}

/// Paths below the scopes whose state in the work tree is not that of the index, nested repositories left
/// out.
std::vector<std::string> touched_paths(const Program& git, const std::vector<std::string>& scopes) {
  constexpr std::size_t kColumns = 3;
  std::vector<std::string> args{
      "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"};
  add_pathspecs(args, scopes);
  std::vector<std::string> paths;
  for (const auto& entry : split(git.out(std::move(args)), '\0')) {
    if (entry.size() > kColumns && !entry.ends_with('/')) paths.push_back(entry.substr(kColumns));
  }
  return paths;
}

bool is_pointer(const Change& change) { return change.mode_after == Mode::pointer; }

bool names_something(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

/// One child at most: `git add` of all that is below the scopes, which refuses to be asked for what is not there. No
/// answer where it takes another view than we do: it refuses ignored scopes too, and makes pointers of nested repositories.
std::optional<std::vector<Change>> changes_by_adding(const Program& git, const std::string& tree_ish, StoreBlobs store,
                                                     const std::vector<std::string>& scopes) {
  const PrivateIndex index(git, store);
  std::vector<std::string> present = scopes.empty() ? std::vector<std::string>{""} : scopes;
  const auto first_gone = std::stable_partition(present.begin(), present.end(), [&](const std::string& scope) {
    return names_something(os::path_join(git.folder(), scope));
  });
  const std::vector<std::string> gone(first_gone, present.end());
  present.erase(first_gone, present.end());
  if (!present.empty()) {
    std::vector<std::string> args{"add", "--all", "--sparse"};
    add_pathspecs(args, present);
    if (!index.git().run(std::move(args)).ok()) return std::nullopt;
  }
  auto changes = Repository::open(git.places()).index_changes(index.path(), tree_ish, scopes, gone);
  if (!changes || std::any_of(changes->begin(), changes->end(), is_pointer)) return std::nullopt;
  return changes;
}

void update_from_worktree(const Program& git, const std::vector<std::string>& paths) {
  std::string input;
  for (const auto& path : paths) input += path + '\0';
  if (!paths.empty()) {
    static_cast<void>(
        git.out({"update-index", "--add", "--remove", "--replace", "-z", "--stdin"}, std::move(input)));
  }
}

/// Three children, right for everything.
std::vector<Change> changes_path_by_path(const Program& git, const std::string& tree_ish, StoreBlobs store,
                                         const std::vector<std::string>& scopes) {
  const PrivateIndex index(git, store);
  update_from_worktree(index.git(), touched_paths(index.git(), scopes));
  auto args = diff_arguments(tree_ish);
  add_pathspecs(args, scopes);
  return parse_raw_diff(index.git().out(std::move(args)));
}

Oid store_blob(const Program& git, std::string_view bytes) {
  const auto id = Oid::parse(git.line({"hash-object", "-w", "--no-filters", "--stdin"}, std::string(bytes)));
  if (!id) fail(Code::general, "git_failed", "git hash-object: no id");
  return *id;
}

}  // namespace

std::vector<Change> parse_raw_diff(std::string_view bytes) {
  std::vector<Change> changes;
  const auto fields = split(bytes, '\0');
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    auto change = parse_raw_header(fields[i]);
    if (!change) fail(Code::general, "git_failed", "git diff: unexpected row " + quote(fields[i]));
    change->path = fields[i + 1];
    changes.push_back(std::move(*change));
  }
  return changes;
}

std::vector<Change> staged_changes(const Program& git, const std::string& tree_ish) {
  auto args = diff_arguments(tree_ish);
  add_pathspecs(args, {});
  return parse_raw_diff(git.out(std::move(args)));
}

std::vector<Change> worktree_changes(const Program& git, const std::string& tree_ish, StoreBlobs store,
                                     const std::vector<std::string>& scopes) {
  if (auto changes = changes_by_adding(git, tree_ish, store, scopes)) return *std::move(changes);
  return changes_path_by_path(git, tree_ish, store, scopes);
}

std::vector<Oid> store_blobs(const Program& git, const std::vector<std::string>& contents) {
  const os::TemporaryFolder folder(git.git_dir());
  std::string paths;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::string path = os::path_join(folder.path(), std::to_string(i));
    os::write_scratch(path, contents[i]);
    paths += path + "\n";
  }
  std::vector<Oid> out;
  // A line is a path: git folders whose name has a line break are no place for it.
  if (folder.path().find('\n') != std::string::npos) {
    for (const std::string& bytes : contents) out.push_back(store_blob(git, bytes));
    return out;
  }
  for (const std::string& line : split(git.out({"hash-object", "-w", "--no-filters", "--stdin-paths"}, paths), '\n')) {
    if (const auto id = Oid::parse(line)) out.push_back(*id);
  }
  if (out.size() != contents.size()) fail(Code::general, "git_failed", "git hash-object: too few ids");
  return out;
}

PrivateIndex::PrivateIndex(const Program& git, StoreBlobs store)
    : folder_(std::in_place, git.git_dir()),
      path_(os::path_join(folder_->path(), "index")),
      git_(git.with_index(path_)) {
  if (store == StoreBlobs::no) git_ = with_scratch_objects(git_, os::path_join(folder_->path(), "objects"));
  copy_index(os::path_join(git.git_dir(), "index"), path_);
}

PrivateIndex::PrivateIndex(const Program& git, const std::string& tree_ish, const std::string& folder)
    : path_(os::path_join(folder, "index")), git_(git.with_index(path_)) {
  copy_index(os::path_join(git.git_dir(), "index"), path_);
  static_cast<void>(git_.out({"read-tree", "--reset", tree_ish}));
}

void PrivateIndex::put(const std::vector<Change>& changes) const {
  std::string input;
  for (const Change& change : changes) {
    const bool gone = change.mode_after == Mode::none;
    input += (gone ? "0" : to_octal(change.mode_after)) + ' ' + change.after.value_or(Oid{}).hex() + '\t' +
             change.path;
    input += '\0';
  }
  if (!changes.empty()) static_cast<void>(git_.out({"update-index", "-z", "--index-info"}, std::move(input)));
}

Oid PrivateIndex::write_tree() const {
  const auto id = Oid::parse(git_.line({"write-tree"}));
  if (!id) fail(Code::general, "git_failed", "git write-tree: no id");
  return *id;
}

Oid commit_tree(const Program& git, const NewCommit& commit,
                std::optional<std::chrono::milliseconds> deadline) {
  std::vector<std::string> args{"commit-tree"};
  for (const Oid& parent : commit.parents) args.insert(args.end(), {"-p", parent.hex()});
  // Signing follows the user's own settings; without it no default may sneak in.
  args.push_back(commit.sign ? "-S" : "--no-gpg-sign");
  args.insert(args.end(), {"-F", "-", commit.tree.hex()});
  os::Command child = git.command(std::move(args));
  child.input = commit.message;
  child.deadline = deadline;
  child.own_group = false;  // the signing program may ask on the terminal
  const os::Finished finished = os::run(child);
  const auto id = Oid::parse(trim(finished.out));
  if (!finished.ok() || !id) fail(Code::general, "git_failed", "git commit-tree: " + complaint(finished));
  return *id;
}

bool update_ref(const Program& git, const std::string& ref, const Oid& now, const Oid& old,
                const std::string& why) {
  const os::Finished finished = git.run({"update-ref", "-m", why, ref, now.hex(), old.hex()});
  if (finished.ok()) return true;
  const os::Finished current = git.run({"rev-parse", "--verify", "--quiet", ref});
  if (Oid::parse(trim(current.out)) != old) return false;
  fail(Code::general, "git_failed", "git update-ref: " + complaint(finished));
}

HookResult run_hook(const Program& git, const std::string& name, const std::vector<std::string>& args) {
  std::vector<std::string> words{"hook", "run", "--ignore-missing", name, "--"};
  words.insert(words.end(), args.begin(), args.end());
  os::Command child = git.command(std::move(words));
  child.environment.emplace_back("GIT_EDITOR", ":");
  os::Finished finished = os::run(child);
  return {finished.signal != 0 ? 128 + finished.signal : finished.exit_code, finished.out + finished.err};
}

std::string strip_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  std::string out;
  bool gap = false;
  for (const std::string& line : split(text, '\n')) {
    const auto last = line.find_last_not_of(kSpace);
    if (last == std::string::npos) {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) out += '\n';
    gap = false;
    out += line.substr(0, last + 1) + '\n';
  }
  return out;
}

std::string add_trailers(const Program& git, const std::string& message,
                         const std::vector<std::string>& trailers) {
  std::vector<std::string> args{"interpret-trailers", "--if-exists", "replace"};
  for (const auto& trailer : trailers) args.insert(args.end(), {"--trailer", trailer});
  return git.out(std::move(args), message);
}

std::vector<std::pair<std::string, std::string>> trailers(const Program& git, const std::string& message) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& line : split(git.out({"interpret-trailers", "--parse"}, message), '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string::npos) {
      result.emplace_back(line.substr(0, colon), std::string(trim(std::string_view(line).substr(colon + 1))));
    }
  }
  return result;
}

}  // namespace striatum::git
