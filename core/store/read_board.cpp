// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "store/read.hpp"

namespace striatum::store {

std::map<std::string, NewestAttempt> newest_attempts(Connection& db, const RunId& run) {
  std::map<std::string, NewestAttempt> out;
  Use row = db.use("SELECT workflow_job_id, job_id, state, attempt FROM jobs WHERE run_id = ?1 ORDER BY attempt", run);
  while (row.step()) out[row.text(0)] = {row.id<JobId>(1), row.text(2), row.integer(3)};
  return out;
}

std::map<std::string, Json> latest_verdicts(Connection& db, const RunId& run) {
  std::map<std::string, Json> out;
  Use row = db.use(
      "SELECT job_id, verdict_id, verdict, rationale, findings_artifact_id, posture FROM verdicts WHERE run_id = ?1 "
      "ORDER BY created_at, verdict_id",
      run);
  while (row.step()) {
    Json verdict = row.row();
    verdict.erase("job_id");
    out[row.text(0)] = std::move(verdict);
  }
  return out;
}

Json verdict_counts(Connection& db, const RunId& run) {
  Json out = Json::object();
  Use row = db.use("SELECT verdict, count(*) FROM verdicts WHERE run_id = ?1 GROUP BY verdict", run);
  while (row.step()) out[row.text(0)] = row.integer(1);
  return out;
}

Json recent_events(Connection& db, const RunId& run, Limit limit) {
  Json out = db.rows(
      "SELECT e.event_id, e.event_type, e.payload_json, e.created_at, e.job_id, j.workflow_job_id FROM events e "
      "LEFT JOIN jobs j ON j.job_id = e.job_id WHERE e.run_id = ?1 ORDER BY e.event_id DESC LIMIT ?2",
      run, limit.rows);
  std::reverse(out.begin(), out.end());
  return out;
}

Json verdicts_in_order(Connection& db, const RunId& run) {
  return db.rows(
      "SELECT j.workflow_job_id, v.verdict, v.posture FROM verdicts v JOIN jobs j ON j.job_id = v.job_id "
      "WHERE v.run_id = ?1 ORDER BY v.created_at, v.rowid",
      run);
}

}  // namespace striatum::store
