// SPDX-License-Identifier: Apache-2.0
// Names below `.provenance/striatum/`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace striatum::provenance {

inline constexpr std::string_view kProvenanceFolder = ".provenance/striatum";
inline constexpr std::string_view kTrustFolder = ".provenance/striatum/trust";
inline constexpr std::string_view kPolicyPath = ".provenance/striatum/trust/policy.json";
inline constexpr std::string_view kRedactionAllowPath = ".provenance/striatum/trust/redaction-allow.json";
inline constexpr std::string_view kAttributesPath = ".provenance/striatum/.gitattributes";
/// Fixed for ever.
inline constexpr std::string_view kAttributes =
    "* -text -filter -ident -working-tree-encoding -diff merge=binary linguist-generated gitlab-generated "
    "export-ignore\n";

/// Which rules judge a path of a commit.
enum class Place {
  content,     ///< by coverage
  record,      ///< below one of the four record folders: by its name and content
  trust,       ///< by the trust rules
  attributes,  ///< by its fixed bytes
};
[[nodiscard]] Place place_of(std::string_view path);

/// A path that a changes file may name: relative, no empty, `.` or `..` component, place `content`.
[[nodiscard]] bool is_judged_path(std::string_view path);

/// Signatures are a convenience for people: whatever their name, they are never judged.
enum class RecordKind { receipt, review, changes, evidence, signature };

/// What a file's name in a record folder claims.
struct RecordName {
  RecordKind kind = RecordKind::receipt;
  /// 64 hex digits: of the decoded payload (receipts, reviews), else of the file. Empty for signatures.
  std::string digest;
  /// For evidence.
  std::string run_id;
  bool operator==(const RecordName&) const = default;
};
/// nullopt: no file of this name may stand in a record folder.
[[nodiscard]] std::optional<RecordName> parse_record_path(std::string_view path);

[[nodiscard]] std::string receipt_path(std::string_view digest);
[[nodiscard]] std::string review_path(std::string_view digest);
[[nodiscard]] std::string changes_path(std::string_view digest);
[[nodiscard]] std::string evidence_path(std::string_view run_id, std::string_view digest);
/// Of a receipt or a review: `of` is its path, `key` the fingerprint in hex.
[[nodiscard]] std::string signature_path(std::string_view of, std::string_view key);
[[nodiscard]] std::string trust_key_path(std::string_view key);

/// A run id that may be a folder's name: one component `[A-Za-z0-9._-]{1,128}`.
[[nodiscard]] bool valid_run_folder(std::string_view run_id);

}  // namespace striatum::provenance
