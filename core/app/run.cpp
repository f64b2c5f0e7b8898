// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "app/flow.hpp"
#include "app/git_facts.hpp"
#include "app/verbs.hpp"
#include "app/workflow.hpp"

namespace striatum::app {
namespace {

/// Validation asks only that these are there; a run needs a branch, and a row values that are one.
void refuse_unstorable(const Json& document) {
  const auto check = [](const Json& value, const std::string& name, bool null_too) {
    if (!value.is_structured() && !(null_too && value.is_null())) return;
    refuse(Code::workflow, name + " must be a text or a number", {"write it in quotes"});
  };
  if (!member(document, "branch").is_object()) {
    refuse(Code::workflow, "branch must be an object", {"say at least {\"mode\": \"confirm\"}"});
  }
  check(member(document, "workflow_id"), "workflow_id", true);
  check(member(document, "workflow_version"), "workflow_version", false);
  for (const Json& job : member(document, "jobs")) {
    const std::string of_job = " of job " + quote(text_member(job, "id"));
    if (job.contains("title")) check(job.at("title"), "title" + of_job, true);
    if (job.contains("max_attempts") && !domain::whole_number(job.at("max_attempts"))) {
      refuse(Code::workflow, "max_attempts" + of_job + " must be a whole number");
    }
  }
}

JobId first_job_id(const RunId& run, const std::string& name) { return JobId("job_" + run.str() + "_" + name); }

void insert_jobs(store::WriteUnit& unit, const RunId& run, const domain::Workflow& workflow) {
  for (const Json& spec : workflow.jobs()) {
    const domain::JobSpec parsed = domain::job_spec(spec);
    store::NewJob row;
    Job& job = row.job;
    job.id = first_job_id(run, parsed.id.str());
    job.run = run;
    job.workflow_job = parsed.id;
    job.title = parsed.title;
    job.type = parsed.type;
    job.role = parsed.role_id;
    job.lane = parsed.lane_id;
    job.max_attempts = static_cast<int>(parsed.max_attempts);
    job.fresh_session_required = parsed.needs_fresh_session;
    job.write_scope = spec.contains("write_scope") ? spec.at("write_scope") : Json::object();
    job.expected_artifacts = spec.contains("expected_artifacts") ? spec.at("expected_artifacts") : Json::array();
    job.requirements = {{"inputs", spec.contains("inputs") ? spec.at("inputs") : Json::array()},
                        {"objective", member(spec, "objective")},
                        {"task_prompt", spec.contains("task_prompt") ? spec.at("task_prompt") : Json::object()}};
    row.idempotency_key = run.str() + ":" + parsed.id.str() + ":1";
    store::insert_job(unit.db(), row, unit.now());
  }
}

void insert_edges(store::WriteUnit& unit, const RunId& run, const domain::Workflow& workflow) {
  std::set<std::string> reviews;
  for (const Json& spec : workflow.jobs()) {
    if (text_member(spec, "type") == "review") reviews.insert(text_member(spec, "id"));
  }
  for (const Json& item : workflow.edges()) {
    const domain::EdgeSpec edge = domain::edge_spec(item);
    Json gate{{"from", edge.from}, {"on", "completed"}, {"to", edge.to}};
    if (reviews.count(edge.from) > 0) gate["requires_verdict"] = {"accept", "accept_with_findings"};
    store::insert_dependency(unit.db(), first_job_id(run, edge.to), first_job_id(run, edge.from), gate);
  }
}

struct Loaded {
  const domain::Workflow& workflow;
  const std::string& source;
  bool strict;
};

Json prepare_rows(Context& ctx, store::WriteUnit& unit, const Loaded& loaded) {
  const domain::Workflow& workflow = loaded.workflow;
  const domain::BranchSpec branch = workflow.branch();
  const SnapshotId snapshot(unit.new_id("wfs"));
  store::insert_snapshot(unit.db(), snapshot, workflow.document(), loaded.source, unit.now());
  store::NewRun run;
  run.id = RunId(unit.new_id("run"));
  run.snapshot = snapshot;
  run.repo_root = ctx.place.root.string();
  run.branch = branch.suggested_name;
  run.strict = loaded.strict;
  store::insert_run(unit.db(), run, unit.now());
  insert_jobs(unit, run.id, workflow);
  insert_edges(unit, run.id, workflow);
  Event created{"run.created", run.id};
  created.payload = {{"workflow_id", workflow.id()}, {"workflow_snapshot_id", snapshot.str()}};
  if (run.strict) created.payload["strict"] = true;
  unit.event(created);
  return {{"run_id", run.id.str()},
          {"state", to_text(RunState::needs_branch_confirmation)},
          {"branch_mode", branch.mode},
          {"suggested_branch_name", nullable(branch.suggested_name)}};
}

/// Branch mode `auto`: the run is prepared, so a failure here leaves it for `branch confirm` to finish.
Json confirm_suggested(Context& ctx, const Json& prepared) {
  BranchConfirm command;
  command.run = RunId(text_member(prepared, "run_id"));
  command.branch = text_member(prepared, "suggested_branch_name");
  command.create = true;
  Json confirmed;
  try {
    confirmed = branch_confirm(ctx, command);
  } catch (const Error& error) {
    throw Error(error.code(), error.message() + "; run " + quote(command.run.str()) + " waits for `branch confirm`",
                error.hints());
  }
  return {{"run_id", command.run.str()},
          {"state", confirmed.at("state")},
          {"branch", confirmed.at("branch")},
          {"branch_mode", "auto"},
          {"branch_created", confirmed.at("created")},
          {"current_git_branch", confirmed.at("current_git_branch")},
          {"warning", confirmed.at("warning")}};
}

void refuse_terminal(const Run& run) {
  if (!is_terminal(run.state)) return;
  refuse(Code::transition, "run " + quote(run.id.str()) + " is in terminal state " + quote(to_text(run.state)),
         {"prepare a new run with `run prepare`"});
}

Json pause_reply(const Run& run, const std::optional<std::string>& paused_at, std::string_view status) {
  return {{"run_id", run.id.str()}, {"state", to_text(run.state)}, {"paused_at", nullable(paused_at)}, {"status", status}};
}

}  // namespace

Json run_prepare(Context& ctx, const std::string& path, const domain::Remark& remark) {
  (void)ctx.state();  // code 3 or 9 before the workflow is judged
  const bool strict = default_strict(ctx);
  const domain::Workflow workflow = load_workflow(path, "", strict, remark);
  domain::refuse_unknown_job_types(workflow.document());
  refuse_unstorable(workflow.document());
  const bool automatic = workflow.branch().mode == "auto";
  const Json prepared = write(
      ctx, [&](store::WriteUnit& unit) { return prepare_rows(ctx, unit, {workflow, path, strict}); },
      automatic ? Step::interim : Step::last);
  return automatic ? confirm_suggested(ctx, prepared) : prepared;
}

Json run_start(Context& ctx, const RunId& id) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Run run = store::get_run(unit.db(), id);
    const Json head = store::workflow_head(unit.db(), run.snapshot);
    const Json& mode = member(head, "provenance_mode");
    if (!mode.is_null() && mode != "advisory" && mode != "attested_bylines") {
      refuse(Code::workflow,
             "provenance_mode sealed_patch is unsupported: no agent is contained here, and nothing is downgraded silently",
             {"use provenance_mode advisory and `git striatum apply`"});
    }
    if (run.state == RunState::needs_branch_confirmation) {
      refuse(Code::workflow, "run " + quote(id.str()) + " needs branch confirmation before run start",
             {"run `" + ctx.program() + " branch confirm --run-id " + id.str() + " --branch NAME --create`"});
    }
    refuse_terminal(run);
    if (run.state == RunState::running) return {{"run_id", id.str()}, {"state", "running"}};
    if (is_strict(run)) require_on_branch(ctx, run);
    store::start_run(unit.db(), id, unit.now());
    for (const JobId& job : store::root_jobs(unit.db(), id)) enqueue(unit, store::get_job(unit.db(), job));
    unit.event({"run.started", id});
    unit.copy_after_commit();
    return {{"run_id", id.str()}, {"state", "running"}};
  });
}

