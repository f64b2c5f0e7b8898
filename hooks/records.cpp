// SPDX-License-Identifier: Apache-2.0
#include "hooks/records.hpp"

#include <algorithm>
#include <set>

#include "app/attestation.hpp"
#include "base/text.hpp"
#include "export/dsse.hpp"
#include "export/evidence.hpp"
#include "export/paths.hpp"
#include "export/shape.hpp"
#include "hooks/evidence_export.hpp"
#include "hooks/policy_gate.hpp"
#include "hooks/root_commits.hpp"
#include "store/chain.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

using provenance::Receipt;
using provenance::ReceiptState;

constexpr std::string_view kRedactionPolicy = "typed";
constexpr std::int64_t kRedactionVersion = 1;
constexpr std::size_t kNonceBytes = 16;

Sha256 digest_of(const std::string& hex) { return provenance::parse_digest(hex).value_or(Sha256{}); }

provenance::Timestamp issue_time(app::Context& ctx, const Work& work) {
  const provenance::Timestamp now{ctx.clock.now(), 0};
  const EarlierReceipt* previous = work.previous();
  return previous ? std::max(now, previous->receipt.issued_at) : now;
}

// ---- changes -------------------------------------------------------------------------------------------

provenance::Changes changes_of(const RecordRequest& request) {
  provenance::ChangesRequest ask;
  ask.base_tree = request.tip_tree;
  ask.result_tree = request.result_tree;
  ask.branch_base = request.work.branch_base;
  ask.branch_base_tree = request.work.branch_base_tree;
  ask.paths = request.paths;
  for (const EarlierReceipt& receipt : request.work.earlier) {
    if (receipt.receipt.state != ReceiptState::applied) continue;
    ask.earlier.insert(ask.earlier.end(), receipt.changes.edges.begin(), receipt.changes.edges.end());
  }
  provenance::Changes changes = provenance::build_changes(request.repository, ask);
  if (request.state == ReceiptState::proposed) return changes;
  std::vector<provenance::Edge> edges;
  for (const EarlierReceipt* proposal : request.work.open_proposals()) {
    edges.insert(edges.end(), proposal->changes.edges.begin(), proposal->changes.edges.end());
  }
  edges.insert(edges.end(), changes.edges.begin(), changes.edges.end());
  std::stable_sort(edges.begin(), edges.end(),
                   [](const provenance::Edge& a, const provenance::Edge& b) { return a.path < b.path; });
  changes.edges = std::move(edges);
  return changes;
}

// ---- receipt -------------------------------------------------------------------------------------------

std::vector<provenance::JobSnapshot> reviewed(const Json& rows) {
  std::vector<provenance::JobSnapshot> out;
  for (const Json& row : rows.is_array() ? rows : Json::array()) {
    out.push_back({JobId(text_member(row, "job_id")), digest_of(text_member(row, "snapshot"))});
  }
  return out;
}

std::vector<provenance::ReceiptVerdict> verdicts_of(const Work& work) {
  std::vector<provenance::ReceiptVerdict> out;
  for (const RequiredReview& review : work.reviews) {
    for (const store::GivenVerdict& given : review.verdicts) {
      provenance::ReceiptVerdict row;
      row.verdict_id = given.id;
      row.job_id = given.job;
      row.verdict = given.verdict;
      row.posture = given.posture;
      row.session_id = given.session;
      row.lane = given.lane;
      if (given.findings_sha256) row.artifact_sha256 = provenance::parse_digest(*given.findings_sha256);
      if (&given == &review.verdicts.back()) row.reviewed = reviewed(review.reviewed);
      out.push_back(std::move(row));
    }
  }
  return out;
}

void add_actor(store::Connection& db, std::vector<provenance::Actor>& actors, const SessionId& id,
               const std::optional<std::string>& lease) {
  const auto same = [&](const provenance::Actor& a) { return a.session_id == id && a.lease_id == lease; };
  const auto session = store::find_session(db, id);
  if (!session || std::any_of(actors.begin(), actors.end(), same)) return;
  actors.push_back({id, session->role, session->lane, app::attest(db, *session).attested, lease});
}

