// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "domain/oid.hpp"
#include "git/discover.hpp"

namespace striatum::git {

/// `Error::kind()` of what a shallow or partial clone does not hold.
inline constexpr std::string_view kMissingObject = "missing_object";

/// File modes as git's trees hold them.
enum class Mode : std::uint32_t {
  none = 0,
  tree = 0040000,
  regular = 0100644,
  executable = 0100755,
  link = 0120000,
  pointer = 0160000,  ///< submodule
};
/// Six octal digits ("100644"); `none` gives "000000".
[[nodiscard]] std::string to_octal(Mode mode);
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view octal);

struct Head {
  std::optional<std::string> ref;  ///< `refs/heads/…`; nullopt when detached
  std::optional<Oid> commit;       ///< nullopt when unborn
  [[nodiscard]] bool detached() const { return !ref.has_value(); }
  [[nodiscard]] bool unborn() const { return !commit.has_value(); }
  /// Name without `refs/heads/`; empty when detached.
  [[nodiscard]] std::string branch() const;
};

struct Commit {
  Oid id;
  Oid tree;
  std::vector<Oid> parents;
  std::string author;     ///< `Name <mail>`
  std::string committer;  ///< `Name <mail>`
  Instant committer_time;
  Instant author_time;
  std::string message;
  /// The object's bytes as hashed, header and message.
  std::string raw;
  /// The `gpgsig` header's text, unfolded; nullopt when unsigned. `signed_bytes`: `raw` without it.
  [[nodiscard]] std::optional<std::string> signature() const;
  [[nodiscard]] std::string signed_bytes() const;
};

struct TreeEntry {
  std::string name;
  Mode mode = Mode::none;
  Oid id;
};

/// One path that differs between two trees. Absent side: mode `none`, zero id.
struct Change {
  std::string path;
  Mode mode_before = Mode::none;
  Mode mode_after = Mode::none;
  std::optional<Oid> before;
  std::optional<Oid> after;
  bool operator==(const Change&) const = default;
};

/// One hunk: the bytes git prints for it after the `@@` line, three lines of context, prefixes included, and
/// `\ No newline at end of file` where git says so.
struct Hunk {
  std::string text;
  std::size_t removed = 0;
  std::size_t added = 0;
  /// The first changed line, as numbered in the new version (1 at least).
  std::size_t line = 1;
  /// `text` without the lines that begin with a blank.
  [[nodiscard]] std::string bare() const;
};

/// The hunks of A → B, equal to `git diff --text --no-ext-diff --no-textconv --diff-algorithm=myers
/// --no-indent-heuristic -U3 --inter-hunk-context=0`.
[[nodiscard]] std::vector<Hunk> hunks(std::string_view before, std::string_view after);

/// Git id of an object with these bytes; nothing is stored.
[[nodiscard]] Oid hash_blob(std::string_view bytes);
[[nodiscard]] Oid hash_object(std::string_view type, std::string_view bytes);
/// Reads an object database. Everything here is read-only; a missing object is `Error` of kind
/// kMissingObject.
class Repository {
 public:
  /// GIT_DIR and friends, else upwards from the current folder. `Error` 3 when there is none.
  [[nodiscard]] static Repository open_from_environment();
  /// Exactly this git dir or worktree top.
  [[nodiscard]] static Repository open(const std::string& path);
  [[nodiscard]] static Repository open(const Places& places);

  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  [[nodiscard]] const std::string& git_dir() const;
  [[nodiscard]] const std::string& common_dir() const;
  /// Without trailing slash; empty when bare.
  [[nodiscard]] const std::string& work_tree() const;
  [[nodiscard]] bool bare() const;
  [[nodiscard]] bool shallow() const;
  /// The commits a shallow clone was cut at (their parents are not here); empty otherwise.
  [[nodiscard]] std::vector<Oid> shallow_roots() const;

