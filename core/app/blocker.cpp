// SPDX-License-Identifier: Apache-2.0
#include "app/flow.hpp"
#include "app/read_model.hpp"
#include "app/verbs.hpp"

namespace striatum::app {
namespace {

struct Decision {
  std::optional<std::string> id;
  std::optional<ArtifactId> artifact;
};

Decision checked_decision(store::Connection& db, const Blocker& blocker, const std::optional<std::string>& id) {
  if (!id) return {};
  const auto artifact = store::find_decision(db, blocker.run, *id);
  if (!artifact) {
    refuse(Code::not_found, "could not find decision " + quote(*id) + " in run " + quote(blocker.run.str()),
           {"record it with `decision record`"});
  }
  return {id, artifact->id};
}

Job checked_job(store::Connection& db, const Blocker& blocker) {
  if (!blocker.job) {
    refuse(Code::transition, "blocker " + quote(blocker.id.str()) + " names no job",
           {"look at it with `why BLOCKER_ID`"});
  }
  Job job = store::get_job(db, *blocker.job);
  if (job.state == JobState::waiting_human) return job;
  refuse(Code::transition, "job " + quote(job.id.str()) + " is " + std::string(to_text(job.state)) +
                               ", only a waiting_human job is resolved",
         {"see where the job stands with `why JOB_ID`"});
}

void proceed(store::WriteUnit& unit, const Job& job) {
  if (!job.message) {
    enqueue(unit, job);
    return;
  }
  store::requeue_job(unit.db(), job.id, JobState::queued);
  store::queue_job(unit.db(), job.id, *job.message, unit.now());
  store::release_message(unit.db(), *job.message, MessageState::pending, unit.now());
}

void cancel(store::WriteUnit& unit, const Job& job) {
  store::end_job(unit.db(), job.id, JobState::canceled, unit.now());
  if (!job.message) return;
  store::release_message(unit.db(), *job.message, MessageState::canceled, unit.now());
  store::forget_message(unit.db(), job.id);
}

}  // namespace

Json block(Context& ctx, const Held& held, const Block& command) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    auto& db = unit.db();
    const Job job = store::get_job(db, command.job);
    const Lease lease = held_lease(unit, held.lease, held.session, job.id);
    store::NewBlocker row;
    row.id = BlockerId(unit.new_id("blk"));
    row.run = job.run;
    row.job = job.id;
    row.session = held.session;
    row.severity = command.severity;
    row.kind = command.kind;
    row.description = command.description;
    store::insert_blocker(db, row, unit.now());
    store::end_lease(db, lease.id, LeaseState::released, "blocked", unit.now());
    store::requeue_job(db, job.id,
                       command.severity == Severity::human_checkpoint ? JobState::waiting_human : JobState::blocked);
    if (job.message) store::block_message(db, *job.message);
    Event event{"job.blocked", job.run};
    event.session = held.session;
    event.job = job.id;
    event.lease = lease.id;
    event.payload = {{"blocker_id", row.id.str()}, {"severity", to_text(row.severity)}};
    unit.event(event);
    return {{"status", "blocked"}, {"blocker_id", row.id.str()}};
  });
}

Json checkpoint_resolve(Context& ctx, const BlockerId& id, CheckpointAction action,
                        const std::optional<std::string>& decision_id) {
  const bool going_on = action == CheckpointAction::proceed;
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    auto& db = unit.db();
    const Blocker blocker = store::get_blocker(db, id);
    if (blocker.state != BlockerState::open) {
      refuse(Code::transition, "blocker " + quote(id.str()) + " is not open; it is " + std::string(to_text(blocker.state)),
             {"list what is open with `status`"});
    }
    if (blocker.severity != Severity::human_checkpoint) {
      refuse(Code::transition, "blocker " + quote(id.str()) + " is no human_checkpoint",
             {"get its job moving with `run retry-job`"});
    }
    const Decision decision = checked_decision(db, blocker, decision_id);
    const Job job = checked_job(db, blocker);
    store::resolve_blocker(db, id, unit.now());
    if (going_on) {
      proceed(unit, job);
    } else {
      cancel(unit, job);
    }
    Event event{going_on ? "checkpoint.resolved" : "checkpoint.canceled", blocker.run};
    event.job = job.id;
    event.artifact = decision.artifact;
    event.payload = {{"blocker_id", id.str()}, {"action", going_on ? "continue" : "cancel"}};
    if (decision.id) event.payload["decision_id"] = *decision.id;
    if (decision.artifact) event.payload["decision_artifact_id"] = decision.artifact->str();
    unit.event(event);
    const RunState run_state = going_on ? store::get_run(db, blocker.run).state : settle_run(unit, blocker.run);
    const Json next = going_on ? Json{"claim_available_work", "monitor_run_progress"}
                               : Json{"inspect_run_state", "export_run_evidence"};
    return {{"status", "resolved"},
            {"blocker_id", id.str()},
            {"job_id", job.id.str()},
            {"action", going_on ? "continue" : "cancel"},
            {"decision_id", nullable(decision.id)},
            {"decision_artifact_id", decision.artifact ? Json(decision.artifact->str()) : Json()},
            {"run_state", to_text(run_state)},
            {"downstream_jobs", downstream(store::jobs_behind(db, job.id))},
            {"next_actions", next}};
  });
}

}  // namespace striatum::app
