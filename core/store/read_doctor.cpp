// SPDX-License-Identifier: Apache-2.0
#include "store/read_doctor.hpp"

#include "store/scope_sql.hpp"

namespace striatum::store {

std::string schema_version(Connection& db) {
  return db.text("SELECT value FROM schema_meta WHERE key = 'schema_version'").value_or("");
}

Json active_jobs_without_lease(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT j.job_id AS id, j.workflow_job_id, j.state AS job_state FROM jobs j WHERE j." STRIATUM_IN_SCOPE
      " AND j.state IN ('claimed', 'running') AND NOT EXISTS (SELECT 1 FROM leases l "
      "WHERE l.lease_id = j.current_lease_id AND l.state = 'active') ORDER BY j.rowid",
      scope);
}

// Few gates ask for a verdict or cannot be read: these are looked for before any job is.
Json suspect_gates(Connection& db, const Scope& scope) {
  return db.rows(
      "WITH gate AS (SELECT rowid AS position, job_id, depends_on_job_id, gate_json, "
      "CASE WHEN json_valid(gate_json) THEN json_type(gate_json) END IS 'object' AS valid FROM job_dependencies), "
      "edge AS (SELECT g.*, u.run_id, u.workflow_job_id, u.state, CASE WHEN u.state = 'completed' THEN "
      "(SELECT v.verdict FROM verdicts v WHERE v.job_id = u.job_id ORDER BY v.created_at DESC, v.verdict_id DESC LIMIT 1) "
      "END AS latest_verdict FROM gate g CROSS JOIN jobs u ON u.job_id = g.depends_on_job_id "
      "WHERE CASE WHEN g.valid THEN coalesce(json_type(g.gate_json, '$.requires_verdict'), 'null') <> 'null' ELSE 1 END) "
      "SELECT depends_on_job_id AS id, workflow_job_id AS upstream_workflow_job_id, job_id AS downstream_job_id, "
      "latest_verdict, valid AS gate_valid FROM edge WHERE " STRIATUM_IN_SCOPE " AND CASE WHEN NOT valid THEN 1 "
      "WHEN state <> 'completed' THEN 0 "
      "ELSE NOT EXISTS (SELECT 1 FROM json_each(gate_json, '$.requires_verdict') AS r WHERE r.value = latest_verdict) END "
      "ORDER BY position",
      scope);
}

// One walk through the jobs. The usual job has one expected artifact, the one that is there, mostly in the writing of
// `run prepare`, which is looked for first.
Json suspect_jobs(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT j.job_id AS id, j.current_message_id, j.current_lease_id, j.expected_artifacts_json, "
      "j.current_message_id IS NOT NULL AND m.job_id IS NOT j.job_id AS wrong_message, "
      "j.current_lease_id IS NOT NULL AND l.resource_id IS NOT j.job_id AS wrong_lease, "
      "a.logical_name, a.artifact_kind AS actual_kind, a.repo_path AS actual_path FROM jobs j "
      "LEFT JOIN queue_messages m ON m.message_id = j.current_message_id "
      "LEFT JOIN leases l ON l.lease_id = j.current_lease_id LEFT JOIN artifacts a ON a.job_id = j.job_id "
      "WHERE j." STRIATUM_IN_SCOPE " AND (wrong_message OR wrong_lease OR CASE WHEN a.artifact_id IS NULL "
      "OR j.expected_artifacts_json = '[' || json_object('kind', a.artifact_kind, 'logical_name', a.logical_name, "
      "'path', a.repo_path, 'required', json('true')) || ']' THEN 0 "
      "WHEN NOT json_valid(j.expected_artifacts_json) THEN 0 ELSE json_extract(j.expected_artifacts_json, "
      "'$[0].kind', '$[0].logical_name', '$[0].path', '$[1]') IS NOT "
      "json_array(a.artifact_kind, a.logical_name, a.repo_path, NULL) END) ORDER BY j.rowid, a.rowid",
      scope);
}

