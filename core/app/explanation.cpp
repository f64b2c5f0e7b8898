// SPDX-License-Identifier: Apache-2.0
#include "app/explanation.hpp"

#include "app/read_model.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace striatum::app {
namespace {

/// Collects the sentences about one target.
class Explanation {
 public:
  Explanation(const Context& ctx, store::Connection& db) : ctx_(ctx), db_(db) {}

  Json take() { return std::move(sentences_); }

  void run(const Json& run, const Json& jobs, const Json& actions);
  void job(const Json& job);
  void message(const Json& message);
  void blocker(const Json& blocker);
  void artifact(const Json& artifact, const Json& verdicts);
  void verdict(const Json& verdict, const Json& job);
  void session(const Json& session, const Json& jobs);
  void process(const Json& process, const Json& job);

 private:
  void say(const std::string& sentence) { sentences_.push_back(sentence + '.'); }
  void type(const std::string& purpose, const std::string& command) {
    say(purpose + ": `" + ctx_.program() + ' ' + command + '`');
  }
  void waiting(const Json& job);
  void held(const Json& job);
  void queued(const Json& job);
  void open_blockers_of(const Json& job);

  const Context& ctx_;
  store::Connection& db_;
  Json sentences_ = Json::array();
};

std::string name_of_job(const Json& job) { return "job " + quote(text_member(job, "workflow_job_id")); }

std::string since(const Json& row, std::string_view key) {
  const std::string when = text_member(row, key);
  return when.empty() ? "" : " since " + when;
}

std::string at(const Json& row, std::string_view key) {
  const std::string when = text_member(row, key);
  return when.empty() ? "" : " at " + when;
}

std::string words(const Json& list, const std::string& last) {
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += i + 1 == list.size() ? last : ", ";
    out += list[i].is_string() ? list[i].get<std::string>() : list[i].dump();
  }
  return out;
}

void Explanation::waiting(const Json& job) {
  for (const store::Waiter& waiter : store::waiter(db_, JobId(text_member(job, "job_id")))) {
    for (const store::Upstream& upstream : waiter.upstream) {
      if (upstream.met) continue;
      std::string sentence = "It waits for job " + quote(upstream.workflow_job_id) + ", which is " + upstream.state;
      if (upstream.required_verdicts.is_array()) {
        sentence += ", and for its verdict " + words(upstream.required_verdicts, " or ");
        sentence += upstream.latest_verdict.is_null() ? "; there is none yet"
                                                      : "; the latest is " + upstream.latest_verdict.get<std::string>();
      }
      say(sentence);
    }
  }
}

void Explanation::held(const Json& job) {
  for (const Json& holder : store::holders(db_, RunId(text_member(job, "run_id")))) {
    if (holder.at("job_id") != job.at("job_id")) continue;
    say("Session " + quote(text_member(holder, "slug")) + " holds it under lease " + text_member(holder, "lease_id") +
        " until " + text_member(holder, "expires_at"));
    return;
  }
  say("No active lease covers it; `" + ctx_.program() + " doctor` says more");
}

void Explanation::queued(const Json& job) {
  const Json run = store::run_row(db_, text_member(job, "run_id"));
  const Json lane = lane_of(text_member(job, "lane_selector_json"));
  const std::string lane_words = lane.is_string() ? " on lane " + quote(lane.get<std::string>()) : "";
  say("A session of role " + quote(text_member(job, "role_id")) + lane_words + " may take it" +
      (job.at("fresh_session_required") == 1 ? ", one that has not worked in this run yet" : ""));
  if (run.at("state") != "running") say("The run is " + text_member(run, "state") + ", so nothing is handed out");
  else if (!run.at("paused_at").is_null()) type("The run is paused; go on with", "run resume --run-id " + text_member(run, "run_id"));
  else type("Take it with", "claim-next --session-id SESSION");
}

void Explanation::open_blockers_of(const Json& job) {
  for (const Json& row : store::blockers_of_job(db_, text_member(job, "job_id"))) {
    if (row.at("state") == "open") blocker(row);
  }
}

void Explanation::job(const Json& job) {
  if (job.is_null()) return;
  const std::string state = text_member(job, "state");
  const std::string retry = "run retry-job --run-id " + text_member(job, "run_id") + " --job-id " + text_member(job, "job_id");
  std::string head = "The " + name_of_job(job) + " is " + state;
  if (state == "queued") head += since(job, "ready_at");
  if (state == "claimed" || state == "running") head += since(job, "started_at");
  if (state == "completed" || state == "failed") head += at(job, "completed_at");
  say(head);
  if (state == "blocked") waiting(job);
  if (state == "queued") queued(job);
  if (state == "claimed" || state == "running") held(job);
  if (state == "stale_lease") say("Its lease ran out while it may have changed files, so a person has to look at them first");
  const Json verdict = store::latest_verdict_row(db_, text_member(job, "job_id"));
  if (!verdict.is_null()) say("Its latest verdict is " + text_member(verdict, "verdict") + at(verdict, "created_at"));
  open_blockers_of(job);
  if (state == "failed" || state == "canceled") type("Try it again with", retry);
}

