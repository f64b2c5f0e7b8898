// SPDX-License-Identifier: Apache-2.0
// Receipts and reviews: in-toto Statements (https://in-toto.io/Statement/v1) with our predicates.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/oid.hpp"
#include "export/parsed.hpp"

namespace striatum::provenance {

inline constexpr std::string_view kReceiptPredicate = "https://striatum.dev/apply-receipt/v1";
inline constexpr std::string_view kReviewPredicate = "https://striatum.dev/handoff-review/v1";

/// A moment as the format writes it: whole seconds and, in records that others made, a fraction.
struct Timestamp {
  Instant seconds;
  std::uint32_t nanoseconds = 0;
  auto operator<=>(const Timestamp&) const = default;
};
[[nodiscard]] std::string to_text(Timestamp when);
/// `YYYY-MM-DDTHH:MM:SS[.1 to 9 digits]Z`.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);

struct JobSnapshot {
  JobId job_id;
  Sha256 snapshot;
  auto operator<=>(const JobSnapshot&) const = default;
};

struct ArtifactSubject {
  std::string path;
  Oid git_blob;
  Sha256 sha256;
  bool operator==(const ArtifactSubject&) const = default;
};

struct Actor {
  SessionId session_id;
  std::optional<std::string> role;
  std::optional<std::string> lane;
  bool attested = false;
  std::optional<std::string> lease_id;
  bool operator==(const Actor&) const = default;
};

struct ReceiptVerdict {
  VerdictId verdict_id;
  JobId job_id;
  /// `accept`, `accept_with_findings`, `needs_revision` or `reject`.
  std::string verdict;
  std::string posture;
  SessionId session_id;
  std::optional<std::string> lane;
  std::optional<Sha256> artifact_sha256;
  std::vector<JobSnapshot> reviewed;
  /// Of an imported signed review.
  std::optional<Sha256> review;
  bool operator==(const ReceiptVerdict&) const = default;
};

struct Gate {
  /// `verdicts scope base snapshot artifacts redaction pre_commit`
  std::string name;
  /// `passed failed skipped rewrote`
  std::string outcome;
  std::optional<std::string> detail_code;
  bool operator==(const Gate&) const = default;
};

struct ToolName {
  std::string name;
  std::string version;
  bool operator==(const ToolName&) const = default;
};

enum class ReceiptState { applied, proposed };
[[nodiscard]] std::string_view to_text(ReceiptState state);

struct Receipt {
  /// subject
  Oid content_tree;
  Sha256 changes;
  Sha256 evidence;
  std::optional<Sha256> evidence_run;
  /// Sorted by path by the writer.
  std::vector<ArtifactSubject> artifacts;

  /// repository: sorted by hex, at least one
  std::vector<Oid> root_commits;

  /// base
  Oid base_commit;
  Oid base_content_tree;
  Oid branch_base;

  /// run
  RunId run_id;
  std::vector<JobSnapshot> jobs;
  std::vector<std::string> superseded_job_ids;
  Sha256 workflow_sha256;
  std::string branch;
  bool strict = false;

  std::vector<Actor> actors;
  /// Oldest first; of a job the last one counts.
  std::vector<ReceiptVerdict> verdicts;
  std::vector<Gate> gates;

  /// log
  std::string store_id;
  std::int64_t log_seq = 0;
  Sha256 log_head;

  /// redaction
  std::string redaction_policy;
  std::int64_t redaction_version = 0;
  std::map<std::string, std::int64_t> redaction_counts;

  std::optional<Sha256> previous;
  /// 32 hex digits.
  std::string nonce;
  Timestamp issued_at;
  ToolName tool;
  ReceiptState state = ReceiptState::applied;

  bool operator==(const Receipt&) const = default;
};

/// The payload bytes: canonical JSON without final newline.
[[nodiscard]] std::string encode(const Receipt& receipt);
/// Canonical bytes of a receipt that may be committed (state `applied` or `proposed`). Unknown members inside
/// the predicate are ignored.
[[nodiscard]] Parsed<Receipt> parse_receipt(std::string_view payload);

struct ReviewedArtifact {
  std::string path;
  Oid git_blob;
  bool operator==(const ReviewedArtifact&) const = default;
};

/// A signed verdict on a committed receipt.
struct Review {
  /// subject
  Oid finding_blob;
  Sha256 finding_sha256;

  Sha256 receipt;
  RunId run_id;
  /// The review job.
  JobId job_id;
  std::vector<JobSnapshot> snapshots;
  std::vector<ReviewedArtifact> artifacts;
  std::string verdict;
  std::string posture;
  std::string finding_path;
  /// For people; who counts is the key.
  std::string reviewer;
  std::string nonce;
  Timestamp issued_at;
  ToolName tool;

  bool operator==(const Review&) const = default;
};
[[nodiscard]] std::string encode(const Review& review);
[[nodiscard]] Parsed<Review> parse_review(std::string_view payload);

/// `accept` or `accept_with_findings`.
[[nodiscard]] bool accepting(std::string_view verdict);

}  // namespace striatum::provenance
