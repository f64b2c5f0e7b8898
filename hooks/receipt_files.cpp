// SPDX-License-Identifier: Apache-2.0
#include "hooks/receipt_files.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/crypto.hpp"
#include "base/text.hpp"
#include "export/changes.hpp"
#include "export/dsse.hpp"
#include "export/paths.hpp"
#include "export/receipt.hpp"
#include "export/sshsig.hpp"
#include "export/trust.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "os/files.hpp"
#include "store/apply.hpp"

namespace striatum::hooks {
namespace {

using provenance::Envelope;
using provenance::Receipt;
using provenance::Trust;
using provenance::TrustedKey;

constexpr std::size_t kShortestPrefix = 4;
constexpr std::size_t kDigestDigits = 64;
constexpr Seconds kIssueAllowance{300};

struct Found {
  std::string id;
  /// The envelope's file; of a refused receipt the payload.
  std::string bytes;
  std::string state;
  std::string run;
  std::string issued_at;
  std::optional<std::string> commit;
  bool in_tree = false;
};

std::optional<Oid> head_tree(const git::Repository& repository) {
  const auto head = repository.head().commit;
  return head ? std::optional(repository.commit(*head).tree) : std::nullopt;
}

/// Which commit added each record file that HEAD reaches.
std::map<std::string, std::string> adding_commits(const git::Places& places) {
  const git::Program git(places);
  const std::string folder = std::string(provenance::kProvenanceFolder) + "/receipts";
  std::map<std::string, std::string> out;
  const std::string log = git.out({"log", "--full-history", "-m", "--first-parent", "--diff-filter=A", "--name-only",
                                   "--format=commit %H", "--", ":(top)" + folder});
  std::string commit;
  for (const std::string& line : split(log, '\n')) {
    if (line.starts_with("commit ")) {
      commit = line.substr(7);
    } else if (!line.empty()) {
      out.emplace(line, commit);
    }
  }
  return out;
}

void add_from_tree(const git::Places& places, std::map<std::string, Found>& out) {
  const auto repository = git::Repository::open(places);
  const auto tree = head_tree(repository);
  if (!tree) return;
  std::map<std::string, std::string> commits;
  for (const git::TreeEntry& entry : repository.entries_below(*tree, std::string(provenance::kProvenanceFolder) + "/receipts")) {
    const auto name = provenance::parse_record_path(entry.name);
    if (!name || name->kind != provenance::RecordKind::receipt) continue;
    Found& found = out[name->digest];
    found.in_tree = true;
    found.bytes = repository.blob(entry.id, provenance::kMaxEnvelopeBytes * 2);
    if (!found.id.empty()) continue;
    found.id = name->digest;
    if (commits.empty()) commits = adding_commits(places);
    if (const auto at = commits.find(entry.name); at != commits.end()) found.commit = at->second;
    const auto envelope = provenance::parse_committed_envelope(found.bytes);
    const auto receipt = envelope ? provenance::parse_receipt(envelope->payload)
                                  : provenance::Parsed<Receipt>(provenance::Problem{"no envelope"});
    found.state = receipt ? std::string(to_text(receipt->state)) : "malformed";
    if (receipt) found.run = receipt->run_id.str();
    if (receipt) found.issued_at = to_text(receipt->issued_at);
  }
}

std::map<std::string, Found> all_receipts(const ReceiptPlaces& places) {
  std::map<std::string, Found> out;
  if (places.state != nullptr) {
    for (const store::StoredReceipt& row : store::receipts(places.state->state().db(), std::nullopt)) {
      out[row.id] = {row.id, row.envelope, row.state, row.run.str(), row.issued_at, row.commit, false};
    }
  }
  add_from_tree(places.git, out);
  return out;
}

Found find(const ReceiptPlaces& places, const std::string& id) {
  const auto all = all_receipts(places);
  const std::string prefix = lower(id);
  const bool usable = prefix.size() >= kShortestPrefix && prefix.size() <= kDigestDigits && is_hex(prefix, prefix.size());
  const auto first = usable ? all.lower_bound(prefix) : all.end();
  if (first == all.end() || !first->first.starts_with(prefix)) {
    refuse(Code::not_found, "could not find receipt " + quote(id), {"git striatum receipt list"});
  }
  if (const auto next = std::next(first); next != all.end() && next->first.starts_with(prefix)) {
    refuse(Code::not_found, "several receipts begin with " + quote(id), {"give more digits: git striatum receipt list"});
  }
  return first->second;
}

// ---- signatures ----------------------------------------------------------------------------------------

std::optional<Trust> head_trust(const git::Repository& repository) {
  const auto tree = head_tree(repository);
  const auto id = tree ? provenance::trust_id(repository, *tree) : std::nullopt;
  if (!id) return std::nullopt;
  auto trust = provenance::read_trust(repository, *id);
  return trust ? std::optional(trust.take()) : std::nullopt;
}

bool verifies(const provenance::EnvelopeSignature& entry, const TrustedKey& key, const Envelope& envelope) {
  const std::string message = provenance::pae(envelope.payload_type, envelope.payload);
  if (key.signer.key.verifies_raw(entry.sig, message)) return true;
  const auto signature = provenance::parse_sshsig(entry.sig);
  return signature && signature->key == key.signer.key && key.covers_namespace(provenance::kReceiptNamespace) &&
         provenance::verifies(*signature, provenance::kReceiptNamespace, message);
}

Json signature_rows(const Envelope& envelope, const std::optional<Trust>& trust) {
  Json out = Json::array();
  for (const auto& entry : envelope.signatures) {
    const TrustedKey* key = trust ? trust->find(entry.keyid) : nullptr;
    out.push_back({{"keyid", entry.keyid},
                   {"principal", key == nullptr ? Json() : Json(join(key->signer.principals, ","))},
                   {"valid", key != nullptr && verifies(entry, *key, envelope)}});
  }
  return out;
}

// ---- findings ------------------------------------------------------------------------------------------

Json finding(const std::string& kind, const std::string& detail) { return {{"kind", kind}, {"detail", detail}}; }

bool may_sign(const TrustedKey& key) { return key.has_role("lane") || key.has_role("human") || key.has_role("ci"); }

/// What keeps one signature from counting; nullopt when it counts.
std::optional<Json> signature_finding(const provenance::EnvelopeSignature& entry, const Envelope& envelope,
                                      const std::optional<Trust>& trust, const std::optional<provenance::Timestamp>& issued) {
  const TrustedKey* key = trust ? trust->find(entry.keyid) : nullptr;
  const std::string who = "key " + printable(entry.keyid);
  if (key == nullptr || !may_sign(*key)) return finding("untrusted_key", who + " is not one that HEAD's trust lets sign receipts");
  if (!verifies(entry, *key, envelope)) return finding("bad_signature", who + " did not sign these bytes");
  if (key->revoked) return finding("revoked", who + " is revoked");
  if (!issued) return std::nullopt;
  switch (provenance::validity_at(key->signer, *issued, kIssueAllowance)) {
    case provenance::Validity::early: return finding("key_not_yet_valid", who + " was not valid yet at " + to_text(*issued));
    case provenance::Validity::late: return finding("expired_key", who + " was not valid any more at " + to_text(*issued));
    case provenance::Validity::valid: break;
  }
  return std::nullopt;
}

/// One signature that counts is enough; a wrong one never passes.
Json signature_findings(const Envelope& envelope, const std::optional<Trust>& trust,
                        const std::optional<provenance::Timestamp>& issued) {
  Json out = Json::array();
  bool good = false;
  bool bad = false;
  for (const auto& entry : envelope.signatures) {
    auto problem = signature_finding(entry, envelope, trust, issued);
    good = good || !problem;
    bad = bad || (problem && (*problem)["kind"] == "bad_signature");
    if (problem) out.push_back(*std::move(problem));
  }
  if (envelope.signatures.empty()) out.push_back(finding("untrusted_key", "the envelope has no signature"));
  return good && !bad ? Json::array() : out;
}

/// The files that a committed receipt names.
void check_companions(const git::Repository& repository, const Receipt& receipt, Json& findings) {
  const auto tree = head_tree(repository);
  const auto check = [&](const std::string& path, const Sha256& digest) {
    const auto entry = tree ? repository.entry(*tree, path) : std::nullopt;
    if (!entry) {
      findings.push_back(finding("malformed", path + " is not in HEAD"));
    } else if (sha256(repository.blob(entry->id)) != digest) {
      findings.push_back(finding("receipt_altered", path + " has other bytes than its name says"));
    }
  };
  check(provenance::changes_path(receipt.changes.hex()), receipt.changes);
  check(provenance::evidence_path(receipt.run_id.str(), receipt.evidence.hex()), receipt.evidence);
  if (receipt.evidence_run) check(provenance::evidence_path(receipt.run_id.str(), receipt.evidence_run->hex()), *receipt.evidence_run);
}

Json verdict(const std::string& id, Json findings) {
  const bool valid = findings.empty();
  return {{"receipt", id}, {"valid", valid}, {"findings", std::move(findings)}};
}

Json verify_envelope(const git::Repository& repository, const Envelope& envelope, const std::string& id, bool committed) {
  const auto receipt = provenance::parse_receipt(envelope.payload);
  const auto issued = receipt ? std::optional(receipt->issued_at) : std::nullopt;
  Json findings = signature_findings(envelope, head_trust(repository), issued);
  if (!receipt) findings.push_back(finding("malformed", receipt.problem()));
  if (sha256(envelope.payload).hex() != id) findings.push_back(finding("receipt_altered", "its name is not its digest"));
  if (receipt && committed) check_companions(repository, *receipt, findings);
  return verdict(id, std::move(findings));
}

}  // namespace

Json receipt_list(const ReceiptPlaces& places, const std::optional<RunId>& run) {
  std::vector<Found> rows;
  for (auto& [id, found] : all_receipts(places)) {
    if (!run || found.run == run->str()) rows.push_back(found);
  }
  std::sort(rows.begin(), rows.end(), [](const Found& a, const Found& b) {
    return std::tie(a.issued_at, a.id) < std::tie(b.issued_at, b.id);
  });
  Json items = Json::array();
  for (const Found& row : rows) {
    items.push_back({{"receipt", row.id},
                     {"state", row.state},
                     {"run_id", row.run},
                     {"issued_at", row.issued_at},
                     {"commit", nullable(row.commit)}});
  }
  return {{"count", items.size()}, {"items", std::move(items)}};
}

Json receipt_show(const ReceiptPlaces& places, const std::string& id) {
  const Found found = find(places, id);
  if (found.state == "refused") {
    return {{"receipt", found.id},
            {"path", nullptr},
            {"statement", parse_json(found.bytes).value_or(Json())},
            {"signatures", Json::array()}};
  }
  const auto envelope = provenance::parse_foreign_envelope(found.bytes);
  if (!envelope) fail(Code::verification, "malformed", "receipt " + found.id + " is no envelope: " + envelope.problem());
  const auto repository = git::Repository::open(places.git);
  return {{"receipt", found.id},
          {"path", found.in_tree ? Json(provenance::receipt_path(found.id)) : Json()},
          {"statement", parse_json(envelope->payload).value_or(Json())},
          {"signatures", signature_rows(*envelope, head_trust(repository))}};
}

Json receipt_verify(const ReceiptPlaces& places, const std::string& file_or_id) {
  const auto repository = git::Repository::open(places.git);
  if (const auto bytes = os::read_file(file_or_id)) {
    const auto envelope = provenance::parse_foreign_envelope(*bytes);
    if (!envelope) return verdict("", Json::array({finding("malformed", envelope.problem())}));
    return verify_envelope(repository, *envelope, sha256(envelope->payload).hex(), false);
  }
  const Found found = find(places, file_or_id);
  if (found.state == "refused") {
    return verdict(found.id, Json::array({finding("malformed", "a refused receipt is not signed and proves nothing")}));
  }
  const auto envelope = provenance::parse_committed_envelope(found.bytes);
  if (!envelope) return verdict(found.id, Json::array({finding("malformed", envelope.problem())}));
  return verify_envelope(repository, *envelope, found.id, found.in_tree);
}

}  // namespace striatum::hooks
