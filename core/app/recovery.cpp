// SPDX-License-Identifier: Apache-2.0
#include "app/recovery.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "app/read_model.hpp"
#include "base/text.hpp"
#include "store/recovery.hpp"

namespace striatum::app {
namespace {

const Json& inspect_actions() {
  static const Json kActions{"inspect_worktree_and_artifacts", "decide_requeue_or_cancel"};
  return kActions;
}

Json stale_entry(const store::StaleLease& lease) {
  return {{"job_id", lease.job.str()},
          {"workflow_job_id", lease.workflow_job.str()},
          {"job_state", to_text(lease.job_state)},
          {"lease_id", lease.lease ? Json(lease.lease->str()) : Json()},
          {"owner_session_id", nullable(lease.owner)},
          {"expires_at", nullable(lease.expires_at)},
          {"released_at", nullable(lease.released_at)},
          {"release_reason", nullable(lease.release_reason)},
          {"message_id", lease.message ? Json(lease.message->str()) : Json()},
          {"message_state", nullable(lease.message_state)},
          {"repo_write", lease.repo_write},
          {"recovery_policy", lease.repo_write ? "manual_inspection_required" : "safe_to_reclaim_when_pending"},
          {"next_actions",
           lease.repo_write ? inspect_actions() : Json{"register_or_select_session", "claim_available_work"}}};
}

/// The job's last lapsed lease, when it still waits where the lapse left it.
std::optional<store::StaleLease> lapsed(store::Connection& db, const RunId& run, const JobId& job) {
  std::optional<store::StaleLease> out;
  for (const store::StaleLease& lease : store::stale_leases(db, run)) {
    if (lease.job == job && lease.lease && lease.waits()) out = lease;
  }
  return out;
}

// ---- cancel-job ----------------------------------------------------------------------------------------

/// Everything a blocked job waits for is over or about to be canceled, and at least one is the latter.
bool only_through(store::Connection& db, const Job& job, const std::set<JobId>& going) {
  if (job.state != JobState::blocked || going.count(job.id) != 0) return false;
  const auto all = store::dependencies(db, job.id);
  return std::all_of(all.begin(), all.end(), [&](const Dependency& dependency) {
    return going.count(dependency.upstream) != 0 || is_terminal(dependency.upstream_state);
  });
}

/// What can only be reached through `first`, the nearest in front.
std::vector<Job> only_behind(store::Connection& db, const Job& first) {
  std::set<JobId> going{first.id};
  std::deque<JobId> open{first.id};
  std::vector<Job> out;
  while (!open.empty()) {
    for (const Job& job : store::dependants(db, open.front())) {
      if (!only_through(db, job, going)) continue;
      going.insert(job.id);
      open.push_back(job.id);
      out.push_back(job);
    }
    open.pop_front();
  }
  return out;
}

void refuse_orphans(const std::vector<Job>& behind) {
  if (behind.empty()) return;
  std::vector<std::string> names;
  for (const Job& job : behind) names.push_back(job.workflow_job.str());
  refuse(Code::transition,
         "the job has blocked dependents that nothing else leads to: " + join(names, ", ") + "; --cascade cancels them too",
         {"the same call with --cascade, or cancel them first"});
}

void cancel_one(store::WriteUnit& unit, const Job& job, const std::string& reason) {
  auto& db = unit.db();
  if (job.lease) store::end_lease(db, *job.lease, LeaseState::released, "canceled", unit.now());
  store::end_job(db, job.id, JobState::canceled, unit.now());
  if (job.message) {
    store::release_message(db, *job.message, MessageState::canceled, unit.now());
    store::forget_message(db, job.id);
  }
  Event event{"job.canceled", job.run};
  event.job = job.id;
  event.message = job.message;
  event.lease = job.lease;
  event.payload = {{"reason", reason}, {"workflow_job_id", job.workflow_job.str()}};
  unit.event(event);
}

Job cancelable(store::Connection& db, const CancelJob& command) {
  (void)store::get_run(db, command.run);
  Job job = store::get_job(db, command.job);
  if (job.run != command.run) {
    refuse(Code::transition, "job " + quote(job.id.str()) + " belongs to another run: " + quote(job.run.str()),
           {"give the --run-id of the job, as `why JOB_ID` tells it"});
  }
  if (is_terminal(job.state)) {
    refuse(Code::transition, "job " + quote(job.id.str()) + " is in terminal state " + quote(to_text(job.state)) +
                                 " and cannot be canceled",
           {"see where it stands with `why JOB_ID`"});
  }
  return job;
}

}  // namespace

Json stale_leases(Context& ctx, const RunId& run) {
  (void)store::get_run(ctx.state().db(), run);
  sweep(ctx, run);
  return read(ctx, [&](store::Connection& db) -> Json {
    Json rows = Json::array();
    for (const store::StaleLease& lease : store::stale_leases(db, run)) rows.push_back(stale_entry(lease));
    return {{"run_id", run.str()},
            {"stale_count", rows.size()},
            {"next_actions", rows.empty() ? Json::array() : inspect_actions()},
            {"stale_leases", std::move(rows)}};
  });
}

nlohmann::ordered_json requeue_lapsed(store::WriteUnit& unit, const RunId& run, const JobId& id, Inspected inspected) {
  auto& db = unit.db();
  const auto stale = lapsed(db, run, id);
  if (!stale) {
    refuse(Code::transition, "job " + quote(id.str()) + " has no expired lease to requeue it for",
           {"`recovery stale-leases` lists what lapsed"});
  }
  if (stale->repo_write && inspected == Inspected::no) {
    refuse(Code::transition, "repo-write stale jobs require manual inspection",
           {"look at the work tree, then `git striatum recovery requeue-stale --inspected` with the same ids",
            "to give the job up: `recovery cancel-job`"});
  }
  const bool already = stale->job_state == JobState::queued && stale->message_state == "pending";
  if (!already) {
    store::requeue_job(db, id, JobState::queued);
    if (stale->message) store::release_message(db, *stale->message, MessageState::pending, unit.now());
  }
  Event event{"recovery.stale_requeued", run};
  event.job = id;
  event.message = stale->message;
  event.lease = stale->lease;
  event.payload = {{"already_reclaimable", already}, {"repo_write", stale->repo_write}};
  unit.event(event);
  return {{"status", already ? "already_reclaimable" : "requeued"},
          {"run_id", run.str()},
          {"job_id", id.str()},
          {"workflow_job_id", stale->workflow_job.str()},
          {"lease_id", stale->lease->str()},
          {"message_id", stale->message ? Json(stale->message->str()) : Json()},
          {"repo_write", stale->repo_write},
          {"next_actions", {"register_or_select_session", "claim_available_work"}}};
}

Json requeue_stale(Context& ctx, const RunId& run, const JobId& job, Inspected inspected) {
  return write(ctx, [&](store::WriteUnit& unit) {
    (void)store::get_run(unit.db(), run);
    expire_overdue(unit, run);
    return Json(requeue_lapsed(unit, run, job, inspected));
  });
}

Json cancel_job(Context& ctx, const CancelJob& command) {
  if (blank(command.reason)) {
    refuse(Code::transition, "a job is canceled for a reason; --reason is blank", {"say why: --reason TEXT"});
  }
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    auto& db = unit.db();
    (void)store::get_run(db, command.run);
    expire_overdue(unit, command.run);
    const Job job = cancelable(db, command);
    const std::vector<Job> behind = only_behind(db, job);
    const bool cascade = command.cascade == CancelJob::Cascade::yes;
    if (!cascade) refuse_orphans(behind);
    cancel_one(unit, job, command.reason);
    Json downstream = Json::array();
    for (const Job& each : behind) {
      cancel_one(unit, each, "cascade:" + command.reason);
      downstream.push_back({{"job_id", each.id.str()},
                            {"workflow_job_id", each.workflow_job.str()},
                            {"previous_state", to_text(each.state)}});
    }
    return {{"status", "canceled"},
            {"run_id", command.run.str()},
            {"job_id", job.id.str()},
            {"workflow_job_id", job.workflow_job.str()},
            {"previous_state", to_text(job.state)},
            {"reason", command.reason},
            {"cascade", cascade},
            {"downstream_canceled", std::move(downstream)},
            {"run_state", to_text(settle_run(unit, command.run))},
            {"next_actions", {"inspect_run_state", "export_run_evidence"}}};
  });
}

}  // namespace striatum::app
