// SPDX-License-Identifier: Apache-2.0
#include "hooks/signers.hpp"

#include <algorithm>
#include <cstdlib>

#include "os/files.hpp"

namespace striatum::hooks {
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

provenance::KeySettings settings_of(const git::Config& config) {
  provenance::KeySettings out;
  out.striatum_signing_key = config.get("striatum.signingkey");
  out.gpg_format = config.get("gpg.format");
  out.user_signing_key = config.get("user.signingkey");
  out.agent_socket = environment("SSH_AUTH_SOCK");
  out.home = environment("HOME").value_or("");
  return out;
}

provenance::KeyStore key_store() { return provenance::KeyStore(provenance::KeyStore::default_folder()); }

}  // namespace

Signers find_signers(const git::Config& config, const std::vector<std::string>& fingerprints, bool terminal) {
  const provenance::KeySettings settings = settings_of(config);
  Signers out;
  out.options.agent_socket = settings.agent_socket;
  out.options.terminal = terminal;
  for (const std::string& fingerprint : fingerprints) {
    provenance::SigningKey key = provenance::find_signing_key(key_store(), settings, fingerprint);
    const auto same = [&](const provenance::SigningKey& k) { return k.key == key.key; };
    if (std::none_of(out.keys.begin(), out.keys.end(), same)) out.keys.push_back(std::move(key));
  }
  if (out.keys.empty()) out.keys.push_back(provenance::require_signing_key(key_store(), settings));
  return out;
}

std::optional<std::string> default_fingerprint() {
  try {
    const auto config = git::Config::read(git::Program(os::current_directory()));
    const auto key = provenance::default_signing_key(key_store(), settings_of(config));
    return key ? std::optional(key->key.fingerprint()) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a setting that names no key is for `apply` to complain about
  }
}

}  // namespace striatum::hooks
