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
  /// Whoever made it knows that the text is `plain_in_json`, so that nobody needs to look again.
  bool plain = false;
  /// Of an integer; of a boolean 0 or 1.
  std::int64_t number = 0;
  std::string_view text = {};

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] static Scalar of(std::string_view text) { return {Kind::text, false, 0, text}; }
  [[nodiscard]] static Scalar of(std::int64_t number) { return {Kind::integer, false, number}; }
  [[nodiscard]] static Scalar of(bool flag) { return {Kind::boolean, false, flag ? 1 : 0}; }
};

[[nodiscard]] Scalar scalar_of(const Json& value);

}  // namespace striatum
