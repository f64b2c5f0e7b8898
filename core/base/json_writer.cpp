// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/text.hpp"

namespace striatum {
namespace {

constexpr std::size_t kFirst = std::size_t{1} << 12;
constexpr std::size_t kPiece = std::size_t{1} << 17;
constexpr std::size_t kNumberDigits = 20;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kUsualBlanks = 16;

char* copy(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

}  // namespace

Scalar scalar_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return {};
    case Json::value_t::boolean:
      return Scalar::of(value.get<bool>());
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return Scalar::of(value.get<std::int64_t>());
    case Json::value_t::string:
      return Scalar::of(std::string_view(value.get_ref<const std::string&>()));
    default:
      return Scalar::other();
  }
}

JsonWriter::JsonWriter(Style style, Sink sink) : style_(style), sink_(std::move(sink)), buffer_(kFirst, '\0') {}

void JsonWriter::make_room(std::size_t size) {
  if (buffer_.size() >= kPiece) finish();
  if (buffer_.size() - used_ < size) buffer_.resize(std::max(2 * buffer_.size(), used_ + size));
}

void JsonWriter::finish() {
  if (used_ > 0) sink_(std::string_view(buffer_).substr(0, used_));
  used_ = 0;
}

void JsonWriter::put(std::string_view text) { took(copy(room(text.size()), text)); }

char* JsonWriter::new_line(char* at) const {
  if (style_ != Style::pretty_ascii) return at;
  *at++ = '\n';
  const std::size_t blanks = kIndent * depth_;
  // The usual depth by a copy of one size, which is quicker; there is room.
  std::memset(at, ' ', blanks <= kUsualBlanks ? kUsualBlanks : blanks);
  return at + blanks;
}

std::size_t JsonWriter::before() const { return 2 + kUsualBlanks + kIndent * depth_; }

char* JsonWriter::separated(std::size_t size) {
  char* at = room(before() + size);
  if (!std::exchange(after_key_, false) && depth_ > 0) {
    if (!empty_) *at++ = ',';
    at = new_line(at);
  }
  empty_ = false;
  return at;
}

void JsonWriter::begin(char bracket) {
  char* at = separated(1);
  *at++ = bracket;
  took(at);
  ++depth_;
  empty_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  char* at = room(before() + 1);
  if (!empty_) at = new_line(at);
  *at++ = bracket;
  took(at);
  empty_ = false;
}

void JsonWriter::key(std::string_view name) {
  text(name);
  end_key(room(2));
}

void JsonWriter::key(const JsonKey& name) { end_key(copy(separated(name.json().size() + 2), name.json())); }

void JsonWriter::end_key(char* at) {
  *at++ = ':';
  if (style_ == Style::pretty_ascii) *at++ = ' ';
  took(at);
  after_key_ = true;
}

void JsonWriter::raw(std::string_view json) { took(copy(separated(json.size()), json)); }

void JsonWriter::plain_text(std::string_view text) {
  char* at = separated(text.size() + 2);
  *at++ = '"';
  at = copy(at, text);
  *at++ = '"';
  took(at);
}

void JsonWriter::text(std::string_view text) {
  if (plain_in_json(text)) return plain_text(text);
  raw(style_ == Style::compact_utf8 ? to_canonical_utf8(std::string(text)) : to_canonical_ascii(std::string(text)));
}

void JsonWriter::value(const Scalar& value) {
  switch (value.kind()) {
    case Scalar::Kind::text:
      return value.is_plain() ? plain_text(value.text()) : text(value.text());
    case Scalar::Kind::boolean:
      return raw(value.number() != 0 ? "true" : "false");
    case Scalar::Kind::integer: {
      char* at = separated(kNumberDigits);
      return took(std::to_chars(at, at + kNumberDigits, value.number()).ptr);
    }
    default:
      return raw("null");
  }
}

void JsonWriter::value(const Json& value) {
  if (value.is_object()) {
    begin_object();
    for (const auto& [name, item] : value.items()) {
      key(name);
      this->value(item);
    }
    return end_object();
  }
  if (value.is_array()) {
    begin_array();
    for (const Json& item : value) this->value(item);
    return end_array();
  }
  if (value.is_number_float() || value.is_number_unsigned()) return raw(to_canonical_ascii(value));
  this->value(scalar_of(value));
}

}  // namespace striatum
