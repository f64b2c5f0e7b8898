// SPDX-License-Identifier: Apache-2.0
#include "export/record_check.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "export/shape.hpp"
#include "export/sshsig.hpp"

namespace striatum::provenance {
namespace {

constexpr Seconds kIssueAllowance{300};
using Roles = std::vector<std::string_view>;

const Roles& roles_for(RecordKind kind) {
  static const Roles kReceipt{"lane", "human", "ci"};
  static const Roles kReview{"human", "lane"};
  return kind == RecordKind::review ? kReview : kReceipt;
}

bool in_a_parent(CachedObjects& objects, const git::Commit& commit, const std::string& path) {
  return std::any_of(commit.parents.begin(), commit.parents.end(), [&](const Oid& parent) {
    return objects.entry(objects.commit(parent), path).has_value();
  });
}

/// Reads a new envelope; a finding's kind and detail when it is none or is misnamed.
struct NewEnvelope {
  std::optional<Envelope> envelope;
  std::string kind;
  std::string detail;
};

NewEnvelope read_envelope(const git::Repository& repository, const Oid& blob, const std::string& digest) {
  if (repository.blob_size(blob) > kMaxEnvelopeBytes)
    return {{}, "malformed", "the envelope is larger than 64 KiB"};
  Parsed<Envelope> envelope = parse_committed_envelope(repository.blob(blob));
  if (!envelope) return {{}, "malformed", envelope.problem()};
  if (sha256(envelope->payload).hex() != digest)
    return {{}, "receipt_altered", "the name is not the payload's digest"};
  return {envelope.take(), "", ""};
}

void check_new_record(Case& judged, std::size_t position, const git::Change& change) {
  const CommitCase& at = judged.commits[position];
  const std::string shown = shown_path(change.path);
  const std::optional<RecordName> name = parse_record_path(change.path);
  if (change.mode_after != git::Mode::regular || !name) {
    judged.find("receipt_altered", at, shown, "no record has this name or mode");
    return;
  }
  if (name->kind == RecordKind::changes || name->kind == RecordKind::evidence) {
    if (judged.objects.blob_sha256(*change.after).hex() == name->digest) return;
    judged.find("receipt_altered", at, shown, "the name is not the digest of the content");
    return;
  }
  NewEnvelope read = read_envelope(judged.objects.repository(), *change.after, name->digest);
  if (!read.envelope) {
    judged.find(read.kind, at, shown, read.detail);
    return;
  }
  judged.additions.push_back(
      {position, name->kind, *parse_digest(name->digest), change.path, *std::move(read.envelope)});
}

void check_record(Case& judged, std::size_t position, const git::Change& change) {
  const CommitCase& at = judged.commits[position];
  const std::string shown = shown_path(change.path);
  const std::optional<RecordName> name = parse_record_path(change.path);
  if (name && name->kind == RecordKind::signature) {
    if (change.before && change.after) judged.warn("sig_file", at, shown, "a signature file was changed");
    return;
  }
  if (!change.after) {
    judged.warn("record_removed", at, shown, "coverage only shrinks by it");
  } else if (change.before || in_a_parent(judged.objects, at.commit, change.path)) {
    judged.find("receipt_altered", at, shown, "a committed record was changed");
  } else {
    check_new_record(judged, position, change);
  }
}

void check_attributes(Case& judged, const CommitCase& at, const git::Change& change) {
  if (!change.after) {
    judged.warn("record_removed", at, change.path, "git may now rewrite or diff the records");
    return;
  }
  if (change.mode_after == git::Mode::regular && *change.after == git::hash_blob(kAttributes)) return;
  judged.find("receipt_altered", at, change.path, "the attributes of the record folders are fixed");
}

// ---- signatures -------------------------------------------------------------------------------------------

enum class SignatureResult { unknown, bad, revoked, early, late, ok };

struct SignatureCheck {
  SignatureResult result = SignatureResult::unknown;
  const TrustedKey* key = nullptr;
};

bool verifies_entry(const EnvelopeSignature& entry, const TrustedKey& key, std::string_view message) {
  constexpr std::size_t kRawSize = 64;
  if (entry.sig.size() == kRawSize) return key.signer.key.verifies_raw(entry.sig, message);
  const Parsed<Sshsig> signature = parse_sshsig(entry.sig);
  return signature && signature->key == key.signer.key && key.covers_namespace(kReceiptNamespace) &&
         verifies(*signature, kReceiptNamespace, message);
}

SignatureCheck check_signature(const EnvelopeSignature& entry, const Trust* trust, const Roles& roles,
                               std::string_view message) {
  const TrustedKey* key = trust ? trust->find(entry.keyid) : nullptr;
  const bool role =
      key && std::any_of(roles.begin(), roles.end(), [&](std::string_view r) { return key->has_role(r); });
  if (!role) return {SignatureResult::unknown, nullptr};
  if (!verifies_entry(entry, *key, message)) return {SignatureResult::bad, key};
  return {key->revoked ? SignatureResult::revoked : SignatureResult::ok, key};
}

void apply_time(std::vector<SignatureCheck>& checks, Timestamp issued_at) {
  for (SignatureCheck& check : checks) {
    if (check.result != SignatureResult::ok) continue;
    const Validity validity = validity_at(check.key->signer, issued_at, kIssueAllowance);
    if (validity == Validity::early) check.result = SignatureResult::early;
    if (validity == Validity::late) check.result = SignatureResult::late;
  }
}

bool any(const std::vector<SignatureCheck>& checks, SignatureResult result) {
  return std::any_of(checks.begin(), checks.end(),
                     [&](const SignatureCheck& c) { return c.result == result; });
}

/// A finding of the record, or nothing.
struct Verdict {
  std::string kind;
  std::string detail;
};

std::optional<Verdict> judge_keys(const std::vector<SignatureCheck>& checks) {
  if (any(checks, SignatureResult::bad)) return Verdict{"bad_signature", "a signature does not verify"};
  if (any(checks, SignatureResult::ok)) return std::nullopt;
  if (any(checks, SignatureResult::revoked)) return Verdict{"revoked", "the signing key is revoked"};
  return Verdict{"untrusted_key", "no signing key is trusted for this"};
}

std::optional<Verdict> judge_times(const std::vector<SignatureCheck>& checks) {
  if (any(checks, SignatureResult::ok)) return std::nullopt;
  if (any(checks, SignatureResult::revoked)) return Verdict{"revoked", "the signing key is revoked"};
  if (any(checks, SignatureResult::late)) return Verdict{"expired_key", "issued after the key's validity"};
  return Verdict{"key_not_yet_valid", "issued before the key's validity"};
}

std::vector<const TrustedKey*> signers_of(const std::vector<SignatureCheck>& checks) {
  std::vector<const TrustedKey*> out;
  for (const SignatureCheck& check : checks) {
    if (check.result == SignatureResult::ok) out.push_back(check.key);
  }
  return out;
}

// ---- claims of a receipt ----------------------------------------------------------------------------------

/// The blob at a record path whose bytes have the digest; nullopt otherwise.
std::optional<Oid> matching_blob(CachedObjects& objects, const git::Commit& commit, const std::string& path,
                                 const Sha256& digest) {
  const std::optional<git::TreeEntry> entry = objects.entry(commit, path);
  if (!entry || entry->mode == git::Mode::tree || entry->mode == git::Mode::pointer) return std::nullopt;
  if (objects.blob_sha256(entry->id) != digest) return std::nullopt;
  return entry->id;
}

bool hunks_belong(CachedObjects& objects, const Edge& edge) {
  const git::Repository& repository = objects.repository();
  const git::Change change{edge.path, edge.mode_before, edge.mode_after, edge.before, edge.after};
  if (!may_have_hunks(change)) return edge.hunks.empty();
  const bool here =
      (!edge.before || repository.has(*edge.before)) && (!edge.after || repository.has(*edge.after));
  if (!here) return true;
  return objects.hunks(change).hunks == edge.hunks;
}

bool all_hunks_belong(CachedObjects& objects, const std::vector<Edge>& edges) {
  return std::all_of(edges.begin(), edges.end(),
                     [&](const Edge& edge) { return hunks_belong(objects, edge); });
}

/// Why the receipt's verdicts or gates forbid that it was applied; empty when they do not.
std::string forbidden_apply(const Receipt& receipt) {
  for (const Gate& gate : receipt.gates) {
    if (gate.outcome == "failed") return "it is applied although gate '" + gate.name + "' failed";
  }
  std::map<JobId, std::string> last;
  for (const ReceiptVerdict& verdict : receipt.verdicts) last[verdict.job_id] = verdict.verdict;
  for (const auto& [job, verdict] : last) {
    if (!accepting(verdict))
      return "it is applied although the last verdict of " + quote(job.str()) + " is no acceptance";
  }
  return {};
}

class ReceiptCheck {
 public:
  ReceiptCheck(Case& judged, const CommitCase& at) : judged_(judged), at_(at) {}

