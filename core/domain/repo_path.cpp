// SPDX-License-Identifier: Apache-2.0
#include "domain/repo_path.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text.hpp"

namespace striatum {
namespace {

constexpr std::size_t kPathLimit = 4096;
constexpr std::size_t kComponentLimit = 255;

struct Point {
  std::uint32_t value;
  std::size_t length;
};

/// The code point at the start; a byte that begins none counts as itself.
Point point_at(std::string_view bytes) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::uint32_t lead = byte(0);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (length == 1 || bytes.size() < length) return {lead, 1};
  std::uint32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {lead, 1};
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  return {value, length};
}

/// Code points that some file system leaves out when it compares names (HFS+, and Unicode's default
/// ignorables, which case-folding file systems drop).
bool ignorable(std::uint32_t c) {
  return c == 0x00AD || c == 0x034F || c == 0x061C || c == 0x115F || c == 0x1160 || c == 0x17B4 ||
         c == 0x17B5 || (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x3164 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 || (c >= 0x1D173 && c <= 0x1D17A) ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

/// The ASCII letter a code point folds to somewhere (long s, dotted and dotless i, full width forms); '\0'
/// when there is none.
char folded(std::uint32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
  if (c == 0x017F) return 's';
  if (c == 0x0130 || c == 0x0131) return 'i';
  if (c >= 0x80) return '\0';
  const char letter = static_cast<char>(c);
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// What a careless file system would compare: ASCII in lower case, ignorable code points gone, other code
/// points as '\x7f'.
std::string skeleton(std::string_view component) {
  std::string result;
  while (!component.empty()) {
    const Point point = point_at(component);
    component.remove_prefix(point.length);
    if (ignorable(point.value)) continue;
    const char letter = folded(point.value);
    result += letter == '\0' ? '\x7f' : letter;
  }
  return result;
}

bool all_of(std::string_view text, bool (*test)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex_digit(char c) { return digit(c) || (c >= 'a' && c <= 'f'); }

/// NTFS short names: `git~1`, and the form with a hash that is used when the plain ones are taken.
bool short_name(std::string_view text, std::string_view stem, std::string_view hashed_stem) {
  const auto tilde = text.find('~');
  if (tilde == std::string_view::npos || !all_of(text.substr(tilde + 1), digit)) return false;
  const std::string_view before = text.substr(0, tilde);
  return before == stem || (before.size() == hashed_stem.size() + 4 && before.starts_with(hashed_stem) &&
                            all_of(before.substr(hashed_stem.size()), hex_digit));
}

std::optional<PathRule> forbidden_name(std::string_view name) {
  // NTFS: what follows a colon names a stream of the same file; trailing dots and blanks do not count.
  name = name.substr(0, name.find(':'));
  while (name.ends_with('.') || name.ends_with(' ')) name.remove_suffix(1);
  if (name == ".git" || short_name(name, "git", "gi")) return PathRule::git_folder;
  if (name == ".striatum" || short_name(name, "striat", "st")) return PathRule::state_folder;
  return std::nullopt;
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool scheme_char(char c) { return letter(c) || digit(c) || c == '+' || c == '-' || c == '.'; }

/// A scheme (RFC 3986 section 3.1) and two slashes.
bool is_url(std::string_view text) {
  const std::string_view scheme = text.substr(0, text.find(':'));
  return all_of(scheme, scheme_char) && letter(scheme.front()) && text.substr(scheme.size()).starts_with("://");
}

enum class Form { any, normal };

std::variant<std::string, PathRule> normalize(std::string_view text, Form form) {
  if (text.empty()) return PathRule::empty;
  if (text.find('\0') != std::string_view::npos) return PathRule::nul;
  if (text.front() == '/') return PathRule::absolute;
  if (text.size() > kPathLimit) return PathRule::too_long;
  if (is_url(text)) return PathRule::url;
  std::vector<std::string> parts;
  for (auto& part : split(text, '/')) {
    if (part == "..") return PathRule::parent;
    if (part.empty() || part == ".") {
      if (form == Form::normal) return PathRule::dot;
      continue;
    }
    if (part.size() > kComponentLimit) return PathRule::too_long;
    if (const auto rule = forbidden_component(part)) return *rule;
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return PathRule::empty;
  return join(parts, "/");
}

/// Without `.` and empty parts; nullopt when a `..` is among them.
std::optional<std::vector<std::string>> plain_parts(std::string_view path) {
  std::vector<std::string> parts;
  for (auto& part : split(path, '/')) {
    if (part == "..") return std::nullopt;
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

std::string_view explain(PathRule rule) {
  switch (rule) {
    case PathRule::empty:
      return "is empty";
    case PathRule::absolute:
      return "is absolute";
    case PathRule::parent:
      return "leaves the repository by '..'";
    case PathRule::dot:
      return "holds an empty or '.' component";
    case PathRule::nul:
      return "holds a NUL byte";
    case PathRule::git_folder:
      return "leads into '.git'";
    case PathRule::state_folder:
      return "leads into '.striatum'";
    case PathRule::too_long:
      return "is too long";
    case PathRule::url:
      return "is a URL";
  }
  return "is not valid";
}

std::variant<RepoPath, PathRule> RepoPath::parse(std::string_view text) {
  auto result = normalize(text, Form::any);
  if (const auto* rule = std::get_if<PathRule>(&result)) return *rule;
  return RepoPath(std::move(std::get<std::string>(result)));
}

std::variant<RepoPath, PathRule> RepoPath::parse_normal(std::string_view text) {
  auto result = normalize(text, Form::normal);
  if (const auto* rule = std::get_if<PathRule>(&result)) return *rule;
  return RepoPath(std::move(std::get<std::string>(result)));
}

std::optional<PathRule> broken_rule(std::string_view text) {
  const auto result = normalize(text, Form::any);
  const auto* rule = std::get_if<PathRule>(&result);
  return rule != nullptr ? std::optional(*rule) : std::nullopt;
}

std::optional<PathRule> forbidden_component(std::string_view component) {
  // On Windows a backslash separates too.
  for (const auto& name : split(skeleton(component), '\\')) {
    if (const auto rule = forbidden_name(name)) return rule;
  }
  return std::nullopt;
}

bool inside(std::string_view path, std::string_view parent) {
  const auto below = plain_parts(path);
  const auto above = plain_parts(parent);
  if (!below || !above || above->size() > below->size()) return false;
  return std::equal(above->begin(), above->end(), below->begin());
}

}  // namespace striatum
