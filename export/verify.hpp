// SPDX-License-Identifier: Apache-2.0
// What `verify` says of commits (docs/format/verification.md). Reads the repository only, never writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "export/changes.hpp"
#include "export/policy.hpp"
#include "export/receipt.hpp"
#include "git/repository.hpp"

namespace striatum::provenance {

struct VerifyOptions {
  /// `REV`, `A..B`, or empty for HEAD.
  std::string revision;
  /// Everything that HEAD, or `revision`, reaches.
  bool all = false;
  /// Fingerprints of `--root`, else those of striatum.trustRoot in the local configuration.
  std::vector<std::string> roots;
  std::vector<std::string> pinned;
  /// Passes without an anchor.
  bool self_asserted = false;
  /// A revision that was verified before.
  std::optional<std::string> base_trusted;
};

/// Also of warnings.
struct Finding {
  std::string kind;
  std::optional<Oid> commit;
  /// As printed: a path that is not UTF-8 is C-quoted.
  std::optional<std::string> path;
  std::string detail;
  /// What a person can type or do next.
  std::vector<std::string> hints{};
  bool operator==(const Finding&) const = default;
};

struct JudgedPath {
  std::string path;
  Class cls = Class::uncovered;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  /// Digests of the records that vouch for it, sorted.
  std::vector<Sha256> receipts;
};

struct JudgedCommit {
  Oid id;
  Class cls = Class::uncovered;
  /// First line of the message, for people.
  std::string subject;
  /// Considered receipts it adds, sorted.
  std::vector<Sha256> receipts;
  /// Empty for `before_adoption`.
  std::vector<JudgedPath> paths;
};

struct UncoveredHunk {
  Oid commit;
  std::string path;
  ChangeKind kind = ChangeKind::text;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  /// First changed line in the commit's version; none without hunks.
  std::optional<std::uint64_t> line{};
};

enum class Anchor { given, pinned, self_asserted };
[[nodiscard]] std::string_view to_text(Anchor anchor);

struct Report {
  std::optional<Oid> base;
  Oid head;
  Anchor anchor = Anchor::self_asserted;
  /// Fingerprints in use; self-asserted: the root keys of the trust itself.
  std::vector<std::string> anchors;
  std::optional<std::int64_t> policy_version;
  /// The trust folder that holds this policy.
  std::optional<Oid> policy_tree;
  std::vector<JudgedCommit> commits;
  std::vector<UncoveredHunk> uncovered;
  std::vector<Finding> findings;
  std::vector<Finding> warnings;
  std::size_t unreadable = 0;
  /// `self_asserted` of the options.
  bool anchor_optional = false;
  /// The considered receipts behind the vouchers, for people and `blame`.
  std::map<Sha256, Receipt> receipts;

  [[nodiscard]] std::map<Class, std::size_t> counts() const;
  /// ok, verification (14) or not_found (3).
  [[nodiscard]] Code exit_code() const;
};

/// `Error` 3 for a revision that names no commit, 2 for a range of another form.
[[nodiscard]] Report verify(const git::Repository& repository, const VerifyOptions& options);

/// The `data` object of `--json`.
[[nodiscard]] Json to_json(const Report& report);

}  // namespace striatum::provenance
