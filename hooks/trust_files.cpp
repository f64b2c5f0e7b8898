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

/// A root key of the trust that this user can sign with.
std::optional<std::string> root_at_hand(const os::RepoFiles& files, const git::Config& config) {
  for (const os::FolderEntry& entry : files.list(std::string(provenance::kTrustFolder) + "/keys").entries) {
    const auto read = files.read(std::string(provenance::kTrustFolder) + "/keys/" + entry.name);
    const auto signer = provenance::parse_trust_key(read.bytes);
    if (!signer) continue;
    const auto& names = signer->principals;
    const bool root = std::any_of(names.begin(), names.end(),
                                  [](const std::string& name) { return provenance::role_of(name) == "root"; });
    if (!root) continue;
    try {
      return git_key(find_signers(config, {signer->key.fingerprint()}, false).keys.front());
    } catch (const Error&) {
      continue;  // somebody else's
    }
  }
  return std::nullopt;
}

}  // namespace

Json trust_init(const git::Places& places, const std::string& root) {
  require_work_tree(places);
  const os::RepoFiles files(places.work_tree);
  if (holds_trust(places, files)) {
    refuse(Code::transition, "this repository has a trust already", {"git striatum trust show", "git striatum trust add FILE.pub --principal P"});
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
  const auto policy = files.read(provenance::kPolicyPath);
  if (policy.access != os::Access::ok) {
    refuse(Code::transition, "this work tree has no trust yet", {"git striatum trust init --root SHA256:FINGERPRINT"});
  }
  if (files.stat(provenance::trust_key_path(line->key.fingerprint_hex())).access != os::Access::absent) {
    refuse(Code::transition, "key " + line->key.fingerprint() + " is in the trust already", {"git striatum trust show"});
  }
  const AllowedSigner signer{{command.principal}, {}, command.valid_after, command.valid_before, line->key, ""};
  auto written = provenance::trust_with_key(policy.bytes, signer);
  // The key comes last: it is what a call typed again would stumble over.
  std::stable_partition(written.begin(), written.end(),
                        [](const TrustFile& file) { return file.path == provenance::kPolicyPath; });
  for (const TrustFile& file : written) write(files, file);
  const auto config = git::Config::read(git::Program(places.work_tree));
  const std::string key = root_at_hand(files, config).value_or("ROOT-KEY-FILE");
  return reply(written, policy_version(written), next_commands(key, "Trust a key of " + command.principal));
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
