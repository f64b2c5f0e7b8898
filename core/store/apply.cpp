// SPDX-License-Identifier: Apache-2.0
#include "store/apply.hpp"

#include "domain/repo_path.hpp"
#include "store/nouns.hpp"

namespace striatum::store {
namespace {

template <class... Args>
std::vector<Job> jobs_by_id(Connection& db, std::string_view sql, const Args&... args) {
  const std::vector<JobId> ids = db.ids<JobId>(sql, args...);
  std::vector<Job> out;
  out.reserve(ids.size());
  for (const JobId& id : ids) out.push_back(get_job(db, id));
  return out;
}

/// Rows keep a path as it was typed (`./a`); git knows the plain one.
std::string plain(std::string path) {
  const auto parsed = RepoPath::parse(path);
  const auto* plain = std::get_if<RepoPath>(&parsed);
  return plain != nullptr ? plain->str() : path;
}

Publication read_publication(const Use& row) {
  return {row.id<ArtifactId>(0), row.id<JobId>(1), plain(row.text(2)), row.text(3)};
}

Intent read_intent(const Use& row) {
  return {row.text(0), row.id<RunId>(1), row.text(2), parse_json(row.text(3)).value_or(Json::object())};
}

StoredReceipt read_receipt(const Use& row) {
  StoredReceipt out;
  out.id = row.text(0);
  out.run = row.id<RunId>(1);
  out.jobs = string_list(parse_json(row.text(2)).value_or(Json::array()));
  out.state = row.text(3);
  out.denial_reason = row.optional_text(4);
  out.issued_at = row.text(5);
  out.commit = row.optional_text(6);
  out.envelope = row.text(7);
  out.changes_sha256 = row.text(8);
  out.base_tree = row.optional_text(9);
  out.applied_tree = row.optional_text(10);
  out.key_id = row.text(11);
  out.signature = row.text(12);
  out.evidence_path = row.optional_text(13);
  return out;
}

}  // namespace

std::vector<Job> completed_jobs(Connection& db, const RunId& run) {
  return jobs_by_id(db,
                    "SELECT job_id FROM jobs j WHERE run_id = ?1 AND state = 'completed' "
                    "ORDER BY completed_at, (SELECT max(e.event_id) FROM events e WHERE e.job_id = j.job_id), rowid",
                    run);
}

std::vector<Job> working_jobs(Connection& db, const RunId& run) {
  return jobs_by_id(
      db, "SELECT job_id FROM jobs WHERE run_id = ?1 AND state IN ('claimed', 'running', 'stale_lease') ORDER BY rowid",
      run);
}

std::optional<Job> newest_attempt(Connection& db, const RunId& run, const WorkflowJobId& name) {
  const auto id = db.text(
      "SELECT job_id FROM jobs WHERE workflow_job_id = ?2 AND run_id = ?1 ORDER BY attempt DESC LIMIT 1", run, name);
  return id ? find_job(db, JobId(*id)) : std::nullopt;
}

std::vector<Job> reviews_behind(Connection& db, const RunId& run, const WorkflowJobId& name) {
  const auto names = db.ids<WorkflowJobId>(
      "SELECT DISTINCT r.workflow_job_id FROM jobs u JOIN job_dependencies d ON d.depends_on_job_id = u.job_id "
      "JOIN jobs r ON r.job_id = d.job_id WHERE u.workflow_job_id = ?2 AND u.run_id = ?1 AND r.job_type = 'review' "
      "ORDER BY r.workflow_job_id",
      run, name);
  std::vector<Job> out;
  for (const WorkflowJobId& review : names) {
    if (auto job = newest_attempt(db, run, review)) out.push_back(*std::move(job));
  }
  return out;
}

std::vector<Job> attempts_of(Connection& db, const RunId& run, const WorkflowJobId& name) {
  return jobs_by_id(db, "SELECT job_id FROM jobs WHERE workflow_job_id = ?2 AND run_id = ?1 ORDER BY attempt", run, name);
}

std::vector<std::string> reviewed_paths(Connection& db, const RunId& run) {
  std::vector<std::string> out;
  Use row = db.use(
      "SELECT DISTINCT a.repo_path FROM artifacts a JOIN jobs j ON j.job_id = a.job_id "
      "WHERE a.run_id = ?1 AND j.job_type = 'review'",
      run);
  while (row.step()) out.push_back(plain(row.text(0)));
  return out;
}

std::vector<Publication> publications(Connection& db, const RunId& run) {
  std::vector<Publication> out;
  Use row = db.use(
      "SELECT artifact_id, job_id, repo_path, content_sha256 FROM artifacts WHERE run_id = ?1 AND job_id IS NOT NULL "
      "ORDER BY created_at DESC, rowid DESC",
      run);
  while (row.step()) out.push_back(read_publication(row));
  return out;
}

std::optional<Publication> active_publication(Connection& db, const std::string& path,
                                              const std::optional<std::string>& branch) {
  Use row = db.use(
      "SELECT a.artifact_id, a.job_id, a.repo_path, a.content_sha256 FROM runs r "
      "JOIN artifacts a ON a.run_id = r.run_id WHERE r.state IN ('running', 'blocked') AND a.repo_path IN (?1, './' || ?1) "
      "AND a.job_id IS NOT NULL AND (?2 IS NULL OR r.branch_name = ?2) ORDER BY a.created_at DESC, a.rowid DESC LIMIT 1",
      path, branch);
  if (!row.step()) return std::nullopt;
  return read_publication(row);
}

std::optional<std::string> chain_hash(Connection& db, std::int64_t seq) {
  Use row = db.use("SELECT hash FROM gs_event_chain WHERE seq = ?1", seq);
  if (!row.step()) return std::nullopt;
  return row.blob(0);
}

bool any_active_run(Connection& db) {
  return db.exists(
      "SELECT 1 FROM runs WHERE state IN ('needs_branch_confirmation', 'ready', 'running', 'blocked') LIMIT 1");
}

std::string workflow_sha256(Connection& db, const SnapshotId& id) {
  return db.text("SELECT content_sha256 FROM workflow_snapshots WHERE workflow_snapshot_id = ?1", id).value_or("");
}

std::vector<GivenVerdict> verdicts_of(Connection& db, const JobId& job) {
  std::vector<GivenVerdict> out;
  Use row = db.use(
      "SELECT v.verdict_id, v.job_id, v.session_id, v.verdict, coalesce(v.posture, 'neutral'), s.lane_id, a.content_sha256 FROM verdicts v "
      "LEFT JOIN sessions s ON s.session_id = v.session_id "
      "LEFT JOIN artifacts a ON a.artifact_id = v.findings_artifact_id "
      "WHERE v.job_id = ?1 ORDER BY v.created_at, v.verdict_id",
      job);
  while (row.step()) {
    out.push_back({row.id<VerdictId>(0), row.id<JobId>(1), row.id<SessionId>(2), row.text(3), row.text(4),
                   row.optional_text(5), row.optional_text(6)});
  }
  return out;
}

std::optional<Worker> last_worker(Connection& db, const JobId& job) {
  Use row = db.use(
      "SELECT owner_session_id, lease_id FROM leases WHERE resource_id = ?1 ORDER BY rowid DESC LIMIT 1", job);
  if (!row.step()) return std::nullopt;
  return Worker{row.id<SessionId>(0), row.id<LeaseId>(1)};
}

std::vector<LiveLease> live_leases(Connection& db) {
  std::vector<LiveLease> out;
  Use row = db.use(
      "SELECT l.owner_session_id, l.resource_id, w.worktree_path, l.expires_at FROM leases l LEFT JOIN job_worktrees w "
      "ON w.job_id = l.resource_id AND w.state = 'active' WHERE l.state = 'active' ORDER BY l.rowid");
  while (row.step()) {
    out.push_back({row.id<SessionId>(0), row.id<JobId>(1), row.optional_text(2), parse_instant(row.text(3)).value_or(Instant{})});
  }
  return out;
}

std::optional<std::string> applied_commit(Connection& db, const JobId& job) {
  return db.text(
      "SELECT r.commit_id FROM gs_jobs g JOIN gs_apply_receipts r ON r.apply_receipt_id = g.applied_receipt "
      "WHERE g.job_id = ?1",
      job);
}

std::vector<SessionId> sessions_at(Connection& db, const JobId& job) {
  return db.ids<SessionId>(
      "SELECT session_id FROM artifacts WHERE job_id = ?1 UNION SELECT session_id FROM verdicts WHERE job_id = ?1 "
      "UNION SELECT session_id FROM blockers WHERE job_id = ?1",
      job);
}

void set_applied(Connection& db, const JobId& job, const std::string& receipt) {
  db.run(
      "INSERT INTO gs_jobs (job_id, applied_receipt) VALUES (?1, ?2) "
      "ON CONFLICT(job_id) DO UPDATE SET applied_receipt = ?2",
      job, receipt);
}

void open_intent(Connection& db, const Intent& intent, Instant now) {
  db.run(
      "INSERT INTO gs_apply_intents (intent_id, run_id, branch, state, detail_json, created_at) "
      "VALUES (?1, ?2, ?3, 'open', ?4, ?5)",
      intent.id, intent.run, intent.branch, to_canonical_utf8(intent.detail), now);
}

void set_intent_detail(Connection& db, const std::string& id, const Json& detail) {
  db.run("UPDATE gs_apply_intents SET detail_json = ?2 WHERE intent_id = ?1", id, to_canonical_utf8(detail));
}

void end_intent(Connection& db, const std::string& id, std::string_view state, Instant now) {
  db.run("UPDATE gs_apply_intents SET state = ?2, ended_at = ?3 WHERE intent_id = ?1 AND state = 'open'", id, state, now);
}

std::vector<Intent> open_intents(Connection& db) {
  std::vector<Intent> out;
  Use row = db.use("SELECT intent_id, run_id, branch, detail_json FROM gs_apply_intents WHERE state = 'open'");
  while (row.step()) out.push_back(read_intent(row));
  return out;
}

bool is_open_intent(Connection& db, const std::string& id) {
  return db.exists("SELECT 1 FROM gs_apply_intents WHERE intent_id = ?1 AND state = 'open'", id);
}

void insert_receipt(Connection& db, const StoredReceipt& receipt, Instant now) {
  db.run(
      "INSERT OR IGNORE INTO gs_apply_receipts (apply_receipt_id, run_id, job_id, jobs_json, patch_digest_sha256, "
      "base_tree_sha256, applied_tree_sha256, signing_key_id, signature, evidence_artifact_path, state, denial_reason, "
      "created_at, issued_at, commit_id, envelope_json) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
      receipt.id, receipt.run, receipt.jobs.empty() ? std::string() : receipt.jobs.front(),
      to_canonical_utf8(Json(receipt.jobs)), receipt.changes_sha256, receipt.base_tree, receipt.applied_tree,
      receipt.key_id, receipt.signature, receipt.evidence_path, receipt.state, receipt.denial_reason, now,
      receipt.issued_at, receipt.commit, receipt.envelope);
}

std::vector<StoredReceipt> receipts(Connection& db, const std::optional<RunId>& run) {
  std::vector<StoredReceipt> out;
  Use row = db.use(
      "SELECT apply_receipt_id, run_id, jobs_json, state, denial_reason, issued_at, commit_id, envelope_json, "
      "patch_digest_sha256, base_tree_sha256, applied_tree_sha256, signing_key_id, signature, evidence_artifact_path "
      "FROM gs_apply_receipts WHERE ?1 IS NULL OR run_id = ?1 ORDER BY rowid",
      run);
  while (row.step()) out.push_back(read_receipt(row));
  return out;
}

}  // namespace striatum::store