Json run_pause(Context& ctx, const RunId& id, const std::string& given) {
  const std::string reason = given.empty() ? "operator_paused" : given;
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Run run = store::get_run(unit.db(), id);
    refuse_terminal(run);
    if (run.paused_at) return pause_reply(run, run.paused_at, "already_paused");
    store::pause_run(unit.db(), id, reason, unit.now());
    Event event{"run.paused", id};
    event.payload = {{"reason", reason}};
    unit.event(event);
    return pause_reply(run, to_text(unit.now()), "paused");
  });
}

Json run_resume(Context& ctx, const RunId& id) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Run run = store::get_run(unit.db(), id);
    refuse_terminal(run);
    if (!run.paused_at) return pause_reply(run, std::nullopt, "not_paused");
    store::resume_run(unit.db(), id);
    unit.event({"run.resumed", id});
    return pause_reply(run, std::nullopt, "resumed");
  });
}

Json run_cancel(Context& ctx, const RunId& id, const std::string& given) {
  const std::string reason = given.empty() ? "operator_canceled" : given;
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Run run = store::get_run(unit.db(), id);
    Json reply{{"run_id", id.str()}, {"state", "canceled"}, {"status", "canceled"}};
    if (run.state == RunState::canceled) {
      reply["status"] = "already_canceled";
      return reply;
    }
    refuse_terminal(run);
    store::end_run(unit.db(), id, RunState::canceled, reason, unit.now());
    store::cancel_open_jobs(unit.db(), id, unit.now());
    store::end_run_leases(unit.db(), id, "run_canceled", unit.now());
    Event event{"run.canceled", id};
    event.payload = {{"reason", reason}};
    unit.event(event);
    close_sessions(unit, id, "run_canceled");
    unit.fold_after_commit();
    return reply;
  });
}

