// SPDX-License-Identifier: Apache-2.0
#include "hooks/trust_files.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "export/keys.hpp"
#include "export/paths.hpp"
#include "export/trust.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "hooks/shell_word.hpp"
#include "hooks/signers.hpp"
#include "os/repo_files.hpp"

namespace striatum::hooks {
namespace {

using provenance::AllowedSigner;
using provenance::SigningKey;
using provenance::TrustFile;

void require_work_tree(const git::Places& places) {
  if (!places.work_tree.empty()) return;
  refuse(Code::transition, "trust files are written into a work tree; this repository is bare",
         {"run it in a clone with a work tree"});
}

void write(const os::RepoFiles& files, const TrustFile& file) {
  const os::Access access = files.write_atomically(file.path, file.bytes, 0644);
  if (access == os::Access::ok) return;
  refuse(Code::artifact, "cannot write " + quote(file.path) + ": something else is in its way",
         {"remove what is there: ls -la " + file.path});
}

/// How git names the key that signs a commit: its file, or the key itself where an agent holds it.
std::string git_key(const SigningKey& key) { return key.path ? *key.path : "key::" + key.key.line(); }

Json next_commands(const std::string& key, const std::string& subject) {
  const std::string folder(provenance::kProvenanceFolder);
  return {"git add -- " + folder + "/trust " + folder + "/.gitattributes",
          "git -c gpg.format=ssh -c user.signingkey=" + shell_word(key) + " commit -S -m " + shell_word(subject) +
              " -- " + folder + "/trust " + folder + "/.gitattributes"};
}

Json reply(const std::vector<TrustFile>& files, std::int64_t version, Json next) {
  Json names = Json::array();
  for (const TrustFile& file : files) names.push_back(file.path);
  return {{"files", std::move(names)}, {"policy_version", version}, {"next", std::move(next)}};
}

std::int64_t policy_version(const std::vector<TrustFile>& files) {
  for (const TrustFile& file : files) {
    if (file.path == provenance::kPolicyPath) {
      const auto policy = provenance::parse_policy(file.bytes);
      return policy ? policy->version : 0;
    }
  }
  return 0;
}

bool holds_trust(const git::Places& places, const os::RepoFiles& files) {
  if (files.stat(provenance::kPolicyPath).access != os::Access::absent) return true;
  const auto repository = git::Repository::open(places);
  const auto head = repository.head().commit;
  return head && provenance::trust_id(repository, repository.commit(*head).tree);
}

/// The keys in the work tree's trust, sorted by file.
std::vector<AllowedSigner> keys_in(const os::RepoFiles& files) {
  std::vector<AllowedSigner> out;
  const std::string folder = std::string(provenance::kTrustFolder) + "/keys";
  for (const os::FolderEntry& entry : files.list(folder).entries) {
    auto signer = provenance::parse_trust_key(files.read(folder + "/" + entry.name).bytes);
    if (signer) out.push_back(signer.take());
  }
  return out;
}

bool is_root(const AllowedSigner& signer) {
  const auto& names = signer.principals;
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return provenance::role_of(name) == "root"; });
}

/// Root keys that may sign a change: those in force at HEAD, or of a trust that is not committed yet, the work tree's.
std::vector<AllowedSigner> signing_roots(const git::Places& places, const os::RepoFiles& files) {
  const auto repository = git::Repository::open(places);
  const auto head = repository.head().commit;
  const auto id = head ? provenance::trust_id(repository, repository.commit(*head).tree) : std::nullopt;
  std::vector<AllowedSigner> out;
  if (!id) {
    out = keys_in(files);
  } else if (const auto trust = provenance::read_trust(repository, *id)) {
    for (const provenance::TrustedKey& key : trust->keys) {
      if (!key.revoked && key.covers_namespace("git")) out.push_back(key.signer);
    }
  }
  out.erase(std::remove_if(out.begin(), out.end(), [](const AllowedSigner& key) { return !is_root(key); }), out.end());
  return out;
}

/// How git names a root key that this user can sign with; the key that is retired comes last.
std::string root_at_hand(const git::Places& places, const os::RepoFiles& files, const std::string& retired = {}) {
  const auto config = git::Config::read(git::Program(places.work_tree));
  auto roots = signing_roots(places, files);
  std::stable_partition(roots.begin(), roots.end(),
                        [&](const AllowedSigner& root) { return root.key.fingerprint() != retired; });
  for (const AllowedSigner& root : roots) {
    try {
      return git_key(find_signers(config, {root.key.fingerprint()}, false).keys.front());
    } catch (const Error&) {
      continue;  // somebody else's
    }
  }
  return "ROOT-KEY-FILE";
}

/// The policy of the work tree's trust.
std::string policy_in(const os::RepoFiles& files) {
  auto policy = files.read(provenance::kPolicyPath);
  if (policy.access == os::Access::ok) return std::move(policy.bytes);
  refuse(Code::transition, "this work tree has no trust yet", {"git striatum trust init --root SHA256:FINGERPRINT"});
}

std::string fingerprint_of(const std::string& text) {
  if (provenance::fingerprint_to_hex(text)) return text;
  if (const auto from_hex = provenance::hex_to_fingerprint(lower(text))) return *from_hex;
  refuse(Code::transition, "not a key's fingerprint: " + quote(text), {"git striatum trust show"});
}

}  // namespace

