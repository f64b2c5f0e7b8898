// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/scalar.hpp"

namespace striatum {

/// A key that is written again and again.
class JsonKey {
 public:
  explicit JsonKey(std::string_view name) : json_(to_canonical_ascii(std::string(name))) {}
  /// As JSON in ASCII writes it.
  [[nodiscard]] std::string_view json() const { return json_; }

 private:
  std::string json_;
};

/// Writes one JSON text piece by piece, byte for byte as `to_canonical_ascii`, `to_canonical_utf8` or `dump(2, ' ', true)`
/// would write the whole. The caller gives keys in sorted order and ends what it begins.
class JsonWriter {
 public:
  enum class Style { compact_ascii, compact_utf8, pretty_ascii };
  using Sink = std::function<void(std::string_view)>;

  /// `sink` gets large pieces; the last one by `finish`.
  JsonWriter(Style style, Sink sink);

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  void key(std::string_view name);
  void key(const JsonKey& name);
  /// Of kind `other` it writes null.
  void value(const Scalar& value);
  void value(const Json& value);
  template <class Name>
  void member(const Name& name, const Scalar& of) {
    key(name);
    value(of);
  }
  void finish();
  /// As `finish`, with a line break behind the text.
  void finish_line() {
    put("\n");
    finish();
  }

 private:
  /// Where `size` more bytes can be put.
  char* room(std::size_t size) {
    if (buffer_.size() - used_ < size) make_room(size);
    return buffer_.data() + used_;
  }
  void make_room(std::size_t size);
  void took(const char* end) { used_ = static_cast<std::size_t>(end - buffer_.data()); }
  void put(std::string_view text);
  void begin(char bracket);
  void end(char bracket);
  /// How much room what stands between two items takes while it is written.
  [[nodiscard]] std::size_t before() const;
  /// Writes what stands between the next item and the one before it; there is room for the item behind it.
  [[nodiscard]] char* separated(std::size_t size);
  void end_key(char* at);
  [[nodiscard]] char* new_line(char* at) const;
  void raw(std::string_view json);
  void text(std::string_view text);
  void plain_text(std::string_view text);

  Style style_;
  Sink sink_;
  std::string buffer_;
  std::size_t used_ = 0;
  std::size_t depth_ = 0;
  bool empty_ = true;
  bool after_key_ = false;
};

}  // namespace striatum
