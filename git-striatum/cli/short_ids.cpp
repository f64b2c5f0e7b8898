// SPDX-License-Identifier: Apache-2.0
#include "cli/short_ids.hpp"

#include <algorithm>

namespace striatum::cli {
namespace {

constexpr std::size_t kWhole = 32;
constexpr std::size_t kShown = 8;
constexpr std::size_t kLeast = 4;
constexpr std::string_view kNouns[] = {"run_", "sess_", "msg_", "lease_", "art_", "verdict_", "blk_", "wt_"};

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Length of the noun at the beginning of `text`; 0 when there is none.
std::size_t noun(std::string_view text) {
  for (const std::string_view each : kNouns) {
    if (text.substr(0, each.size()) == each) return each.size();
  }
  return 0;
}

std::size_t digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

/// Whether what stands before an id makes it part of something else.
bool bound(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  const char before = text[at - 1];
  return is_word(before) || std::string_view("/-.=").find(before) != std::string_view::npos;
}

}  // namespace

std::optional<ShortId> short_id(std::string_view text) {
  const std::size_t before = text.substr(0, 8) == "job_run_" ? 4 : 0;
  const std::string_view id = text.substr(before);
  const std::size_t name = noun(id);
  const std::size_t count = name == 0 ? 0 : digits(id.substr(name));
  const std::string_view after = id.substr(std::min(id.size(), name + count));
  const bool ends = before == 0 ? after.empty() : after.size() > 1 && after.front() == '_';
  if (count < kLeast || count >= kWhole || !ends) return std::nullopt;
  return ShortId{std::string(text.substr(0, before)), std::string(id.substr(0, name + count)), std::string(after)};
}

std::string shorten_ids(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::size_t name = bound(text, at) ? 0 : noun(rest);
    const bool whole = name != 0 && digits(rest.substr(name)) == kWhole &&
                       (rest.size() == name + kWhole || !is_word(rest[name + kWhole]));
    out += whole ? rest.substr(0, name + kShown) : rest.substr(0, 1);
    at += whole ? name + kWhole : 1;
  }
  return out;
}

}  // namespace striatum::cli
