// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace striatum {
namespace {

constexpr std::int64_t kYear0 = -62167219200;     // 0000-01-01T00:00:00Z
constexpr std::int64_t kYear9999 = 253402300799;  // 9999-12-31T23:59:59Z

/// Reads exactly `length` digits at `at`; -1 when they are not digits.
int digits(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  for (std::size_t i = at; i < at + length; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::string to_text(Instant when) {
  using namespace std::chrono;
  const sys_seconds moment{seconds{std::clamp(when.unix_seconds, kYear0, kYear9999)}};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{moment - day};
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return out.data();
}

std::optional<Instant> parse_instant(std::string_view text) {
  using namespace std::chrono;
  const bool zulu = text.size() == 20 && text[10] == 'T' && text[19] == 'Z';
  const bool plain = text.size() == 19 && text[10] == ' ';
  if (!zulu && !plain) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  const int y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
  const int h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
  if (y < 0 || mo < 1 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 59) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  const auto moment = sys_days{date} + hours{h} + minutes{mi} + seconds{s};
  return Instant{moment.time_since_epoch() / seconds{1}};
}

std::string relative(Instant when, Instant now) {
  const std::int64_t distance = (when - now).count;
  const std::int64_t size = std::abs(distance);
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits{{{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
  for (const auto& unit : kUnits) {
    const auto count = size / unit.seconds;
    if (count == 0) continue;
    const std::string amount = std::to_string(count) + ' ' + unit.name + (count == 1 ? "" : "s");
    return distance < 0 ? amount + " ago" : "in " + amount;
  }
  return "now";
}

}  // namespace striatum
