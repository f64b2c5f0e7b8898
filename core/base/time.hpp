// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace striatum {

/// Whole seconds.
struct Seconds {
  std::int64_t count = 0;
  auto operator<=>(const Seconds&) const = default;
};

/// A UTC moment, whole seconds since 1970.
struct Instant {
  std::int64_t unix_seconds = 0;
  auto operator<=>(const Instant&) const = default;
  Instant operator+(Seconds s) const { return {unix_seconds + s.count}; }
  Seconds operator-(Instant other) const { return {unix_seconds - other.unix_seconds}; }
};

/// `YYYY-MM-DDTHH:MM:SSZ`; years outside 0000–9999 are clamped to that range.
[[nodiscard]] std::string to_text(Instant when);
/// Accepts `YYYY-MM-DDTHH:MM:SSZ` and, as one old row form has it, `YYYY-MM-DD HH:MM:SS`.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text);
/// `2 minutes ago`, `in 29 minutes`, `now`: for people only.
[[nodiscard]] std::string relative(Instant when, Instant now);

}  // namespace striatum