std::vector<provenance::Actor> actors_of(store::Connection& db, const Work& work) {
  std::vector<provenance::Actor> out;
  for (const TakenJob& taken : work.jobs) {
    if (const auto worker = store::last_worker(db, taken.job.id)) add_actor(db, out, worker->session, worker->lease.str());
  }
  for (const RequiredReview& review : work.reviews) {
    const auto worker = store::last_worker(db, review.job.id);
    for (const store::GivenVerdict& given : review.verdicts) {
      const bool leased = worker && worker->session == given.session;
      add_actor(db, out, given.session, leased ? std::optional(worker->lease.str()) : std::nullopt);
    }
  }
  return out;
}

std::vector<provenance::ArtifactSubject> subjects_of(const RecordRequest& request) {
  std::vector<provenance::ArtifactSubject> out;
  for (const PublishedFile& file : request.work.artifacts) {
    const Entry entry = entry_at(request.repository, request.result_tree, file.row.path);
    if (entry.blob) out.push_back({file.row.path, *entry.blob, digest_of(file.row.sha256)});
  }
  return out;
}

void fill_run(Receipt& receipt, const Work& work) {
  receipt.run_id = work.run.id;
  receipt.branch = *work.run.branch;
  receipt.strict = work.run.strict;
  receipt.workflow_sha256 = digest_of(work.workflow_sha256);
  receipt.superseded_job_ids = work.superseded;
  for (const TakenJob& taken : work.jobs) receipt.jobs.push_back({taken.job.id, digest_of(taken.digest)});
}

void fill_log(Receipt& receipt, store::Connection& db) {
  const store::ChainHead head = store::chain_head(db);
  receipt.store_id = head.store_id;
  receipt.log_seq = head.seq;
  receipt.log_head = head.head;
}

Receipt receipt_of(const RecordRequest& request) {
  auto& db = request.ctx.state().db();
  const store::ReadUnit unit(db);
  const Work& work = request.work;
  Receipt out;
  out.content_tree = request.repository.content_tree(request.result_tree);
  out.artifacts = subjects_of(request);
  out.root_commits = root_commits(*request.ctx.place.git, request.repository, request.tip);
  out.base_commit = request.tip;
  out.base_content_tree = request.repository.content_tree(request.tip_tree);
  out.branch_base = work.branch_base;
  fill_run(out, work);
  out.actors = actors_of(db, work);
  out.verdicts = verdicts_of(work);
  for (const GateResult& gate : request.gates) {
    if (gate.name != kPolicyGate) out.gates.push_back({gate.name, gate.outcome, gate.detail_code});
  }
  fill_log(out, db);
  out.redaction_policy = kRedactionPolicy;
  out.redaction_version = kRedactionVersion;
  if (const EarlierReceipt* previous = work.previous()) out.previous = previous->digest;
  out.nonce = to_hex(request.ctx.random.bytes(kNonceBytes));
  out.issued_at = issue_time(request.ctx, work);
  out.tool = {"git-striatum", STRIATUM_VERSION};
  out.state = request.state;
  return out;
}

// ---- files ---------------------------------------------------------------------------------------------

/// Adds the evidence of the jobs taken, with the run's last apply that of the whole run too.
void add_evidence(const RecordRequest& request, Receipt& receipt, Records& out) {
  auto& db = request.ctx.state().db();
  const store::ReadUnit unit(db);
  const Run& run = request.work.run;
  std::set<JobId> jobs;
  for (const TakenJob& taken : request.work.jobs) jobs.insert(taken.job.id);
  for (const RequiredReview& review : request.work.reviews) jobs.insert(review.job.id);
  const std::string issued = to_text(receipt.issued_at);
  provenance::Redactor redactor;
  const auto add = [&](const std::set<JobId>& which) {
    std::string bytes = evidence_of(db, run, which, issued, redactor);
    const Sha256 digest = sha256(bytes);
    out.files.push_back({provenance::evidence_path(run.id.str(), digest.hex()), std::move(bytes)});
    return digest;
  };
  receipt.evidence = add(jobs);
  out.evidence_path = out.files.back().path;
  if (request.work.last && request.state == ReceiptState::applied) receipt.evidence_run = add({});
  receipt.redaction_counts = redactor.counts();
}

