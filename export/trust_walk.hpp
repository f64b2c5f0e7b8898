// SPDX-License-Identifier: Apache-2.0
// The trust in force after every commit (docs/format/trust.md, section 4).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "export/trust.hpp"
#include "export/verify.hpp"
#include "git/repository.hpp"

namespace striatum::provenance {

/// Null: no trust.
using TrustRef = std::shared_ptr<const Trust>;

/// Of the highest version; the first wins ties.
[[nodiscard]] TrustRef highest(const std::vector<TrustRef>& list);

class TrustWalk {
 public:
  /// `anchors`: fingerprints; empty means self-asserted.
  TrustWalk(const git::Repository& repository, std::vector<std::string> anchors);

  /// Ends the walk backwards at this commit, whose trust is taken as it stands.
  void trust_commit(const Oid& commit);
  /// All ancestors of the base and itself.
  void walk_base(const Oid& base);
  /// A commit of the range; parents first.
  void walk_range_commit(const git::Commit& commit);
  /// A commit of the range that can't be read, or whose parents are not here.
  void skip_range_commit(const git::Commit& commit, bool cut);

  /// Trust after a commit that was walked.
  [[nodiscard]] TrustRef after(const Oid& commit) const;
  [[nodiscard]] TrustRef after_base() const { return base_; }
  /// Trust that judges what this commit of the range brings.
  [[nodiscard]] TrustRef judging(const git::Commit& commit) const;

  [[nodiscard]] const std::unordered_set<Oid>& adopting() const { return adopting_; }
  [[nodiscard]] std::vector<Finding> findings() const;
  [[nodiscard]] const std::vector<Finding>& warnings() const { return warnings_; }
  /// Commits outside the range whose trust could not be traced.
  [[nodiscard]] std::size_t untraced() const { return untraced_; }

 private:
  struct Change {
    const git::Commit& commit;
    std::optional<Oid> trust;
    TrustRef before;
    TrustRef best;
    std::vector<TrustRef> parents;
  };
  using TrustId = std::optional<Oid>;

  [[nodiscard]] TrustId trust_id_of(const Oid& commit);
  [[nodiscard]] TrustId trust_id_in(const Oid& root_tree);
  [[nodiscard]] const Parsed<TrustRef>& read(const Oid& trust_tree);
  [[nodiscard]] TrustRef state_or_none(const TrustId& id);
  TrustRef step(const git::Commit& commit, bool in_range);
  TrustRef adopt(const Change& change);
  TrustRef judge(const Change& change);
  TrustRef provisional(const git::Commit& commit, bool in_range);
  void find(std::string kind, const Oid& commit, std::string detail);

  const git::Repository& repository_;
  std::vector<std::string> anchors_;
  std::unordered_set<Oid> cuts_;
  std::optional<Oid> trusted_;
  std::unordered_map<Oid, TrustRef> after_;
  std::unordered_map<Oid, TrustId> trust_ids_;
  std::unordered_map<Oid, TrustId> trust_by_provenance_;
  std::unordered_map<Oid, Parsed<TrustRef>> states_;
  TrustRef base_;
  TrustId base_trust_id_;
  std::unordered_set<Oid> adopting_;
  std::vector<Finding> base_findings_;
  std::vector<Finding> range_findings_;
  bool in_range_ = false;
  std::vector<Finding> warnings_;
  std::size_t untraced_ = 0;
};

}  // namespace striatum::provenance
