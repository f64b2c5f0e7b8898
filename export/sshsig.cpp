// SPDX-License-Identifier: Apache-2.0
#include "export/sshsig.hpp"

#include "base/crypto.hpp"
#include "base/text.hpp"
#include "export/wire.hpp"

namespace striatum::provenance {
namespace {

constexpr std::string_view kMagic = "SSHSIG";
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kBegin = "-----BEGIN SSH SIGNATURE-----";
constexpr std::string_view kEnd = "-----END SSH SIGNATURE-----";
constexpr std::size_t kMaxSize = 64 * 1024;

bool accepted_hash(std::string_view hash) { return hash == "sha256" || hash == "sha512"; }

}  // namespace

Parsed<Sshsig> parse_sshsig(std::string_view binary) {
  if (binary.size() > kMaxSize) return Problem{"the signature is too large"};
  WireReader reader(binary);
  if (reader.take(kMagic.size()) != kMagic) return Problem{"not an SSH signature"};
  if (reader.u32() != kVersion) return Problem{"unknown version of SSH signature"};
  const std::string_view blob = reader.string();
  const std::string_view name_space = reader.string();
  const std::string_view reserved = reader.string();
  const std::string_view hash = reader.string();
  const std::string_view signature = reader.string();
  if (!reader.done() || name_space.empty() || !reserved.empty())
    return Problem{"the SSH signature is damaged"};
  if (!accepted_hash(hash)) return Problem{"the SSH signature names a hash that is not accepted"};
  Parsed<SshPublicKey> key = SshPublicKey::from_blob(blob);
  if (!key) return Problem{key.problem()};
  return Sshsig{key.take(), std::string(name_space), std::string(hash), std::string(signature)};
}

std::string encode(const Sshsig& signature) {
  std::string out(kMagic);
  put_u32(out, kVersion);
  put_string(out, signature.key.blob());
  put_string(out, signature.name_space);
  put_string(out, "");
  put_string(out, signature.hash);
  put_string(out, signature.signature);
  return out;
}

std::string armor(std::string_view binary) {
  constexpr std::size_t kColumns = 70;
  const std::string text = base64(binary);
  std::string out(kBegin);
  out += '\n';
  for (std::size_t i = 0; i < text.size(); i += kColumns) out.append(text, i, kColumns).append("\n");
  return out.append(kEnd).append("\n");
}

Parsed<std::string> unarmor(std::string_view text) {
  if (text.size() > 2 * kMaxSize) return Problem{"the signature is too large"};
  const std::string_view inner = trim(text);
  const bool framed = inner.size() >= kBegin.size() + kEnd.size() &&
                      inner.substr(0, kBegin.size()) == kBegin &&
                      inner.substr(inner.size() - kEnd.size()) == kEnd;
  if (!framed) return Problem{"not an armored SSH signature"};
  std::string digits;
  for (const char c : inner.substr(kBegin.size(), inner.size() - kBegin.size() - kEnd.size())) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') digits += c;
  }
  std::optional<std::string> binary = from_base64(digits);
  if (!binary) return Problem{"the SSH signature is not base64"};
  return *std::move(binary);
}

std::string signed_data(std::string_view name_space, std::string_view hash, std::string_view message) {
  std::string out(kMagic);
  put_string(out, name_space);
  put_string(out, "");
  put_string(out, hash);
  put_string(out, hash == "sha256" ? sha256(message).raw() : sha512(message));
  return out;
}

bool verifies(const Sshsig& signature, std::string_view name_space, std::string_view message) {
  return signature.name_space == name_space && accepted_hash(signature.hash) &&
         signature.key.verifies(signature.signature, signed_data(name_space, signature.hash, message));
}

}  // namespace striatum::provenance
