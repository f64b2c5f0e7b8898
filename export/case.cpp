// SPDX-License-Identifier: Apache-2.0
#include "export/case.hpp"

#include "base/text.hpp"

namespace striatum::provenance {
namespace {

constexpr std::string_view kEscaped = "\a\b\t\n\v\f\r\"\\";
constexpr std::string_view kLetters = "abtnvfr\"\\";

}  // namespace

Sha256 CachedObjects::blob_sha256(const Oid& blob) {
  const auto known = digests_.find(blob);
  if (known != digests_.end()) return known->second;
  return digests_.emplace(blob, sha256(repository_.blob(blob))).first->second;
}

const HunkList& CachedObjects::hunks(const git::Change& change) {
  if (!may_have_hunks(change)) return scratch_ = hunks_of(repository_, change);
  const Pair pair{change.before, change.after};
  const auto known = hunks_.find(pair);
  if (known != hunks_.end()) return known->second;
  return hunks_.emplace(pair, hunks_of(repository_, change)).first->second;
}

Parsed<std::shared_ptr<const Changes>> CachedObjects::changes(const Oid& blob) {
  const auto known = changes_.find(blob);
  if (known != changes_.end()) return known->second;
  if (repository_.blob_size(blob) > kMaxChangesBytes) return Problem{"the changes file is larger than 8 MiB"};
  Parsed<Changes> parsed = parse_changes(repository_.blob(blob));
  if (!parsed) return Problem{parsed.problem()};
  return changes_.emplace(blob, std::make_shared<const Changes>(parsed.take())).first->second;
}

const git::Commit& CachedObjects::commit(const Oid& id) {
  const auto known = commits_.find(id);
  if (known != commits_.end()) return known->second;
  return commits_.emplace(id, repository_.commit(id)).first->second;
}

const std::optional<std::vector<Oid>>& Case::head_roots() {
  if (!roots_known_ && !objects.repository().shallow()) roots_ = objects.repository().root_commits(head);
  roots_known_ = true;
  return roots_;
}

void Case::find(std::string kind, const CommitCase& at, std::optional<std::string> path, std::string detail,
                std::vector<std::string> hints) {
  findings.push_back({std::move(kind), at.commit.id, std::move(path), std::move(detail), std::move(hints)});
}

void Case::warn(std::string kind, const CommitCase& at, std::optional<std::string> path, std::string detail) {
  warnings.push_back({std::move(kind), at.commit.id, std::move(path), std::move(detail)});
}

std::string shown_path(const std::string& path) {
  if (valid_utf8(path)) return path;
  std::string out = "\"";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t escape = c == '\0' ? std::string_view::npos : kEscaped.find(c);
    if (escape != std::string_view::npos) {
      out += {'\\', kLetters[escape]};
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + ((byte >> 3) & 7)),
              static_cast<char>('0' + (byte & 7))};
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace striatum::provenance
