// SPDX-License-Identifier: Apache-2.0
// A run at one glance: what `run graph`, `dashboard` and `run summary` show. Reading a run expires its overdue leases.
#pragma once

#include <map>
#include <string>

#include "app/context.hpp"
#include "base/ids.hpp"

namespace striatum::app {

/// The run's workflow and, by workflow job id, the state of each newest attempt.
struct DrawnRun {
  Json workflow;
  std::map<std::string, std::string> states;
  /// For standard error: the workflow uses a deprecated field. Empty when not.
  std::string warning;
};
[[nodiscard]] DrawnRun drawn_run(Context& ctx, const RunId& run);

/// `{run_id, workflow_id, workflow_version, graph{nodes[], edges[], cycles[]}}`; nodes with `current_state`, `attempt`,
/// `state_class`, those of reviews with `latest_verdict`.
struct RunGraph {
  Json data;
  std::string warning;
};
[[nodiscard]] RunGraph run_graph(Context& ctx, const RunId& run);

/// `{run, status, events[], verdict_counts, posture_counts, updated_at, workflow, node_states}` of one moment.
[[nodiscard]] Json dashboard(Context& ctx, const RunId& run);

/// Writes the Markdown summary of a run. `path`: relative to the repository; an existing file must be one that this
/// state exported (6). `{status, run_id, path, sha256}`.
[[nodiscard]] Json run_summary(Context& ctx, const RunId& run, const std::string& path);

}  // namespace striatum::app
