// SPDX-License-Identifier: Apache-2.0
#include "store/gates.hpp"
#include "store/nouns.hpp"
#include "store/read.hpp"
#include "store/scope_sql.hpp"

namespace striatum::store {
namespace {

#define STRIATUM_LATEST_VERDICT(job)                                                                           \
  "(SELECT v.verdict FROM verdicts v WHERE v.job_id = " job                                                    \
  " ORDER BY v.created_at DESC, v.verdict_id DESC LIMIT 1)"

#define STRIATUM_WAITER                                                                                        \
  "SELECT j.job_id, j.workflow_job_id, j.state, j.role_id, j.lane_selector_json, d.depends_on_job_id, "        \
  "u.workflow_job_id, u.state, d.gate_json, " STRIATUM_LATEST_VERDICT("u.job_id")

/// Rows of STRIATUM_WAITER, those of one job beside one another.
std::vector<Waiter> read_waiters(Use&& row) {
  std::vector<Waiter> out;
  Gates gates;
  while (row.step()) {
    if (out.empty() || out.back().job_id != row.view(0)) {
      out.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), {}});
    }
    if (row.is_null(5)) continue;
    Upstream upstream{row.text(5), row.text(6), row.text(7), gates.required(row.view(8)), nullable(row.optional_text(9)),
                      false};
    upstream.met = opens(upstream.required_verdicts, upstream.state, upstream.latest_verdict);
    out.back().upstream.push_back(std::move(upstream));
  }
  return out;
}

std::string mode_of(const std::optional<std::string>& head) {
  const Wanted wanted = [](std::size_t depth, std::string_view key) { return depth == 1 && key == "provenance_mode"; };
  const auto workflow = parse_json(head.value_or(""), wanted);
  if (!workflow || !workflow->is_object()) return "sealed_patch";
  const std::string mode = workflow->contains("provenance_mode") ? text_member(*workflow, "provenance_mode") : "advisory";
  return mode == "advisory" || mode == "attested_bylines" ? mode : "sealed_patch";
}

}  // namespace

Json run_heads(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT run_id, state, branch_name FROM runs WHERE ?1 IS NULL OR run_id = ?1 ORDER BY created_at, rowid", scope);
}

std::vector<RunMode> provenance_modes(Connection& db, const Scope& scope) {
  std::vector<RunMode> out;
  Use row = db.use(
      "SELECT r.run_id, r.state, coalesce(g.head_json, w.workflow_json) FROM runs r "
      "LEFT JOIN workflow_snapshots w ON w.workflow_snapshot_id = r.workflow_snapshot_id "
      "LEFT JOIN gs_workflows g ON g.workflow_snapshot_id = r.workflow_snapshot_id "
      "WHERE ?1 IS NULL OR r.run_id = ?1 ORDER BY r.created_at, r.rowid",
      scope);
  while (row.step()) out.push_back({row.id<RunId>(0), row.text(1), mode_of(row.optional_text(2))});
  return out;
}

Json job_counts(Connection& db, const Scope& scope) {
  Json out = Json::object();
  // Each run by itself first: an index gives its jobs by state, so that none is sorted.
  Use row = db.use(
      "SELECT state, sum(jobs) FROM (SELECT state, count(*) AS jobs FROM jobs WHERE " STRIATUM_IN_SCOPE
      " GROUP BY run_id, state) GROUP BY state",
      scope);
  while (row.step()) out[row.text(0)] = row.integer(1);
  return out;
}

Json open_blockers(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT b.blocker_id, b.run_id, b.job_id, b.session_id, b.severity, b.blocker_kind, b.description, b.state, "
      "j.workflow_job_id, j.state AS job_state FROM blockers b LEFT JOIN jobs j ON j.job_id = b.job_id "
      "WHERE b." STRIATUM_IN_SCOPE " AND b.state = 'open' ORDER BY b.created_at, b.rowid",
      scope);
}

Json refusing_verdicts(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT v.verdict_id, v.run_id, v.job_id, j.workflow_job_id, j.state AS job_state, v.session_id, v.verdict, "
      "v.findings_artifact_id, v.rationale FROM jobs j JOIN verdicts v ON v.job_id = j.job_id "
      "WHERE j." STRIATUM_IN_SCOPE " AND j.state IN ('waiting_human', 'failed') AND j.job_type = 'review' "
      "AND v.verdict_id = (SELECT l.verdict_id FROM verdicts l WHERE l.job_id = j.job_id "
      "ORDER BY l.created_at DESC, l.verdict_id DESC LIMIT 1) AND v.verdict IN ('needs_revision', 'reject') "
      "ORDER BY v.created_at, v.rowid",
      scope);
}

Json verdicts_by_posture(Connection& db, const Scope& scope) {
  Json out = Json::object();
  Use row = db.use("SELECT posture, count(*) FROM verdicts WHERE " STRIATUM_IN_SCOPE " GROUP BY posture", scope);
  while (row.step()) out[row.text(0)] = row.integer(1);
  return out;
}