Json stuck_runs(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT r.run_id AS id, r.state AS run_state FROM runs r WHERE r." STRIATUM_IN_SCOPE
      " AND r.state = 'running' AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.run_id = r.run_id "
      "AND j.state IN ('blocked', 'queued', 'claimed', 'running', 'stale_lease', 'waiting_human')) "
      "AND EXISTS (SELECT 1 FROM jobs j WHERE j.run_id = r.run_id AND j.state = 'failed') ORDER BY r.rowid",
      scope);
}

Json stale_claims(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT m.message_id AS id, m.state AS message_state, m.current_lease_id FROM queue_messages m "
      "WHERE m." STRIATUM_IN_SCOPE " AND m.state IN ('claimed', 'acked') AND m.current_lease_id IS NOT NULL AND NOT EXISTS "
      "(SELECT 1 FROM leases l WHERE l.lease_id = m.current_lease_id AND l.state = 'active') ORDER BY m.rowid",
      scope);
}

Json sessions_on_ended_runs(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT s.session_id AS id, r.run_id, r.state AS run_state FROM sessions s JOIN runs r ON r.run_id = s.run_id "
      "WHERE s." STRIATUM_IN_SCOPE " AND s.state = 'active' AND r.state IN ('completed', 'failed', 'canceled') "
      "ORDER BY r.state, r.rowid, s.slug",
      scope);
}

Json unreaped_leases(Connection& db, const Scope& scope, Instant now) {
  return db.rows(
      "SELECT l.lease_id AS id, l.expires_at, l.resource_id FROM leases l WHERE l." STRIATUM_IN_SCOPE
      " AND l.state = 'active' AND l.expires_at < ?2 ORDER BY l.resource_id",
      scope, now);
}

Json blockers_on_ended_runs(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT b.blocker_id AS id, b.run_id, r.state AS run_state, b.severity, b.blocker_kind FROM blockers b "
      "JOIN runs r ON r.run_id = b.run_id WHERE b." STRIATUM_IN_SCOPE
      " AND b.state = 'open' AND r.state IN ('completed', 'canceled') ORDER BY b.rowid",
      scope);
}

// Packets are long: what they point at stands in indexes.
Json orphan_packets(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT p.packet_id AS id, p.lease_id, p.session_id FROM work_packets p WHERE p.rowid IN "
      "(SELECT rowid FROM work_packets WHERE lease_id NOT IN (SELECT lease_id FROM leases) UNION "
      "SELECT rowid FROM work_packets WHERE session_id NOT IN (SELECT session_id FROM sessions)) "
      "AND p." STRIATUM_IN_SCOPE " ORDER BY p.rowid",
      scope);
}

Json active_worktrees(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT w.worktree_id AS id, w.lease_id, w.worktree_path, EXISTS (SELECT 1 FROM leases l "
      "WHERE l.lease_id = w.lease_id AND l.state = 'active') AS lease_active FROM job_worktrees w "
      "WHERE w." STRIATUM_IN_SCOPE " AND w.state = 'active' ORDER BY w.rowid",
      scope);
}

Json live_supervisors(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT s.supervisor_id AS id, s.state, s.pid, s.stdin_pipe_path FROM process_supervisors s "
      "WHERE s." STRIATUM_IN_SCOPE " AND s.state IN ('starting', 'attached', 'detached') ORDER BY s.rowid",
      scope);
}

Json sessions_with_supervisors(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT s.session_id, s.run_id, s.role_id, p.supervisor_id, p.pid FROM sessions s "
      "LEFT JOIN process_supervisors p ON p.session_id = s.session_id AND p.state = 'attached' "
      "WHERE s." STRIATUM_IN_SCOPE " AND s.state = 'active' AND EXISTS (SELECT 1 FROM process_supervisors a "
      "WHERE a.run_id = s.run_id AND a.state = 'attached') ORDER BY s.registered_at, s.rowid",
      scope);
}

}  // namespace striatum::store
