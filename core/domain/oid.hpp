// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace striatum {

/// A git object id, SHA-1.
struct Oid {
  std::array<unsigned char, 20> bytes{};
  auto operator<=>(const Oid&) const = default;

  /// 40 lower-case hex digits.
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] bool zero() const;
  /// Exactly 40 lower-case hex digits; nullopt otherwise.
  [[nodiscard]] static std::optional<Oid> parse(std::string_view hex);
  /// Exactly 20 bytes; nullopt otherwise.
  [[nodiscard]] static std::optional<Oid> from_raw(std::string_view bytes);
  [[nodiscard]] std::string raw() const;
};

/// The tree without entries.
[[nodiscard]] Oid empty_tree_oid();

}  // namespace striatum

template <>
struct std::hash<striatum::Oid> {
  std::size_t operator()(const striatum::Oid& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};
