// SPDX-License-Identifier: Apache-2.0
#include "export/ssh.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "export/wire.hpp"

namespace striatum::provenance {
namespace {

struct KeyKind {
  SshKeyType type;
  std::string_view name;
  std::string_view curve;
};

constexpr std::array<KeyKind, 7> kKinds{{
    {SshKeyType::ed25519, "ssh-ed25519", ""},
    {SshKeyType::sk_ed25519, "sk-ssh-ed25519@openssh.com", ""},
    {SshKeyType::ecdsa_p256, "ecdsa-sha2-nistp256", "nistp256"},
    {SshKeyType::ecdsa_p384, "ecdsa-sha2-nistp384", "nistp384"},
    {SshKeyType::ecdsa_p521, "ecdsa-sha2-nistp521", "nistp521"},
    {SshKeyType::sk_ecdsa_p256, "sk-ecdsa-sha2-nistp256@openssh.com", "nistp256"},
    {SshKeyType::rsa, "ssh-rsa", ""},
}};

constexpr std::size_t kMaxKeyBlob = 16 * 1024;
constexpr std::size_t kMinRsaBits = 3072;
constexpr std::size_t kMaxRsaBits = 16384;
constexpr std::size_t kEd25519Size = 32;

const KeyKind* kind_of(std::string_view name) {
  const auto found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const KeyKind& k) { return k.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

const KeyKind& kind_of(SshKeyType type) {
  return *std::find_if(kKinds.begin(), kKinds.end(), [&](const KeyKind& k) { return k.type == type; });
}

/// Fit for a message: hostile bytes are cut and made visible.
std::string quoted_type(std::string_view name) { return quote(name.substr(0, 64)); }

std::size_t bit_length(std::string_view number) {
  if (number.empty()) return 0;
  const auto top = static_cast<unsigned char>(number[0]);
  return number.size() * 8 - static_cast<std::size_t>(std::countl_zero(top));
}

bool is_security_key(SshKeyType type) {
  return type == SshKeyType::sk_ed25519 || type == SshKeyType::sk_ecdsa_p256;
}

bool ecdsa_verifies(std::string_view curve, std::string_view point, std::string_view blob,
                    std::string_view data) {
  WireReader reader(blob);
  const std::string_view r = reader.positive();
  const std::string_view s = reader.positive();
  return reader.done() && verify_ecdsa(curve, point, data, r, s);
}

bool rsa_verifies(std::string_view algorithm, std::string_view exponent, std::string_view modulus,
                  std::string_view blob, std::string_view data) {
  const std::string_view hash = algorithm == "rsa-sha2-256"   ? "sha256"
                                : algorithm == "rsa-sha2-512" ? "sha512"
                                                              : "";
  if (hash.empty() || blob.size() > modulus.size()) return false;
  const std::string padded = std::string(modulus.size() - blob.size(), '\0') + std::string(blob);
  return verify_rsa(hash, exponent, modulus, data, padded);
}

/// The base64 between the marker lines, or nullopt.
std::optional<std::string> pem_body(std::string_view text, std::string_view label) {
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  std::string body;
  bool inside = false;
  for (const std::string& raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (!inside) {
      if (line == begin)
        inside = true;
      else if (!line.empty())
        return std::nullopt;
      continue;
    }
    if (line == end) return from_base64(body);
    body += line;
  }
  return std::nullopt;
}

/// The part of a key file that a passphrase would encrypt.
Parsed<std::optional<std::string>> read_secret_part(std::string_view bytes, const SshPublicKey& key) {
  WireReader reader(bytes);
  const std::uint32_t check = reader.u32();
  if (reader.u32() != check) return Problem{"the private key is damaged"};
  const std::string_view type = reader.string();
  if (!reader.ok() || type != key.type_name())
    return Problem{"the private key does not match its public part"};
  if (key.type() != SshKeyType::ed25519) return std::optional<std::string>();
  const std::string_view point = reader.string();
  const std::string_view secret = reader.string();
  if (!reader.ok() || point.size() != kEd25519Size || secret.size() != 2 * kEd25519Size) {
    return Problem{"the private key is damaged"};
  }
  const std::string seed(secret.substr(0, kEd25519Size));
  if (ed25519::public_key(seed) != point || !(SshPublicKey::ed25519(point) == key)) {
    return Problem{"the private key does not match its public part"};
  }
  return std::optional<std::string>(seed);
}

}  // namespace

Parsed<SshPublicKey> SshPublicKey::from_blob(std::string_view blob) {
  if (blob.size() > kMaxKeyBlob) return Problem{"the public key is too large"};
  WireReader reader(blob);
  const std::string_view name = reader.string();
  const KeyKind* kind = kind_of(name);
  if (!kind) return Problem{"the key type is not accepted: " + quoted_type(name)};
  SshPublicKey key;
  key.type_ = kind->type;
  key.blob_ = blob;
  if (kind->type == SshKeyType::rsa) {
    key.exponent_ = reader.positive();
    key.main_ = reader.positive();
    const std::size_t bits = bit_length(key.main_);
    if (reader.ok() && (bits < kMinRsaBits || bits > kMaxRsaBits))
      return Problem{"RSA keys need 3072 bits or more"};
  } else {
    if (!kind->curve.empty() && reader.string() != kind->curve) return Problem{"the key names another curve"};
    key.main_ = reader.string();
  }
  if (is_security_key(kind->type)) key.application_ = reader.string();
  const bool is_ed25519 = kind->type == SshKeyType::ed25519 || kind->type == SshKeyType::sk_ed25519;
  if (!reader.done() || (is_ed25519 && key.main_.size() != kEd25519Size))
    return Problem{"the public key is damaged"};
  return key;
}

SshPublicKey SshPublicKey::ed25519(std::string_view bytes) {
  SshPublicKey key;
  key.main_ = bytes;
  put_string(key.blob_, kind_of(SshKeyType::ed25519).name);
  put_string(key.blob_, bytes);
  return key;
}

std::string_view SshPublicKey::type_name() const { return kind_of(type_).name; }

std::string SshPublicKey::fingerprint() const { return *hex_to_fingerprint(fingerprint_hex()); }

std::string SshPublicKey::fingerprint_hex() const { return sha256(blob_).hex(); }

std::string SshPublicKey::line() const { return std::string(type_name()) + ' ' + base64(blob_); }

bool SshPublicKey::verifies_raw(std::string_view signature, std::string_view data) const {
  return type_ == SshKeyType::ed25519 && ed25519::verify(main_, data, signature);
}

bool SshPublicKey::verifies(std::string_view signature, std::string_view data) const {
  WireReader reader(signature);
  const std::string_view algorithm = reader.string();
  const std::string_view blob = reader.string();
  if (type_ == SshKeyType::rsa) return reader.done() && rsa_verifies(algorithm, exponent_, main_, blob, data);
  if (algorithm != type_name()) return false;
  std::string message(data);
  if (is_security_key(type_)) {
    const std::uint8_t flags = reader.byte();
    const std::uint32_t counter = reader.u32();
    constexpr std::uint8_t kUserPresent = 1;
    if ((flags & kUserPresent) == 0) return false;
    message = sha256(application_).raw() + static_cast<char>(flags);
    put_u32(message, counter);
    message += sha256(data).raw();
  }
  if (!reader.done()) return false;
  const std::string_view curve = kind_of(type_).curve;
  return curve.empty() ? ed25519::verify(main_, message, blob) : ecdsa_verifies(curve, main_, blob, message);
}

Parsed<SshPublicKeyLine> parse_public_key_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos)
    return Problem{"more than one line"};
  line = trim(line);
  const std::size_t type_end = line.find_first_of(" \t");
  if (type_end == std::string_view::npos) return Problem{"not a public key line"};
  const std::string_view type = line.substr(0, type_end);
  const std::string_view rest = trim(line.substr(type_end));
  const std::size_t blob_end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::optional<std::string> blob = from_base64(rest.substr(0, blob_end));
  if (!kind_of(type)) return Problem{"the key type is not accepted: " + quoted_type(type)};
  if (!blob) return Problem{"the public key is not base64"};
  Parsed<SshPublicKey> key = SshPublicKey::from_blob(*blob);
  if (!key) return Problem{key.problem()};
  if (key->type_name() != type) return Problem{"the line names another key type than the key"};
  return SshPublicKeyLine{key.take(), std::string(trim(rest.substr(blob_end)))};
}

