// SPDX-License-Identifier: Apache-2.0
// Questions about the state, answered by whole rows (JSON objects by column name) or small structs. One statement a
// question, never one a job: the callers put the answers together.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "domain/records.hpp"
#include "store/connection.hpp"

namespace striatum::store {

/// One run's rows, or, when empty, everybody's.
using Scope = std::optional<RunId>;

/// `{"requires_verdict": …}` of a gate and what it means; the texts repeat, so each is parsed once.
class Gates {
 public:
  struct Gate {
    bool valid = false;
    /// The array, or null when the gate asks for none.
    Json required;
    [[nodiscard]] bool accepts(const Json& verdict) const;
  };
  [[nodiscard]] const Gate& read(const std::string& gate_json);

 private:
  std::map<std::string, Gate, std::less<>> known_;
};

// ---- status (read_status.cpp)
/// `[{run_id, state, branch_name}]`, oldest first.
[[nodiscard]] Json run_heads(Connection& db, const Scope& scope);
struct RunMode {
  RunId run;
  std::string state;
  /// As the workflow says it; null when it says nothing, `sealed_patch` when it cannot be read.
  Json mode;
};
[[nodiscard]] std::vector<RunMode> provenance_modes(Connection& db, const Scope& scope);
/// `{state: count}` of all attempts.
[[nodiscard]] Json job_counts(Connection& db, const Scope& scope);
/// Open blockers with `workflow_job_id` and `job_state`, oldest first.
[[nodiscard]] Json open_blockers(Connection& db, const Scope& scope);
/// Latest verdicts of the review jobs that wait for a person or failed.
[[nodiscard]] Json latest_verdicts_of_stopped_reviews(Connection& db, const Scope& scope);
[[nodiscard]] Json verdicts_by_posture(Connection& db, const Scope& scope);
/// `[{role_id, lane_id, workflow_job_id}]` of pending work, grouped rows beside one another.
[[nodiscard]] Json claimable_work(Connection& db, const Scope& scope);
[[nodiscard]] bool any_pending_work(Connection& db, const Scope& scope);
/// Lost supervisors whose session still holds a lease.
[[nodiscard]] Json lost_supervisors_holding(Connection& db, const Scope& scope);
/// Executions that count for a run's health: running, lost and timed out ones, with `lease_state`, `lease_expires_at`.
[[nodiscard]] Json process_rows(Connection& db, const Scope& scope);

// ---- dependencies (read_status.cpp)
/// Which jobs to ask about.
enum class Waiting { blocked_only, everyone };
struct Edge {
  std::string job;
  Json upstream;  ///< `{depends_on_job_id, workflow_job_id, state, required_verdicts, latest_verdict}`
  bool open = false;
};
/// Every dependency of the jobs in scope, job by job, upstream jobs by workflow job id.
void each_edge(Connection& db, const Scope& scope, Waiting which, const std::function<void(const Edge&)>& visit);
/// `[{job_id, workflow_job_id, state, role_id, lane_selector_json}]` in the run's job order.
[[nodiscard]] Json blocked_jobs(Connection& db, const Scope& scope);
/// Jobs directly behind `job`: `[{job_id, workflow_job_id, state}]`.
[[nodiscard]] Json jobs_behind(Connection& db, const JobId& job);
/// The dependencies of one job.
void each_edge_of(Connection& db, const JobId& job, const std::function<void(const Edge&)>& visit);

// ---- sessions
/// Whole rows in the order they were registered in.
[[nodiscard]] std::vector<Session> sessions_in(Connection& db, const Scope& scope);

// ---- lists (read_lists.cpp)
struct Limit {
  std::int64_t rows = 100;
};
[[nodiscard]] Json list_runs(Connection& db, const std::optional<std::string>& state, Limit limit);
[[nodiscard]] Json list_workflows(Connection& db, Limit limit);
[[nodiscard]] Json list_sessions(Connection& db, const RunId& run, const std::optional<std::string>& state,
                                 const std::optional<std::string>& role, const std::optional<std::string>& lane);
[[nodiscard]] Json list_jobs(Connection& db, const RunId& run, const std::optional<std::string>& state,
                             const std::optional<std::string>& name);
[[nodiscard]] Json list_artifacts(Connection& db, const RunId& run, const std::optional<std::string>& kind);
}  // namespace striatum::store
