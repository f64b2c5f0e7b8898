// SPDX-License-Identifier: Apache-2.0
#include "app/read_model.hpp"

#include <algorithm>

#include "app/attestation.hpp"
#include "app/flow.hpp"
#include "os/files.hpp"
#include "store/nouns.hpp"

namespace striatum::app {

void sweep(Context& ctx, const RunId& run) {
  store::State& state = ctx.state();
  if (state.db().read_only() || store::overdue_leases(state.db(), run, ctx.clock.now()).empty()) return;
  store::WriteUnit unit(state, ctx.clock.now(), ctx.random);
  expire_overdue(unit, run);
  unit.commit();
}

Json Attestations::describe(const Session& session, Json& row) {
  const Attestation found = supervised_.count(session.id.str()) != 0 ? attest(db_, session)
                                                                    : Attestation{false, {}, {}, "no_attached_supervisor"};
  row["lane_attestation"] = found.state();
  row["lane_attestation_reason"] = found.reason;
  row["supervisor_id"] = nullable(found.supervisor_id);
  return found.pid ? Json(*found.pid) : Json();
}

Json open_dependencies(const store::Waiter& waiter) {
  Json out = Json::array();
  for (const store::Upstream& upstream : waiter.upstream) {
    if (upstream.met) continue;
    out.push_back({{"depends_on_job_id", upstream.job_id},
                   {"workflow_job_id", upstream.workflow_job_id},
                   {"state", upstream.state},
                   {"required_verdicts", upstream.required_verdicts},
                   {"latest_verdict", upstream.latest_verdict}});
  }
  return out;
}

Json downstream(const std::vector<store::Waiter>& waiters) {
  Json out = Json::array();
  for (const store::Waiter& waiter : waiters) {
    out.push_back({{"job_id", waiter.job_id},
                   {"workflow_job_id", waiter.workflow_job_id},
                   {"state", waiter.state},
                   {"blocked_by", open_dependencies(waiter)}});
  }
  return out;
}

Json lane_of(const std::string& selector) {
  return nullable(optional_text(parse_json(selector).value_or(Json()), "lane_id"));
}

Json human_checkpoint(store::Connection& db, const Json& blocker) {
  if (text_member(blocker, "severity") != "human_checkpoint") return nullptr;
  Json affected = Json::array();
  const auto add = [&](const Json& job_id, const Json& name, const Json& state, const char* relationship) {
    affected.push_back(
        {{"job_id", job_id}, {"workflow_job_id", name}, {"state", state}, {"relationship", relationship}});
  };
  const std::string job = text_member(blocker, "job_id");
  if (!job.empty()) {
    add(job, member(blocker, "workflow_job_id"), member(blocker, "job_state"), "checkpoint_job");
    for (const store::Waiter& waiter : store::jobs_behind(db, JobId(job))) {
      add(waiter.job_id, waiter.workflow_job_id, waiter.state, "blocked_downstream");
    }
  }
  return {{"decision_required", "Human decision required: settle what this checkpoint asks, then resolve it"},
          {"unblock_path",
           {"inspect_checkpoint_blocker", "review_related_verdict_and_artifact",
            "record_owner_decision_or_adjust_workflow", "resume_or_requeue_affected_work"}},
          {"affected_jobs", std::move(affected)},
          {"next_actions", {"inspect_blocker", "resolve_human_checkpoint", "export_run_evidence"}}};
}

Json blockers_shown(store::Connection& db, const store::Scope& scope) {
  Json rows = store::open_blockers(db, scope);
  for (Json& row : rows) {
    Json checkpoint = human_checkpoint(db, row);
    if (!checkpoint.is_null()) row["human_checkpoint"] = std::move(checkpoint);
  }
  return rows;
}

bool process_alive(const Json& pid) {
  return pid.is_number_integer() && os::exists("/proc/" + std::to_string(pid.get<std::int64_t>()));
}

Json process_health(store::Connection& db, const store::Scope& scope) {
  std::map<std::string, int> counts;
  int stale = 0;
  for (const Json& row : scope ? store::executions(db, scope) : Json::array()) {
    const std::string state = text_member(row, "state");
    ++counts[state];
    if (state == "running" && member(row, "lease_state") == "expired") ++stale;
  }
  return {{"running_count", counts["running"]},
          {"stale_running_count", stale},
          {"lost_count", counts["lost"]},
          {"timed_out_count", counts["timed_out"]},
          {"next_actions", stale > 0 ? Json{"recovery_process_reconcile"} : Json::array()}};
}

Json next_actions(const NextActionsOf& facts) {
  Json out = Json::array();
  if (!facts.claimable.empty()) out.push_back("claim_available_work");
  if (!facts.lost_supervisors.empty()) out.push_back("recover_orphan_supervisor");
  if (!facts.blockers.empty()) out.insert(out.end(), {"inspect_blocker", "export_run_evidence"});
  const bool checkpoint = std::any_of(facts.blockers.begin(), facts.blockers.end(), [](const Json& blocker) {
    return text_member(blocker, "severity") == "human_checkpoint";
  });
  if (checkpoint) out.push_back("resolve_human_checkpoint");
  if (!facts.refusing.empty()) out.push_back("revise_workflow_cycle");
  for (const Json& action : member(facts.health, "next_actions")) out.push_back(action);
  return out;
}

}  // namespace striatum::app