  /// The problem, or empty; then `changes()` is there.
  std::string run(const Receipt& receipt) {
    if (!shares_root(receipt)) return "it belongs to a repository with other root commits";
    CachedObjects& objects = judged_.objects;
    const auto blob =
        matching_blob(objects, at_.commit, changes_path(receipt.changes.hex()), receipt.changes);
    if (!blob) return "its changes file is absent or has another digest";
    for (const Sha256& evidence : evidence_of(receipt)) {
      const std::string path = evidence_path(receipt.run_id.str(), evidence.hex());
      if (!matching_blob(objects, at_.commit, path, evidence))
        return "its evidence is absent or has another digest";
    }
    Parsed<std::shared_ptr<const Changes>> changes = objects.changes(*blob);
    if (!changes) return changes.problem();
    changes_ = *changes;
    if (changes_->cumulative_base != receipt.branch_base)
      return "its changes file has another base than the run";
    if (!all_hunks_belong(objects, changes_->edges) || !all_hunks_belong(objects, changes_->cumulative)) {
      return "its changes file lists hunks that do not belong to their blobs";
    }
    return receipt.state == ReceiptState::applied ? forbidden_apply(receipt) : "";
  }
  [[nodiscard]] std::shared_ptr<const Changes> changes() const { return changes_; }

