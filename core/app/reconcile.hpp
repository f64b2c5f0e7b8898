// SPDX-License-Identifier: Apache-2.0
// Processes that the state holds for running and that are gone.
#pragma once

#include <string>
#include <vector>

#include "app/context.hpp"
#include "base/ids.hpp"

namespace striatum::app {

struct GoneProcess {
  std::string id;
  JobId job;
};
/// The oldest first.
[[nodiscard]] std::vector<GoneProcess> gone_processes(store::Connection& db, const RunId& run);

/// Marks one lost. Where outputs are missing and no blocker is open, the job is blocked with what is missing and how to
/// go on. `{process_id, job_id, pid, blocker_kind}`, the last null without a blocker; null when somebody else was
/// faster. `program`: how commands are typed.
[[nodiscard]] Json reconcile_process(store::WriteUnit& unit, const GoneProcess& gone, const std::string& program);

}  // namespace striatum::app
