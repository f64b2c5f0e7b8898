// SPDX-License-Identifier: Apache-2.0
// SSH's data types (RFC 4251 section 5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace striatum::provenance {

/// Reads from hostile bytes: after the first failure every read gives empty values and `ok()` is false.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::string_view take(std::size_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  [[nodiscard]] std::uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
  }
  [[nodiscard]] std::uint32_t u32() {
    std::uint32_t out = 0;
    for (const char c : take(4)) out = (out << 8) | static_cast<unsigned char>(c);
    return out;
  }
  [[nodiscard]] std::string_view string() { return take(u32()); }
  /// The magnitude of a positive number, without leading zero bytes; anything else fails.
  [[nodiscard]] std::string_view positive() {
    std::string_view digits = string();
    const bool padded = !digits.empty() && digits[0] == '\0';
    if (padded) digits.remove_prefix(1);
    const bool high = !digits.empty() && (static_cast<unsigned char>(digits[0]) & 0x80) != 0;
    if (digits.empty() || digits[0] == '\0' || padded != high) ok_ = false;
    return ok_ ? digits : std::string_view();
  }
  [[nodiscard]] bool ok() const { return ok_; }
  /// Everything was read and nothing failed.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

inline void put_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

inline void put_string(std::string& out, std::string_view bytes) {
  put_u32(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

}  // namespace striatum::provenance