void sign(const std::string& payload, const Signers& signers, Records& out) {
  provenance::Envelope envelope{std::string(provenance::kPayloadType), payload, {}};
  for (const provenance::SigningKey& key : signers.keys) {
    const provenance::PayloadSignature signature = provenance::sign_payload(key, payload, signers.options);
    envelope.signatures.push_back(signature.entry);
    out.files.push_back({provenance::signature_path(out.receipt_path, key.key.fingerprint_hex()), signature.armored});
  }
  out.envelope = provenance::encode(envelope);
  out.key_id = envelope.signatures.front().keyid;
  out.signature = base64(envelope.signatures.front().sig);
}

}  // namespace

Records make_records(const RecordRequest& request, const Signers& signers) {
  Records out;
  const std::string changes = provenance::encode(changes_of(request));
  if (changes.size() > provenance::kMaxChangesBytes) {
    refuse(Code::transition, "the list of changes would be larger than 8 MiB", {"apply one job at a time with --job-id"});
  }
  Receipt receipt = receipt_of(request);
  receipt.changes = sha256(changes);
  out.changes_sha256 = receipt.changes.hex();
  out.files.push_back({provenance::changes_path(out.changes_sha256), changes});
  add_evidence(request, receipt, out);
  const std::string payload = provenance::encode(receipt);
  out.receipt = sha256(payload).hex();
  out.receipt_path = provenance::receipt_path(out.receipt);
  out.content_tree = receipt.content_tree.hex();
  out.base_content_tree = receipt.base_content_tree.hex();
  out.issued_at = to_text(receipt.issued_at);
  sign(payload, signers, out);
  if (out.envelope.size() > provenance::kMaxEnvelopeBytes) {
    refuse(Code::transition, "the receipt would be larger than 64 KiB", {"apply one job at a time with --job-id"});
  }
  out.files.push_back({out.receipt_path, out.envelope});
  return out;
}

std::string refused_payload(app::Context& ctx, const Work& work, const Oid& tip, const std::vector<GateResult>& gates) {
  auto& db = ctx.state().db();
  const store::ReadUnit unit(db);
  const store::ChainHead head = store::chain_head(db);
  Json jobs = Json::array();
  for (const TakenJob& taken : work.jobs) jobs.push_back({{"job_id", taken.job.id.str()}, {"snapshot", taken.digest}});
  Json rows = Json::array();
  for (const GateResult& gate : gates) {
    rows.push_back({{"name", gate.name}, {"outcome", gate.outcome}, {"detail_code", nullable(gate.detail_code)}});
  }
  const Json predicate{
      {"base", {{"commit", tip.hex()}, {"branch_base", work.branch_base.hex()}}},
      {"run",
       {{"run_id", work.run.id.str()},
        {"jobs", std::move(jobs)},
        {"superseded_job_ids", work.superseded},
        {"workflow_sha256", work.workflow_sha256},
        {"branch", *work.run.branch},
        {"strict", work.run.strict}}},
      {"gates", std::move(rows)},
      {"log", {{"store_id", head.store_id}, {"seq", head.seq}, {"head", head.head.hex()}}},
      {"nonce", to_hex(ctx.random.bytes(kNonceBytes))},
      {"issued_at", to_text(ctx.clock.now())},
      {"tool", {{"name", "git-striatum"}, {"version", STRIATUM_VERSION}}},
      {"state", "refused"}};
  return to_canonical_utf8({{"_type", "https://in-toto.io/Statement/v1"},
                            {"subject", Json::array()},
                            {"predicateType", provenance::kReceiptPredicate},
                            {"predicate", predicate}});
}

}  // namespace striatum::hooks
