// SPDX-License-Identifier: Apache-2.0
// The changes file: what a receipt vouches for, path by path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"
#include "export/parsed.hpp"
#include "git/repository.hpp"

namespace striatum::provenance {

inline constexpr std::size_t kMaxChangesBytes = std::size_t{8} << 20;

/// Digests of one hunk and the numbers of its lines.
struct HunkDigest {
  /// With three lines of context.
  Sha256 full;
  /// Without them.
  Sha256 bare;
  std::uint64_t removed = 0;
  std::uint64_t added = 0;
  auto operator<=>(const HunkDigest&) const = default;
};

/// One path's way from `before` to `after`; an absent side has mode `none` and no blob.
struct Edge {
  std::string path;
  git::Mode mode_before = git::Mode::none;
  git::Mode mode_after = git::Mode::none;
  std::optional<Oid> before;
  std::optional<Oid> after;
  std::vector<HunkDigest> hunks;
  bool operator==(const Edge&) const = default;
};

struct Changes {
  /// Result against the base, sorted by path.
  std::vector<Edge> edges;
  /// Result against the run's `branch_base`.
  Oid cumulative_base;
  std::vector<Edge> cumulative;
  bool operator==(const Changes&) const = default;
};

/// The committed bytes: canonical JSON and one newline.
[[nodiscard]] std::string encode(const Changes& changes);
/// Accepts exactly what `encode` writes, at most kMaxChangesBytes. Hunks are not compared with their blobs.
[[nodiscard]] Parsed<Changes> parse_changes(std::string_view bytes);

/// `text` has hunks; every other kind is `exact` or nothing.
enum class ChangeKind { text, binary, mode, symlink, pointer };
[[nodiscard]] std::string_view to_text(ChangeKind kind);

/// At most 8 MiB and no NUL among the first 8000 bytes.
[[nodiscard]] bool is_text_blob(const git::Repository& repository, const Oid& blob);

/// By modes and ids alone: other files than regular ones, and equal bytes, have none.
[[nodiscard]] bool may_have_hunks(const git::Change& change);

/// The kind and the hunks of one changed path, its blobs read from the repository.
struct HunkList {
  ChangeKind kind = ChangeKind::text;
  std::vector<HunkDigest> hunks;
  /// The first changed line of each, as numbered in the new version.
  std::vector<std::uint64_t> lines;
};
[[nodiscard]] HunkList hunks_of(const git::Repository& repository, const git::Change& change);

/// An edge with its hunks.
[[nodiscard]] Edge make_edge(const git::Repository& repository, const git::Change& change);

/// True when some order of the edges leads from (`before`, mode) to (`after`, mode); equal ends need none.
[[nodiscard]] bool chain_leads(const std::vector<Edge>& edges, const std::optional<Oid>& before,
                               git::Mode mode_before, const std::optional<Oid>& after, git::Mode mode_after);

/// Builds the file of an apply.
struct ChangesRequest {
  /// Trees; `branch_base` is the commit.
  Oid base_tree;
  Oid result_tree;
  Oid branch_base;
  Oid branch_base_tree;
  /// The paths the receipt takes; each has to differ between base and result.
  std::vector<std::string> paths;
  /// Edges of this run's earlier applied receipts.
  std::vector<Edge> earlier;
};
/// `Error` 6 for a path that is not UTF-8.
[[nodiscard]] Changes build_changes(const git::Repository& repository, const ChangesRequest& request);

}  // namespace striatum::provenance
