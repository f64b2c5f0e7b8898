// SPDX-License-Identifier: Apache-2.0
#include "git/repository.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "git/index_file.hpp"
#include "git/library.hpp"
#include "git/objects.hpp"
#include "git/trees.hpp"
#include "os/files.hpp"

namespace striatum::git {
namespace {

using Repo = Handle<git_repository, git_repository_free>;
using Odb = Handle<git_odb, git_odb_free>;
using OdbObject = Handle<git_odb_object, git_odb_object_free>;
using Reference = Handle<git_reference, git_reference_free>;
using Object = Handle<git_object, git_object_free>;
using Blob = Handle<git_blob, git_blob_free>;
using Walk = Handle<git_revwalk, git_revwalk_free>;

constexpr std::string_view kBranches = "refs/heads/";

[[noreturn]] void fail_missing(const Oid& id) {
  fail(Code::not_found, std::string(kMissingObject), "object is not in this clone: " + quote(id.hex()),
       {"a shallow or partial clone lacks it: git fetch --unshallow"});
}

/// `check`, with a missing object told apart.
void check_history(int code, std::string_view doing) {
  if (code == GIT_ENOTFOUND) {
    fail(Code::not_found, std::string(kMissingObject), std::string(doing) + ": " + last_message());
  }
  check(code, doing);
}

[[noreturn]] void fail_open(int code, const std::string& path) {
  const std::string cause = last_message();
  if (code == GIT_ENOTFOUND) refuse(Code::not_found, "no git repository here: " + quote(path), {"git init"});
  if (code == GIT_EOWNER) {
    fail(Code::general, "unsafe_owner", "repository belongs to somebody else: " + quote(path),
         {"git config --global --add safe.directory " + path});
  }
  if (cause.find("objectformat") != std::string::npos) {
    fail(Code::not_found, "unsupported_repository",
         "repository with SHA-256 object names is not supported: " + quote(path));
  }
  fail(Code::general, "unsupported_repository", "repository cannot be opened: " + quote(path) + ": " + cause);
}

Repo open_repo(const std::string& path) {
  ensure_library();
  git_repository* repo = nullptr;
  const int code = git_repository_open_ext(&repo, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (code < 0) fail_open(code, path);
  return Repo(repo);
}

/// GIT_OBJECT_DIRECTORY and its alternates: in a server's hooks new objects lie in quarantine.
void add_environment_objects(git_odb* odb) {
  const char* main = std::getenv("GIT_OBJECT_DIRECTORY");
  if (main == nullptr) return;
  std::vector<std::string> folders{main};
  if (const char* more = std::getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES")) {
    for (auto& folder : split(more, ':')) folders.push_back(std::move(folder));
  }
  for (const auto& folder : folders) {
    if (os::is_directory(folder))
      check(git_odb_add_disk_alternate(odb, folder.c_str()), "adding an object folder");
  }
}

std::string_view blob_bytes(const git_blob* blob) {
  return {static_cast<const char*>(git_blob_rawcontent(blob)),
          static_cast<std::size_t>(git_blob_rawsize(blob))};
}

std::string without_slash(const char* path) {
  std::string text = path != nullptr ? path : "";
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

std::string to_octal(Mode mode) {
  auto bits = static_cast<std::uint32_t>(mode);
  std::string digits(6, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, bits >>= 3) {
    *digit = static_cast<char>('0' + (bits & 7U));
  }
  return digits;
}

std::optional<Mode> parse_mode(std::string_view octal) {
  for (const Mode mode :
       {Mode::none, Mode::tree, Mode::regular, Mode::executable, Mode::link, Mode::pointer}) {
    if (to_octal(mode) == octal) return mode;
  }
  return std::nullopt;
}

std::string Head::branch() const {
  return ref && ref->starts_with(kBranches) ? ref->substr(kBranches.size()) : "";
}

Oid hash_object(std::string_view type, std::string_view bytes) {
  std::string head(type);
  head.append(" ").append(std::to_string(bytes.size())).push_back('\0');
  return Oid{sha1(head, bytes)};
}

Oid hash_blob(std::string_view bytes) { return hash_object("blob", bytes); }

struct Repository::State {
  Repo repo;
  Odb odb;
  std::string git_dir;
  std::string common_dir;
  std::string work_tree;
  bool bare = false;
  std::unordered_set<Oid> cuts;  ///< of a shallow clone
  mutable std::unordered_map<Oid, TreeRef> trees;
  mutable std::size_t kept_entries = 0;  ///< of `trees`

  /// Bytes of an object that has to be of this type.
  [[nodiscard]] std::string read(const Oid& id, git_object_t type) const {
    git_odb_object* object = nullptr;
    const int code = git_odb_read(&object, odb.get(), raw_id(id));
    if (code == GIT_ENOTFOUND) fail_missing(id);
    check(code, "reading object " + id.hex());
    const OdbObject owned(object);
    if (git_odb_object_type(object) != type) fail_malformed(git_object_type2string(type), id);
    std::string bytes(static_cast<const char*>(git_odb_object_data(object)), git_odb_object_size(object));
    if (hash_object(git_object_type2string(type), bytes) != id)
      fail_malformed(git_object_type2string(type), id);
    return bytes;
  }

  /// Neighbouring commits share most of their trees, so those met last are kept, taken apart.
  [[nodiscard]] TreeRef tree(const Oid& id) const {
    constexpr std::size_t kKept = 100'000;
    const auto found = trees.find(id);
    if (found != trees.end()) return found->second;
    auto parsed = std::make_shared<ParsedTree>();
    if (id != empty_tree_oid()) parsed->raw = read(id, GIT_OBJECT_TREE);
    auto entries = parse_tree(parsed->raw);
    if (!entries) fail_malformed("tree", id);
    parsed->entries = std::move(*entries);
    kept_entries += parsed->entries.size() + 1;
    if (kept_entries > kKept) {
      trees.clear();
      kept_entries = parsed->entries.size() + 1;
    }
    return trees.emplace(id, std::move(parsed)).first->second;
  }

  /// Without a copy of its bytes.
  [[nodiscard]] Blob load_blob(const Oid& id) const {
    git_blob* blob = nullptr;
    const int code = git_blob_lookup(&blob, repo.get(), raw_id(id));
    if (code == GIT_ENOTFOUND) fail_missing(id);
    check(code, "reading object " + id.hex());
    Blob owned(blob);
    if (hash_blob(blob_bytes(blob)) != id) fail_malformed("blob", id);
    return owned;
  }

  [[nodiscard]] std::vector<Oid> parents(const Oid& id) const {
    if (cuts.contains(id)) return {};
    auto parsed = parse_parents(read(id, GIT_OBJECT_COMMIT));
    if (!parsed) fail_malformed("commit", id);
    return std::move(*parsed);
  }

  /// Everything reachable; for shallow clones, whose histories are short.
  [[nodiscard]] std::unordered_set<Oid> reachable(const std::vector<Oid>& from) const {
    std::unordered_set<Oid> seen(from.begin(), from.end());
    std::vector<Oid> todo(seen.begin(), seen.end());
    while (!todo.empty()) {
      const Oid id = todo.back();
      todo.pop_back();
      for (const Oid& parent : parents(id)) {
        if (seen.insert(parent).second) todo.push_back(parent);
      }
    }
    return seen;
  }
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Repository Repository::open_from_environment() {
  const std::string here = os::current_directory();
  const auto places = discover(here);
  if (!places) refuse(Code::not_found, "no git repository here: " + quote(here), {"git init"});
  return open(*places);
}

Repository Repository::open(const std::string& path) {
  const auto places = discover(path, Environment::ignore);
  if (!places) refuse(Code::not_found, "no git repository here: " + quote(path), {"git init"});
  return open(*places);
}

Repository Repository::open(const Places& places) {
  auto state = std::make_unique<State>();
  state->repo = open_repo(places.git_dir);
  git_odb* odb = nullptr;
  check(git_repository_odb(&odb, state->repo.get()), "opening the object database");
  state->odb.reset(odb);
  add_environment_objects(odb);
  state->git_dir = places.git_dir;
  state->common_dir = places.common_dir.empty() ? without_slash(git_repository_commondir(state->repo.get()))
                                                : places.common_dir;
  state->work_tree = places.work_tree;
  state->bare = places.bare;
  const auto cuts = os::read_file(state->common_dir + "/shallow");
  for (const auto& line : split(cuts.value_or(""), '\n')) {
    if (const auto id = Oid::parse(trim(line))) state->cuts.insert(*id);
  }
  return Repository(std::move(state));
}

const std::string& Repository::git_dir() const { return state_->git_dir; }
const std::string& Repository::common_dir() const { return state_->common_dir; }
const std::string& Repository::work_tree() const { return state_->work_tree; }
bool Repository::bare() const { return state_->bare; }
bool Repository::shallow() const { return !state_->cuts.empty(); }

std::vector<Oid> Repository::shallow_roots() const {
  std::vector<Oid> roots(state_->cuts.begin(), state_->cuts.end());
  std::sort(roots.begin(), roots.end());
  return roots;
}

Head Repository::head() const {
  Head head;
  git_reference* raw = nullptr;
  const int code = git_reference_lookup(&raw, state_->repo.get(), "HEAD");
  if (code == GIT_ENOTFOUND) return head;
  check(code, "reading HEAD");
  const Reference reference(raw);
  if (git_reference_type(raw) == GIT_REFERENCE_SYMBOLIC) {
    head.ref = git_reference_symbolic_target(raw);
    head.commit = ref(*head.ref);
  } else {
    head.commit = to_oid(*git_reference_target(raw));
  }
  return head;
}

std::optional<Oid> Repository::ref(const std::string& full_name) const {
  git_oid id;
  const int code = git_reference_name_to_id(&id, state_->repo.get(), full_name.c_str());
  if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC) return std::nullopt;
  check(code, "reading ref " + quote(full_name));
  return to_oid(id);
}

std::optional<std::string> Repository::symbolic_target(const std::string& full_name) const {
  git_reference* raw = nullptr;
  const int code = git_reference_lookup(&raw, state_->repo.get(), full_name.c_str());
  if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC) return std::nullopt;
  check(code, "reading ref " + quote(full_name));
  const Reference reference(raw);
  const char* target = git_reference_symbolic_target(raw);
  return target != nullptr ? std::optional<std::string>(target) : std::nullopt;
}

std::optional<Oid> Repository::resolve(const std::string& revision) const {
  git_object* raw = nullptr;
  if (revision.find('\0') != std::string::npos ||
      git_revparse_single(&raw, state_->repo.get(), revision.c_str()) < 0) {
    return std::nullopt;
  }
  const Object object(raw);
  git_object* peeled = nullptr;
  if (git_object_peel(&peeled, raw, GIT_OBJECT_COMMIT) < 0) return std::nullopt;
  const Object commit(peeled);
  return to_oid(*git_object_id(peeled));
}

std::string Repository::abbreviate(const Oid& id) const {
  constexpr std::size_t kShortest = 7;
  const std::string hex = id.hex();
  for (std::size_t length = kShortest; length < hex.size(); ++length) {
    git_oid partial{};
    git_oid full;
    check(git_oid_fromstrn(&partial, hex.c_str(), length), "abbreviating an id");
    if (git_odb_exists_prefix(&full, state_->odb.get(), &partial, length) != GIT_EAMBIGUOUS)
      return hex.substr(0, length);
  }
  return hex;
}

bool Repository::has(const Oid& id) const { return git_odb_exists(state_->odb.get(), raw_id(id)) == 1; }

Commit Repository::commit(const Oid& id) const {
  auto commit = parse_commit(id, state_->read(id, GIT_OBJECT_COMMIT));
  if (!commit) fail_malformed("commit", id);
  return std::move(*commit);
}

std::vector<TreeEntry> Repository::tree(const Oid& id) const {
  std::vector<TreeEntry> result;
  const TreeRef held = state_->tree(id);
  for (const RawEntry& entry : held->entries)
    result.push_back({std::string(entry.name), entry.kind(), entry.id});
  return result;
}

std::optional<TreeEntry> Repository::entry(const Oid& root, std::string_view path) const {
  Oid tree = root;
  const auto parts = split(path, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const TreeRef held = state_->tree(tree);
    const auto& entries = held->entries;
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const RawEntry& e) { return e.name == parts[i]; });
    if (found == entries.end()) return std::nullopt;
    if (i + 1 == parts.size()) return TreeEntry{parts[i], found->kind(), found->id};
    if (found->kind() != Mode::tree) return std::nullopt;
    tree = found->id;
  }
  return std::nullopt;
}

std::vector<TreeEntry> Repository::entries_below(const Oid& root, std::string_view folder) const {
  std::vector<TreeEntry> result;
  Oid tree = root;
  std::string prefix;
  if (!folder.empty()) {
    const auto found = entry(root, folder);
    if (!found || found->mode != Mode::tree) return result;
    tree = found->id;
    prefix = std::string(folder) + '/';
  }
  each_below([this](const Oid& id) { return this->tree(id); }, tree, prefix,
             [&](const std::string& path, const TreeEntry& e) { result.push_back({path, e.mode, e.id}); });
  return result;
}

std::uint64_t Repository::blob_size(const Oid& id) const {
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  const int code = git_odb_read_header(&size, &type, state_->odb.get(), raw_id(id));
  if (code == GIT_ENOTFOUND) fail_missing(id);
  check(code, "reading object " + id.hex());
  if (type != GIT_OBJECT_BLOB) fail_malformed("blob", id);
  return size;
}

std::string Repository::blob(const Oid& id, std::size_t limit) const {
  const std::uint64_t size = blob_size(id);
  if (size > limit) {
    fail(Code::general, "too_large",
         "blob " + quote(id.hex()) + " is larger than " + std::to_string(limit) + " bytes");
  }
  return state_->read(id, GIT_OBJECT_BLOB);
}

std::optional<std::vector<Hunk>> Repository::text_hunks(const std::optional<Oid>& before,
                                                        const std::optional<Oid>& after,
                                                        std::size_t limit) const {
  Blob sides[2];
  for (const auto& [id, side] : {std::pair(before, &sides[0]), std::pair(after, &sides[1])}) {
    if (!id) continue;
    if (blob_size(*id) > limit) return std::nullopt;
    *side = state_->load_blob(*id);
    constexpr std::size_t kProbe = 8000;  // git looks as far
    if (blob_bytes(side->get()).substr(0, kProbe).find('\0') != std::string_view::npos) return std::nullopt;
  }
  return hunks(sides[0].get(), sides[1].get());
}

std::vector<Change> Repository::diff(const std::optional<Oid>& tree_before,
                                     const std::optional<Oid>& tree_after) const {
  return tree_changes([this](const Oid& id) { return state_->tree(id); }, tree_before, tree_after);
}

std::optional<std::vector<Change>> Repository::index_changes(const std::string& index_file,
                                                             const std::string& tree_ish,
                                                             const std::vector<std::string>& below,
                                                             const std::vector<std::string>& gone) const {
  const auto index = open_index(index_file, gone);
  if (!index) return std::nullopt;
  git_object* raw = nullptr;
  check(git_revparse_single(&raw, state_->repo.get(), (tree_ish + "^{tree}").c_str()), "reading a tree");
  const Object tree(raw);
  return changes_of(*state_->repo, *reinterpret_cast<git_tree*>(raw), *index, below);
}

bool Repository::is_ancestor(const Oid& ancestor, const Oid& descendant) const {
  if (ancestor == descendant) return true;
  if (shallow()) return state_->reachable({descendant}).contains(ancestor);
  const int code = git_graph_descendant_of(state_->repo.get(), raw_id(descendant), raw_id(ancestor));
  check_history(code, "asking for an ancestor");
  return code == 1;
}

std::vector<Oid> Repository::merge_bases(const Oid& a, const Oid& b) const {
  std::vector<Oid> bases;
  if (shallow()) {
    const auto of_a = state_->reachable({a});
    std::vector<Oid> common;
    for (const Oid& id : state_->reachable({b})) {
      if (of_a.contains(id)) common.push_back(id);
    }
    std::unordered_set<Oid> above;  // what a common ancestor itself descends from
    for (const Oid& id : common) {
      for (const Oid& parent : state_->parents(id)) above.insert(parent);
    }
    std::copy_if(common.begin(), common.end(), std::back_inserter(bases),
                 [&](const Oid& id) { return !above.contains(id); });
  } else {
    git_oidarray found{};
    const int code = git_merge_bases(&found, state_->repo.get(), raw_id(a), raw_id(b));
    if (code == GIT_ENOTFOUND && has(a) && has(b)) return bases;
    check_history(code, "looking for a merge base");
    for (std::size_t i = 0; i < found.count; ++i) bases.push_back(to_oid(found.ids[i]));
    git_oidarray_dispose(&found);
  }
  std::sort(bases.begin(), bases.end());
  return bases;
}

std::vector<Oid> Repository::walk(const std::vector<Oid>& include, const std::vector<Oid>& exclude) const {
  if (shallow()) return walk_shallow(include, exclude);
  git_revwalk* raw = nullptr;
  check(git_revwalk_new(&raw, state_->repo.get()), "walking the history");
  const Walk walk(raw);
  check(git_revwalk_sorting(raw, GIT_SORT_TOPOLOGICAL | GIT_SORT_REVERSE), "walking the history");
  for (const Oid& id : include) check_history(git_revwalk_push(raw, raw_id(id)), "walking the history");
  for (const Oid& id : exclude) check_history(git_revwalk_hide(raw, raw_id(id)), "walking the history");
  std::vector<Oid> commits;
  git_oid next;
  int code = 0;
  while ((code = git_revwalk_next(&next, raw)) == 0) commits.push_back(to_oid(next));
  if (code != GIT_ITEROVER) check_history(code, "walking the history");
  return commits;
}

std::vector<Oid> Repository::walk_shallow(const std::vector<Oid>& include,
                                          const std::vector<Oid>& exclude) const {
  const auto hidden = state_->reachable(exclude);
  std::vector<Oid> order;
  std::unordered_set<Oid> entered;
  struct Step {
    Oid id;
    std::vector<Oid> parents;
    std::size_t next = 0;
  };
  std::vector<Step> path;
  const auto enter = [&](const Oid& id) {
    if (!hidden.contains(id) && entered.insert(id).second) path.push_back({id, state_->parents(id), 0});
  };
  for (const Oid& start : include) {
    enter(start);
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next < step.parents.size()) {
        const Oid parent = step.parents[step.next++];
        enter(parent);
      } else {
        order.push_back(step.id);
        path.pop_back();
      }
    }
  }
  return order;
}

