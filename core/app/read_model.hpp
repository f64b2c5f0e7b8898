// SPDX-License-Identifier: Apache-2.0
// Pieces that several read verbs show.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "store/read.hpp"

namespace striatum::app {

/// Expires the run's overdue leases, as reading one run does. Writes only when there is one; a state file that
/// cannot be written is read as it is.
void sweep(Context& ctx, const RunId& run);

/// Whether sessions are attested, asked only of those that a supervisor row names.
class Attestations {
 public:
  explicit Attestations(store::Connection& db) : db_(db), supervised_(store::supervised_sessions(db)) {}
  /// Adds `lane_attestation`, `lane_attestation_reason`, `supervisor_id`; returns the pid or null.
  Json describe(const Session& session, Json& row);

 private:
  store::Connection& db_;
  std::set<std::string> supervised_;
};

/// `[{depends_on_job_id, workflow_job_id, state, required_verdicts, latest_verdict}]` of what is not met yet.
[[nodiscard]] Json open_dependencies(const store::Waiter& waiter);
/// `[{job_id, workflow_job_id, state, blocked_by[]}]`
[[nodiscard]] Json downstream(const std::vector<store::Waiter>& waiters);
/// The lane of a `lane_selector_json`, or null.
[[nodiscard]] Json lane_of(const std::string& selector);

/// What a checkpoint asks of a person: `{decision_required, unblock_path[], affected_jobs[], next_actions[]}`.
[[nodiscard]] Json human_checkpoint(store::Connection& db, const Json& blocker);
/// Open blockers as `status` shows them.
[[nodiscard]] Json blockers_shown(store::Connection& db, const store::Scope& scope);

/// A zombie counts as alive.
[[nodiscard]] bool process_alive(const Json& pid);
/// `{running_count, stale_running_count, lost_count, timed_out_count, next_actions[]}`; zeros without a run.
[[nodiscard]] Json process_health(store::Connection& db, const store::Scope& scope);

/// What `next_actions` follows from.
struct NextActionsOf {
  const Json& claimable;
  const Json& blockers;
  const Json& refusing;
  const Json& health;
  const Json& lost_supervisors;
};
[[nodiscard]] Json next_actions(const NextActionsOf& facts);

}  // namespace striatum::app
