// SPDX-License-Identifier: Apache-2.0
// Questions about the state. Answers are whole rows (JSON objects by column name) or small structs; a question about
// many jobs is one statement, never one a job.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "domain/records.hpp"
#include "store/connection.hpp"

namespace striatum::store {

struct Limit {
  std::int64_t rows = 100;
};

/// One run's rows, or, when empty, those of all runs.
using Scope = std::optional<RunId>;

// ---- read_status.cpp
/// `[{run_id, state, branch_name}]`, oldest first.
[[nodiscard]] Json run_heads(Connection& db, const Scope& scope);
struct RunMode {
  RunId run;
  std::string state;
  /// `advisory`, `attested_bylines`, `sealed_patch`; what cannot be read or is no mode counts as sealed.
  std::string mode;
};
[[nodiscard]] std::vector<RunMode> provenance_modes(Connection& db, const Scope& scope);
/// `{state: count}` of all attempts.
[[nodiscard]] Json job_counts(Connection& db, const Scope& scope);
/// Open blockers with `workflow_job_id` and `job_state`, oldest first.
[[nodiscard]] Json open_blockers(Connection& db, const Scope& scope);
/// Latest verdict of each review job that waits for a person or has failed, unless it accepts.
[[nodiscard]] Json refusing_verdicts(Connection& db, const Scope& scope);
[[nodiscard]] Json verdicts_by_posture(Connection& db, const Scope& scope);
/// Running, lost and timed out executions with `lease_state` and `lease_expires_at`.
[[nodiscard]] Json executions(Connection& db, const Scope& scope);
/// Lost supervisors whose session holds a lease that is not over, with `lease_id` and `lease_expires_at`.
[[nodiscard]] Json lost_supervisors(Connection& db, const Scope& scope, Instant now);

/// A job and what it waits for.
struct Upstream {
  std::string job_id;
  std::string workflow_job_id;
  std::string state;
  /// The verdicts that open the gate; null when any end of the work does.
  Json required_verdicts;
  Json latest_verdict;
  bool met = false;
};
struct Waiter {
  std::string job_id;
  std::string workflow_job_id;
  std::string state;
  std::string role;
  std::string lane_selector;
  std::vector<Upstream> upstream;
};
/// Blocked jobs by workflow job id, each with all its dependencies by workflow job id.
[[nodiscard]] std::vector<Waiter> blocked_jobs(Connection& db, const Scope& scope);
/// Jobs directly behind `job`, by workflow job id.
[[nodiscard]] std::vector<Waiter> jobs_behind(Connection& db, const JobId& job);

/// One job; empty when it waits for nothing.
[[nodiscard]] std::vector<Waiter> waiter(Connection& db, const JobId& job);

/// Sessions in the order they registered in.
[[nodiscard]] std::vector<Session> sessions_of(Connection& db, const Scope& scope);
/// Ids of sessions that an attached supervisor row names.
[[nodiscard]] std::set<std::string> supervised_sessions(Connection& db);
/// Since when each paused run is paused.
[[nodiscard]] std::map<std::string, std::string> paused_runs(Connection& db, const Scope& scope);
/// How many completed jobs of each run have a snapshot that no receipt has applied.
[[nodiscard]] std::map<std::string, std::int64_t> unapplied_jobs(Connection& db, const Scope& scope);
/// Active leases, the first to end first: `[{lease_id, run_id, job_id, workflow_job_id, job_state, session_id, slug,
/// operator_label, expires_at}]`.
[[nodiscard]] Json holders(Connection& db, const Scope& scope);

// ---- read_why.cpp
/// Whole rows; null when there is none.
[[nodiscard]] Json run_row(Connection& db, const std::string& id);
[[nodiscard]] Json job_row(Connection& db, const std::string& id);
/// By job id or workflow job id; of several the oldest.
[[nodiscard]] Json find_job_row(Connection& db, const std::string& id_or_name);
[[nodiscard]] Json message_row(Connection& db, const std::string& id);
/// With `workflow_job_id` and `job_state`.
[[nodiscard]] Json blocker_row(Connection& db, const std::string& id);
[[nodiscard]] Json artifact_row(Connection& db, const std::string& id);
[[nodiscard]] Json verdict_row(Connection& db, const std::string& id);
[[nodiscard]] Json latest_verdict_row(Connection& db, const std::string& job);
/// By session id or slug; of several the oldest.
[[nodiscard]] Json session_row(Connection& db, const std::string& id_or_slug);
[[nodiscard]] Json execution_row(Connection& db, const std::string& id);
[[nodiscard]] Json jobs_of_run(Connection& db, const std::string& run);
/// Jobs a session has leased or judged.
[[nodiscard]] Json jobs_of_session(Connection& db, const std::string& session);
[[nodiscard]] Json blockers_of_job(Connection& db, const std::string& job);
[[nodiscard]] Json verdicts_on_artifact(Connection& db, const std::string& artifact);
/// Those of a job's events that name the process.
[[nodiscard]] Json events_of_execution(Connection& db, const std::string& job, const std::string& process);
/// The column of `events` that names the target.
enum class About { run, job, session, artifact };
/// `[{event_id, event_type, payload_json}]`, oldest first.
[[nodiscard]] Json events_about(Connection& db, About about, const std::string& id);

/// `[{id}]` of the noun that `start` names (`run_1a2b`) which begin so, at most three.
[[nodiscard]] Json ids_beginning(Connection& db, const std::string& start);

// ---- read_lists.cpp
/// `[{run_id}]`, at most two: the runs that have not ended, or all when every one has.
[[nodiscard]] Json runs_at_hand(Connection& db);
/// `{workflow_id, workflow_version}` as the run's snapshot row has them: texts, whatever the document says.
[[nodiscard]] Json workflow_names(Connection& db, const RunId& run);
[[nodiscard]] Json list_runs(Connection& db, const std::optional<std::string>& state, Limit limit);
[[nodiscard]] Json list_workflows(Connection& db, Limit limit);
struct SessionFilter {
  std::optional<std::string> state;
  std::optional<std::string> role;
  std::optional<std::string> lane;
};
/// `capabilities_json` as stored; without the attestation.
[[nodiscard]] Json list_sessions(Connection& db, const RunId& run, const SessionFilter& filter);
struct JobFilter {
  std::optional<std::string> state;
  std::optional<std::string> name;
};
[[nodiscard]] Json list_jobs(Connection& db, const RunId& run, const JobFilter& filter);
/// With `author_line` and the publishing session's and job's columns instead of the author object.
[[nodiscard]] Json list_artifacts(Connection& db, const RunId& run, const std::optional<std::string>& kind);

// ---- read_board.cpp
/// The row with the highest attempt of a workflow job.
struct NewestAttempt {
  JobId job;
  std::string state;
  std::int64_t attempt = 1;
};
/// By workflow job id.
[[nodiscard]] std::map<std::string, NewestAttempt> newest_attempts(Connection& db, const RunId& run);
/// By job id: `{verdict_id, verdict, rationale, findings_artifact_id, posture}` of the latest verdict.
[[nodiscard]] std::map<std::string, Json> latest_verdicts(Connection& db, const RunId& run);
/// `{verdict: count}`
[[nodiscard]] Json verdict_counts(Connection& db, const RunId& run);
/// The last ones, oldest first: `[{event_id, event_type, payload_json, created_at, job_id, workflow_job_id}]`.
[[nodiscard]] Json recent_events(Connection& db, const RunId& run, Limit limit);
/// `[{workflow_job_id, verdict, posture}]` of all verdicts, the first given in front.
[[nodiscard]] Json verdicts_in_order(Connection& db, const RunId& run);

// ---- read_log.cpp
/// Whether an export, summary or decision of this state named the path: a file that may be written again.
[[nodiscard]] bool is_exported_path(Connection& db, const std::string& path);
/// `{seq, event_id, event_type, run_id, session_id, job_id, created_at, payload, hash}` of the events behind
/// `after`, oldest first. Events that no chain row covers yet have null `seq` and `hash`.
[[nodiscard]] std::vector<Json> log_rows(Connection& db, const Scope& scope, std::int64_t after, Limit limit);

}  // namespace striatum::store