std::vector<Oid> Repository::root_commits(const Oid& from) const {
  std::vector<Oid> roots;
  std::unordered_set<Oid> seen{from};
  std::vector<Oid> todo{from};
  while (!todo.empty()) {
    const Oid id = todo.back();
    todo.pop_back();
    const auto parents = state_->parents(id);
    if (parents.empty() && !state_->cuts.contains(id)) roots.push_back(id);
    for (const Oid& parent : parents) {
      if (seen.insert(parent).second) todo.push_back(parent);
    }
  }
  std::sort(roots.begin(), roots.end());
  return roots;
}

std::optional<std::string> Repository::merge_blobs(const Oid& base, const Oid& ours,
                                                   const Oid& theirs) const {
  constexpr std::size_t kTextProbe = 8000;
  std::array<std::string, 3> bytes{blob(base), blob(ours), blob(theirs)};
  std::array<git_merge_file_input, 3> inputs{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (std::string_view(bytes[i]).substr(0, kTextProbe).find('\0') != std::string_view::npos)
      return std::nullopt;
    check(git_merge_file_input_init(&inputs[i], GIT_MERGE_FILE_INPUT_VERSION), "merging a file");
    inputs[i].ptr = bytes[i].data();
    inputs[i].size = bytes[i].size();
    inputs[i].path = "file";
    inputs[i].mode = GIT_FILEMODE_BLOB;
  }
  git_merge_file_result result{};
  check(git_merge_file(&result, inputs.data(), &inputs[1], &inputs[2], nullptr), "merging a file");
  std::optional<std::string> merged;
  if (result.automergeable != 0) merged.emplace(result.ptr, result.len);
  git_merge_file_result_free(&result);
  return merged;
}

Oid Repository::content_tree(const Oid& root_tree) const {
  return without(root_tree, {".provenance", "striatum"}).value_or(empty_tree_oid());
}

std::optional<Oid> Repository::without(const Oid& tree, const std::vector<std::string>& path) const {
  static constexpr std::array<std::string_view, 4> kRecordFolders{"receipts", "changes", "evidence",
                                                                  "reviews"};
  std::string kept;
  bool changed = false;
  const TreeRef held = state_->tree(tree);
  for (const RawEntry& entry : held->entries) {
    if (path.empty()) {
      const bool record =
          std::find(kRecordFolders.begin(), kRecordFolders.end(), entry.name) != kRecordFolders.end();
      changed = changed || record;
      if (!record) kept += entry.record;
    } else if (entry.name == path.front() && entry.kind() == Mode::tree) {
      const auto rest = without(entry.id, {path.begin() + 1, path.end()});
      changed = changed || rest != entry.id;
      if (rest)
        kept += std::string(entry.record.substr(0, entry.record.size() - rest->bytes.size())) + rest->raw();
    } else {
      kept += entry.record;
    }
  }
  if (!changed) return tree;
  return kept.empty() ? std::nullopt : std::optional(hash_object("tree", kept));
}

}  // namespace striatum::git
