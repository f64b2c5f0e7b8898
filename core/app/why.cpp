// SPDX-License-Identifier: Apache-2.0
#include "app/why.hpp"

#include "app/explanation.hpp"
#include "app/read_model.hpp"
#include "base/error.hpp"
#include "store/claimable.hpp"

namespace striatum::app {
namespace {

using store::About;

Json events(store::Connection& db, About about, const Json& row, std::string_view key) {
  const std::string id = text_member(row, key);
  return id.empty() ? Json::array() : store::events_about(db, about, id);
}

/// The row that a column of another row points at, or null.
Json follow(store::Connection& db, Json (*load)(store::Connection&, const std::string&), const Json& row,
            std::string_view key) {
  const auto id = optional_text(row, key);
  return id ? load(db, *id) : Json();
}

Json of_run(store::Connection& db, Json run, Instant now) {
  const std::string id = text_member(run, "run_id");
  const store::Scope scope{RunId(id)};
  Json blockers = blockers_shown(db, scope);
  const Json claimable = store::claimable_work(db, scope);
  const Json refusing = store::refusing_verdicts(db, scope);
  const Json health = process_health(db, scope);
  Json actions = next_actions({claimable, blockers, refusing, health, store::lost_supervisors(db, scope, now)});
  return {{"target_type", "run"},
          {"run", std::move(run)},
          {"jobs", store::jobs_of_run(db, id)},
          {"open_blockers", std::move(blockers)},
          {"events", store::events_about(db, About::run, id)},
          {"next_actions", std::move(actions)}};
}

Json of_job(store::Connection& db, const char* type, Json job, Json message) {
  const std::string id = text_member(job, "job_id");
  return {{"target_type", type},
          {"message", std::move(message)},
          {"verdict", store::latest_verdict_row(db, id)},
          {"blockers", store::blockers_of_job(db, id)},
          {"downstream_jobs", downstream(store::jobs_behind(db, JobId(id)))},
          {"events", events(db, About::job, job, "job_id")},
          {"job", std::move(job)}};
}

Json of_blocker(store::Connection& db, Json blocker) {
  const std::string job = text_member(blocker, "job_id");
  if (job.empty()) {
    blocker.erase("workflow_job_id");
    blocker.erase("job_state");
  }
  Json checkpoint = human_checkpoint(db, blocker);
  Json actions = checkpoint.is_null() ? Json{"inspect_blocker", "export_run_evidence"} : checkpoint.at("next_actions");
  return {{"target_type", "blocker"},
          {"run", follow(db, store::run_row, blocker, "run_id")},
          {"job", follow(db, store::job_row, blocker, "job_id")},
          {"session", follow(db, store::session_row, blocker, "session_id")},
          {"related_verdict", store::latest_verdict_row(db, job)},
          {"blocked_downstream_jobs", downstream(store::jobs_behind(db, JobId(job)))},
          {"human_checkpoint", std::move(checkpoint)},
          {"next_actions", std::move(actions)},
          {"events", events(db, About::job, blocker, "job_id")},
          {"blocker", std::move(blocker)}};
}

Json of_artifact(store::Connection& db, Json artifact) {
  const std::string id = text_member(artifact, "artifact_id");
  return {{"target_type", "artifact"},
          {"job", follow(db, store::job_row, artifact, "job_id")},
          {"verdicts", store::verdicts_on_artifact(db, id)},
          {"events", store::events_about(db, About::artifact, id)},
          {"artifact", std::move(artifact)}};
}

Json of_verdict(store::Connection& db, Json verdict) {
  return {{"target_type", "verdict"},
          {"job", follow(db, store::job_row, verdict, "job_id")},
          {"artifact", follow(db, store::artifact_row, verdict, "findings_artifact_id")},
          {"blockers", store::blockers_of_job(db, text_member(verdict, "job_id"))},
          {"events", events(db, About::job, verdict, "job_id")},
          {"verdict", std::move(verdict)}};
}

Json of_session(store::Connection& db, Json session) {
  const std::string id = text_member(session, "session_id");
  return {{"target_type", "session"},
          {"jobs", store::jobs_of_session(db, id)},
          {"events", store::events_about(db, About::session, id)},
          {"session", std::move(session)}};
}

Json of_process(store::Connection& db, Json process) {
  return {{"target_type", "process"},
          {"job", follow(db, store::job_row, process, "job_id")},
          {"session", follow(db, store::session_row, process, "session_id")},
          {"events", store::events_of_execution(db, text_member(process, "job_id"), text_member(process, "process_id"))},
          {"process", std::move(process)}};
}

/// A note between sessions belongs to no job; 1.24 did not find it.
void require_job(const Context& ctx, const std::string& id, const Json& job) {
  if (!job.is_null() || ctx.name == Name::git_striatum) return;
  refuse(Code::not_found, "could not find the job of message " + quote(id),
         {"a message of `send` belongs to no job; `log` shows it"});
}

/// By name 1.24 took the oldest of all attempts; what people ask about is the newest one of that run.
Json find_job(const Context& ctx, store::Connection& db, const std::string& id_or_name) {
  Json job = store::find_job_row(db, id_or_name);
  if (job.is_null() || ctx.name == Name::striatum || text_member(job, "job_id") == id_or_name) return job;
  const Json attempts = store::list_jobs(db, RunId(text_member(job, "run_id")), {std::nullopt, id_or_name});
  return store::job_row(db, text_member(attempts.back(), "job_id"));
}

Json find(const Context& ctx, store::Connection& db, const std::string& id) {
  if (Json run = store::run_row(db, id); !run.is_null()) return of_run(db, std::move(run), ctx.clock.now());
  if (Json job = find_job(ctx, db, id); !job.is_null()) return of_job(db, "job", std::move(job), nullptr);
  if (Json message = store::message_row(db, id); !message.is_null()) {
    Json job = follow(db, store::job_row, message, "job_id");
    require_job(ctx, id, job);
    return of_job(db, "message", std::move(job), std::move(message));
  }
  if (Json blocker = store::blocker_row(db, id); !blocker.is_null()) return of_blocker(db, std::move(blocker));
  if (Json artifact = store::artifact_row(db, id); !artifact.is_null()) return of_artifact(db, std::move(artifact));
  if (Json verdict = store::verdict_row(db, id); !verdict.is_null()) return of_verdict(db, std::move(verdict));
  if (Json session = store::session_row(db, id); !session.is_null()) return of_session(db, std::move(session));
  if (Json process = store::execution_row(db, id); !process.is_null()) return of_process(db, std::move(process));
  refuse(Code::not_found,
         quote(id) + " is not a known run, job, message, blocker, artifact, verdict, session or process",
         {"list what there is with `git striatum list runs` and `git striatum list jobs --run-id RUN`"});
}

}  // namespace

Json why(Context& ctx, const std::string& id) {
  const bool is_run = !read(ctx, [&](store::Connection& db) { return store::run_row(db, id); }).is_null();
  if (is_run) sweep(ctx, RunId(id));
  return read(ctx, [&](store::Connection& db) {
    Json out = find(ctx, db, id);
    if (ctx.name == Name::git_striatum) out["explanation"] = explain(ctx, db, out);
    return out;
  });
}

}  // namespace striatum::app
