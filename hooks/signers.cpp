// SPDX-License-Identifier: Apache-2.0
#include "hooks/signers.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/text.hpp"
#include "export/trust.hpp"
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

/// The configuration that counts in the current folder, in a repository or not.
git::Config config_here() { return git::Config::read(git::Program(os::current_directory())); }

/// Principals of the trust at HEAD, where there is one, by fingerprint.
std::map<std::string, std::string> principals_here() {
  std::map<std::string, std::string> out;
  const auto places = git::discover(os::current_directory());
  if (!places) return out;
  const auto repository = git::Repository::open(*places);
  const auto head = repository.head().commit;
  const auto id = head ? provenance::trust_id(repository, repository.commit(*head).tree) : std::nullopt;
  if (!id) return out;
  const auto trust = provenance::read_trust(repository, *id);
  if (!trust) return out;
  for (const provenance::TrustedKey& key : trust->keys) {
    if (!key.revoked) out[key.fingerprint] = join(key.signer.principals, ",");
  }
  return out;
}

std::optional<std::string> principal_of(const std::string& fingerprint) {
  const auto all = principals_here();
  const auto found = all.find(fingerprint);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Signers find_signers(const git::Config& config, const std::vector<std::string>& names, bool terminal) {
  const provenance::KeySettings settings = settings_of(config);
  Signers out;
  out.options.agent_socket = settings.agent_socket;
  out.options.terminal = terminal;
  for (const std::string& name : names) {
    provenance::SigningKey key = provenance::find_signing_key(key_store(), settings, name);
    const auto same = [&](const provenance::SigningKey& k) { return k.key == key.key; };
    if (std::none_of(out.keys.begin(), out.keys.end(), same)) out.keys.push_back(std::move(key));
  }
  if (out.keys.empty()) out.keys.push_back(provenance::require_signing_key(key_store(), settings));
  return out;
}

std::optional<std::string> default_fingerprint() {
  try {
    const auto key = provenance::default_signing_key(key_store(), settings_of(config_here()));
    return key ? std::optional(key->key.fingerprint()) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a setting that names no key is for `apply` to complain about
  }
}

Json list_keys() {
  const auto chosen = default_fingerprint();
  const auto principals = principals_here();
  Json items = Json::array();
  for (const provenance::KeyAtHand& one : provenance::keys_at_hand(key_store(), settings_of(config_here()))) {
    const std::string fingerprint = one.key.key.fingerprint();
    const auto principal = principals.find(fingerprint);
    items.push_back({{"fingerprint", fingerprint},
                     {"type", one.key.key.type_name()},
                     {"role", one.key.role},
                     {"principal", principal == principals.end() ? Json() : Json(principal->second)},
                     {"path", nullable(one.key.path)},
                     {"encrypted", one.encrypted},
                     {"where", one.where},
                     {"default", chosen == fingerprint}});
  }
  const std::size_t count = items.size();
  return {{"items", std::move(items)}, {"count", count}};
}

provenance::SigningKey key_at_hand(const std::string& name) {
  try {
    return provenance::find_signing_key(key_store(), settings_of(config_here()), name);
  } catch (const Error& error) {
    if (error.kind() != "no_key") throw;
    refuse(Code::not_found, "could not find key " + quote(name), {"git striatum key list"});
  }
}

Json export_key(const KeyExport& command) {
  const provenance::SigningKey key = key_at_hand(command.name);
  const std::string fingerprint = key.key.fingerprint();
  std::optional<std::string> principal = command.principal;
  if (!principal && !key.role.empty()) principal = key.role;
  if (!principal) principal = principal_of(fingerprint);
  if (command.allowed_signers && !principal) {
    refuse(Code::transition, "no role is recorded of key " + fingerprint + ", and an allowed_signers line begins with one",
           {"git striatum key export " + fingerprint + " --allowed-signers --principal human:NAME"});
  }
  const std::string line = command.allowed_signers ? *principal + " " + key.key.line()
                           : principal             ? key.key.line() + " " + *principal
                                                   : key.key.line();
  return {{"line", line}, {"fingerprint", fingerprint}};
}

}  // namespace striatum::hooks
