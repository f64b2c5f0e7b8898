// SPDX-License-Identifier: Apache-2.0
// Artifacts, verdicts, blockers, decisions and stored requests.
#include "store/nouns.hpp"

namespace striatum::store {
namespace {

Artifact read_artifact(const Use& row) {
  Artifact artifact;
  artifact.id = row.id<ArtifactId>(0);
  artifact.job = row.optional_id<JobId>(1);
  artifact.logical_name = row.text(2);
  artifact.kind = row.text(3);
  artifact.path = row.text(4);
  artifact.sha256 = row.text(5);
  return artifact;
}

template <class... Args>
std::optional<Artifact> one_artifact(Connection& db, std::string_view sql, const Args&... args) {
  Use row = db.use(sql, args...);
  if (!row.step()) return std::nullopt;
  return read_artifact(row);
}

#define STRIATUM_ARTIFACT_SELECT \
  "SELECT artifact_id, job_id, logical_name, artifact_kind, repo_path, content_sha256 FROM artifacts "

}  // namespace

void insert_artifact(Connection& db, const NewArtifact& row, Instant now) {
  db.run(
      "INSERT INTO artifacts (artifact_id, run_id, job_id, session_id, logical_name, artifact_kind, repo_path, "
      "content_sha256, size_bytes, publish_mode, created_at, author_line) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'create', ?10, ?11)",
      row.id, row.run, row.job, row.session, row.logical_name, row.kind, row.path, row.sha256, row.size, now,
      row.author_line);
}

std::optional<Artifact> find_artifact(Connection& db, const ArtifactId& id) {
  return one_artifact(db, STRIATUM_ARTIFACT_SELECT "WHERE artifact_id = ?1", id);
}

std::optional<Artifact> find_artifact_named(Connection& db, const RunId& run, const JobId& job,
                                            const std::string& logical_name) {
  return one_artifact(db, STRIATUM_ARTIFACT_SELECT "WHERE run_id = ?1 AND job_id = ?2 AND logical_name = ?3", run, job,
                      logical_name);
}

std::optional<Artifact> find_artifact_bytes(Connection& db, const RunId& run, const std::string& path,
                                            const std::string& sha256) {
  return one_artifact(db, STRIATUM_ARTIFACT_SELECT "WHERE run_id = ?1 AND repo_path = ?2 AND content_sha256 = ?3", run,
                      path, sha256);
}

std::vector<Artifact> artifacts_of(Connection& db, const JobId& job) {
  std::vector<Artifact> out;
  Use row = db.use(STRIATUM_ARTIFACT_SELECT "WHERE job_id = ?1 ORDER BY rowid", job);
  while (row.step()) out.push_back(read_artifact(row));
  return out;
}

std::optional<Artifact> find_decision(Connection& db, const RunId& run, const std::string& decision_id) {
  return one_artifact(db,
                      STRIATUM_ARTIFACT_SELECT
                      "WHERE run_id = ?1 AND artifact_kind = 'decision' AND job_id IS NULL AND logical_name = ?2",
                      run, decision_id);
}

bool decision_path_taken(Connection& db, const RunId& run, const std::string& path) {
  return db.exists(
      "SELECT 1 FROM artifacts WHERE run_id = ?1 AND artifact_kind = 'decision' AND job_id IS NULL AND repo_path = ?2",
      run, path);
}

void insert_verdict(Connection& db, const NewVerdict& row) {
  db.run(
      "INSERT INTO verdicts (verdict_id, run_id, job_id, session_id, verdict, rationale, findings_artifact_id, "
      "created_at, posture) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      row.id, row.run, row.job, row.session, to_text(row.verdict), row.rationale, row.findings, row.created_at,
      row.posture);
}

std::optional<VerdictRecord> latest_verdict(Connection& db, const JobId& job) {
  Use row = db.use(
      "SELECT verdict_id, session_id, verdict, findings_artifact_id, created_at FROM verdicts WHERE job_id = ?1 "
      "ORDER BY created_at DESC, verdict_id DESC LIMIT 1",
      job);
  if (!row.step()) return std::nullopt;
  VerdictRecord verdict;
  verdict.id = row.id<VerdictId>(0);
  verdict.job = job;
  verdict.session = row.id<SessionId>(1);
  verdict.verdict = from_text<Verdict>(row.text(2)).value_or(Verdict::reject);
  verdict.findings = row.optional_id<ArtifactId>(3);
  verdict.created_at = row.text(4);
  return verdict;
}

bool has_verdict(Connection& db, const JobId& job, const SessionId& session) {
  return db.exists("SELECT 1 FROM verdicts WHERE job_id = ?1 AND session_id = ?2", job, session);
}

void insert_blocker(Connection& db, const NewBlocker& row, Instant now) {
  db.run(
      "INSERT INTO blockers (blocker_id, run_id, job_id, session_id, severity, blocker_kind, description, state, "
      "created_at, payload_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', ?8, ?9)",
      row.id, row.run, row.job, row.session, to_text(row.severity), row.kind, row.description, now, row.payload);
}

Blocker get_blocker(Connection& db, const BlockerId& id) {
  Use row = db.use("SELECT run_id, job_id, severity, blocker_kind, state FROM blockers WHERE blocker_id = ?1", id);
  if (!row.step()) {
    refuse(Code::not_found, "could not find blocker " + quote(id.str()), {"list the open ones with `git striatum status`"});
  }
  Blocker blocker;
  blocker.id = id;
  blocker.run = row.id<RunId>(0);
  blocker.job = row.optional_id<JobId>(1);
  blocker.severity = from_text<Severity>(row.text(2)).value_or(Severity::info);
  blocker.kind = row.text(3);
  blocker.state = from_text<BlockerState>(row.text(4)).value_or(BlockerState::canceled);
  return blocker;
}

void resolve_blocker(Connection& db, const BlockerId& id, Instant now) {
  db.run("UPDATE blockers SET state = 'resolved', resolved_at = ?2 WHERE blocker_id = ?1", id, now);
}

int resolve_routing_checkpoints(Connection& db, const JobId& job, Instant now) {
  return db.run(
      "UPDATE blockers SET state = 'resolved', resolved_at = ?2 WHERE job_id = ?1 AND state = 'open' AND "
      "severity = 'human_checkpoint' AND blocker_kind = 'revision_routing'",
      job, now);
}

void delete_open_blockers(Connection& db, const JobId& job) {
  db.run("DELETE FROM blockers WHERE job_id = ?1 AND state = 'open'", job);
}

std::optional<StoredRequest> find_request(Connection& db, const std::string& id) {
  Use row = db.use("SELECT payload_sha256, response_json FROM command_requests WHERE request_id = ?1", id);
  if (!row.step()) return std::nullopt;
  return StoredRequest{row.text(0), row.optional_text(1)};
}

void store_request(Connection& db, const std::string& id, const std::string& command, const std::string& payload_sha256,
                   const std::optional<std::string>& response, Instant now) {
  db.run(
      "INSERT INTO command_requests (request_id, command_name, payload_sha256, response_json, state, created_at, "
      "completed_at) VALUES (?1, ?2, ?3, ?4, CASE WHEN ?4 IS NULL THEN 'started' ELSE 'completed' END, ?5, "
      "CASE WHEN ?4 IS NULL THEN NULL ELSE ?5 END) "
      "ON CONFLICT(request_id) DO UPDATE SET response_json = ?4, state = 'completed', completed_at = ?5 "
      "WHERE ?4 IS NOT NULL",
      id, command, payload_sha256, response, now);
}

}  // namespace striatum::store