Json run_retry_job(Context& ctx, const RunId& run_id, const JobId& job_id) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Run run = store::get_run(unit.db(), run_id);
    if (run.state == RunState::completed) {
      refuse(Code::transition, "run " + quote(run_id.str()) + " is completed; its jobs are not retriable",
             {"prepare a new run with `run prepare`"});
    }
    const Job job = store::get_job(unit.db(), job_id);
    if (job.run != run_id) {
      refuse(Code::transition, "job " + quote(job_id.str()) + " belongs to another run, " + quote(job.run.str()),
             {"give the --run-id of the job, as `why JOB_ID` tells it"});
    }
    const bool retriable =
        job.state == JobState::failed || job.state == JobState::canceled || job.state == JobState::blocked;
    if (!retriable) {
      refuse(Code::transition, "job " + quote(job_id.str()) + " is not retriable in state " + quote(to_text(job.state)),
             {"only failed, canceled and blocked jobs can be retried"});
    }
    const bool revived = is_terminal(run.state);
    store::delete_open_blockers(unit.db(), job_id);
    store::cancel_open_messages(unit.db(), job_id, unit.now());
    store::bump_attempt(unit.db(), job_id, job.attempt + 1);
    enqueue(unit, store::get_job(unit.db(), job_id));
    if (revived) {
      store::revive_run(unit.db(), run_id);
      Event event{"run.revived", run_id};
      event.payload = {{"trigger_job_id", job_id.str()}, {"previous_run_state", to_text(run.state)}};
      unit.event(event);
    }
    Event retried{"job.retried", run_id};
    retried.job = job_id;
    retried.payload = {{"previous_state", to_text(job.state)}, {"attempt", job.attempt + 1}};
    unit.event(retried);
    return {{"run_id", run_id.str()},
            {"job_id", job_id.str()},
            {"previous_state", to_text(job.state)},
            {"new_state", "queued"},
            {"run_revived", revived}};
  });
}

}  // namespace striatum::app
