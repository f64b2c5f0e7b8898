// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/artifact.hpp"
#include "app/attestation.hpp"
#include "app/git_facts.hpp"
#include "app/read_model.hpp"
#include "app/worktree.hpp"
#include "base/text.hpp"
#include "domain/workflow_spec.hpp"
#include "store/apply.hpp"

namespace striatum::app {
namespace {

void require_review(const Job& job) {
  if (job.is_review()) return;
  refuse(Code::transition, "verdicts are for review jobs; " + quote(job.id.str()) + " is a " + job.type + " job",
         {"finish it with `complete`"});
}

Event review_event(std::string type, const Job& job, const SessionId& session, const LeaseId& lease) {
  Event event{std::move(type), job.run};
  event.session = session;
  event.job = job.id;
  event.lease = lease;
  return event;
}

// ---- what was reviewed ---------------------------------------------------------------------------------

/// What a review judges: of each job in front of it the newest attempt that is completed.
std::vector<JobId> reviewed_jobs(store::Connection& db, const JobId& review) {
  std::vector<JobId> out;
  for (const Dependency& d : store::dependencies(db, review)) {
    const auto newest = store::newest_attempt(db, store::get_job(db, d.upstream).run, d.upstream_name);
    const JobId id = newest && newest->state == JobState::completed ? newest->id : d.upstream;
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
  }
  return out;
}

/// The snapshots of the work in front of a review, read from the state.
Json reviewed_snapshots(store::Connection& db, const JobId& review) {
  Json out = Json::array();
  for (const JobId& job : reviewed_jobs(db, review)) {
    const auto snapshot = store::job_snapshot(db, job);
    if (snapshot.digest) out.push_back({{"job_id", job.str()}, {"snapshot", *snapshot.digest}});
  }
  return out;
}

/// Strict: refuses to accept work that changed since it was completed. Git is asked before the lock is taken.
void require_unchanged_work(Context& ctx, const JobId& review_id, const std::string& coming_review = {}) {
  auto& db = ctx.state().db();
  const auto review = store::find_job(db, review_id);
  if (!review || !is_strict(store::get_run(db, review->run))) return;
  for (const JobId& job : reviewed_jobs(db, review_id)) {
    const auto stored = store::job_snapshot(db, job);
    if (!stored.digest || stored.applied_receipt) continue;
    const auto now = take_snapshot(ctx, store::get_job(db, job), stored.base_commit, coming_review);
    if (!now || now->digest == *stored.digest) continue;
    refuse(Code::transition, "the work of job " + quote(job.str()) + " changed after it was completed",
           {"put the files back as they were completed, or give needs_revision on what was completed"});
  }
}

// ---- revision cycles -----------------------------------------------------------------------------------

struct Route {
  std::optional<domain::CycleSpec> cycle;
  /// Why a person has to decide, when there is no cycle to take.
  std::string checkpoint;
};

Route route_revision(store::Connection& db, const Json& head, const Job& review) {
  const Json& cycles = member(head, "cycles");
  for (const Json& item : cycles.is_array() ? cycles : Json::array()) {
    const auto cycle = domain::cycle_spec(item);
    if (cycle.from != review.workflow_job.str()) continue;
    const int used = store::extra_attempts(db, review.run, WorkflowJobId(cycle.to));
    if (used < cycle.max_iterations) return {cycle, {}};
    return {std::nullopt, "the needs_revision cycle has used its max_iterations (" + std::to_string(cycle.max_iterations) +
                              "); a person decides how it goes on"};
  }
  const std::string declared = text_member(member(head, "review_revision_policy"), "description");
  return {std::nullopt, declared.empty() ? "needs_revision has no declared cycle here; a person decides how it goes on"
                                         : declared};
}

JobId attempt_id(const Job& job, int attempt) {
  return JobId("job_" + job.run.str() + "_" + job.workflow_job.str() + "_a" + std::to_string(attempt));
}

/// The row of `model` at this attempt: an existing one, or a copy of all that defines the job.
Job attempt_of(store::WriteUnit& unit, const Job& model, int attempt) {
  if (auto existing = store::find_attempt(unit.db(), model.run, model.workflow_job, attempt)) return *existing;
  store::NewJob row;
  row.job = model;
  row.job.id = attempt_id(model, attempt);
  row.job.attempt = attempt;
  row.idempotency_key = model.run.str() + ":" + model.workflow_job.str() + ":" + std::to_string(attempt);
  store::insert_job(unit.db(), row, unit.now());
  return store::get_job(unit.db(), row.job.id);
}

Job first_attempt(store::Connection& db, const RunId& run, const std::string& name) {
  if (auto job = store::find_attempt(db, run, WorkflowJobId(name), 1)) return *job;
  return store::get_job(db, JobId("job_" + run.str() + "_" + name));
}

struct Revision {
  Job target;
  Job review;
  int attempt = 0;
};

Revision start_revision(store::WriteUnit& unit, const Job& review, const domain::CycleSpec& cycle) {
  Revision out;
  out.attempt = review.attempt + 1;
  out.target = attempt_of(unit, first_attempt(unit.db(), review.run, cycle.to), out.attempt);
  out.review = attempt_of(unit, review, out.attempt);
  const Json gate{{"from", cycle.to}, {"on", "completed"}, {"to", cycle.from}};
  store::move_dependants(unit.db(), review.id, out.review.id);
  store::insert_dependency(unit.db(), out.review.id, out.target.id, gate);
  if (out.target.state == JobState::blocked) enqueue(unit, out.target);
  return out;
}

// ---- giving a verdict ----------------------------------------------------------------------------------

struct Given {
  const Job& job;
  const Lease& lease;
  const SessionId& session;
  const GiveVerdict& command;
};

Json complete_with(store::WriteUnit& unit, const Given& given, std::string_view status) {
  finish_job(unit, given.job, given.lease, JobState::completed, "verdict");
  Event event = review_event("job.completed", given.job, given.session, given.lease.id);
  event.message = given.job.message;
  event.payload = {{"summary", to_text(given.command.verdict)}};
  unit.event(event);
  return {{"status", status}};
}

Json reject(store::WriteUnit& unit, const Given& given) {
  finish_job(unit, given.job, given.lease, JobState::failed, "reject");
  Event event = review_event("job.failed", given.job, given.session, given.lease.id);
  event.message = given.job.message;
  event.payload = {{"reason", "reject"}};
  unit.event(event);
  settle_run(unit, given.job.run);
  return {{"status", "failed"}};
}

Json open_checkpoint(store::WriteUnit& unit, const Given& given, const std::string& description) {
  auto& db = unit.db();
  store::end_lease(db, given.lease.id, LeaseState::released, "needs_revision", unit.now());
  store::requeue_job(db, given.job.id, JobState::waiting_human);
  if (given.job.message) store::release_message(db, *given.job.message, MessageState::blocked, unit.now());
  store::NewBlocker row;
  row.id = BlockerId(unit.new_id("blk"));
  row.run = given.job.run;
  row.job = given.job.id;
  row.session = given.session;
  row.severity = Severity::human_checkpoint;
  row.kind = "revision_routing";
  row.description = description;
  store::insert_blocker(db, row, unit.now());
  Event event = review_event("human_checkpoint.opened", given.job, given.session, given.lease.id);
  event.payload = {{"blocker_id", row.id.str()}, {"description", description}};
  unit.event(event);
  return {{"status", "waiting_human"}, {"blocker_id", row.id.str()}};
}

Json request_revision(store::WriteUnit& unit, const Given& given, const Json& head) {
  const Route route = route_revision(unit.db(), head, given.job);
  if (!route.cycle) return open_checkpoint(unit, given, route.checkpoint);
  Json reply = complete_with(unit, given, "revision_requested");
  const Revision revision = start_revision(unit, given.job, *route.cycle);
  Event event = review_event("revision.requested", given.job, given.session, given.lease.id);
  event.payload = {{"next_job_id", revision.target.id.str()},
                   {"next_review_job_id", revision.review.id.str()},
                   {"attempt", revision.attempt}};
  unit.event(event);
  reply["next_job_id"] = revision.target.id.str();
  return reply;
}

Json accept(store::WriteUnit& unit, const Given& given) {
  Json reply = complete_with(unit, given, "completed");
  enqueue_ready_dependants(unit, given.job.id);
  settle_run(unit, given.job.run);
  return reply;
}

void refuse_second_verdict(store::Connection& db, const JobId& job, const SessionId& session) {
  if (!store::has_verdict(db, job, session)) return;
  refuse(Code::transition, "session " + quote(session.str()) + " already has a verdict on job " + quote(job.str()),
         {"register a fresh session for the next one"});
}

std::optional<ArtifactId> checked_findings(store::Connection& db, const Job& job, const std::optional<ArtifactId>& id) {
  if (!id) return std::nullopt;
  const auto artifact = store::find_artifact(db, *id);
  if (!artifact) {
    refuse(Code::not_found, "could not find artifact " + quote(id->str()),
           {"list the artifacts of the run with `list artifacts`"});
  }
  if (artifact->job != job.id) {
    refuse(Code::transition, "artifact " + quote(id->str()) + " was not published by job " + quote(job.id.str()),
           {"publish the findings with this job first, or leave --findings-artifact-id out"});
  }
  return id;
}

VerdictId record(store::WriteUnit& unit, const Given& given, const Run& run) {
  const Json spec = store::workflow_job(unit.db(), run.snapshot, given.job.workflow_job);
  store::NewVerdict row;
  row.id = VerdictId(unit.new_id("verdict"));
  row.run = given.job.run;
  row.job = given.job.id;
  row.session = given.session;
  row.verdict = given.command.verdict;
  row.rationale = given.command.rationale;
  row.findings = checked_findings(unit.db(), given.job, given.command.findings);
  row.posture = domain::job_spec(spec).review_posture;
  row.created_at = unit.now();
  store::insert_verdict(unit.db(), row);
  const Json reviewed = reviewed_snapshots(unit.db(), given.job.id);
  if (!reviewed.empty()) store::set_job_reviewed(unit.db(), given.job.id, to_canonical_utf8(reviewed));
  Event event = review_event("verdict.recorded", given.job, given.session, given.lease.id);
  event.payload = {{"verdict", to_text(row.verdict)},
                   {"posture", row.posture},
                   {"lane_attestation", attest(unit.db(), store::get_session(unit.db(), given.session)).state()}};
  unit.event(event);
  return row.id;
}

/// From a running review job under its lease to the verdict and what follows from it.
Json judge(store::WriteUnit& unit, const Job& job, const Lease& lease, const SessionId& session,
           const GiveVerdict& command) {
  const Run run = store::get_run(unit.db(), job.run);
  require_artifacts(unit.db(), job);
  refuse_second_verdict(unit.db(), job.id, session);
  const Given given{job, lease, session, command};
  const VerdictId id = record(unit, given, run);
  Json reply;
  switch (command.verdict) {
    case Verdict::accept:
    case Verdict::accept_with_findings: reply = accept(unit, given); break;
    case Verdict::needs_revision:
      reply = request_revision(unit, given, store::workflow_head(unit.db(), run.snapshot));
      break;
    case Verdict::reject: reply = reject(unit, given); break;
  }
  reply["job_id"] = job.id.str();
  reply["verdict"] = to_text(command.verdict);
  reply["verdict_id"] = id.str();
  return reply;
}

void require_running(const Job& job) {
  if (job.state == JobState::running) return;
  refuse(Code::transition, "job " + quote(job.id.str()) + " must be running for a verdict; it is " +
                               std::string(to_text(job.state)),
         {"acknowledge the work first with `ack`"});
}

// ---- submit-review -------------------------------------------------------------------------------------

/// Required artifacts besides the one this call publishes.
void require_other_artifacts(store::Connection& db, const Job& job, const Publish& coming) {
  Job rest = job;
  if (!rest.expected_artifacts.is_array()) return;
  auto& expected = rest.expected_artifacts;
  expected.erase(std::remove_if(expected.begin(), expected.end(),
                                [&](const Json& item) {
                                  return text_member(item, "logical_name") == coming.logical_name &&
                                         text_member(item, "kind") == coming.kind &&
                                         text_member(item, "path") == coming.path;
                                }),
                 expected.end());
  require_artifacts(db, rest);
}

void acknowledge(store::WriteUnit& unit, const Job& job, const Lease& lease, const SessionId& session) {
  if (job.state == JobState::running || !job.message) return;
  store::ack_message(unit.db(), *job.message, unit.now());
  store::start_job(unit.db(), job.id, unit.now());
  Event event = review_event("queue.acked", job, session, lease.id);
  event.message = job.message;
  unit.event(event);
}

Json submit(store::WriteUnit& unit, const Held& held, const SubmitReview& command, ArtifactFile& file) {
  auto& db = unit.db();
  Job job = store::get_job(db, command.artifact.job);
  require_review(job);
  if (job.state != JobState::claimed && job.state != JobState::running) {
    refuse(Code::transition, "job " + quote(job.id.str()) + " must be claimed or running for a review; it is " +
                                 std::string(to_text(job.state)),
           {"claim it with `claim-next`"});
  }
  const Lease lease = held_lease(unit, held.lease, held.session, job.id);
  require_attested(db, store::get_run(db, job.run), job, store::get_session(db, held.session), Code::transition);
  require_other_artifacts(db, job, command.artifact);
  acknowledge(unit, job, lease, held.session);
  Json artifact = publish(unit, held, command.artifact, file);
  job = store::get_job(db, job.id);
  GiveVerdict verdict{job.id, command.verdict, ArtifactId(text_member(artifact, "artifact_id")), command.rationale};
  Json given = judge(unit, job, lease, held.session, verdict);
  return {{"artifact", std::move(artifact)},
          {"job_state", to_text(store::get_job(db, job.id).state)},
          {"run_state", to_text(store::get_run(db, job.run).state)},
          {"blocker_id", member(given, "blocker_id")},
          {"downstream_jobs", downstream(store::jobs_behind(db, job.id))},
          {"verdict", std::move(given)}};
}

// ---- override-verdict ----------------------------------------------------------------------------------

void require_overrider(store::Connection& db, const Job& job, const SessionId& id) {
  const Session session = store::get_session(db, id);
  if (session.run != job.run) {
    refuse(Code::transition, "session " + quote(id.str()) + " belongs to another run than job " + quote(job.id.str()),
           {"register a session in the run of the job with `register-session`"});
  }
  if (session.state != SessionState::active) {
    refuse(Code::transition, "session " + quote(id.str()) + " is " + std::string(to_text(session.state)),
           {"register a fresh session"});
  }
  refuse_second_verdict(db, job.id, id);
}

Instant strictly_after(Instant now, const std::string& earlier) {
  const auto previous = parse_instant(earlier);
  return previous && now <= *previous ? *previous + Seconds{1} : now;
}

Json override_rows(store::WriteUnit& unit, const Job& job, const SessionId& session, const GiveVerdict& command,
                   const VerdictRecord& previous) {
  auto& db = unit.db();
  const Run run = store::get_run(db, job.run);
  store::NewVerdict row;
  row.id = VerdictId(unit.new_id("verdict"));
  row.run = job.run;
  row.job = job.id;
  row.session = session;
  row.verdict = command.verdict;
  row.rationale = command.rationale;
  row.findings = command.findings ? checked_findings(db, job, command.findings) : previous.findings;
  row.posture = domain::job_spec(store::workflow_job(db, run.snapshot, job.workflow_job)).review_posture;
  row.created_at = strictly_after(unit.now(), previous.created_at);
  store::insert_verdict(db, row);
  if (const Json reviewed = reviewed_snapshots(db, job.id); !reviewed.empty()) {
    store::set_job_reviewed(db, job.id, to_canonical_utf8(reviewed));
  }
  int resolved = 0;
  if (job.state == JobState::waiting_human) {
    resolved = store::resolve_routing_checkpoints(db, job.id, unit.now());
    store::end_job(db, job.id, JobState::completed, unit.now());
    if (job.message) store::complete_message(db, *job.message, unit.now());
  }
  Event event{"verdict.overridden", job.run};
  event.session = session;
  event.job = job.id;
  event.artifact = row.findings;
  event.payload = {{"previous_verdict", to_text(previous.verdict)},
                   {"previous_verdict_id", previous.id.str()},
                   {"verdict", to_text(row.verdict)},
                   {"verdict_id", row.id.str()},
                   {"resolved_blockers", resolved}};
  unit.event(event);
  enqueue_ready_dependants(unit, job.id);
  settle_run(unit, job.run);
  return {{"status", "overridden"},
          {"job_id", job.id.str()},
          {"previous_verdict", to_text(previous.verdict)},
          {"verdict", to_text(row.verdict)},
          {"verdict_id", row.id.str()},
          {"findings_artifact_id", row.findings ? Json(row.findings->str()) : Json()},
          {"resolved_blockers", resolved}};
}

}  // namespace

Json verdict(Context& ctx, const Held& held, const GiveVerdict& command) {
  if (is_accepting(command.verdict)) require_unchanged_work(ctx, command.job);
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Job job = store::get_job(unit.db(), command.job);
    require_review(job);
    const Lease lease = held_lease(unit, held.lease, held.session, job.id);
    require_running(job);
    require_attested(unit.db(), store::get_run(unit.db(), job.run), job, store::get_session(unit.db(), held.session),
                     Code::transition);
    return judge(unit, job, lease, held.session, command);
  });
}

