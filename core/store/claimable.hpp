// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/evidence.hpp"
#include "store/read.hpp"

namespace striatum::store {

/// `[{role_id, lane_id, count, workflow_job_ids[]}]` of pending work by role and lane, the oldest message first.
[[nodiscard]] Json claimable_work(Connection& db, const Scope& scope);
/// The same of one run whose jobs are known.
[[nodiscard]] Json claimable_work(Connection& db, const RunId& run, EvidenceJobs& jobs);

}  // namespace striatum::store
