// SPDX-License-Identifier: Apache-2.0
#include "store/recovery.hpp"

#include "domain/workflow_spec.hpp"
#include "store/nouns.hpp"

namespace striatum::store {

std::vector<StaleLease> stale_leases(Connection& db, const RunId& run) {
  std::vector<StaleLease> out;
  Use row = db.use(
      "SELECT j.job_id, j.workflow_job_id, j.state, j.write_scope_json, l.lease_id, l.owner_session_id, l.expires_at, "
      "l.released_at, l.release_reason, m.message_id, m.state, "
      "l.rowid IS (SELECT max(n.rowid) FROM leases n WHERE n.resource_id = j.job_id) FROM jobs j "
      "LEFT JOIN leases l ON l.resource_id = j.job_id AND l.state = 'expired' "
      "LEFT JOIN queue_messages m ON m.message_id = j.current_message_id "
      "WHERE j.run_id = ?1 AND (j.state = 'stale_lease' OR l.lease_id IS NOT NULL) "
      "ORDER BY j.workflow_job_id, j.attempt, l.acquired_at, l.rowid",
      run);
  while (row.step()) {
    StaleLease lease;
    lease.job = row.id<JobId>(0);
    lease.workflow_job = row.id<WorkflowJobId>(1);
    lease.job_state = from_text<JobState>(row.text(2)).value_or(JobState::skipped);
    lease.repo_write = domain::is_repo_write({{"write_scope", parse_json(row.text(3)).value_or(Json())}});
    lease.lease = row.optional_id<LeaseId>(4);
    lease.owner = row.optional_text(5);
    lease.expires_at = row.optional_text(6);
    lease.released_at = row.optional_text(7);
    lease.release_reason = row.optional_text(8);
    lease.message = row.optional_id<MessageId>(9);
    lease.message_state = row.optional_text(10);
    lease.newest = row.integer(11) != 0;
    out.push_back(std::move(lease));
  }
  return out;
}

std::vector<OpenBlocker> waiting_blockers(Connection& db, const RunId& run) {
  std::vector<OpenBlocker> out;
  Use row = db.use(
      "SELECT blocker_id, job_id, severity, created_at FROM blockers WHERE run_id = ?1 AND state = 'open' "
      "AND severity IN ('human_checkpoint', 'blocked') ORDER BY created_at, rowid",
      run);
  while (row.step()) {
    out.push_back({row.id<BlockerId>(0), row.optional_id<JobId>(1),
                   from_text<Severity>(row.text(2)).value_or(Severity::blocked), row.text(3)});
  }
  return out;
}

bool has_open_blocker(Connection& db, const JobId& job) {
  return db.exists("SELECT 1 FROM blockers WHERE job_id = ?1 AND state = 'open' LIMIT 1", job);
}

void mark_process_lost(Connection& db, const std::string& process, Instant now) {
  db.run("UPDATE process_executions SET state = 'lost', ended_at = ?2 WHERE process_id = ?1", process, now);
}

std::optional<SweepAct> find_sweep_act(Connection& db, const std::string& cause) {
  Use row = db.use("SELECT times, acted_at, settled FROM gs_sweep_acts WHERE cause = ?1", cause);
  if (!row.step()) return std::nullopt;
  return SweepAct{row.integer(0), parse_instant(row.text(1)).value_or(Instant{}), row.integer(2) != 0};
}

void begin_sweep_act(Connection& db, const std::string& cause, const RunId& run, const std::optional<JobId>& job,
                     Instant now) {
  db.run(
      "INSERT INTO gs_sweep_acts (cause, run_id, job_id, times, acted_at, settled) VALUES (?1, ?2, ?3, 1, ?4, 0) "
      "ON CONFLICT(cause) DO UPDATE SET times = times + 1, acted_at = ?4, settled = 0",
      cause, run, job ? std::optional(job->str()) : std::nullopt, now);
}

void settle_sweep_act(Connection& db, const std::string& cause) {
  db.run("UPDATE gs_sweep_acts SET settled = 1 WHERE cause = ?1", cause);
}

std::int64_t sweep_acts_on(Connection& db, const JobId& job, std::string_view kind) {
  return db.integer("SELECT count(*) FROM gs_sweep_acts WHERE job_id = ?1 AND cause LIKE ?2 || ':%'", job, kind);
}

}  // namespace striatum::store