Json submit_review(Context& ctx, const Held& held, const SubmitReview& command) {
  if (is_accepting(command.verdict)) require_unchanged_work(ctx, command.artifact.job, command.artifact.path);
  ArtifactFile file(work_folder(ctx, command.artifact.job).string(), command.artifact.path);
  return write(ctx, [&](store::WriteUnit& unit) { return submit(unit, held, command, file); });
}

Json override_verdict(Context& ctx, const SessionId& session, const GiveVerdict& command) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    if (blank(command.rationale.value_or(""))) {
      refuse(Code::transition, "an override needs a reason; --rationale is blank",
             {"say why: --rationale TEXT"});
    }
    const Job job = store::get_job(unit.db(), command.job);
    require_review(job);
    if (job.state != JobState::completed && job.state != JobState::waiting_human) {
      refuse(Code::transition, "job " + quote(job.id.str()) + " must be completed or waiting_human to be overridden; it is " +
                                   std::string(to_text(job.state)),
             {"give the verdict itself with `verdict`, or see `why JOB_ID`"});
    }
    require_overrider(unit.db(), job, session);
    const auto previous = store::latest_verdict(unit.db(), job.id);
    if (!previous) {
      refuse(Code::transition, "job " + quote(job.id.str()) + " has no verdict to override", {"give one with `verdict`"});
    }
    if (is_accepting(previous->verdict)) {
      return {{"status", "already_accepting"},
              {"job_id", job.id.str()},
              {"previous_verdict", to_text(previous->verdict)}};
    }
    return override_rows(unit, job, session, command, *previous);
  });
}

}  // namespace striatum::app
