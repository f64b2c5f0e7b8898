// SPDX-License-Identifier: Apache-2.0
// The recovery verbs for people: what lapsed, back to the queue, out of the way.
#pragma once

#include <string>

#include "app/flow.hpp"
#include "app/verbs.hpp"

namespace striatum::app {

/// Expires what is overdue and lists every lease of the run that ever lapsed.
/// `{run_id, stale_count, stale_leases[], next_actions[]}`
[[nodiscard]] Json stale_leases(Context& ctx, const RunId& run);

/// Somebody looked at what a job that writes the repository left behind: it may be done again from there.
enum class Inspected { no, yes };
/// Puts a job back into the queue after its lease lapsed; one that writes the repository only when inspected.
[[nodiscard]] Json requeue_stale(Context& ctx, const RunId& run, const JobId& job, Inspected inspected);
/// The same inside a unit; keys in the order in which sweeps print them.
nlohmann::ordered_json requeue_lapsed(store::WriteUnit& unit, const RunId& run, const JobId& job, Inspected inspected);

struct CancelJob {
  RunId run;
  JobId job;
  std::string reason;
  /// What can only be reached through the job goes with it.
  enum class Cascade { no, yes } cascade = Cascade::no;
};
/// Ends a job that is not over.
[[nodiscard]] Json cancel_job(Context& ctx, const CancelJob& command);

}  // namespace striatum::app
