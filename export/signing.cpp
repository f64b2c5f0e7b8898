// SPDX-License-Identifier: Apache-2.0
#include "export/signing.hpp"

#include <functional>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "export/ssh_agent.hpp"
#include "export/sshsig.hpp"
#include "export/wire.hpp"

namespace striatum::provenance {
namespace {

constexpr std::string_view kHash = "sha512";

/// Data to a signature in SSH's wire form.
using WireSigner = std::function<std::string(std::string_view)>;

WireSigner seed_signer(const SshPublicKey& key, const std::string& seed) {
  return [name = std::string(key.type_name()), seed](std::string_view data) {
    std::string out;
    put_string(out, name);
    put_string(out, ed25519::sign(seed, data));
    return out;
  };
}

WireSigner agent_signer(const std::string& socket, const SshPublicKey& key,
                        SshAgent::Clock::time_point deadline) {
  return [=](std::string_view data) {
    std::optional<SshAgent> agent = SshAgent::connect(socket, deadline);
    const std::optional<std::string> signature = agent ? agent->sign(key, data) : std::nullopt;
    if (!signature) {
      fail(Code::transition, "key_unavailable", "the ssh-agent refused to sign with " + key.fingerprint());
    }
    return *signature;
  };
}

bool agent_holds(const std::string& socket, const SshPublicKey& key, SshAgent::Clock::time_point deadline) {
  std::optional<SshAgent> agent = SshAgent::connect(socket, deadline);
  if (!agent) return false;
  for (const SshPublicKey& held : agent->identities()) {
    if (held == key) return true;
  }
  return false;
}

/// The 64 raw bytes inside an Ed25519 wire signature.
std::string raw_of(std::string_view wire) {
  WireReader reader(wire);
  (void)reader.string();
  return std::string(reader.string());
}

PayloadSignature sign_by(const WireSigner& sign, const SshPublicKey& key, std::string_view message) {
  const Sshsig signature{key, std::string(kReceiptNamespace), std::string(kHash),
                         sign(signed_data(kReceiptNamespace, kHash, message))};
  const bool plain = key.type() == SshKeyType::ed25519;
  PayloadSignature out;
  out.entry.keyid = key.fingerprint();
  out.entry.sig = plain ? raw_of(sign(message)) : encode(signature);
  out.armored = armor(encode(signature));
  const bool good =
      verifies(signature, kReceiptNamespace, message) && (!plain || key.verifies_raw(out.entry.sig, message));
  if (!good)
    fail(Code::transition, "key_unavailable",
         "the signature made by " + key.fingerprint() + " does not verify");
  return out;
}

}  // namespace

PayloadSignature sign_payload(const SigningKey& key, std::string_view payload,
                              const SigningOptions& options) {
  const std::string message = pae(kPayloadType, payload);
  const auto deadline = SshAgent::Clock::now() + options.deadline;
  std::optional<SshPrivateKeyFile> file;
  if (key.path) file = read_private_key(*key.path, Links::follow);
  if (file && !(file->key == key.key)) {
    fail(Code::transition, "bad_key",
         "the file holds another key than " + key.key.fingerprint() + ": " + quote(*key.path));
  }
  if (file && file->ed25519_seed) return sign_by(seed_signer(key.key, *file->ed25519_seed), key.key, message);
  if (options.agent_socket && agent_holds(*options.agent_socket, key.key, deadline)) {
    return sign_by(agent_signer(*options.agent_socket, key.key, deadline), key.key, message);
  }
  if (!file) {
    fail(Code::transition, "key_unavailable", "no agent holds the signing key " + key.key.fingerprint(),
         {"ssh-add"});
  }
  if (file->encrypted && !options.terminal) {
    fail(Code::transition, "key_locked",
         "the signing key has a passphrase and no terminal is there to ask: " + key.key.fingerprint(),
         {"ssh-add " + *key.path});
  }
  const auto prompt = options.terminal ? PrivateAgent::Prompt::on_terminal : PrivateAgent::Prompt::never;
  const PrivateAgent agent(*key.path, prompt, deadline);
  return sign_by(agent_signer(agent.socket(), key.key, deadline), key.key, message);
}

}  // namespace striatum::provenance
