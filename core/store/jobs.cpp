// SPDX-License-Identifier: Apache-2.0
#include "store/nouns.hpp"

namespace striatum::store {
namespace {

#define STRIATUM_JOB_COLUMNS                                                                                   \
  "j.job_id, j.run_id, j.workflow_job_id, j.title, j.job_type, j.role_id, j.lane_selector_json, j.state, "     \
  "j.attempt, j.max_attempts, j.fresh_session_required, j.write_scope_json, j.expected_artifacts_json, "       \
  "j.capability_requirements_json, j.current_message_id, j.current_lease_id"

Job read_job(const Use& row) {
  Job job;
  job.id = row.id<JobId>(0);
  job.run = row.id<RunId>(1);
  job.workflow_job = row.id<WorkflowJobId>(2);
  job.title = row.text(3);
  job.type = row.text(4);
  job.role = row.text(5);
  job.lane = optional_text(parse_json(row.text(6)).value_or(Json()), "lane_id");
  job.state = from_text<JobState>(row.text(7)).value_or(JobState::skipped);
  job.attempt = static_cast<int>(row.integer(8));
  job.max_attempts = static_cast<int>(row.integer(9));
  job.fresh_session_required = row.integer(10) != 0;
  job.write_scope = parse_json(row.text(11)).value_or(Json::object());
  job.expected_artifacts = parse_json(row.text(12)).value_or(Json::array());
  job.requirements = parse_json(row.text(13)).value_or(Json::object());
  job.message = row.optional_id<MessageId>(14);
  job.lease = row.optional_id<LeaseId>(15);
  return job;
}

template <class... Args>
std::vector<Job> read_jobs(Connection& db, std::string_view sql, const Args&... args) {
  std::vector<Job> out;
  Use row = db.use(sql, args...);
  while (row.step()) out.push_back(read_job(row));
  return out;
}

template <class... Args>
std::optional<Job> read_one(Connection& db, std::string_view sql, const Args&... args) {
  Use row = db.use(sql, args...);
  if (!row.step()) return std::nullopt;
  return read_job(row);
}

}  // namespace

std::optional<Job> find_job(Connection& db, const JobId& id) {
  return read_one(db, "SELECT " STRIATUM_JOB_COLUMNS " FROM jobs j WHERE j.job_id = ?1", id);
}

Job get_job(Connection& db, const JobId& id, Code unknown) {
  if (auto job = find_job(db, id)) return *job;
  refuse(unknown, "could not find job " + quote(id.str()), {"list the jobs with `git striatum list jobs --run-id RUN`"});
}

std::optional<Job> find_attempt(Connection& db, const RunId& run, const WorkflowJobId& name, int attempt) {
  return read_one(db,
                  "SELECT " STRIATUM_JOB_COLUMNS
                  " FROM jobs j WHERE j.run_id = ?1 AND j.workflow_job_id = ?2 AND j.attempt = ?3",
                  run, name, attempt);
}

void insert_job(Connection& db, const NewJob& row, Instant now) {
  const Job& job = row.job;
  const Json lane = job.lane ? Json{{"lane_id", *job.lane}} : Json::object();
  db.run(
      "INSERT INTO jobs (job_id, run_id, workflow_job_id, title, job_type, role_id, lane_selector_json, "
      "capability_requirements_json, state, attempt, max_attempts, fresh_session_required, write_scope_json, "
      "expected_artifacts_json, idempotency_key, created_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'blocked', ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
      job.id, job.run, job.workflow_job, job.title, job.type, job.role, to_canonical_ascii(lane),
      to_canonical_ascii(job.requirements), job.attempt, job.max_attempts, job.fresh_session_required,
      to_canonical_ascii(job.write_scope), to_canonical_ascii(job.expected_artifacts), row.idempotency_key, now);
}

void set_job_state(Connection& db, const JobId& id, JobState state) {
  db.run("UPDATE jobs SET state = ?2 WHERE job_id = ?1", id, to_text(state));
}

void end_job(Connection& db, const JobId& id, JobState state, Instant now) {
  db.run("UPDATE jobs SET state = ?2, completed_at = ?3, current_lease_id = NULL WHERE job_id = ?1", id,
         to_text(state), now);
}

void claim_job(Connection& db, const JobId& id, const LeaseId& lease, Instant now) {
  db.run("UPDATE jobs SET state = 'claimed', current_lease_id = ?2, started_at = ?3 WHERE job_id = ?1", id, lease, now);
}

void start_job(Connection& db, const JobId& id, Instant now) {
  db.run("UPDATE jobs SET state = 'running', started_at = ?2 WHERE job_id = ?1", id, now);
}

void queue_job(Connection& db, const JobId& id, const MessageId& message, Instant now) {
  db.run("UPDATE jobs SET state = 'queued', ready_at = ?3, current_message_id = ?2 WHERE job_id = ?1", id, message, now);
}

void requeue_job(Connection& db, const JobId& id, JobState state) {
  db.run("UPDATE jobs SET state = ?2, current_lease_id = NULL WHERE job_id = ?1", id, to_text(state));
}

void forget_message(Connection& db, const JobId& id) {
  db.run("UPDATE jobs SET current_message_id = NULL WHERE job_id = ?1", id);
}

void bump_attempt(Connection& db, const JobId& id, int attempt) {
  db.run(
      "UPDATE jobs SET attempt = ?2, started_at = NULL, completed_at = NULL, current_lease_id = NULL WHERE job_id = ?1",
      id, attempt);
}

void insert_dependency(Connection& db, const JobId& job, const JobId& upstream, const Json& gate) {
  db.run("INSERT OR IGNORE INTO job_dependencies (job_id, depends_on_job_id, gate_json) VALUES (?1, ?2, ?3)", job,
         upstream, to_canonical_ascii(gate));
}

void move_dependants(Connection& db, const JobId& from, const JobId& to) {
  db.run("UPDATE job_dependencies SET depends_on_job_id = ?2 WHERE depends_on_job_id = ?1", from, to);
}

std::vector<Dependency> dependencies(Connection& db, const JobId& job) {
  std::vector<Dependency> out;
  Use row = db.use(
      "SELECT d.depends_on_job_id, u.state, u.workflow_job_id, d.gate_json, "
      "(SELECT v.verdict FROM verdicts v WHERE v.job_id = u.job_id ORDER BY v.created_at DESC, v.verdict_id DESC "
      "LIMIT 1) FROM job_dependencies d JOIN jobs u ON u.job_id = d.depends_on_job_id WHERE d.job_id = ?1 "
      "ORDER BY u.workflow_job_id",
      job);
  while (row.step()) {
    Dependency dependency;
    dependency.upstream = row.id<JobId>(0);
    dependency.upstream_state = from_text<JobState>(row.text(1)).value_or(JobState::skipped);
    dependency.upstream_name = row.id<WorkflowJobId>(2);
    dependency.required_verdicts = string_list(member(parse_json(row.text(3)).value_or(Json()), "requires_verdict"));
    dependency.latest_verdict = from_text<Verdict>(row.text(4));
    out.push_back(std::move(dependency));
  }
  return out;
}

std::vector<Job> dependants(Connection& db, const JobId& job) {
  return read_jobs(db,
                   "SELECT " STRIATUM_JOB_COLUMNS
                   " FROM job_dependencies d JOIN jobs j ON j.job_id = d.job_id WHERE d.depends_on_job_id = ?1 "
                   "ORDER BY j.created_at, j.workflow_job_id",
                   job);
}

std::vector<JobId> root_jobs(Connection& db, const RunId& run) {
  return db.ids<JobId>(
      "SELECT j.job_id FROM jobs j WHERE j.run_id = ?1 AND j.state = 'blocked' AND NOT EXISTS "
      "(SELECT 1 FROM job_dependencies d WHERE d.job_id = j.job_id) ORDER BY j.created_at, j.workflow_job_id",
      run);
}

std::vector<Job> jobs_in(Connection& db, const RunId& run, const std::vector<JobState>& states) {
  std::vector<Job> out;
  for (const JobState state : states) {
    auto some = read_jobs(db, "SELECT " STRIATUM_JOB_COLUMNS " FROM jobs j WHERE j.run_id = ?1 AND j.state = ?2", run,
                          to_text(state));
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

bool any_job_in(Connection& db, const RunId& run, const std::vector<JobState>& states) {
  for (const JobState state : states) {
    if (db.exists("SELECT 1 FROM jobs WHERE run_id = ?1 AND state = ?2 LIMIT 1", run, to_text(state))) return true;
  }
  return false;
}

void cancel_open_jobs(Connection& db, const RunId& run, Instant now) {
  db.run(
      "UPDATE jobs SET state = 'canceled', completed_at = ?2 WHERE run_id = ?1 AND state IN "
      "('queued', 'running', 'blocked', 'claimed')",
      run, now);
}

int extra_attempts(Connection& db, const RunId& run, const WorkflowJobId& name) {
  return static_cast<int>(db.integer(
      "SELECT count(*) FROM jobs WHERE run_id = ?1 AND workflow_job_id = ?2 AND attempt > 1", run, name));
}

std::vector<Job> leased_jobs(Connection& db, const RunId& run) {
  return read_jobs(db,
                   "SELECT " STRIATUM_JOB_COLUMNS
                   " FROM leases l JOIN jobs j ON j.job_id = l.resource_id WHERE l.run_id = ?1 AND l.state = 'active'",
                   run);
}

void set_job_base(Connection& db, const JobId& job, const std::string& commit) {
  db.run(
      "INSERT INTO gs_jobs (job_id, base_commit) VALUES (?1, ?2) "
      "ON CONFLICT(job_id) DO UPDATE SET base_commit = ?2",
      job, commit);
}

std::optional<std::string> job_base(Connection& db, const JobId& job) {
  return db.text("SELECT base_commit FROM gs_jobs WHERE job_id = ?1", job);
}

void set_job_snapshot(Connection& db, const JobId& job, const std::string& digest, const std::string& rows) {
  db.run(
      "INSERT INTO gs_jobs (job_id, snapshot, snapshot_json) VALUES (?1, ?2, ?3) "
      "ON CONFLICT(job_id) DO UPDATE SET snapshot = ?2, snapshot_json = ?3",
      job, digest, rows);
}

void set_job_reviewed(Connection& db, const JobId& job, const std::string& reviewed) {
  db.run(
      "INSERT INTO gs_jobs (job_id, reviewed_json) VALUES (?1, ?2) "
      "ON CONFLICT(job_id) DO UPDATE SET reviewed_json = ?2",
      job, reviewed);
}

JobSnapshot job_snapshot(Connection& db, const JobId& job) {
  JobSnapshot out;
  Use row = db.use(
      "SELECT base_commit, snapshot, snapshot_json, reviewed_json, applied_receipt FROM gs_jobs WHERE job_id = ?1", job);
  if (!row.step()) return out;
  out.base_commit = row.optional_text(0);
  out.digest = row.optional_text(1);
  out.rows = row.optional_text(2);
  out.reviewed = row.optional_text(3);
  out.applied_receipt = row.optional_text(4);
  return out;
}

}  // namespace striatum::store
