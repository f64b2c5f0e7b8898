// SPDX-License-Identifier: Apache-2.0
// A repository with an adopted trust, whose commits get receipts from the real writers.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.hpp"
#include "export/changes.hpp"
#include "export/dsse.hpp"
#include "export/paths.hpp"
#include "export/receipt.hpp"
#include "export/sshsig.hpp"
#include "export/trust.hpp"
#include "export/verify.hpp"
#include "support/temp_repo.hpp"
#include "unit/export/sample_receipt.hpp"
#include "unit/export/sandbox.hpp"

namespace striatum::test {

class AppliedRepo {
 public:
  AppliedRepo() {
    box_.ssh_key("root", {"-t", "ed25519"});
    root_ = *provenance::parse_public_key_line(box_.read("root.pub"));
    first_ = Oid::parse(repo.commit({{"a.txt", lines()}, {"b.txt", lines()}})).value();
    const provenance::SshPublicKey lane = provenance::SshPublicKey::ed25519(ed25519::public_key(seed_));
    put(provenance::new_trust({{"root:kim"}, {}, {}, {}, root_.key, ""}));
    put(provenance::trust_with_key(slurp(repo / std::string(provenance::kPolicyPath)),
                                   {{"lane:codex"}, {}, {}, {}, lane, ""}));
    repo.git({"config", "gpg.format", "ssh"});
    repo.git({"config", "user.signingkey", box_.path("root")});
    repo.git({"add", "-A"});
    repo.git({"commit", "-q", "-S", "-m", "adopt"});
  }

  static std::string lines(const std::vector<std::pair<int, std::string>>& changed = {}) {
    std::string out;
    for (int i = 1; i <= 40; ++i) {
      std::string line = "line " + std::to_string(i);
      for (const auto& [at, text] : changed) {
        if (at == i) line = text;
      }
      out += line + '\n';
    }
    return out;
  }

  /// A commit of these files with a receipt that vouches for them. `change`: last word on the receipt.
  template <class Change>
  std::string apply(const std::vector<std::pair<std::string, std::string>>& files, const Change& change) {
    const std::string base = repo.git({"rev-parse", "HEAD"});
    const std::string result = repo.commit(files, "work");
    const git::Repository repository = git::Repository::open(repo.path());
    const auto tree = [&](const std::string& id) { return repository.commit(*Oid::parse(id)).tree; };
    provenance::ChangesRequest request{tree(base), tree(result), *Oid::parse(base), tree(base), {}, {}};
    for (const auto& [path, bytes] : files) request.paths.push_back(path);
    const std::string changes = provenance::encode(provenance::build_changes(repository, request));
    provenance::Receipt receipt = sample_receipt();
    receipt.content_tree = repository.content_tree(tree(result));
    receipt.changes = sha256(changes);
    receipt.evidence = sha256("{}\n");
    receipt.evidence_run.reset();
    receipt.artifacts.clear();
    receipt.root_commits = {first_};
    receipt.base_commit = receipt.branch_base = *Oid::parse(base);
    receipt.base_content_tree = repository.content_tree(tree(base));
    receipt.nonce = to_hex_nonce(++nonce_);
    change(receipt);
    write(repo / provenance::changes_path(receipt.changes.hex()), changes);
    write(repo / provenance::evidence_path("run_1", receipt.evidence.hex()), "{}\n");
    write_receipt(receipt);
    repo.git({"add", "-A"});
    repo.git({"commit", "-q", "--amend", "-m", "apply"});
    return repo.git({"rev-parse", "HEAD"});
  }
  std::string apply(const std::vector<std::pair<std::string, std::string>>& files) {
    return apply(files, [](provenance::Receipt&) {});
  }

  [[nodiscard]] provenance::Report verify(const std::string& revision = "", bool all = false) const {
    provenance::VerifyOptions options;
    options.revision = revision;
    options.all = all;
    options.roots = {root_.key.fingerprint()};
    return provenance::verify(git::Repository::open(repo.path()), options);
  }

  TempRepo repo;

 private:
  void put(const std::vector<provenance::TrustFile>& files) {
    for (const provenance::TrustFile& file : files) write(repo / file.path, file.bytes);
  }

  void write_receipt(const provenance::Receipt& receipt) {
    const std::string payload = provenance::encode(receipt);
    const provenance::SshPublicKey lane = provenance::SshPublicKey::ed25519(ed25519::public_key(seed_));
    const std::string signature = ed25519::sign(seed_, provenance::pae(provenance::kPayloadType, payload));
    const provenance::Envelope envelope{
        std::string(provenance::kPayloadType), payload, {{lane.fingerprint(), signature}}};
    write(repo / provenance::receipt_path(sha256(payload).hex()), provenance::encode(envelope));
  }

  static std::string to_hex_nonce(int number) {
    const std::string digits = std::to_string(number);
    return std::string(32 - digits.size(), '0') + digits;
  }

  Sandbox box_;
  std::string seed_ = std::string(32, 'l');
  provenance::SshPublicKeyLine root_{provenance::SshPublicKey::ed25519(std::string(32, 'x')), ""};
  Oid first_;
  int nonce_ = 0;
};

}  // namespace striatum::test
