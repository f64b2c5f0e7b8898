// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/scalar.hpp"

namespace striatum {

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
  /// Of kind `other` it writes null.
  void value(const Scalar& value);
  void value(const Json& value);
  void member(std::string_view name, const Scalar& of) {
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
  /// What stands between an item and the one before it.
  void separate();
  [[nodiscard]] char* new_line(char* at) const;
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
