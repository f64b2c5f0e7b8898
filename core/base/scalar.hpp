// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.hpp"

namespace striatum {

/// A JSON value without members, as a column holds one; its text is borrowed.
struct Scalar {
  /// `other`: fractions and whatever has members; of them no more is known.
  enum class Kind : unsigned char { null, boolean, integer, text, other };
  Kind kind = Kind::null;
  /// Of an integer; of a boolean 0 or 1.
  std::int64_t number = 0;
  std::string_view text = {};

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] static Scalar of(std::string_view text) { return {Kind::text, 0, text}; }
  [[nodiscard]] static Scalar of(std::int64_t number) { return {Kind::integer, number}; }
  [[nodiscard]] static Scalar of(bool flag) { return {Kind::boolean, flag ? 1 : 0}; }
};

[[nodiscard]] Scalar scalar_of(const Json& value);

}  // namespace striatum
