// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace striatum {
namespace {

constexpr std::string_view kWhite = " \t\n\r\f\v";

struct CodePoint {
  std::uint32_t value;
  std::size_t length;
};

/// Decodes the sequence at the start of `bytes` (RFC 3629: no surrogates, no overlong forms).
std::optional<CodePoint> decode(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return std::nullopt;
  std::uint32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return std::nullopt;
  return CodePoint{value, length};
}

char hex_digit(unsigned value) { return "0123456789abcdef"[value & 15U]; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_escaped_byte(std::string& out, unsigned value) {
  out += "\\x";
  out += hex_digit(value >> 4);
  out += hex_digit(value);
}

bool is_bidi_control(std::uint32_t c) {
  return c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || c == 0x2028 || c == 0x2029;
}

void append_escaped_point(std::string& out, std::uint32_t c) {
  out += "\\u{";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex_digit(c >> shift);
  out += '}';
}

// Tests of eight bytes at a time set the high bit of a byte when there is one they look for: not always of that byte,
// never without one.
constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHigh = 0x80 * kOnes;

/// Below 0x20, above 0x7f, or (by the carry into the high bit) 0x7f.
constexpr std::uint64_t unprintable(std::uint64_t bytes) { return (bytes - 0x20 * kOnes) | bytes | (bytes + kOnes); }

constexpr std::uint64_t equal(std::uint64_t bytes, unsigned char wanted) {
  const std::uint64_t difference = bytes ^ (wanted * kOnes);
  return (difference - kOnes) & ~difference;
}

template <class Word>
std::uint64_t load(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Fewer than eight bytes: some twice or blanks with them, which no test looks for.
std::uint64_t short_word(std::string_view text) {
  constexpr std::size_t kHalf = sizeof(std::uint32_t);
  if (text.size() >= kHalf) {
    return load<std::uint32_t>(text.data()) | load<std::uint32_t>(text.data() + text.size() - kHalf) << 32U;
  }
  std::uint64_t word = ' ' * kOnes;
  for (const unsigned char c : text) word = word << 8U | c;
  return word;
}

/// True when `test` finds none.
template <class Test>
bool no_byte(std::string_view text, Test&& test) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (text.size() < kWord) return (test(short_word(text)) & kHigh) == 0;
  std::uint64_t found = test(load<std::uint64_t>(text.data() + text.size() - kWord));
  for (; text.size() > kWord; text.remove_prefix(kWord)) found |= test(load<std::uint64_t>(text.data()));
  return (found & kHigh) == 0;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

bool blank(std::string_view text) { return trim(text).empty(); }

bool printable_ascii(std::string_view text) { return no_byte(text, unprintable); }

bool plain_in_json(std::string_view text) {
  return no_byte(text, [](std::uint64_t bytes) { return unprintable(bytes) | equal(bytes, '"') | equal(bytes, '\\'); });
}

bool valid_utf8(std::string_view bytes) {
  if (printable_ascii(bytes)) return true;
  while (!bytes.empty()) {
    const auto point = decode(bytes);
    if (!point) return false;
    bytes.remove_prefix(point->length);
  }
  return true;
}

std::string to_utf8(std::string_view bytes) {
  if (printable_ascii(bytes)) return std::string(bytes);
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto point = decode(bytes);
    const std::size_t length = point ? point->length : 1;
    out += point ? bytes.substr(0, length) : std::string_view("\xEF\xBF\xBD");
    bytes.remove_prefix(length);
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto point = decode(text);
    if (!point) {
      append_escaped_byte(out, static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    const auto c = point->value;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      append_escaped_byte(out, c);
    } else if (is_bidi_control(c)) {
      append_escaped_point(out, c);
    } else {
      out += text.substr(0, point->length);
    }
    text.remove_prefix(point->length);
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  auto lines = split(text, '\n');
  for (std::string& line : lines) line = printable(line);
  return join(lines, "\n");
}

std::string one_line(std::string_view text) {
  std::string out(trim(text));
  std::replace_if(out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    out += hex_digit(value >> 4);
    out += hex_digit(value);
  }
  return out;
}

std::string from_hex(std::string_view hex) {
  std::string out;
  if (hex.size() % 2 != 0) return out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]);
    const int low = hex_value(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

bool is_hex(std::string_view text, std::size_t length) {
  if (text.size() != length) return false;
  // Without a branch for each digit, which would be guessed wrongly half the time.
  bool all = true;
  for (const char c : text) all &= static_cast<unsigned>(c - '0') < 10U || static_cast<unsigned>(c - 'a') < 6U;
  return all;
}

}  // namespace striatum
