// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "export/keys.hpp"
#include "hooks/signers.hpp"

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
  const std::string role = text_member(key, "role");
  const auto principal = optional_text(key, "principal");
  std::string out = text_member(key, "fingerprint") + "  " + text_member(key, "type") + "  " +
                    printable(!role.empty() ? role : principal.value_or("no role")) + "  " +
                    join(string_list(key["where"]), ", ");
  if (const auto path = optional_text(key, "path")) out += "  " + printable(*path);
  return out + (key["encrypted"] == true ? "  with a passphrase" : "") + (key["default"] == true ? "  default" : "") + "\n";
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
  auto* verb = group.add_subcommand("list", "The keys this user can sign with");
  verb->callback([&shell] {
    const Json data = hooks::list_keys();
    shell.finish(data, [&] {
      std::string out;
      for (const Json& item : data["items"]) out += key_line(item);
      return out.empty() ? "No keys yet. Make one: git striatum key create --role lane:NAME\n" : out;
    });
  });
}

void add_export(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<hooks::KeyExport>();
  auto* verb = group.add_subcommand("export", "Print the public line of a key");
  verb->add_option("FPR", args->name, "Fingerprint of the key, SHA256:…, or its file")->required();
  verb->add_flag("--allowed-signers", args->allowed_signers, "As a line of an allowed_signers file");
  add_optional(*verb, "--principal", args->principal, "The name in that line (default: its role)");
  verb->callback([args, &shell] {
    const Json data = hooks::export_key(*args);
    shell.finish_text(text_member(data, "line"), data);
  });
}

void add_key(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("key", "Make and show signing keys");
  add_create(*group, shell);
  add_list_verb(*group, shell);
  add_export(*group, shell);
}

const Enlisted kKey({"key", add_key, Chapter::set_up, 20});

}  // namespace
}  // namespace striatum::cli