void Explanation::message(const Json& message) {
  if (message.is_null()) return;
  say("The message is " + text_member(message, "state") + since(message, "updated_at") + "; it was claimed " +
      message.at("claim_count").dump() + " time" + (message.at("claim_count") == 1 ? "" : "s"));
}

void Explanation::blocker(const Json& blocker) {
  const std::string id = text_member(blocker, "blocker_id");
  say("Blocker " + id + " (" + text_member(blocker, "severity") + ", " + text_member(blocker, "blocker_kind") + ") is " +
      text_member(blocker, "state") + since(blocker, "created_at") + ": " + one_line(text_member(blocker, "description")));
  if (blocker.at("state") != "open" || blocker.at("job_id").is_null()) return;
  if (blocker.at("severity") == "human_checkpoint") {
    type("A person decides with", "checkpoint resolve --blocker-id " + id + " --action continue");
  } else if (blocker.at("severity") == "blocked") {
    type("When the cause is gone, queue the job again with", "run retry-job --run-id " + text_member(blocker, "run_id") +
                                                                 " --job-id " + text_member(blocker, "job_id"));
  }
}

void Explanation::run(const Json& run, const Json& jobs, const Json& actions) {
  const std::string state = text_member(run, "state");
  const std::string id = text_member(run, "run_id");
  const std::string flag = " --run-id " + id;
  say("The run is " + state + (state == "running" ? since(run, "started_at") : at(run, "completed_at")));
  if (!run.at("stop_reason").is_null()) say("It stopped because of: " + one_line(text_member(run, "stop_reason")));
  std::map<std::string, int> counts;
  for (const Json& row : jobs) ++counts[text_member(row, "state")];
  Json parts = Json::array();
  for (const auto& [job_state, count] : counts) parts.push_back(std::to_string(count) + ' ' + job_state);
  if (!parts.empty()) say("Jobs: " + words(parts, " and "));
  if (!run.at("paused_at").is_null()) type("It is paused" + since(run, "paused_at") + "; go on with", "run resume" + flag);
  if (state == "needs_branch_confirmation") type("Confirm its branch with", "branch confirm" + flag + " --branch NAME --create");
  if (state == "ready") type("Start it with", "run start" + flag);
  for (const Json& row : store::open_blockers(db_, RunId(id))) blocker(row);
  for (const Json& action : actions) {
    if (action == "claim_available_work" && state == "running") type("Work is waiting; take it with", "claim-next --session-id SESSION");
  }
}

void Explanation::artifact(const Json& artifact, const Json& verdicts) {
  say("The artifact " + quote(text_member(artifact, "logical_name")) + " (" + text_member(artifact, "artifact_kind") +
      ") is the file " + quote(text_member(artifact, "repo_path")) + " as it was" + at(artifact, "created_at"));
  if (verdicts.empty()) say("No verdict refers to it");
  for (const Json& row : verdicts) say("Verdict " + text_member(row, "verdict") + " refers to it");
}

void Explanation::verdict(const Json& verdict, const Json& job) {
  say("The verdict " + text_member(verdict, "verdict") + " was given" + at(verdict, "created_at") + " by session " +
      text_member(verdict, "session_id"));
  this->job(job);
}

void Explanation::session(const Json& session, const Json& jobs) {
  const std::string state = text_member(session, "state");
  const bool closed = state == "closed";
  say("Session " + quote(text_member(session, "slug")) + " is " + state +
      (closed ? at(session, "closed_at") : since(session, "registered_at")) +
      (closed ? ": " + one_line(text_member(session, "close_reason")) : ""));
  bool holds = false;
  for (const Json& holder : store::holders(db_, RunId(text_member(session, "run_id")))) {
    if (holder.at("session_id") != session.at("session_id")) continue;
    say("It holds job " + quote(text_member(holder, "workflow_job_id")) + " until " + text_member(holder, "expires_at"));
    holds = true;
  }
  if (!holds) say("It holds no job now and has worked on " + std::to_string(jobs.size()));
}

void Explanation::process(const Json& process, const Json& job) {
  const std::string state = text_member(process, "state");
  say("The process is " + state + since(process, "started_at"));
  if (state == "running" && !process_alive(member(process, "pid"))) say("Its pid is gone");
  this->job(job);
}

}  // namespace

Json explain(const Context& ctx, store::Connection& db, const Json& answer) {
  Explanation out(ctx, db);
  const std::string type = text_member(answer, "target_type");
  if (type == "run") out.run(answer.at("run"), answer.at("jobs"), answer.at("next_actions"));
  if (type == "message") out.message(answer.at("message"));
  if (type == "job" || type == "message") out.job(answer.at("job"));
  if (type == "blocker") {
    out.blocker(answer.at("blocker"));
    out.job(answer.at("job"));
  }
  if (type == "artifact") out.artifact(answer.at("artifact"), answer.at("verdicts"));
  if (type == "verdict") out.verdict(answer.at("verdict"), answer.at("job"));
  if (type == "session") out.session(answer.at("session"), answer.at("jobs"));
  if (type == "process") out.process(answer.at("process"), answer.at("job"));
  return out.take();
}

}  // namespace striatum::app
