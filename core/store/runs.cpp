// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "base/crypto.hpp"
#include "domain/workflow_spec.hpp"
#include "store/nouns.hpp"

namespace striatum::store {
namespace {

constexpr std::string_view kRunSelect =
    "SELECT r.run_id, r.workflow_snapshot_id, r.repo_root, r.state, r.branch_name, r.branch_confirmed_at, r.paused_at, "
    "r.paused_reason, coalesce(g.strict, 0), coalesce(g.branch_base, r.branch_base) FROM runs r "
    "LEFT JOIN gs_runs g ON g.run_id = r.run_id WHERE r.run_id = ?1";

bool is_of_head(std::string_view key) { return key != "jobs" && key != "edges"; }

/// Returns the head.
Json split_workflow(Connection& db, const SnapshotId& id, const Json& workflow) {
  Json head = Json::object();
  for (const auto& [key, value] : workflow.items()) {
    if (is_of_head(key)) head[key] = value;
  }
  db.run("INSERT OR REPLACE INTO gs_workflows (workflow_snapshot_id, head_json) VALUES (?1, ?2)", id,
         to_canonical_ascii(head));
  const Json& jobs = member(workflow, "jobs");
  if (!jobs.is_array()) return head;
  for (const Json& job : jobs) {
    db.run(
        "INSERT OR REPLACE INTO gs_workflow_jobs (workflow_snapshot_id, workflow_job_id, spec_json) "
        "VALUES (?1, ?2, ?3)",
        id, text_member(job, "id"), to_canonical_ascii(job));
  }
  return head;
}

std::string workflow_text(Connection& db, const SnapshotId& id) {
  return db.text("SELECT workflow_json FROM workflow_snapshots WHERE workflow_snapshot_id = ?1", id).value_or("");
}

}  // namespace

void insert_snapshot(Connection& db, const SnapshotId& id, const Json& workflow, const std::string& source_path,
                     Instant now) {
  const std::string document = to_canonical_ascii(workflow);
  db.run(
      "INSERT INTO workflow_snapshots (workflow_snapshot_id, workflow_id, workflow_version, source_path, "
      "content_sha256, workflow_json, loaded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      id, domain::stored_text(member(workflow, "workflow_id")), domain::stored_text(member(workflow, "workflow_version")),
      source_path, sha256(document).hex(), document, now);
  (void)split_workflow(db, id, workflow);
}

void insert_run(Connection& db, const NewRun& run, Instant now) {
  db.run(
      "INSERT INTO runs (run_id, workflow_snapshot_id, repo_root, state, branch_name, created_at) "
      "VALUES (?1, ?2, ?3, 'needs_branch_confirmation', ?4, ?5)",
      run.id, run.snapshot, run.repo_root, run.branch, now);
  db.run("INSERT INTO gs_runs (run_id, strict) VALUES (?1, ?2)", run.id, run.strict);
}

std::optional<Run> find_run(Connection& db, const RunId& id) {
  Use row = db.use(kRunSelect, id);
  if (!row.step()) return std::nullopt;
  Run run;
  run.id = id;
  run.snapshot = row.id<SnapshotId>(1);
  run.repo_root = row.text(2);
  run.state = from_text<RunState>(row.text(3)).value_or(RunState::blocked);
  run.branch = row.optional_text(4);
  run.branch_confirmed_at = row.optional_text(5);
  run.paused_at = row.optional_text(6);
  run.paused_reason = row.optional_text(7);
  run.strict = row.integer(8) != 0;
  run.branch_base = row.optional_text(9);
  return run;
}

Run get_run(Connection& db, const RunId& id) {
  if (auto run = find_run(db, id)) return *run;
  refuse(Code::not_found, "could not find run " + quote(id.str()), {"list the runs with `git striatum list runs`"});
}

void set_run_state(Connection& db, const RunId& id, RunState state) {
  db.run("UPDATE runs SET state = ?2 WHERE run_id = ?1", id, to_text(state));
}

void confirm_branch(Connection& db, const RunId& id, const std::string& branch, Instant now) {
  db.run(
      "UPDATE runs SET state = CASE state WHEN 'needs_branch_confirmation' THEN 'ready' ELSE state END, "
      "branch_name = ?2, branch_confirmed_at = ?3, branch_confirmed_by = 'human' WHERE run_id = ?1",
      id, branch, now);
}

void set_branch_base(Connection& db, const RunId& id, const std::string& commit, bool public_column) {
  db.run(
      "INSERT INTO gs_runs (run_id, strict, branch_base) VALUES (?1, 0, ?2) "
      "ON CONFLICT(run_id) DO UPDATE SET branch_base = ?2",
      id, commit);
  if (public_column) db.run("UPDATE runs SET branch_base = ?2 WHERE run_id = ?1", id, commit);
}

void start_run(Connection& db, const RunId& id, Instant now) {
  db.run("UPDATE runs SET state = 'running', started_at = ?2 WHERE run_id = ?1", id, now);
}

void end_run(Connection& db, const RunId& id, RunState state, const std::optional<std::string>& reason, Instant now) {
  db.run("UPDATE runs SET state = ?2, completed_at = ?4, stop_reason = coalesce(?3, stop_reason) WHERE run_id = ?1", id,
         to_text(state), reason, now);
}

void revive_run(Connection& db, const RunId& id) {
  db.run("UPDATE runs SET state = 'running', completed_at = NULL, stop_reason = NULL WHERE run_id = ?1", id);
}

void pause_run(Connection& db, const RunId& id, const std::string& reason, Instant now) {
  db.run("UPDATE runs SET paused_at = ?2, paused_reason = ?3 WHERE run_id = ?1", id, now, reason);
}

void resume_run(Connection& db, const RunId& id) {
  db.run("UPDATE runs SET paused_at = NULL, paused_reason = NULL WHERE run_id = ?1", id);
}

Json workflow_outline(Connection& db, const SnapshotId& id) {
  static const std::set<std::string_view> kOfJob{"id", "type", "role_id", "lane_id", "parallel_group", "fresh_session_required",
                                                 "needs", "write_scope", "expected_artifacts"};
  std::string part, field;
  const Wanted wanted = [&](std::size_t depth, std::string_view key) {
    if (depth == 1) part = key;
    if (part != "jobs" || depth < 3) return true;
    if (depth > 3) return field != "write_scope" || key == "mode";
    field = key;
    return kOfJob.count(key) != 0;
  };
  return parse_json(workflow_text(db, id), wanted).value_or(Json::object());
}

Json workflow_head(Connection& db, const SnapshotId& id) {
  const auto head = db.text("SELECT head_json FROM gs_workflows WHERE workflow_snapshot_id = ?1", id);
  if (head) return parse_json(*head).value_or(Json::object());
  const std::string text = workflow_text(db, id);
  if (db.writing()) return split_workflow(db, id, parse_json(text).value_or(Json::object()));
  return parse_json(text, [](std::size_t depth, std::string_view key) { return depth > 1 || is_of_head(key); })
      .value_or(Json::object());
}

Json workflow_job(Connection& db, const SnapshotId& id, const WorkflowJobId& job) {
  const auto spec = db.text(
      "SELECT spec_json FROM gs_workflow_jobs WHERE workflow_snapshot_id = ?1 AND workflow_job_id = ?2", id, job);
  if (spec) return parse_json(*spec).value_or(Json::object());
  const Json workflow = parse_json(workflow_text(db, id)).value_or(Json::object());
  const Json& jobs = member(workflow, "jobs");
  for (const Json& candidate : jobs.is_array() ? jobs : Json::array()) {
    if (text_member(candidate, "id") == job.str()) return candidate;
  }
  return Json::object();
}

}  // namespace striatum::store
