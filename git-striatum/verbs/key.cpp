// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/shell.hpp"
#include "export/keys.hpp"
#include "hooks/signers.hpp"
#include "verbs/families.hpp"

namespace striatum::cli {
namespace {

using provenance::KeyStore;
using provenance::StoredKey;

KeyStore key_store() { return KeyStore(KeyStore::default_folder()); }

Json key_row(const StoredKey& key, bool is_default) {
  return {{"fingerprint", key.key.fingerprint()},
          {"role", key.role},
          {"path", key.path},
          {"encrypted", key.encrypted},
          {"default", is_default}};
}

std::string key_line(const Json& key) {
  return text_member(key, "fingerprint") + "  " + printable(text_member(key, "role")) +
         (key["encrypted"] == true ? "  with a passphrase" : "") + (key["default"] == true ? "  default" : "") + "\n";
}

void add_create(CLI::App& group, Shell& shell) {
  struct Args {
    std::string role;
    bool plain = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = group.add_subcommand("create", "Make an Ed25519 key for a role");
  add_text(*verb, "--role", args->role, "root:NAME, human:NAME, lane:NAME or ci:NAME")->required();
  verb->add_flag("--no-passphrase", args->plain, "Do not ask for a passphrase");
  verb->callback([args, &shell] {
    const std::string kind(provenance::role_of(args->role));
    const bool ask = !args->plain && shell.asks() && (kind == "human" || kind == "root");
    const StoredKey key =
        key_store().create(args->role, ask ? KeyStore::Passphrase::ask : KeyStore::Passphrase::none);
    const Json data = key_row(key, hooks::default_fingerprint() == key.key.fingerprint());
    shell.finish(data, [&] {
      return "Made " + data["fingerprint"].get<std::string>() + " for " + args->role + "\nIts public line:\n  " +
             key.key.line() + " " + args->role + "\n";
    });
  });
}

void add_list_verb(CLI::App& group, Shell& shell) {
  auto* verb = group.add_subcommand("list", "The keys of this user");
  verb->callback([&shell] {
    const auto chosen = hooks::default_fingerprint();
    Json items = Json::array();
    for (const StoredKey& key : key_store().list()) items.push_back(key_row(key, chosen == key.key.fingerprint()));
    const Json data{{"count", items.size()}, {"items", items}};
    shell.finish(data, [&] {
      std::string out;
      for (const Json& item : data["items"]) out += key_line(item);
      return out.empty() ? "No keys yet. Make one: git striatum key create --role lane:NAME\n" : out;
    });
  });
}

void add_export(CLI::App& group, Shell& shell) {
  struct Args {
    std::string fingerprint;
    bool signers = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = group.add_subcommand("export", "Print the public line of a key");
  verb->add_option("FPR", args->fingerprint, "Fingerprint of the key, SHA256:…")->required();
  verb->add_flag("--allowed-signers", args->signers, "As a line of an allowed_signers file");
  verb->callback([args, &shell] {
    const auto key = key_store().find(args->fingerprint);
    if (!key) {
      refuse(Code::not_found, "could not find key " + quote(args->fingerprint), {"git striatum key list"});
    }
    const std::string role = key->role.empty() ? "lane:unnamed" : key->role;
    const std::string line = args->signers ? role + " " + key->key.line() : key->key.line() + " " + role;
    shell.finish_text(line, {{"line", line}, {"fingerprint", key->key.fingerprint()}});
  });
}

}  // namespace

void add_key(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("key", "Make and show signing keys");
  add_create(*group, shell);
  add_list_verb(*group, shell);
  add_export(*group, shell);
}

}  // namespace striatum::cli
