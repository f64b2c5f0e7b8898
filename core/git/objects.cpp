// SPDX-License-Identifier: Apache-2.0
#include "git/objects.hpp"

#include <charconv>
#include <cstdint>

namespace striatum::git {
namespace {

/// Takes the first line off, without its line break; nullopt at the end.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// The id of a header line `KEY <hex>`.
std::optional<Oid> id_line(std::string_view line, std::string_view key) {
  if (!line.starts_with(key) || line.size() != key.size() + 41 || line[key.size()] != ' ')
    return std::nullopt;
  return Oid::parse(line.substr(key.size() + 1));
}

struct Person {
  std::string name;
  Instant when;
};

/// `Name <mail> 1700000000 +0100`.
Person parse_person(std::string_view text) {
  const auto close = text.rfind('>');
  if (close == std::string_view::npos) return {std::string(text), {}};
  Person person{std::string(text.substr(0, close + 1)), {}};
  std::string_view time = text.substr(close + 1);
  while (time.starts_with(' ')) time.remove_prefix(1);
  std::from_chars(time.data(), time.data() + time.size(), person.when.unix_seconds);
  return person;
}

bool signature_start(std::string_view line) { return line.starts_with("gpgsig "); }
bool other_signature_start(std::string_view line) { return line.starts_with("gpgsig-sha256 "); }

struct Signed {
  std::string payload;
  std::string signature;
};

/// As git takes a signed commit apart: both signature headers with their continuation lines leave the
/// payload.
Signed take_apart(std::string_view raw) {
  enum class In { none, signature, other };
  Signed result;
  In in = In::none;
  while (!raw.empty()) {
    const auto end = raw.find('\n');
    const std::string_view line = raw.substr(0, end == std::string_view::npos ? raw.size() : end + 1);
    const bool continued = line.starts_with(' ') && in != In::none;
    if (!continued)
      in = signature_start(line) ? In::signature : other_signature_start(line) ? In::other : In::none;
    if (in == In::none && line == "\n") break;
    if (in == In::signature)
      result.signature += line.substr(continued ? 1 : std::string_view("gpgsig ").size());
    if (in == In::none) result.payload += line;
    raw.remove_prefix(line.size());
  }
  result.payload += raw;
  return result;
}

}  // namespace

std::optional<Commit> parse_commit(const Oid& id, std::string raw) {
  Commit commit;
  commit.id = id;
  std::string_view rest(raw);
  auto line = take_line(rest);
  const auto tree = line ? id_line(*line, "tree") : std::nullopt;
  if (!tree) return std::nullopt;
  commit.tree = *tree;
  while ((line = take_line(rest)) && !line->empty()) {
    if (const auto parent = id_line(*line, "parent")) {
      commit.parents.push_back(*parent);
    } else if (line->starts_with("author ")) {
      const Person person = parse_person(line->substr(7));
      commit.author = person.name;
      commit.author_time = person.when;
    } else if (line->starts_with("committer ")) {
      const Person person = parse_person(line->substr(10));
      commit.committer = person.name;
      commit.committer_time = person.when;
    }
  }
  commit.message = std::string(rest);
  commit.raw = std::move(raw);
  return commit;
}

std::optional<std::vector<Oid>> parse_parents(std::string_view raw) {
  auto line = take_line(raw);
  if (!line || !id_line(*line, "tree")) return std::nullopt;
  std::vector<Oid> parents;
  while ((line = take_line(raw))) {
    const auto parent = id_line(*line, "parent");
    if (!parent) break;
    parents.push_back(*parent);
  }
  return parents;
}

std::optional<std::string> Commit::signature() const {
  Signed parts = take_apart(raw);
  if (parts.signature.empty()) return std::nullopt;
  return std::move(parts.signature);
}

std::string Commit::signed_bytes() const { return take_apart(raw).payload; }

Mode RawEntry::kind() const {
  constexpr std::uint32_t kTypeMask = 0170000;
  std::uint32_t bits = 0;
  std::from_chars(mode.data(), mode.data() + mode.size(), bits, 8);
  switch (bits & kTypeMask) {
    case 0040000:
      return Mode::tree;
    case 0120000:
      return Mode::link;
    case 0100000:
      return (bits & 0100U) != 0 ? Mode::executable : Mode::regular;
    default:
      return Mode::pointer;
  }
}

std::optional<std::vector<RawEntry>> parse_tree(std::string_view raw) {
  constexpr std::size_t kIdSize = 20;
  std::vector<RawEntry> entries;
  constexpr std::size_t kUsualRecord = 40;
  entries.reserve(raw.size() / kUsualRecord);
  while (!raw.empty()) {
    const auto blank = raw.find(' ');
    const auto nul = raw.find('\0');
    if (blank == std::string_view::npos || nul == std::string_view::npos || blank == 0 || nul <= blank + 1 ||
        raw.size() < nul + 1 + kIdSize) {
      return std::nullopt;
    }
    RawEntry entry;
    entry.mode = raw.substr(0, blank);
    entry.name = raw.substr(blank + 1, nul - blank - 1);
    entry.id = *Oid::from_raw(raw.substr(nul + 1, kIdSize));
    entry.record = raw.substr(0, nul + 1 + kIdSize);
    if (entry.mode.find_first_not_of("01234567") != std::string_view::npos || entry.mode.size() > 7) {
      return std::nullopt;
    }
    entries.push_back(entry);
    raw.remove_prefix(entry.record.size());
  }
  return entries;
}

}  // namespace striatum::git
