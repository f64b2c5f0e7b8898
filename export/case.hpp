// SPDX-License-Identifier: Apache-2.0
// What the steps of verification hand to each other: the range's commits, what they change and what they add.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "export/changes.hpp"
#include "export/dsse.hpp"
#include "export/paths.hpp"
#include "export/receipt.hpp"
#include "export/trust_walk.hpp"
#include "export/verify.hpp"
#include "git/repository.hpp"

namespace striatum::provenance {

/// A judged path of one commit.
struct PathCase {
  git::Change change;
  bool utf8 = true;
  std::optional<Class> cls;
  /// Vouched by hunks, not by an edge.
  bool by_hunks = false;
  /// Digests of receipts and reviews.
  std::set<Sha256> vouchers;
  HunkList hunks;
};

/// A commit of the range, in order.
struct CommitCase {
  git::Commit commit;
  /// Trees or blobs are missing, or history is cut here.
  bool readable = true;
  bool early = false;
  TrustRef trust;
  /// Record, trust and attributes paths that differ.
  std::vector<git::Change> others;
  std::vector<PathCase> paths;
  bool adds_receipt = false;
  std::optional<Class> cls;
  /// Considered, not replaced receipts first or again added here.
  std::set<Sha256> receipts;

  [[nodiscard]] std::optional<Oid> first_parent() const {
    return commit.parents.empty() ? std::nullopt : std::optional(commit.parents[0]);
  }
};

/// A file of `receipts/` or `reviews/` that some commit of the range brings.
struct Addition {
  std::size_t commit = 0;  ///< position
  RecordKind kind = RecordKind::receipt;
  Sha256 digest;
  std::string path;
  Envelope envelope;
};

/// A trusted, well-formed receipt of the range.
struct ConsideredReceipt {
  Sha256 digest;
  Receipt receipt;
  std::shared_ptr<const Changes> changes;
  std::string path;
  /// Positions of the commits that add it, the first first.
  std::vector<std::size_t> additions;
  /// Keys of the trust at the first addition.
  std::vector<const TrustedKey*> signers;
  TrustRef trust;
  bool replaced = false;
  bool follows_proposal = false;

  [[nodiscard]] bool applied() const { return receipt.state == ReceiptState::applied; }
  [[nodiscard]] std::size_t first() const { return additions.front(); }
};

struct ConsideredReview {
  Sha256 digest;
  Review review;
  std::vector<std::size_t> additions;
  std::vector<const TrustedKey*> signers;
  TrustRef trust;
};

/// Reads with a memory: the same blobs and trees are asked for by many records.
class CachedObjects {
 public:
  explicit CachedObjects(const git::Repository& repository) : repository_(repository) {}

  [[nodiscard]] const git::Repository& repository() const { return repository_; }
  [[nodiscard]] Sha256 blob_sha256(const Oid& blob);
  /// Valid until the next call.
  [[nodiscard]] const HunkList& hunks(const git::Change& change);
  [[nodiscard]] Parsed<std::shared_ptr<const Changes>> changes(const Oid& blob);
  /// The entry of a path in a commit's tree.
  [[nodiscard]] std::optional<git::TreeEntry> entry(const git::Commit& commit, std::string_view path) const {
    return repository_.entry(commit.tree, path);
  }
  [[nodiscard]] const git::Commit& commit(const Oid& id);

 private:
  using Pair = std::pair<std::optional<Oid>, std::optional<Oid>>;
  const git::Repository& repository_;
  std::unordered_map<Oid, Sha256> digests_;
  std::map<Pair, HunkList> hunks_;
  HunkList scratch_;
  std::unordered_map<Oid, std::shared_ptr<const Changes>> changes_;
  std::unordered_map<Oid, git::Commit> commits_;
};

/// Everything a verification knows.
struct Case {
  explicit Case(const git::Repository& repository) : objects(repository) {}

  CachedObjects objects;
  std::optional<Oid> base;
  Oid head;
  std::vector<CommitCase> commits;
  std::vector<Addition> additions;
  std::map<Sha256, ConsideredReceipt> receipts;
  std::map<Sha256, ConsideredReview> reviews;
  std::vector<Finding> findings;
  std::vector<Finding> warnings;

  /// Sorted root commits of the head; nullopt in a shallow clone, where they are not known.
  [[nodiscard]] const std::optional<std::vector<Oid>>& head_roots();
  void find(std::string kind, const CommitCase& at, std::optional<std::string> path, std::string detail,
            std::vector<std::string> hints = {});
  void warn(std::string kind, const CommitCase& at, std::optional<std::string> path, std::string detail);

 private:
  bool roots_known_ = false;
  std::optional<std::vector<Oid>> roots_;
};

/// As git prints a path that is not UTF-8: in double quotes with C escapes; other paths unchanged.
[[nodiscard]] std::string shown_path(const std::string& path);

}  // namespace striatum::provenance