 private:
  static std::vector<Sha256> evidence_of(const Receipt& receipt) {
    std::vector<Sha256> out{receipt.evidence};
    if (receipt.evidence_run) out.push_back(*receipt.evidence_run);
    return out;
  }
  [[nodiscard]] bool shares_root(const Receipt& receipt) const {
    const std::optional<std::vector<Oid>>& roots = judged_.head_roots();
    if (!roots) return true;
    return std::any_of(receipt.root_commits.begin(), receipt.root_commits.end(),
                       [&](const Oid& id) { return std::binary_search(roots->begin(), roots->end(), id); });
  }

  Case& judged_;
  const CommitCase& at_;
  std::shared_ptr<const Changes> changes_;
};

// ---- additions --------------------------------------------------------------------------------------------

/// A missing or wrong `.sig` beside a record; never more than a warning.
void check_sig_files(Case& judged, const CommitCase& at, const Addition& addition, std::string_view message,
                     const std::vector<const TrustedKey*>& signers) {
  for (const TrustedKey* key : signers) {
    const std::string path = signature_path(addition.path, key->signer.key.fingerprint_hex());
    const std::optional<git::TreeEntry> entry = judged.objects.entry(at.commit, path);
    if (!entry || entry->mode != git::Mode::regular) {
      judged.warn("sig_file", at, path, "there is no signature file for ssh-keygen");
      continue;
    }
    const bool small = judged.objects.repository().blob_size(entry->id) <= kMaxEnvelopeBytes;
    const Parsed<std::string> binary =
        small ? unarmor(judged.objects.repository().blob(entry->id)) : Problem{""};
    const Parsed<Sshsig> signature = binary ? parse_sshsig(*binary) : Problem{""};
    const bool good =
        signature && signature->key == key->signer.key && verifies(*signature, kReceiptNamespace, message);
    if (!good) judged.warn("sig_file", at, path, "the signature file does not verify");
  }
}

void warn_extra_signatures(Case& judged, const CommitCase& at, const Addition& addition, std::size_t good) {
  const std::size_t extra = addition.envelope.signatures.size() - good;
  if (extra == 0) return;
  judged.warn("extra_signature", at, addition.path, std::to_string(extra) + " signatures do not count");
}

/// The steps common to receipts and reviews; `issued_at` comes from the parsed payload.
struct Opened {
  std::vector<SignatureCheck> checks;
  std::optional<Verdict> refused;
  std::optional<Receipt> receipt;
  std::optional<Review> review;
};

Opened open_record(RecordKind kind, const Envelope& envelope, const Trust* trust) {
  Opened out;
  const std::string message = pae(envelope.payload_type, envelope.payload);
  for (const EnvelopeSignature& entry : envelope.signatures) {
    out.checks.push_back(check_signature(entry, trust, roles_for(kind), message));
  }
  out.refused = judge_keys(out.checks);
  if (out.refused) return out;
  Timestamp issued_at;
  if (kind == RecordKind::review) {
    Parsed<Review> review = parse_review(envelope.payload);
    if (!review)
      out.refused = Verdict{"malformed", review.problem()};
    else
      out.review = review.take();
    if (out.review) issued_at = out.review->issued_at;
  } else {
    Parsed<Receipt> receipt = parse_receipt(envelope.payload);
    if (!receipt)
      out.refused = Verdict{"malformed", receipt.problem()};
    else
      out.receipt = receipt.take();
    if (out.receipt) issued_at = out.receipt->issued_at;
  }
  if (out.refused) return out;
  apply_time(out.checks, issued_at);
  out.refused = judge_times(out.checks);
  return out;
}

void consider(Case& judged, const Addition& addition) {
  CommitCase& at = judged.commits[addition.commit];
  Opened opened = open_record(addition.kind, addition.envelope, at.trust.get());
  std::shared_ptr<const Changes> changes;
  if (!opened.refused && opened.receipt) {
    ReceiptCheck check(judged, at);
    std::string problem = check.run(*opened.receipt);
    if (!problem.empty()) opened.refused = Verdict{"malformed", std::move(problem)};
    changes = check.changes();
  }
  if (opened.refused) {
    judged.find(opened.refused->kind, at, addition.path, opened.refused->detail);
    return;
  }
  const std::vector<const TrustedKey*> signers = signers_of(opened.checks);
  warn_extra_signatures(judged, at, addition, signers.size());
  check_sig_files(judged, at, addition, pae(addition.envelope.payload_type, addition.envelope.payload),
                  signers);
  if (opened.review) {
    judged.reviews[addition.digest] = {
        addition.digest, *std::move(opened.review), {addition.commit}, signers, at.trust};
    return;
  }
  judged.receipts[addition.digest] = {addition.digest,
                                      *std::move(opened.receipt),
                                      changes,
                                      addition.path,
                                      {addition.commit},
                                      signers,
                                      at.trust,
                                      false,
                                      false};
}

/// In a partial clone a record may be here and what it names not: then its commit cannot be judged.
void consider_if_readable(Case& judged, const Addition& addition) {
  try {
    consider(judged, addition);
  } catch (const Error& error) {
    if (error.kind() != git::kMissingObject) throw;
    judged.commits[addition.commit].readable = false;
  }
}

/// One that an applied receipt of the same run repeats edge by edge.
void mark_replaced(Case& judged) {
  using Key = std::tuple<std::string, git::Mode, std::optional<Oid>, git::Mode, std::optional<Oid>>;
  const auto keys_of = [](const ConsideredReceipt& one) {
    std::set<Key> keys;
    for (const Edge& e : one.changes->edges)
      keys.insert({e.path, e.mode_before, e.before, e.mode_after, e.after});
    return keys;
  };
  for (auto& [digest, proposed] : judged.receipts) {
    if (proposed.applied()) continue;
    const std::set<Key> wanted = keys_of(proposed);
    for (const auto& [other, applied] : judged.receipts) {
      if (!applied.applied() || applied.receipt.run_id != proposed.receipt.run_id) continue;
      const std::set<Key> offered = keys_of(applied);
      if (std::includes(offered.begin(), offered.end(), wanted.begin(), wanted.end()))
        proposed.replaced = true;
    }
  }
}

/// `previous` as the range or the adding tree holds it; trust is not asked.
std::optional<Receipt> previous_receipt(Case& judged, const ConsideredReceipt& one) {
  if (!one.receipt.previous) return std::nullopt;
  const auto parsed = [](const Envelope& envelope) -> std::optional<Receipt> {
    Parsed<Receipt> receipt = parse_receipt(envelope.payload);
    if (!receipt) return std::nullopt;
    return receipt.take();
  };
  const auto known = judged.receipts.find(*one.receipt.previous);
  if (known != judged.receipts.end()) return known->second.receipt;
  for (const Addition& addition : judged.additions) {
    if (addition.kind == RecordKind::receipt && addition.digest == *one.receipt.previous)
      return parsed(addition.envelope);
  }
  const std::string path = receipt_path(one.receipt.previous->hex());
  const std::optional<git::TreeEntry> entry = judged.objects.entry(judged.commits[one.first()].commit, path);
  if (!entry || entry->mode != git::Mode::regular) return std::nullopt;
  NewEnvelope read = read_envelope(judged.objects.repository(), entry->id, one.receipt.previous->hex());
  return read.envelope ? parsed(*read.envelope) : std::nullopt;
}

void check_previous(Case& judged, ConsideredReceipt& one) {
  if (!one.receipt.previous) return;
  const CommitCase& at = judged.commits[one.first()];
  const std::optional<Receipt> previous = previous_receipt(judged, one);
  if (!previous) {
    judged.warn("unknown_previous", at, one.path,
                "the receipt it follows is not here: " + one.receipt.previous->hex());
    return;
  }
  one.follows_proposal = one.applied() && previous->state == ReceiptState::proposed;
  if (one.replaced || previous->issued_at <= one.receipt.issued_at) return;
  judged.find("time_order", at, one.path, "it was issued before the receipt it follows");
}

}  // namespace

void check_records(Case& judged, std::size_t position) {
  const CommitCase& at = judged.commits[position];
  for (const git::Change& change : at.others) {
    const Place place = place_of(change.path);
    if (place == Place::record) check_record(judged, position, change);
    if (place == Place::attributes) check_attributes(judged, at, change);
  }
}

void check_additions(Case& judged) {
  std::set<std::pair<RecordKind, Sha256>> seen;
  for (const Addition& addition : judged.additions) {
    if (seen.insert({addition.kind, addition.digest}).second) {
      consider_if_readable(judged, addition);
    } else if (const auto one = judged.receipts.find(addition.digest);
               addition.kind == RecordKind::receipt && one != judged.receipts.end()) {
      one->second.additions.push_back(addition.commit);
    } else if (const auto review = judged.reviews.find(addition.digest);
               addition.kind == RecordKind::review && review != judged.reviews.end()) {
      review->second.additions.push_back(addition.commit);
    }
  }
  mark_replaced(judged);
  for (auto& [digest, one] : judged.receipts) check_previous(judged, one);
  for (const auto& [digest, one] : judged.receipts) {
    if (one.replaced) continue;
    for (const std::size_t position : one.additions) judged.commits[position].receipts.insert(digest);
  }
}

std::optional<ConsideredReview> check_review_file(Case& judged, const Oid& blob, const TrustRef& trust) {
  const git::Repository& repository = judged.objects.repository();
  if (repository.blob_size(blob) > kMaxEnvelopeBytes) return std::nullopt;
  const Parsed<Envelope> envelope = parse_committed_envelope(repository.blob(blob));
  if (!envelope) return std::nullopt;
  Opened opened = open_record(RecordKind::review, *envelope, trust.get());
  if (opened.refused) return std::nullopt;
  return ConsideredReview{
      sha256(envelope->payload), *std::move(opened.review), {}, signers_of(opened.checks), trust};
}

}  // namespace striatum::provenance