std::optional<std::string> fingerprint_to_hex(std::string_view fingerprint) {
  constexpr std::string_view kPrefix = "SHA256:";
  if (fingerprint.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const std::optional<std::string> bytes = from_base64(std::string(fingerprint.substr(kPrefix.size())) + '=');
  if (!bytes || bytes->size() != 32) return std::nullopt;
  return to_hex(*bytes);
}

std::optional<std::string> hex_to_fingerprint(std::string_view hex) {
  if (!is_hex(hex, 64)) return std::nullopt;
  std::string text = base64(from_hex(hex));
  text.pop_back();  // 32 bytes end in one padding sign
  return "SHA256:" + text;
}

Parsed<SshPrivateKeyFile> parse_private_key_file(std::string_view text) {
  constexpr std::size_t kMaxFile = 64 * 1024;
  if (text.size() > kMaxFile) return Problem{"the file is too large for a key"};
  const std::optional<std::string> body = pem_body(text, "OPENSSH PRIVATE KEY");
  if (!body) return Problem{"not a private key in OpenSSH's format"};
  WireReader reader(*body);
  const std::string_view magic = reader.take(15);
  const std::string_view cipher = reader.string();
  const std::string_view kdf = reader.string();
  (void)reader.string();
  const std::uint32_t count = reader.u32();
  const std::string_view blob = reader.string();
  const std::string_view secret = reader.string();
  if (!reader.done() || magic != std::string_view("openssh-key-v1\0", 15))
    return Problem{"the private key is damaged"};
  if (count != 1) return Problem{"the file holds more than one key"};
  Parsed<SshPublicKey> key = SshPublicKey::from_blob(blob);
  if (!key) return Problem{key.problem()};
  if (cipher != "none" || kdf != "none") return SshPrivateKeyFile{key.take(), true, std::nullopt};
  Parsed<std::optional<std::string>> seed = read_secret_part(secret, *key);
  if (!seed) return Problem{seed.problem()};
  return SshPrivateKeyFile{key.take(), false, seed.take()};
}

}  // namespace striatum::provenance