  [[nodiscard]] Head head() const;
  /// The commit a full ref name points to; nullopt when there is none.
  [[nodiscard]] std::optional<Oid> ref(const std::string& full_name) const;
  /// What a symbolic ref points to; nullopt for other refs and for none.
  [[nodiscard]] std::optional<std::string> symbolic_target(const std::string& full_name) const;
  /// The commit of a revision text (`HEAD~2`, branch, tag, id); nullopt when it names none that is here.
  [[nodiscard]] std::optional<Oid> resolve(const std::string& revision) const;
  [[nodiscard]] std::string abbreviate(const Oid& id) const;

  [[nodiscard]] bool has(const Oid& id) const;
  [[nodiscard]] Commit commit(const Oid& id) const;
  [[nodiscard]] std::vector<TreeEntry> tree(const Oid& id) const;
  /// The entry at `path` below tree `root`; nullopt when absent.
  [[nodiscard]] std::optional<TreeEntry> entry(const Oid& root, std::string_view path) const;
  /// All entries below (blobs, links, pointers; not folders), paths full, in git's order.
  [[nodiscard]] std::vector<TreeEntry> entries_below(const Oid& root, std::string_view folder) const;
  [[nodiscard]] std::uint64_t blob_size(const Oid& id) const;
  /// `Error` of kind `too_large` above `limit`.
  [[nodiscard]] std::string blob(const Oid& id, std::size_t limit = std::size_t{256} << 20) const;

  /// As `hunks` of the two blobs' bytes, nullopt meaning absent. No answer where git would see binary content (a
  /// NUL among the first 8000 bytes) or one side is longer than `limit`.
  [[nodiscard]] std::optional<std::vector<Hunk>> text_hunks(const std::optional<Oid>& before,
                                                            const std::optional<Oid>& after,
                                                            std::size_t limit) const;

  /// Flat, sorted by path bytes, no renames; submodules as mode 160000, folders never. A type change of a
  /// file is one row. nullopt = the empty tree.
  [[nodiscard]] std::vector<Change> diff(const std::optional<Oid>& tree_before,
                                         const std::optional<Oid>& tree_after) const;

  /// An index file against a tree or commit, only what is below the literal paths `below` when some are given; as
  /// `diff` otherwise. Entries at and below the paths `gone` count as removed, those aside that git looks for no file
  /// of. nullopt when libgit2 cannot read this index (split, sparse).
  [[nodiscard]] std::optional<std::vector<Change>> index_changes(const std::string& index_file,
                                                                 const std::string& tree_ish,
                                                                 const std::vector<std::string>& below,
                                                                 const std::vector<std::string>& gone = {}) const;

  /// True when `ancestor` is reachable from `descendant` (equal counts).
  [[nodiscard]] bool is_ancestor(const Oid& ancestor, const Oid& descendant) const;
  /// All best common ancestors.
  [[nodiscard]] std::vector<Oid> merge_bases(const Oid& a, const Oid& b) const;
  /// Commits reachable from `include` and not from `exclude`, parents before children, full history. In a
  /// shallow clone every question about history ends at its cut.
  [[nodiscard]] std::vector<Oid> walk(const std::vector<Oid>& include, const std::vector<Oid>& exclude) const;
  /// Commits without parents reachable from `from`, sorted by hex.
  [[nodiscard]] std::vector<Oid> root_commits(const Oid& from) const;

  /// `git merge-file` of three blobs: the merged bytes, nullopt on a conflict or for binary content.
  [[nodiscard]] std::optional<std::string> merge_blobs(const Oid& base, const Oid& ours,
                                                       const Oid& theirs) const;

  /// Id of the root tree without the record folders
  /// `.provenance/striatum/{receipts,changes,evidence,reviews}`, folders left empty dropped. Reads a handful
  /// of tree objects, writes nothing.
  [[nodiscard]] Oid content_tree(const Oid& root_tree) const;

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  [[nodiscard]] std::vector<Oid> walk_shallow(const std::vector<Oid>& include,
                                              const std::vector<Oid>& exclude) const;
  /// `tree` without the record folders found below `path`; nullopt when nothing is left.
  [[nodiscard]] std::optional<Oid> without(const Oid& tree, const std::vector<std::string>& path) const;
  std::unique_ptr<State> state_;
};

}  // namespace striatum::git
