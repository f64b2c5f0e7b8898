// SPDX-License-Identifier: Apache-2.0
#include "store/read.hpp"

namespace striatum::store {

Json list_runs(Connection& db, const std::optional<std::string>& state, Limit limit) {
  return db.rows(
      "SELECT r.run_id, r.state, r.branch_name, r.created_at, r.started_at, r.completed_at, w.workflow_id FROM runs r "
      "JOIN workflow_snapshots w ON w.workflow_snapshot_id = r.workflow_snapshot_id "
      "WHERE ?1 IS NULL OR r.state = ?1 ORDER BY r.created_at, r.run_id LIMIT ?2",
      state, limit.rows);
}

Json runs_at_hand(Connection& db) {
  return db.rows(
      "WITH known AS (SELECT run_id, state IN ('completed', 'failed', 'canceled') AS ended FROM runs) "
      "SELECT run_id FROM known WHERE ended = (SELECT min(ended) FROM known) LIMIT 2");
}

Json workflow_names(Connection& db, const RunId& run) {
  return db.row(
      "SELECT w.workflow_id, w.workflow_version FROM runs r "
      "JOIN workflow_snapshots w ON w.workflow_snapshot_id = r.workflow_snapshot_id WHERE r.run_id = ?1",
      run);
}

Json list_workflows(Connection& db, Limit limit) {
  return db.rows(
      "SELECT workflow_snapshot_id, workflow_id, workflow_version, source_path, content_sha256, loaded_at "
      "FROM workflow_snapshots ORDER BY loaded_at, workflow_snapshot_id LIMIT ?1",
      limit.rows);
}

Json list_sessions(Connection& db, const RunId& run, const SessionFilter& filter) {
  return db.rows(
      "SELECT session_id, role_id, lane_id, slug, ordinal, state, capabilities_json, registered_at, last_heartbeat_at, "
      "operator_label FROM sessions WHERE run_id = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR role_id = ?3) "
      "AND (?4 IS NULL OR lane_id = ?4) ORDER BY registered_at, session_id",
      run, filter.state, filter.role, filter.lane);
}

Json list_jobs(Connection& db, const RunId& run, const JobFilter& filter) {
  return db.rows(
      "SELECT j.job_id, j.workflow_job_id, j.state, j.role_id, j.lane_selector_json, j.attempt, j.max_attempts, "
      "j.job_type, j.created_at, j.started_at, j.completed_at, CASE WHEN j.job_type = 'review' THEN (SELECT v.verdict "
      "FROM verdicts v WHERE v.job_id = j.job_id ORDER BY v.created_at DESC, v.verdict_id DESC LIMIT 1) END AS verdict "
      "FROM jobs j "
      "WHERE j.run_id = ?1 AND (?2 IS NULL OR j.state = ?2) AND (?3 IS NULL OR j.workflow_job_id = ?3) "
      "ORDER BY j.created_at, j.workflow_job_id, j.attempt",
      run, filter.state, filter.name);
}

Json list_artifacts(Connection& db, const RunId& run, const std::optional<std::string>& kind) {
  return db.rows(
      "SELECT a.artifact_id, a.job_id, a.session_id, a.logical_name, a.artifact_kind, a.repo_path, a.content_sha256, "
      "a.size_bytes, a.created_at, a.author_line, j.workflow_job_id, coalesce(s.role_id, j.role_id) AS role_id, s.lane_id, "
      "j.lane_selector_json, s.ordinal "
      "FROM artifacts a LEFT JOIN jobs j ON j.job_id = a.job_id LEFT JOIN sessions s ON s.session_id = a.session_id "
      "WHERE a.run_id = ?1 AND (?2 IS NULL OR a.artifact_kind = ?2) ORDER BY a.created_at, a.artifact_id",
      run, kind);
}

}  // namespace striatum::store
