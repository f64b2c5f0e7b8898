// SPDX-License-Identifier: Apache-2.0
#include "app/flow.hpp"

#include <algorithm>

namespace striatum::app {
namespace {

const std::vector<JobState> kOpenJobStates{JobState::blocked, JobState::queued,      JobState::claimed,
                                           JobState::running, JobState::stale_lease, JobState::waiting_human};

void require_active(const Lease& lease, const SessionId& session) {
  const std::string claim_again = "claim the job again with `claim-next`";
  if (lease.state != LeaseState::active) {
    refuse(Code::lease, "lease is not active: " + quote(lease.id.str()) + " is " + std::string(to_text(lease.state)),
           {claim_again});
  }
  if (lease.owner != session) {
    refuse(Code::lease, "lease " + quote(lease.id.str()) + " is owned by another session", {claim_again});
  }
}

void require_in_time(store::WriteUnit& unit, const Lease& lease) {
  if (!store::is_overdue(unit.db(), lease, unit.now())) return;
  refuse(Code::lease, "lease is expired: " + quote(lease.id.str()) + " ran out at " + to_text(lease.expires_at),
         {"claim the job again with `claim-next`"});
}

void expire(store::WriteUnit& unit, const Lease& lease) {
  const auto job = store::find_job(unit.db(), lease.job);
  store::end_lease(unit.db(), lease.id, LeaseState::expired, "expired", unit.now());
  if (!job) return;
  const bool repo_write = job->is_repo_write();
  const JobState job_state = repo_write ? JobState::stale_lease : JobState::queued;
  const MessageState message_state = repo_write ? MessageState::blocked : MessageState::pending;
  store::requeue_job(unit.db(), job->id, job_state);
  if (job->message) store::release_message(unit.db(), *job->message, message_state, unit.now());
  Event event{"lease.expired", lease.run};
  event.job = job->id;
  event.message = job->message;
  event.lease = lease.id;
  event.payload = {{"job_state", to_text(job_state)}, {"message_state", to_text(message_state)}};
  unit.event(event);
  for (Json& supervisor : store::mark_supervisors_lost(unit.db(), lease.owner, unit.now())) {
    Event lost{"supervisor.lease_expired_with_supervisor", lease.run};
    lost.session = lease.owner;
    lost.lease = lease.id;
    lost.payload = std::move(supervisor);
    unit.event(lost);
  }
  for (const Json& worktree : store::abandon_worktrees(unit.db(), lease.id)) {
    Event abandoned{"worktree.abandoned", lease.run};
    abandoned.job = job->id;
    abandoned.lease = lease.id;
    abandoned.payload = {{"worktree_id", worktree.at("worktree_id")},
                         {"worktree_path", worktree.at("worktree_path")},
                         {"reason", "lease_expired"}};
    unit.event(abandoned);
  }
}

bool ready(store::Connection& db, const Job& job) {
  if (job.state != JobState::blocked) return false;
  const auto all = store::dependencies(db, job.id);
  return std::all_of(all.begin(), all.end(), [](const Dependency& d) { return d.satisfied(); });
}

void end_run(store::WriteUnit& unit, const RunId& run, RunState state, const std::optional<std::string>& reason) {
  store::end_run(unit.db(), run, state, reason, unit.now());
  Event event{"run." + std::string(to_text(state)), run};
  if (reason) event.payload = {{"reason", *reason}};
  unit.event(event);
  close_sessions(unit, run, "run_" + std::string(to_text(state)));
  unit.fold_after_commit();
  unit.copy_after_commit();
}

}  // namespace

Lease held_lease(store::WriteUnit& unit, const LeaseId& id, const SessionId& session) {
  Lease lease = store::get_lease(unit.db(), id);
  require_active(lease, session);
  require_in_time(unit, lease);
  return lease;
}

Lease held_lease(store::WriteUnit& unit, const LeaseId& id, const SessionId& session, const JobId& job) {
  Lease lease = store::get_lease(unit.db(), id);
  require_active(lease, session);
  if (lease.job != job) {
    refuse(Code::lease, "lease " + quote(id.str()) + " does not belong to the job " + quote(job.str()),
           {"use the lease that `claim-next` gave for this job"});
  }
  require_in_time(unit, lease);
  return lease;
}

void expire_overdue(store::WriteUnit& unit, const RunId& run) {
  for (const Lease& lease : store::overdue_leases(unit.db(), run, unit.now())) expire(unit, lease);
}

MessageId enqueue(store::WriteUnit& unit, const Job& job) {
  const MessageId message(unit.new_id("msg"));
  store::insert_work_message(unit.db(), message, job, unit.now());
  store::queue_job(unit.db(), job.id, message, unit.now());
  Event event{"queue.message_enqueued", job.run};
  event.job = job.id;
  event.message = message;
  event.payload = {{"workflow_job_id", job.workflow_job.str()}};
  unit.event(event);
  return message;
}

void enqueue_ready_dependants(store::WriteUnit& unit, const JobId& job) {
  for (const Job& dependant : store::dependants(unit.db(), job)) {
    if (ready(unit.db(), dependant)) enqueue(unit, dependant);
  }
}

RunState settle_run(store::WriteUnit& unit, const RunId& id) {
  const Run run = store::get_run(unit.db(), id);
  if (run.state != RunState::running) return run.state;
  const auto any = [&](const std::vector<JobState>& states) { return store::any_job_in(unit.db(), id, states); };
  if (any({JobState::failed})) {
    end_run(unit, id, RunState::failed, "job_failed");
    return RunState::failed;
  }
  if (any(kOpenJobStates)) return RunState::running;
  if (any({JobState::completed})) {
    end_run(unit, id, RunState::completed, std::nullopt);
    return RunState::completed;
  }
  if (!any({JobState::canceled, JobState::skipped})) return RunState::running;
  end_run(unit, id, RunState::canceled, "all_jobs_canceled");
  return RunState::canceled;
}

void close_sessions(store::WriteUnit& unit, const RunId& run, const std::string& reason) {
  for (const Session& session : store::closable_sessions(unit.db(), run)) {
    store::close_session(unit.db(), session.id, reason, unit.now());
    Event event{"session.closed", run};
    event.session = session.id;
    event.payload = {{"session_id", session.id.str()},
                     {"role_id", session.role},
                     {"lane_id", session.lane},
                     {"reason", reason},
                     {"source", reason}};
    unit.event(event);
  }
}

void finish_job(store::WriteUnit& unit, const Job& job, const Lease& lease, JobState state, const std::string& reason) {
  store::end_lease(unit.db(), lease.id, LeaseState::released, reason, unit.now());
  store::end_job(unit.db(), job.id, state, unit.now());
  if (job.message) store::complete_message(unit.db(), *job.message, unit.now());
}

void require_artifacts(store::Connection& db, const Job& job) {
  const auto published = store::artifacts_of(db, job.id);
  if (!job.expected_artifacts.is_array()) return;
  for (const Json& expected : job.expected_artifacts) {
    if (member(expected, "required") != true) continue;
    const std::string name = text_member(expected, "logical_name");
    const std::string kind = text_member(expected, "kind");
    const std::string path = text_member(expected, "path");
    const bool there = std::any_of(published.begin(), published.end(), [&](const Artifact& a) {
      return a.logical_name == name && a.kind == kind && a.path == path;
    });
    if (there) continue;
    refuse(Code::transition,
           "required artifact is missing: logical_name=" + quote(name) + ", kind=" + quote(kind) +
               ", path=" + quote(path),
           {"publish it with `publish-artifact`"});
  }
}

}  // namespace striatum::app
