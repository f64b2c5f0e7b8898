// SPDX-License-Identifier: Apache-2.0
#include "store/claimable.hpp"

#include <utility>

#include "store/scope_sql.hpp"

namespace striatum::store {
namespace {

/// The rows begin with role and lane, by which they are sorted. `name` gives a row's job, null where there is none.
template <class Name>
Json grouped(Use row, Name&& name) {
  Json out = Json::array();
  Json role, lane;
  Json::array_t names;
  const auto end_group = [&] {
    if (names.empty()) return;
    out.push_back({{"role_id", role}, {"lane_id", lane}, {"count", names.size()}});
    out.back()["workflow_job_ids"] = std::exchange(names, {});
  };
  while (row.step()) {
    Json job = name(row);
    if (job.is_null()) continue;
    if (role != row.value(0) || lane != row.value(1)) end_group();
    if (names.empty()) {
      role = row.value(0);
      lane = row.value(1);
    }
    names.push_back(std::move(job));
  }
  end_group();
  return out;
}

}  // namespace

Json claimable_work(Connection& db, const Scope& scope) {
  return grouped(
      db.use("SELECT m.target_role_id, m.target_lane_id, j.workflow_job_id FROM queue_messages m "
             "JOIN jobs j ON j.job_id = m.job_id WHERE m." STRIATUM_IN_SCOPE
             " AND m.state = 'pending' AND m.kind = 'work' "
             "ORDER BY m.target_role_id, m.target_lane_id, m.created_at, m.rowid",
             scope),
      [](const Use& row) { return row.value(2); });
}

Json claimable_work(Connection& db, const RunId& run, EvidenceJobs& jobs) {
  return grouped(db.use("SELECT target_role_id, target_lane_id, job_id FROM queue_messages "
                        "WHERE run_id = ?1 AND state = 'pending' AND kind = 'work' "
                        "ORDER BY target_role_id, target_lane_id, created_at, rowid",
                        run),
                 [&](const Use& row) {
                   const EvidenceJob* job = jobs.find(row.view(2));
                   return job == nullptr ? Json() : Json(job->name.text());
                 });
}

}  // namespace striatum::store
