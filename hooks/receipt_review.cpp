// SPDX-License-Identifier: Apache-2.0
#include "hooks/receipt_review.hpp"

#include "base/crypto.hpp"
#include "base/text.hpp"
#include "export/paths.hpp"
#include "export/receipt.hpp"
#include "export/shape.hpp"
#include "export/sshsig.hpp"
#include "export/trust.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "hooks/shell_word.hpp"
#include "hooks/signers.hpp"
#include "os/repo_files.hpp"

namespace striatum::hooks {
namespace {

using provenance::Receipt;
using provenance::Review;

constexpr std::size_t kNonceBytes = 16;

Receipt committed_receipt(const Json& shown) {
  const std::string id = text_member(shown, "receipt");
  if (member(shown, "path").is_null()) {
    refuse(Code::not_found, "receipt is not committed here: " + quote(id), {"git striatum receipt list"});
  }
  auto receipt = provenance::parse_receipt(to_canonical_utf8(member(shown, "statement")));
  if (!receipt) fail(Code::verification, "malformed", "receipt " + id + " cannot be reviewed: " + receipt.problem());
  return receipt.take();
}

/// The finding as git stores it, filters applied.
Oid stored_finding(const git::Program& git, const std::string& top, const std::string& path) {
  if (!provenance::is_judged_path(path)) refuse(Code::artifact, "this is no path for a finding: " + quote(path));
  if (os::RepoFiles(top).stat(path).type != os::FileType::regular) {
    refuse(Code::artifact, "there is no such file: " + quote(path), {"write down what you found, then name that file"});
  }
  return Oid::parse(trim(git.out({"hash-object", "-w", "--path=" + path, "--", top + "/" + path}))).value();
}

void require_reviewers(const git::Repository& repository, const Signers& signers) {
  const auto head = repository.head().commit;
  const auto tree = head ? provenance::trust_id(repository, repository.commit(*head).tree) : std::nullopt;
  const auto trust = tree ? provenance::read_trust(repository, *tree)
                          : provenance::Parsed<provenance::Trust>(provenance::Problem{"no trust"});
  for (const provenance::SigningKey& key : signers.keys) {
    const auto* known = trust ? trust->find(key.key.fingerprint()) : nullptr;
    if (known != nullptr && (known->has_role("human") || known->has_role("lane"))) continue;
    refuse(Code::transition, "HEAD's trust lets this key sign no reviews: " + key.key.fingerprint(),
           {"git striatum trust add " + key.key.fingerprint() + " --principal human:NAME"});
  }
}

Review review_of(const Receipt& receipt, const std::string& id, const ReceiptReview& command, Clock& clock,
                 Random& random) {
  Review out;
  out.receipt = provenance::parse_digest(id).value();
  out.run_id = receipt.run_id;
  out.job_id = JobId("review");
  out.snapshots = receipt.jobs;
  for (const auto& artifact : receipt.artifacts) out.artifacts.push_back({artifact.path, artifact.git_blob});
  out.verdict = command.verdict;
  out.posture = "independent";
  out.finding_path = command.path;
  out.nonce = to_hex(random.bytes(kNonceBytes));
  out.issued_at = {clock.now(), 0};
  out.tool = {"git-striatum", STRIATUM_VERSION};
  return out;
}

void write(const os::RepoFiles& files, const std::string& path, const std::string& bytes, Json& written) {
  if (files.write_atomically(path, bytes, 0644) != os::Access::ok) {
    refuse(Code::artifact, "cannot write " + quote(path) + ": something else is in its way",
           {"remove what is there: ls -la " + path});
  }
  written.push_back(path);
}

}  // namespace

Json receipt_review(const ReceiptPlaces& places, const ReceiptReview& command, Clock& clock, Random& random) {
  if (places.git.work_tree.empty()) {
    refuse(Code::transition, "reviews are written into a work tree; this repository is bare",
           {"run it in a clone with a work tree"});
  }
  const Json shown = receipt_show(places, command.receipt);
  const std::string id = text_member(shown, "receipt");
  const git::Program git(places.git);
  const git::Config config = git::Config::read(git);
  const Signers signers = find_signers(config, command.keys, command.terminal);
  const git::Repository repository = git::Repository::open(places.git);
  require_reviewers(repository, signers);

  Review review = review_of(committed_receipt(shown), id, command, clock, random);
  review.finding_blob = stored_finding(git, places.git.work_tree, command.path);
  review.finding_sha256 = sha256(repository.blob(review.finding_blob));
  review.reviewer = config.get("user.name").value_or("");
  const std::string payload = provenance::encode(review);
  const std::string digest = sha256(payload).hex();
  const std::string path = provenance::review_path(digest);

  const os::RepoFiles files(places.git.work_tree);
  Json written = Json::array();
  provenance::Envelope envelope{std::string(provenance::kPayloadType), payload, {}};
  for (const provenance::SigningKey& key : signers.keys) {
    const auto signature = provenance::sign_payload(key, payload, signers.options);
    envelope.signatures.push_back(signature.entry);
    write(files, provenance::signature_path(path, key.key.fingerprint_hex()), signature.armored, written);
  }
  write(files, path, provenance::encode(envelope), written);
  const std::string folder = std::string(provenance::kProvenanceFolder) + "/reviews";
  return {{"receipt", id},
          {"review", digest},
          {"verdict", command.verdict},
          {"files", std::move(written)},
          {"next",
           {"git add -- " + shell_word(command.path) + " " + folder,
            "git commit -m 'Review receipt " + id.substr(0, 12) + "' -- " + shell_word(command.path) + " " + folder}}};
}

}  // namespace striatum::hooks
