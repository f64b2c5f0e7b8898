// SPDX-License-Identifier: Apache-2.0
// The only door to OpenSSL. Keys and signatures: raw bytes in std::string.
#pragma once

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace striatum {

/// 32 bytes. Text form: 64 lower-case hex digits.
struct Sha256 {
  std::array<unsigned char, 32> bytes{};
  auto operator<=>(const Sha256&) const = default;
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] std::string raw() const;
};

[[nodiscard]] Sha256 sha256(std::string_view data);
[[nodiscard]] std::string sha512(std::string_view data);

/// For git's object ids only. `head` and `data` are hashed as one text; 20 bytes.
[[nodiscard]] std::array<unsigned char, 20> sha1(std::string_view head, std::string_view data);

/// SHA-256 of pieces fed one after the other.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void add(std::string_view data);
  /// Ends the stream; call once.
  [[nodiscard]] Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::string base64(std::string_view data);
/// Standard alphabet, padded, nothing else; nullopt otherwise (also when re-encoding would differ).
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

namespace ed25519 {
/// `seed`: 32 bytes. Returns the 64-byte signature.
[[nodiscard]] std::string sign(std::string_view seed, std::string_view message);
/// The 32-byte public key of a seed.
[[nodiscard]] std::string public_key(std::string_view seed);
[[nodiscard]] bool verify(std::string_view public_key, std::string_view message, std::string_view signature);
}  // namespace ed25519

/// ECDSA over NIST P-256/384/521 with SHA-256/384/512; `point`: uncompressed, r and s: big-endian.
[[nodiscard]] bool verify_ecdsa(std::string_view curve, std::string_view point, std::string_view message,
                                std::string_view r, std::string_view s);
/// RSASSA-PKCS1-v1_5, `hash`: "sha256" or "sha512"; keys under 3072 bits are refused (false).
[[nodiscard]] bool verify_rsa(std::string_view hash, std::string_view exponent, std::string_view modulus,
                              std::string_view message, std::string_view signature);

}  // namespace striatum
