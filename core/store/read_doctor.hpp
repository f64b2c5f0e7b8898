// SPDX-License-Identifier: Apache-2.0
// What `doctor` looks for, a question each. Rows hold the `id` of the problem; their other columns are its context.
#pragma once

#include "store/read.hpp"

namespace striatum::store {

/// Value of `schema_meta.schema_version`.
[[nodiscard]] std::string schema_version(Connection& db);

[[nodiscard]] Json active_jobs_without_lease(Connection& db, const Scope& scope);
/// Gates that are no JSON object (`gate_valid` 0), and those of completed work whose latest verdict does not open them:
/// `{id, upstream_workflow_job_id, downstream_job_id, latest_verdict, gate_valid}`.
[[nodiscard]] Json suspect_gates(Connection& db, const Scope& scope);
/// Jobs by their artifacts, `{id, logical_name, actual_kind, actual_path, expected_artifacts_json, current_message_id,
/// current_lease_id, wrong_message, wrong_lease}`: those whose message or lease is not theirs, and those with another artifact
/// than the only one that was expected (also where no artifact is wrong).
[[nodiscard]] Json suspect_jobs(Connection& db, const Scope& scope);
[[nodiscard]] Json stuck_runs(Connection& db, const Scope& scope);
[[nodiscard]] Json stale_claims(Connection& db, const Scope& scope);
[[nodiscard]] Json sessions_on_ended_runs(Connection& db, const Scope& scope);
[[nodiscard]] Json unreaped_leases(Connection& db, const Scope& scope, Instant now);
[[nodiscard]] Json blockers_on_ended_runs(Connection& db, const Scope& scope);
[[nodiscard]] Json orphan_packets(Connection& db, const Scope& scope);
/// Active worktrees, with `lease_active`.
[[nodiscard]] Json active_worktrees(Connection& db, const Scope& scope);
/// Supervisors that have not ended: `{id, state, pid, stdin_pipe_path}`.
[[nodiscard]] Json live_supervisors(Connection& db, const Scope& scope);
/// Active sessions of the runs that have an attached supervisor: `{session_id, run_id, role_id, supervisor_id, pid}`.
[[nodiscard]] Json sessions_with_supervisors(Connection& db, const Scope& scope);

// ---- `doctor --deep`: what state and log promise of each other
struct Breach {
  std::string id;
  std::string detail;
};
struct Invariant {
  std::string name;
  std::vector<Breach> breaches;
};
[[nodiscard]] std::vector<Invariant> check_invariants(Connection& db);

}  // namespace striatum::store
