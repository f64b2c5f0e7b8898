// SPDX-License-Identifier: Apache-2.0
#include "app/reconcile.hpp"

#include <algorithm>

#include "app/flow.hpp"
#include "app/read_model.hpp"
#include "store/recovery.hpp"

namespace striatum::app {
namespace {

constexpr const char* kKind = "process_lost_with_outputs_missing";

/// What a job still owes.
struct Missing {
  std::vector<std::string> paths;
  bool verdict = false;

  [[nodiscard]] bool any() const { return !paths.empty() || verdict; }
};

/// Here artifacts are required unless they say otherwise, and their path alone counts.
Missing missing_outputs(store::Connection& db, const Job& job) {
  Missing out;
  const auto published = store::artifacts_of(db, job.id);
  for (const Json& expected : job.expected_artifacts.is_array() ? job.expected_artifacts : Json::array()) {
    const std::string path = text_member(expected, "path");
    const Json& required = member(expected, "required");
    if (required == false) continue;
    const bool there = std::any_of(published.begin(), published.end(), [&](const Artifact& a) { return a.path == path; });
    if (!there) out.paths.push_back(path);
  }
  out.verdict = job.is_review() && !store::latest_verdict(db, job.id);
  return out;
}

std::vector<std::string> way_on(const std::string& program, const Json& row, const Missing& missing, const BlockerId& blocker) {
  const std::string session = text_member(row, "session_id");
  const std::string held = " --session-id " + session + " --job-id " + text_member(row, "job_id") + " --lease-id " +
                           text_member(row, "lease_id");
  const std::string resume = program + " recovery resume --blocker-id " + blocker.str();
  std::vector<std::string> out;
  for (const std::string& path : missing.paths) {
    out.push_back(program + " publish-artifact" + held + " --kind <kind> --logical-name <logical_name> --path " + path);
  }
  if (missing.verdict) {
    out.push_back(program + " verdict" + held + " --verdict <accept|accept_with_findings|needs_revision|reject>");
  }
  out.push_back(resume);
  if (!missing.verdict) out.push_back(resume + " --complete --session-id " + session + " --summary \"<summary>\"");
  out.push_back(program + " recovery process-reconcile --run-id " + text_member(row, "run_id"));
  return out;
}

nlohmann::ordered_json envelope(const std::string& program, const Json& row, const Missing& missing, const BlockerId& blocker,
                                Instant now) {
  const auto started = parse_instant(text_member(row, "started_at"));
  return {{"command", parse_json(text_member(row, "command_json")).value_or(Json::array())},
          {"duration_seconds", started ? Json(static_cast<double>((now - *started).count)) : Json()},
          {"envelope_version", "striatum.process_adapter.envelope.v1"},
          {"exit_code", nullptr},
          {"missing_artifact_paths", missing.paths},
          {"process_id", row.at("process_id")},
          {"recovery_commands", way_on(program, row, missing, blocker)},
          {"review_verdict_missing", missing.verdict},
          {"timeout_seconds", nullptr}};
}

Event process_event(const char* type, const Json& row) {
  Event event{type, RunId(text_member(row, "run_id"))};
  event.session = SessionId(text_member(row, "session_id"));
  event.job = JobId(text_member(row, "job_id"));
  return event;
}

void block_job(store::WriteUnit& unit, const Json& row, const Missing& missing, const std::string& program) {
  auto& db = unit.db();
  store::NewBlocker blocker;
  blocker.id = BlockerId(unit.new_id("blk"));
  blocker.run = RunId(text_member(row, "run_id"));
  blocker.job = JobId(text_member(row, "job_id"));
  blocker.session = SessionId(text_member(row, "session_id"));
  blocker.kind = kKind;
  blocker.description = "process " + text_member(row, "process_id") + " ended unseen; artifacts missing: " +
                        std::to_string(missing.paths.size()) + ", verdict missing: " + (missing.verdict ? "yes" : "no");
  const auto account = envelope(program, row, missing, blocker.id, unit.now());
  blocker.payload = to_spaced_ascii(account);
  store::insert_blocker(db, blocker, unit.now());
  store::set_job_state(db, blocker.job, JobState::blocked);
  Event event = process_event("process_adapter.outputs_missing", row);
  event.payload = {{"blocker_id", blocker.id.str()}, {"envelope", Json(account)}};
  unit.event(event);
}

}  // namespace

std::vector<GoneProcess> gone_processes(store::Connection& db, const RunId& run) {
  std::vector<GoneProcess> out;
  for (const Json& row : store::executions(db, run)) {
    if (text_member(row, "state") != "running" || process_alive(member(row, "pid"))) continue;
    out.push_back({text_member(row, "process_id"), JobId(text_member(row, "job_id"))});
  }
  return out;
}

Json reconcile_process(store::WriteUnit& unit, const GoneProcess& gone, const std::string& program) {
  auto& db = unit.db();
  const Json row = store::execution_row(db, gone.id);
  if (text_member(row, "state") != "running") return nullptr;
  store::mark_process_lost(db, gone.id, unit.now());
  Event lost = process_event("process.lost", row);
  lost.lease = LeaseId(text_member(row, "lease_id"));
  lost.payload = {{"process_id", gone.id}, {"pid", member(row, "pid")}};
  unit.event(lost);
  const Job job = store::get_job(db, gone.job);
  const Missing missing = missing_outputs(db, job);
  const bool blocks = missing.any() && !store::has_open_blocker(db, gone.job);
  if (blocks) block_job(unit, row, missing, program);
  return {{"process_id", gone.id},
          {"job_id", gone.job.str()},
          {"pid", member(row, "pid")},
          {"blocker_kind", blocks ? Json(kKind) : Json()}};
}

}  // namespace striatum::app
