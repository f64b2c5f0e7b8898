// SPDX-License-Identifier: Apache-2.0
#include "app/flow.hpp"
#include "app/git_facts.hpp"
#include "app/verbs.hpp"

namespace striatum::app {
namespace {

/// Git is asked before the lock is taken; a job that changes hands meanwhile is refused by its lease.
std::optional<Snapshot> snapshot_of(Context& ctx, const JobId& id) {
  auto& db = ctx.state().db();
  const auto job = store::find_job(db, id);
  if (!job || job->state != JobState::running) return std::nullopt;
  return take_snapshot(ctx, *job, store::job_base(db, id));
}

void require_verdict(store::Connection& db, const Run& run, const Job& job) {
  if (!is_strict(run) || !job.is_review() || store::latest_verdict(db, job.id)) return;
  refuse(Code::transition, "review job " + quote(job.id.str()) + " has no verdict; without one nothing behind it can start",
         {"give it with `verdict` or `submit-review`"});
}

}  // namespace

Json complete(Context& ctx, const Held& held, const JobId& id, const std::optional<std::string>& summary) {
  const auto snapshot = snapshot_of(ctx, id);
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    auto& db = unit.db();
    const Job job = store::get_job(db, id);
    const Lease lease = held_lease(unit, held.lease, held.session, id);
    if (job.state != JobState::running) {
      refuse(Code::transition, "job " + quote(id.str()) + " must be running to be completed; it is " +
                                   std::string(to_text(job.state)),
             {"acknowledge the work first with `ack`"});
    }
    require_artifacts(db, job);
    require_verdict(db, store::get_run(db, job.run), job);
    finish_job(unit, job, lease, JobState::completed, "completed");
    if (snapshot) store::set_job_snapshot(db, id, snapshot->digest, snapshot->rows);
    Event event{"job.completed", job.run};
    event.session = held.session;
    event.job = id;
    event.message = job.message;
    event.lease = lease.id;
    event.payload = {{"summary", nullable(summary)}};
    unit.event(event);
    enqueue_ready_dependants(unit, id);
    settle_run(unit, job.run);
    return {{"status", "completed"}, {"job_id", id.str()}};
  });
}

}  // namespace striatum::app
