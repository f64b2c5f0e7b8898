// SPDX-License-Identifier: Apache-2.0
// OpenSSH public keys and private key files (RFC 4253 6.6, RFC 5656, RFC 8332, RFC 8709, OpenSSH
// PROTOCOL.key, PROTOCOL.u2f). Anything weak or unknown is no key here: DSA, certificates, RSA below 3072
// bits, SHA-1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "export/parsed.hpp"

namespace striatum::provenance {

enum class SshKeyType { ed25519, sk_ed25519, ecdsa_p256, ecdsa_p384, ecdsa_p521, sk_ecdsa_p256, rsa };

class SshPublicKey {
 public:
  /// From the wire form, which stands in base64 in a `.pub` line.
  [[nodiscard]] static Parsed<SshPublicKey> from_blob(std::string_view blob);
  /// `bytes`: 32.
  [[nodiscard]] static SshPublicKey ed25519(std::string_view bytes);

  [[nodiscard]] SshKeyType type() const { return type_; }
  /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, …
  [[nodiscard]] std::string_view type_name() const;
  [[nodiscard]] const std::string& blob() const { return blob_; }
  /// `SHA256:` and 43 base64 digits without padding, as `ssh-keygen -l` prints it.
  [[nodiscard]] std::string fingerprint() const;
  /// The fingerprint's 32 bytes as 64 hex digits: names of files.
  [[nodiscard]] std::string fingerprint_hex() const;
  /// `TYPE BASE64`, without comment.
  [[nodiscard]] std::string line() const;

  /// `signature` in SSH's wire form (algorithm, blob, for a security key flags and counter) over `data`.
  /// A security key must have seen its user (flag 1).
  [[nodiscard]] bool verifies(std::string_view signature, std::string_view data) const;
  /// 64 raw bytes of a plain Ed25519 key over `data`; false for every other kind.
  [[nodiscard]] bool verifies_raw(std::string_view signature, std::string_view data) const;

  bool operator==(const SshPublicKey& other) const { return blob_ == other.blob_; }

 private:
  SshPublicKey() = default;

  SshKeyType type_ = SshKeyType::ed25519;
  std::string blob_;
  /// Ed25519 key, ECDSA point or RSA modulus.
  std::string main_;
  std::string exponent_;
  /// Security keys only.
  std::string application_;
};

struct SshPublicKeyLine {
  SshPublicKey key;
  std::string comment;
};
/// `TYPE BASE64 [COMMENT]`, one line, with or without its end.
[[nodiscard]] Parsed<SshPublicKeyLine> parse_public_key_line(std::string_view line);

/// `SHA256:…` to 64 hex digits; nullopt unless it is the one spelling of 32 bytes.
[[nodiscard]] std::optional<std::string> fingerprint_to_hex(std::string_view fingerprint);
[[nodiscard]] std::optional<std::string> hex_to_fingerprint(std::string_view hex);

/// What a private key file tells without its passphrase.
struct SshPrivateKeyFile {
  SshPublicKey key;
  bool encrypted = false;
  /// 32 bytes, for an unencrypted Ed25519 key only.
  std::optional<std::string> ed25519_seed;
};
/// OpenSSH's own format (`BEGIN OPENSSH PRIVATE KEY`) holding one key.
[[nodiscard]] Parsed<SshPrivateKeyFile> parse_private_key_file(std::string_view text);

}  // namespace striatum::provenance