Json trust_init(const git::Places& places, const std::string& root) {
  require_work_tree(places);
  const os::RepoFiles files(places.work_tree);
  if (holds_trust(places, files)) {
    refuse(Code::transition, "this repository has a trust already", {"git striatum trust show", "git striatum trust add KEY --principal P"});
  }
  const auto config = git::Config::read(git::Program(places.work_tree));
  const SigningKey key = find_signers(config, {root}, false).keys.front();
  if (!key.role.empty() && provenance::role_of(key.role) != "root") {
    refuse(Code::transition, "key " + key.key.fingerprint() + " was made for the role " + quote(key.role),
           {"git striatum key create --role root:NAME"});
  }
  AllowedSigner signer{{key.role.empty() ? "root:owner" : key.role}, {}, std::nullopt, std::nullopt, key.key, ""};
  auto written = provenance::new_trust(signer);
  // The policy is what a trust is known by: it comes last, so that an interrupted call can be typed again.
  std::stable_partition(written.begin(), written.end(),
                        [](const TrustFile& file) { return file.path != provenance::kPolicyPath; });
  for (const TrustFile& file : written) write(files, file);
  return reply(written, policy_version(written), next_commands(git_key(key), "Adopt a trust for signed receipts"));
}

Json trust_add(const git::Places& places, const TrustAdd& command) {
  require_work_tree(places);
  if (!provenance::valid_principal(command.principal)) {
    refuse(Code::transition, "principal is not root:NAME, human:NAME, lane:NAME or ci:NAME: " + quote(command.principal),
           {"NAME has 1 to 64 of a-z 0-9 . _ -"});
  }
  if (command.valid_after && command.valid_before && *command.valid_before < *command.valid_after) {
    refuse(Code::transition, "--valid-before lies before --valid-after", {"exchange the two"});
  }
  const auto line = provenance::parse_public_key_line(command.public_key);
  if (!line) refuse(Code::transition, "not a public key: " + line.problem(), {"give the .pub file of the key"});
  const os::RepoFiles files(places.work_tree);
  const std::string policy = policy_in(files);
  if (files.stat(provenance::trust_key_path(line->key.fingerprint_hex())).access != os::Access::absent) {
    refuse(Code::transition, "key " + line->key.fingerprint() + " is in the trust already", {"git striatum trust show"});
  }
  const AllowedSigner signer{{command.principal}, {}, command.valid_after, command.valid_before, line->key, ""};
  auto written = provenance::trust_with_key(policy, signer);
  // The key comes last: it is what a call typed again would stumble over.
  std::stable_partition(written.begin(), written.end(),
                        [](const TrustFile& file) { return file.path == provenance::kPolicyPath; });
  for (const TrustFile& file : written) write(files, file);
  return reply(written, policy_version(written),
               next_commands(root_at_hand(places, files), "Trust a key of " + command.principal));
}

Json trust_retire(const git::Places& places, const std::string& name, const std::string& reason) {
  require_work_tree(places);
  const os::RepoFiles files(places.work_tree);
  const std::string fingerprint = fingerprint_of(name);
  const std::string bytes = policy_in(files);
  const auto policy = provenance::parse_policy(bytes);
  const auto keys = keys_in(files);
  const auto same = [&](const AllowedSigner& key) { return key.key.fingerprint() == fingerprint; };
  if (std::none_of(keys.begin(), keys.end(), same)) {
    refuse(Code::not_found, "could not find key " + fingerprint + " in the trust of this work tree", {"git striatum trust show"});
  }
  if (policy && policy->revokes(fingerprint)) {
    refuse(Code::transition, "key " + fingerprint + " is retired already", {"git striatum trust show"});
  }
  const bool rooted = std::any_of(keys.begin(), keys.end(), [&](const AllowedSigner& key) {
    return is_root(key) && !same(key) && !(policy && policy->revokes(key.key.fingerprint()));
  });
  if (!rooted) {
    refuse(Code::transition, "key " + fingerprint + " is the last root key; without one no trust can change any more",
           {"git striatum trust add KEY --principal root:NAME"});
  }
  const auto written = provenance::trust_without_key(bytes, fingerprint, reason);
  for (const TrustFile& file : written) write(files, file);
  return reply(written, policy_version(written),
               next_commands(root_at_hand(places, files, fingerprint), "Retire key " + fingerprint));
}

Json trust_policy(const git::Places& places, const std::string& document) {
  require_work_tree(places);
  const os::RepoFiles files(places.work_tree);
  const auto written = provenance::trust_with_rules(policy_in(files), document);
  const auto policy = provenance::parse_policy(written.front().bytes);
  if (policy && policy->since && !git::Repository::open(places).has(*policy->since)) {
    refuse(Code::workflow, "'since' names no commit of this repository: " + policy->since->hex(), {"git rev-parse HEAD"});
  }
  for (const TrustFile& file : written) write(files, file);
  return reply(written, policy_version(written), next_commands(root_at_hand(places, files), "Change the policy"));
}

Json trust_show(const git::Places& places, const std::string& revision) {
  const auto repository = git::Repository::open(places);
  const auto commit = repository.resolve(revision);
  if (!commit) refuse(Code::not_found, "could not find commit " + quote(revision), {"give a branch, tag or commit id"});
  const auto id = provenance::trust_id(repository, repository.commit(*commit).tree);
  if (!id) {
    refuse(Code::not_found, "commit " + commit->hex().substr(0, 12) + " has no trust",
           {"git striatum trust init --root SHA256:FINGERPRINT"});
  }
  const auto trust = provenance::read_trust(repository, *id);
  if (!trust) fail(Code::verification, "malformed", "the trust of commit " + commit->hex().substr(0, 12) + " is not well formed: " + trust.problem());
  Json out = provenance::to_json(repository, *trust);
  const auto pinned = git::Config::read(git::Program(places.git_dir)).all("striatum.trustroot");
  out["anchor"] = pinned.empty() ? "self_asserted" : "pinned";
  out["roots"] = pinned;
  out["revision"] = commit->hex();
  return out;
}

}  // namespace striatum::hooks
