// SPDX-License-Identifier: Apache-2.0
#include "domain/byline.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "domain/front_matter.hpp"
#include "domain/lines.hpp"

namespace striatum::domain {
namespace {

constexpr std::size_t kMaxLabel = 64;
constexpr std::size_t kBylineWindow = 40;
/// No name of ours is longer; what is cut off names somebody else all the same.
constexpr std::size_t kMaxAuthor = 1024;
constexpr std::array<std::string_view, 4> kReservedLabels{"attested", "supervised", "lane", "model"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_or_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

/// Two or more parts of letters, digits and dots, then three digits, joined by dashes: `a-b-001`.
bool byline_shaped(std::string_view label) {
  const auto parts = split(label, '-');
  if (parts.size() < 3) return false;
  const std::string& last = parts.back();
  if (last.size() != 3 || !std::all_of(last.begin(), last.end(), is_digit)) return false;
  return std::all_of(parts.begin(), parts.end() - 1, [](const std::string& part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return is_lower_or_digit(c) || c == '.'; });
  });
}

std::string byline_part(std::string_view text) {
  std::string out = lower(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return !is_lower_or_digit(c) && c != '.'; }, '-');
  return out;
}

std::string without_emphasis(std::string_view text) {
  std::string out(text);
  out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return c == '*' || c == '_'; }), out.end());
  return out;
}

/// The canonical form of a line that names an author: without `#` in front, `*` and `_`; in lower case.
std::optional<std::string> as_author_line(std::string_view line) {
  constexpr std::string_view kKey = "author:";
  std::string_view text = trim(line);
  text.remove_prefix(std::min(text.find_first_not_of('#'), text.size()));
  const std::string plain = lower(trim(without_emphasis(text.substr(0, kMaxAuthor))));
  if (!plain.starts_with(kKey)) return std::nullopt;
  return "author: " + std::string(trim(std::string_view(plain).substr(kKey.size())));
}

}  // namespace

std::optional<std::string> broken_label_rule(std::string_view label, const std::vector<std::string>& lanes) {
  const bool plain = !label.empty() && label.size() <= kMaxLabel && std::all_of(label.begin(), label.end(), [](char c) {
    return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-';
  });
  if (!plain) return "is not 1 to 64 of a-z, 0-9, dot, underscore and dash";
  if (std::find(kReservedLabels.begin(), kReservedLabels.end(), label) != kReservedLabels.end()) return "is reserved";
  if (std::find(lanes.begin(), lanes.end(), label) != lanes.end()) return "is the name of a lane";
  if (byline_shaped(label)) return "looks like the author line of an attested session";
  return std::nullopt;
}

std::string operator_line(const std::optional<std::string>& label) {
  return label ? "author: operator [self-declared: " + *label + "]" : "author: operator";
}

std::string attested_line(std::string_view role, std::string_view model, int ordinal) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%03d", ordinal);
  return "author: " + byline_part(role) + "-" + (blank(model) ? "unknown-model" : byline_part(model)) + "-" + number.data();
}

bool names_author(std::string_view line, std::string_view expected) {
  return without_emphasis(line) == without_emphasis(expected);
}

std::vector<std::string> author_lines(std::string_view text) {
  Lines lines(text);
  const std::size_t body = front_matter_end(text).value_or(0);
  std::vector<std::string> out;
  auto line = lines.next();
  for (std::size_t i = 0; line && i < body + kBylineWindow; ++i, line = lines.next()) {
    if (i >= body && line->starts_with("## ")) break;
    if (auto author = as_author_line(*line)) out.push_back(std::move(*author));
  }
  return out;
}

}  // namespace striatum::domain