Json executions(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT p.process_id, p.run_id, p.job_id, p.pid, p.state, p.started_at, p.lease_id, l.state AS lease_state, "
      "l.expires_at AS lease_expires_at FROM process_executions p LEFT JOIN leases l ON l.lease_id = p.lease_id "
      "WHERE p." STRIATUM_IN_SCOPE " AND p.state IN ('running', 'lost', 'timed_out') ORDER BY p.started_at, p.rowid",
      scope);
}

Json lost_supervisors(Connection& db, const Scope& scope, Instant now) {
  return db.rows(
      "SELECT s.supervisor_id, s.run_id, s.session_id, l.lease_id, l.expires_at AS lease_expires_at, s.ended_at, "
      "s.stop_reason FROM process_supervisors s JOIN leases l ON l.owner_session_id = s.session_id "
      "AND l.state = 'active' AND l.expires_at >= ?2 WHERE s." STRIATUM_IN_SCOPE
      " AND s.state = 'lost' ORDER BY s.rowid, l.rowid",
      scope, now);
}

std::vector<Waiter> blocked_jobs(Connection& db, const Scope& scope) {
  return read_waiters(db.use(STRIATUM_WAITER
                             " FROM jobs j JOIN job_dependencies d ON d.job_id = j.job_id "
                             "JOIN jobs u ON u.job_id = d.depends_on_job_id "
                             "WHERE j." STRIATUM_IN_SCOPE " AND j.state = 'blocked' "
                             "ORDER BY j.workflow_job_id, j.rowid, u.workflow_job_id, u.rowid",
                             scope));
}

std::vector<Waiter> jobs_behind(Connection& db, const JobId& job) {
  return read_waiters(db.use(STRIATUM_WAITER
                             " FROM job_dependencies b JOIN jobs j ON j.job_id = b.job_id "
                             "JOIN job_dependencies d ON d.job_id = j.job_id JOIN jobs u ON u.job_id = d.depends_on_job_id "
                             "WHERE b.depends_on_job_id = ?1 "
                             "ORDER BY j.workflow_job_id, j.rowid, u.workflow_job_id, u.rowid",
                             job));
}

std::vector<Waiter> waiter(Connection& db, const JobId& job) {
  return read_waiters(db.use(STRIATUM_WAITER
                             " FROM jobs j JOIN job_dependencies d ON d.job_id = j.job_id "
                             "JOIN jobs u ON u.job_id = d.depends_on_job_id WHERE j.job_id = ?1 "
                             "ORDER BY u.workflow_job_id, u.rowid",
                             job));
}

std::vector<Session> sessions_of(Connection& db, const Scope& scope) {
  std::vector<Session> out;
  Use row = db.use(
      "SELECT session_id, run_id, role_id, lane_id, slug, state, operator_label FROM sessions "
      "WHERE ?1 IS NULL OR run_id = ?1 ORDER BY registered_at, rowid",
      scope);
  while (row.step()) {
    Session session;
    session.id = row.id<SessionId>(0);
    session.run = row.id<RunId>(1);
    session.role = row.text(2);
    session.lane = row.text(3);
    session.slug = row.text(4);
    session.state = from_text<SessionState>(row.text(5)).value_or(SessionState::lost);
    session.operator_label = row.optional_text(6);
    out.push_back(std::move(session));
  }
  return out;
}

std::set<std::string> supervised_sessions(Connection& db) {
  std::set<std::string> out;
  Use row = db.use("SELECT session_id FROM process_supervisors WHERE state = 'attached'");
  while (row.step()) out.insert(row.text(0));
  return out;
}

std::map<std::string, std::string> paused_runs(Connection& db, const Scope& scope) {
  std::map<std::string, std::string> out;
  Use row = db.use(
      "SELECT run_id, paused_at FROM runs WHERE (?1 IS NULL OR run_id = ?1) AND paused_at IS NOT NULL", scope);
  while (row.step()) out[row.text(0)] = row.text(1);
  return out;
}

std::map<std::string, std::int64_t> unapplied_jobs(Connection& db, const Scope& scope) {
  std::map<std::string, std::int64_t> out;
  Use row = db.use(
      "SELECT j.run_id, count(*) FROM gs_jobs g JOIN jobs j ON j.job_id = g.job_id WHERE (?1 IS NULL OR j.run_id = ?1) "
      "AND g.snapshot IS NOT NULL AND g.applied_receipt IS NULL AND j.state = 'completed' GROUP BY j.run_id",
      scope);
  while (row.step()) out[row.text(0)] = row.integer(1);
  return out;
}

Json holders(Connection& db, const Scope& scope) {
  return db.rows(
      "SELECT l.lease_id, l.run_id, j.job_id, j.workflow_job_id, j.state AS job_state, s.session_id, s.slug, "
      "s.operator_label, l.expires_at FROM leases l JOIN jobs j ON j.job_id = l.resource_id "
      "JOIN sessions s ON s.session_id = l.owner_session_id WHERE l." STRIATUM_IN_SCOPE " AND l.state = 'active' "
      "ORDER BY l.expires_at, l.rowid",
      scope);
}

}  // namespace striatum::store
