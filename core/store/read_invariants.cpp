// SPDX-License-Identifier: Apache-2.0
// What state and log promise of each other (docs/design/0002-state.md). Each statement gives the rows that break one
// promise: id and detail.
#include <array>

#include "store/read_doctor.hpp"

namespace striatum::store {
namespace {

struct Promise {
  const char* name;
  std::string_view breaches;
};

constexpr std::array kPromises{
    Promise{"lease_events_match_leases",
            "SELECT l.lease_id, 'no queue.claimed event' FROM leases l WHERE NOT EXISTS "
            "(SELECT 1 FROM events e WHERE e.job_id = l.resource_id AND e.lease_id = l.lease_id "
            "AND e.event_type = 'queue.claimed')"},
    Promise{"expired_lease_has_event",
            "SELECT l.lease_id, 'no lease.expired event' FROM leases l WHERE l.state = 'expired' AND NOT EXISTS "
            "(SELECT 1 FROM events e WHERE e.job_id = l.resource_id AND e.lease_id = l.lease_id "
            "AND e.event_type = 'lease.expired')"},
    Promise{"active_work_has_one_lease",
            "SELECT j.job_id, j.state || ' with ' || count(l.lease_id) || ' active leases' FROM jobs j "
            "LEFT JOIN leases l ON l.resource_id = j.job_id AND l.state = 'active' "
            "WHERE j.state IN ('claimed', 'running') GROUP BY j.job_id HAVING count(l.lease_id) <> 1"},
    Promise{"held_job_names_its_lease",
            "SELECT l.lease_id, 'job ' || j.job_id || ' names ' || coalesce(j.current_lease_id, 'no lease') "
            "FROM leases l JOIN jobs j ON j.job_id = l.resource_id JOIN runs r ON r.run_id = l.run_id "
            "WHERE l.state = 'active' AND r.state = 'running' AND j.current_lease_id IS NOT l.lease_id"},
    Promise{"job_and_message_agree",
            "SELECT j.job_id, 'job is ' || j.state || ', message ' || m.message_id || ' is ' || m.state FROM jobs j "
            "JOIN queue_messages m ON m.message_id = j.current_message_id JOIN runs r ON r.run_id = j.run_id "
            "WHERE r.state = 'running' AND (j.state, m.state) NOT IN (VALUES ('queued', 'pending'), "
            "('claimed', 'claimed'), ('running', 'acked'), ('completed', 'completed'), ('failed', 'completed'), "
            "('blocked', 'blocked'), ('blocked', 'acked'), ('blocked', 'claimed'), ('waiting_human', 'blocked'), "
            "('waiting_human', 'completed'), ('completed', 'blocked'), ('stale_lease', 'blocked'), "
            "('canceled', 'canceled'), ('canceled', 'pending'), ('canceled', 'claimed'), ('canceled', 'acked'), "
            "('canceled', 'blocked'), ('canceled', 'completed'))"},
    Promise{"completed_job_has_event",
            "SELECT j.job_id, 'no event completed it' FROM jobs j WHERE j.state = 'completed' AND NOT EXISTS "
            "(SELECT 1 FROM events e WHERE e.job_id = j.job_id AND e.event_type IN ('job.completed', "
            "'verdict.overridden'))"},
    Promise{"failed_job_has_event",
            "SELECT j.job_id, 'no job.failed event' FROM jobs j WHERE j.state = 'failed' AND NOT EXISTS "
            "(SELECT 1 FROM events e WHERE e.job_id = j.job_id AND e.event_type = 'job.failed')"},
    Promise{"verdict_has_event",
            "SELECT v.verdict_id, 'no event recorded it' FROM verdicts v WHERE (SELECT count(*) FROM verdicts o "
            "WHERE o.job_id = v.job_id) > (SELECT count(*) FROM events e WHERE e.job_id = v.job_id "
            "AND e.event_type IN ('verdict.recorded', 'verdict.overridden'))"},
    Promise{"artifact_has_event",
            "SELECT a.artifact_id, 'no event published it' FROM artifacts a WHERE a.artifact_id NOT IN "
            "(SELECT e.artifact_id FROM events e WHERE e.artifact_id IS NOT NULL "
            "AND e.event_type IN ('artifact.published', 'decision.recorded'))"},
    Promise{"ended_run_has_event",
            "SELECT r.run_id, 'no run.' || r.state || ' event' FROM runs r WHERE r.state IN ('completed', 'failed', "
            "'canceled') AND NOT EXISTS (SELECT 1 FROM events e WHERE e.run_id = r.run_id "
            "AND e.event_type = 'run.' || r.state)"},
    Promise{"ended_run_has_no_active_lease",
            "SELECT l.lease_id, 'run ' || r.run_id || ' is ' || r.state FROM leases l JOIN runs r ON r.run_id = l.run_id "
            "WHERE l.state = 'active' AND r.state IN ('completed', 'canceled')"},
    Promise{"run_began_in_the_log",
            "SELECT r.run_id, 'no run.created event' FROM runs r WHERE NOT EXISTS (SELECT 1 FROM events e "
            "WHERE e.run_id = r.run_id AND e.event_type = 'run.created')"},
};

Invariant check(Connection& db, const Promise& promise) {
  Invariant out{promise.name, {}};
  Use row = db.use(promise.breaches);
  while (row.step()) out.breaches.push_back({row.text(0), row.text(1)});
  return out;
}

Invariant quick_check(Connection& db) {
  Invariant out{"file_is_sound", {}};
  Use row = db.use("PRAGMA quick_check(20)");
  while (row.step()) {
    if (row.text(0) != "ok") out.breaches.push_back({"state.sqlite3", row.text(0)});
  }
  return out;
}

Invariant foreign_keys(Connection& db) {
  Invariant out{"references_lead_somewhere", {}};
  Use row = db.use("PRAGMA foreign_key_check");
  while (row.step()) out.breaches.push_back({row.text(0) + '/' + row.text(1), "names a row of " + row.text(2) + " that is absent"});
  return out;
}

}  // namespace

std::vector<Invariant> check_invariants(Connection& db) {
  std::vector<Invariant> out{quick_check(db), foreign_keys(db)};
  for (const Promise& promise : kPromises) out.push_back(check(db, promise));
  return out;
}

}  // namespace striatum::store
