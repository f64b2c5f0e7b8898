// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.hpp"

namespace striatum {

/// A JSON value without members, as a column holds one; its text is borrowed. Many of them are kept, so that it is small.
class Scalar {
 public:
  /// `other`: fractions and whatever has members; of them no more is known.
  enum class Kind : unsigned char { null, boolean, integer, text, other };

  Scalar() = default;
  /// Of less than 4 GiB.
  [[nodiscard]] static Scalar of(std::string_view text) { return {Kind::text, text}; }
  [[nodiscard]] static Scalar of(std::int64_t number) { return {Kind::integer, number}; }
  [[nodiscard]] static Scalar of(bool flag) { return {Kind::boolean, std::int64_t{flag}}; }
  [[nodiscard]] static Scalar other() { return {Kind::other, std::int64_t{0}}; }
  /// Whoever makes it knows that the text is `plain_in_json`, so that nobody needs to look again.
  [[nodiscard]] static Scalar plain(std::string_view text) {
    Scalar out = of(text);
    out.plain_ = true;
    return out;
  }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  [[nodiscard]] bool is_plain() const { return plain_; }
  /// Of an integer; of a boolean 0 or 1; else 0.
  [[nodiscard]] std::int64_t number() const { return kind_ == Kind::text ? 0 : number_; }
  /// Empty where it is no text.
  [[nodiscard]] std::string_view text() const {
    return kind_ == Kind::text ? std::string_view(data_, size_) : std::string_view();
  }
  /// The same value, its text kept elsewhere.
  [[nodiscard]] Scalar with(std::string_view text) const {
    Scalar out = *this;
    if (kind_ == Kind::text) out.data_ = text.data();
    return out;
  }

 private:
  Scalar(Kind kind, std::int64_t number) : kind_(kind), number_(number) {}
  Scalar(Kind kind, std::string_view text)
      : kind_(kind), size_(static_cast<std::uint32_t>(text.size())), data_(text.data()) {}

  Kind kind_ = Kind::null;
  bool plain_ = false;
  std::uint32_t size_ = 0;
  union {
    std::int64_t number_ = 0;
    const char* data_;
  };
};

[[nodiscard]] Scalar scalar_of(const Json& value);

}  // namespace striatum
