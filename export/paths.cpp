// SPDX-License-Identifier: Apache-2.0
#include "export/paths.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace striatum::provenance {
namespace {

constexpr std::string_view kEnvelopeSuffix = ".dsse.json";
constexpr std::string_view kSignatureSuffix = ".sig";
constexpr std::string_view kJsonSuffix = ".json";
constexpr std::array<std::string_view, 4> kRecordFolders{"receipts", "changes", "evidence", "reviews"};
constexpr std::size_t kHex = 64;

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

/// `FOLDER/<aa>/<digest>SUFFIX`
std::string fanned(std::string_view folder, std::string_view digest, std::string_view suffix) {
  std::string out(kProvenanceFolder);
  out.append("/")
      .append(folder)
      .append("/")
      .append(digest.substr(0, 2))
      .append("/")
      .append(digest)
      .append(suffix);
  return out;
}

/// Equal to `name`, or below it.
bool at_or_below(std::string_view path, std::string_view name) {
  return take_prefix(path, name) && (path.empty() || path[0] == '/');
}

/// The name that a well-named file at `path` (below the four folders) would carry.
std::string expected_path(const RecordName& name) {
  switch (name.kind) {
    case RecordKind::receipt:
      return receipt_path(name.digest);
    case RecordKind::review:
      return review_path(name.digest);
    case RecordKind::changes:
      return changes_path(name.digest);
    case RecordKind::evidence:
      return evidence_path(name.run_id, name.digest);
    case RecordKind::signature:
      break;
  }
  return {};
}

}  // namespace

Place place_of(std::string_view path) {
  if (path == kAttributesPath) return Place::attributes;
  if (!take_prefix(path, kProvenanceFolder) || !take_prefix(path, "/")) return Place::content;
  if (at_or_below(path, "trust")) return Place::trust;
  const bool record = std::any_of(kRecordFolders.begin(), kRecordFolders.end(),
                                  [&](std::string_view folder) { return at_or_below(path, folder); });
  return record ? Place::record : Place::content;
}

bool is_judged_path(std::string_view path) {
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return place_of(path) == Place::content;
}

std::optional<RecordName> parse_record_path(std::string_view path) {
  if (place_of(path) != Place::record) return std::nullopt;
  const std::string_view inside = path.substr(kProvenanceFolder.size() + 1);
  const std::string_view folder = inside.substr(0, inside.find('/'));
  if (folder == inside) return std::nullopt;
  const bool enveloped = folder == "receipts" || folder == "reviews";
  if (enveloped && ends_with(path, kSignatureSuffix)) return RecordName{RecordKind::signature, "", ""};
  const std::string_view file = path.substr(path.rfind('/') + 1);
  const std::string_view rest = inside.substr(folder.size() + 1);
  RecordName name{RecordKind::receipt, std::string(file.substr(0, kHex)), ""};
  if (folder == "reviews") name.kind = RecordKind::review;
  if (folder == "changes") name.kind = RecordKind::changes;
  if (folder == "evidence") {
    name.kind = RecordKind::evidence;
    name.run_id = rest.substr(0, rest.find('/'));
    if (!valid_run_folder(name.run_id)) return std::nullopt;
  }
  const bool digest = is_hex(name.digest, kHex) && lower(name.digest) == name.digest;
  if (!digest || expected_path(name) != path) return std::nullopt;
  return name;
}

std::string receipt_path(std::string_view digest) { return fanned("receipts", digest, kEnvelopeSuffix); }

std::string review_path(std::string_view digest) { return fanned("reviews", digest, kEnvelopeSuffix); }

std::string changes_path(std::string_view digest) { return fanned("changes", digest, kJsonSuffix); }

std::string evidence_path(std::string_view run_id, std::string_view digest) {
  std::string out(kProvenanceFolder);
  return out.append("/evidence/").append(run_id).append("/").append(digest).append(kJsonSuffix);
}

std::string signature_path(std::string_view of, std::string_view key) {
  std::string out(of.substr(0, of.size() - kEnvelopeSuffix.size()));
  return out.append(".").append(key).append(kSignatureSuffix);
}

std::string trust_key_path(std::string_view key) {
  return std::string(kTrustFolder) + "/keys/" + std::string(key) + ".pub";
}

bool valid_run_folder(std::string_view run_id) {
  const auto accepted = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  };
  return !run_id.empty() && run_id.size() <= 128 && run_id != "." && run_id != ".." &&
         std::all_of(run_id.begin(), run_id.end(), accepted);
}

}  // namespace striatum::provenance
