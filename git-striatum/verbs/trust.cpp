// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "hooks/signers.hpp"
#include "hooks/trust_files.hpp"
#include "os/files.hpp"
#include "verbs/repository.hpp"

namespace striatum::cli {
namespace {

std::string written_text(const Json& data) {
  std::string out = "Wrote the trust, version " + data["policy_version"].dump() + ":\n";
  for (const Json& file : data["files"]) out += "  " + file.get<std::string>() + "\n";
  out += "It counts once it is committed with a root's signature:\n";
  for (const Json& command : data["next"]) out += "  " + command.get<std::string>() + "\n";
  return out;
}

std::string trust_text(const Json& data) {
  std::string out = "Trust of " + text_member(data, "revision").substr(0, 12) + ", version " +
                    data["policy_version"].dump() + ", anchor: " + text_member(data, "anchor") + "\n";
  for (const Json& key : data["keys"]) {
    out += "  " + text_member(key, "fingerprint") + "  " + printable(text_member(key, "principal"));
    if (const auto after = optional_text(key, "valid_after")) out += "  from " + *after;
    if (const auto before = optional_text(key, "valid_before")) out += "  until " + *before;
    out += key["revoked"] == true ? "  revoked\n" : "\n";
  }
  return out;
}

std::optional<Instant> time_option(const std::string& name, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  if (const auto when = parse_instant(*text)) return when;
  if (const auto day = parse_instant(*text + "T00:00:00Z")) return day;
  refuse(Code::usage, name + " is no time: " + quote(*text), {"write it as 2026-01-31T12:00:00Z"});
}

void add_init_verb(CLI::App& group, Shell& shell) {
  auto root_key = std::make_shared<std::string>();
  auto* verb = group.add_subcommand("init", "Write the first trust: the root's key and a policy");
  add_text(*verb, "--root", *root_key, "Fingerprint of the root key")->required();
  verb->callback([root_key, &shell] {
    const Json data = hooks::trust_init(places_of(shell), *root_key);
    shell.finish(data, [&] { return written_text(data); });
  });
}

struct AddArgs {
  std::string key;
  std::optional<std::string> principal;
  std::optional<std::string> after;
  std::optional<std::string> before;
};

std::string given_file(const std::string& path, std::size_t limit, const std::string& hint) {
  if (auto text = os::read_file(path, limit)) return *std::move(text);
  refuse(Code::not_found, "could not find file " + quote(path), {hint});
}

/// What a file says of itself is no reason to trust it; of a key of this user the recorded role is known.
hooks::TrustAdd trusted_key(const AddArgs& args) {
  hooks::TrustAdd out{"", args.principal.value_or(""), time_option("--valid-after", args.after),
                      time_option("--valid-before", args.before)};
  if (args.key.starts_with("SHA256:")) {
    const provenance::SigningKey own = hooks::key_at_hand(args.key);
    out.public_key = own.key.line();
    if (!args.principal) out.principal = own.role;
  } else {
    constexpr std::size_t kMaxLine = 16 * 1024;
    out.public_key =
        given_file(args.key, kMaxLine, "give the .pub file of the key, or a fingerprint of `git striatum key list`");
  }
  if (out.principal.empty()) {
    refuse(Code::usage, "whose key it is has to be said", {"add --principal lane:NAME (or root:, human:, ci:)"});
  }
  return out;
}

void add_add(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<AddArgs>();
  auto* verb = group.add_subcommand("add", "Add a key to the trust");
  verb->add_option("KEY", args->key, "Its public key file, or the fingerprint of a key of yours, SHA256:…")->required();
  add_optional(*verb, "--principal", args->principal,
               "root:NAME, human:NAME, lane:NAME or ci:NAME (default: the role of your own key)");
  add_optional(*verb, "--valid-after", args->after, "First moment at which its signatures count");
  add_optional(*verb, "--valid-before", args->before, "Last moment at which they count");
  verb->callback([args, &shell] {
    const Json data = hooks::trust_add(places_of(shell), trusted_key(*args));
    shell.finish(data, [&] { return written_text(data); });
  });
}

void add_retire(CLI::App& group, Shell& shell) {
  struct Args {
    std::string fingerprint;
    std::string reason;
  };
  auto args = std::make_shared<Args>();
  auto* verb = group.add_subcommand("retire", "Revoke a key");
  verb->add_option("FPR", args->fingerprint, "Fingerprint of the key, SHA256:…")->required();
  add_text(*verb, "--reason", args->reason, "Why")->required();
  verb->callback([args, &shell] {
    const Json data = hooks::trust_retire(places_of(shell), args->fingerprint, args->reason);
    shell.finish(data, [&] { return written_text(data); });
  });
}

void add_policy(CLI::App& group, Shell& shell) {
  auto file = std::make_shared<std::string>();
  auto* verb = group.add_subcommand("policy", "Take since, rules and hooks from a file as the next version of the policy");
  verb->add_option("FILE", *file, "A policy.json")->required();
  verb->callback([file, &shell] {
    constexpr std::size_t kMaxPolicy = std::size_t{4} << 20;
    const Json data = hooks::trust_policy(
        places_of(shell), given_file(*file, kMaxPolicy, "begin with what counts now: git striatum trust show"));
    shell.finish(data, [&] { return written_text(data); });
  });
}

void add_show(CLI::App& group, Shell& shell) {
  auto revision = std::make_shared<std::string>("HEAD");
  auto* verb = group.add_subcommand("show", "Show the trust of a commit");
  verb->add_option("REV", *revision, "The commit (default HEAD)");
  verb->callback([revision, &shell] {
    const Json data = hooks::trust_show(places_of(shell), *revision);
    shell.finish(data, [&] { return trust_text(data); });
  });
}

void add_trust(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("trust", "Say whose signatures count");
  add_init_verb(*group, shell);
  add_add(*group, shell);
  add_retire(*group, shell);
  add_policy(*group, shell);
  add_show(*group, shell);
}

const Enlisted kTrust({"trust", add_trust, Chapter::set_up, 30});

}  // namespace
}  // namespace striatum::cli
