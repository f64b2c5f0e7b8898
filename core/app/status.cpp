// SPDX-License-Identifier: Apache-2.0
#include "app/status.hpp"

#include "app/read_model.hpp"
#include "store/claimable.hpp"

namespace striatum::app {
namespace {

Json sessions(store::Connection& db, const store::Scope& scope) {
  Json out = Json::array();
  Attestations attestations(db);
  for (const Session& session : store::sessions_of(db, scope)) {
    Json row{{"session_id", session.id.str()},
             {"run_id", session.run.str()},
             {"role_id", session.role},
             {"lane_id", session.lane},
             {"slug", session.slug},
             {"state", to_text(session.state)},
             {"operator_label", nullable(session.operator_label)}};
    row["pid"] = attestations.describe(session, row);
    out.push_back(std::move(row));
  }
  return out;
}

Json blocked_downstream(store::Connection& db, const store::Scope& scope) {
  Json out = Json::array();
  for (const store::Waiter& waiter : store::blocked_jobs(db, scope)) {
    Json open = open_dependencies(waiter);
    if (open.empty()) continue;
    out.push_back({{"job_id", waiter.job_id},
                   {"workflow_job_id", waiter.workflow_job_id},
                   {"state", waiter.state},
                   {"role_id", waiter.role},
                   {"lane", lane_of(waiter.lane_selector)},
                   {"blocked_by", std::move(open)}});
  }
  return out;
}

Json provenance(store::Connection& db, const store::Scope& scope) {
  Json modes = Json::object();
  for (const store::RunMode& run : store::provenance_modes(db, scope)) modes[run.run.str()] = run.mode;
  if (!scope) return modes;
  return modes.empty() ? Json("advisory") : modes.begin().value();
}

Json checkpoints(const Json& blockers) {
  Json out = Json::array();
  for (const Json& blocker : blockers) {
    if (text_member(blocker, "severity") == "human_checkpoint") out.push_back(blocker);
  }
  return out;
}

}  // namespace

Json status_head(store::Connection& db, const store::Scope& scope, Json claimable, Instant now) {
  Json blockers = blockers_shown(db, scope);
  Json refusing = store::refusing_verdicts(db, scope);
  Json health = process_health(db, scope);
  Json out;
  out["next_actions"] = next_actions({claimable, blockers, refusing, health, store::lost_supervisors(db, scope, now)});
  out["runs"] = store::run_heads(db, scope);
  out["provenance_mode"] = provenance(db, scope);
  out["sessions"] = sessions(db, scope);
  out["jobs"] = store::job_counts(db, scope);
  out["human_checkpoints"] = checkpoints(blockers);
  out["open_blockers"] = std::move(blockers);
  out["latest_non_accepting_review_verdicts"] = std::move(refusing);
  out["verdicts_by_posture"] = store::verdicts_by_posture(db, scope);
  out["claimable_jobs"] = std::move(claimable);
  out["process_health"] = std::move(health);
  return out;
}

Json status_model(store::Connection& db, const store::Scope& scope, Instant now) {
  Json out = status_head(db, scope, store::claimable_work(db, scope), now);
  out["blocked_downstream_jobs"] = blocked_downstream(db, scope);
  return out;
}

Json status_shown(const Context& ctx, store::Connection& db, const store::Scope& run) {
  Json out = status_model(db, run, ctx.clock.now());
  if (ctx.name == Name::striatum) return out;
  out["leases"] = store::holders(db, run);
  const auto paused = store::paused_runs(db, run);
  const auto unapplied = store::unapplied_jobs(db, run);
  for (Json& head : out["runs"]) {
    const std::string id = text_member(head, "run_id");
    head["paused_at"] = paused.count(id) != 0 ? Json(paused.at(id)) : Json();
    head["unapplied_jobs"] = unapplied.count(id) != 0 ? unapplied.at(id) : 0;
  }
  return out;
}

Json status(Context& ctx, const store::Scope& run) {
  if (run) sweep(ctx, *run);
  return read(ctx, [&](store::Connection& db) { return status_shown(ctx, db, run); });
}

}  // namespace striatum::app
