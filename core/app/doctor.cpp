// SPDX-License-Identifier: Apache-2.0
#include "app/doctor.hpp"

#include <algorithm>
#include <utility>

#include "app/doctor_hints.hpp"
#include "app/read_model.hpp"
#include "domain/states.hpp"
#include "os/files.hpp"
#include "scaffold/drift.hpp"
#include "store/chain.hpp"
#include "store/read_doctor.hpp"

namespace striatum::app {
namespace {

/// What was found, in the order of the checks.
struct Findings {
  std::string program;
  Json texts = Json::array();
  /// The command against each text.
  Json hints = Json::array();
  Json records = Json::array();

  /// A problem that has no record.
  void say(const char* check, const std::string& text, const Json& row) {
    texts.push_back(text);
    hints.push_back(doctor_hint(check, row, program));
  }

  /// `row`: the record's `id`, every other member its context.
  void add(const char* check, const std::string& text, Json row) {
    say(check, text, row);
    Json id = std::move(row["id"]);
    row.erase("id");
    records.push_back({{"check", check}, {"id", std::move(id)}, {"context", std::move(row)}});
  }
  /// `PHRASE: ID` for each row.
  void add_each(const char* check, const std::string& phrase, Json rows) {
    for (Json& row : rows) {
      const std::string text = phrase + ": " + text_member(row, "id");
      add(check, text, std::move(row));
    }
  }
};

struct Patient {
  const Context& ctx;
  store::Connection& db;
  const store::Scope& scope;
};

void check_sealed_runs(const Patient& of, Findings& out) {
  for (const store::RunMode& run : store::provenance_modes(of.db, of.scope)) {
    const auto state = from_text<RunState>(run.state);
    if (run.mode != "sealed_patch" || (state && is_terminal(*state))) continue;
    out.add("sealed_patch_unsupported", "provenance_mode sealed_patch cannot be kept here: run " + run.run.str(),
            {{"id", run.run.str()},
             {"run_id", run.run.str()},
             {"run_state", run.state},
             {"provenance_mode", run.mode},
             {"reason", "containment_unsupported"}});
  }
}

void check_gates(const Patient& of, Findings& out) {
  for (Json& row : store::suspect_gates(of.db, of.scope)) {
    const bool valid = row["gate_valid"] == 1;
    row.erase("gate_valid");
    const std::string behind = " -> " + text_member(row, "downstream_job_id");
    if (valid) {
      const std::string text = "completed review dependency lacks accepting verdict: " +
                               text_member(row, "upstream_workflow_job_id") + behind;
      out.add("completed_review_dependency_lacks_accepting_verdict", text, std::move(row));
    } else {
      out.add("dependency_gate_json_invalid", "dependency gate_json is invalid: " + text_member(row, "id") + behind,
              {{"id", row["id"]}, {"depends_on_job_id", row["id"]}, {"downstream_job_id", row["downstream_job_id"]}});
    }
  }
}

void check_artifacts(const Json& jobs, Findings& out) {
  for (const Json& job : jobs) {
    if (job["logical_name"].is_null()) continue;
    const Json expected = parse_json(text_member(job, "expected_artifacts_json")).value_or(Json::array());
    for (const Json& entry : expected.is_array() ? expected : Json::array()) {
      if (member(entry, "required") != true || member(entry, "logical_name") != job["logical_name"]) continue;
      if (member(entry, "kind") == job["actual_kind"] && member(entry, "path") == job["actual_path"]) continue;
      out.add("required_artifact_kind_or_path_mismatch",
              "required artifact mismatch: " + text_member(job, "id") + ' ' + text_member(job, "logical_name") +
                  " should be " + text_member(entry, "kind") + " at " + text_member(entry, "path"),
              {{"id", job["id"]},
               {"logical_name", job["logical_name"]},
               {"actual_kind", job["actual_kind"]},
               {"actual_path", job["actual_path"]},
               {"expected_kind", member(entry, "kind")},
               {"expected_path", member(entry, "path")}});
    }
  }
}

void check_pointers(const Json& jobs, Findings& out) {
  for (const std::string kind : {"message", "lease"}) {
    const std::string column = "current_" + kind + "_id";
    Json last;
    for (const Json& job : jobs) {
      // A job comes once for each artifact.
      if (job["wrong_" + kind] == 0 || std::exchange(last, job["id"]) == job["id"]) continue;
      out.add(("job_" + column + "_inconsistent").c_str(), "job " + column + " is inconsistent: " + text_member(job, "id"),
              {{"id", job["id"]}, {column, job[column]}});
    }
  }
}

void check_worktrees(const Patient& of, Findings& out) {
  for (Json& row : store::active_worktrees(of.db, of.scope)) {
    const std::string id = text_member(row, "id");
    const std::string path = text_member(row, "worktree_path");
    if (row["lease_active"] == 0) {
      out.add("worktree_orphaned_lease", "active worktree without active lease: " + id,
              {{"id", id}, {"lease_id", row["lease_id"]}, {"worktree_path", path}});
    }
    if (!os::is_directory((of.ctx.place.root / path).string())) {
      out.add("worktree_path_missing_on_disk", "active worktree has no folder: " + id + " at " + path,
              {{"id", id}, {"worktree_path", path}});
    }
  }
}

void check_supervisors(const Patient& of, Findings& out) {
  for (const Json& row : store::live_supervisors(of.db, of.scope)) {
    if (row["pid"].is_null()) continue;
    const std::string id = text_member(row, "id");
    const auto pipe = optional_text(row, "stdin_pipe_path");
    if (!process_alive(row["pid"])) {
      out.say("supervisor_pid_gone", "supervisor pid is gone: " + id, row);
    } else if (row["state"] == "attached" && (!pipe || !os::exists(*pipe))) {
      out.say("supervisor_stdin_pipe_missing", "supervisor stdin pipe missing: " + id, row);
    }
  }
  for (Json& row : store::lost_supervisors(of.db, of.scope, of.ctx.clock.now())) {
    const std::string id = text_member(row, "supervisor_id");
    row.erase("supervisor_id");
    row["id"] = id;
    out.add("supervisor_lost_with_held_lease",
            "supervisor lost with held lease: " + id + ", session " + text_member(row, "session_id") + ", lease " +
                text_member(row, "lease_id"),
            std::move(row));
  }
}

void check_executions(const Patient& of, Findings& out) {
  const Json rows = store::executions(of.db, of.scope);
  const std::string repair = "; run `" + of.ctx.program() + " recovery process-reconcile`";
  for (const Json& row : rows) {
    if (row["state"] != "running" || process_alive(member(row, "pid"))) continue;
    out.add("process_running_but_pid_gone",
            "process " + text_member(row, "process_id") + " is recorded as running but pid " + row["pid"].dump() +
                " is gone" + repair,
            {{"id", row["process_id"]},
             {"run_id", row["run_id"]},
             {"job_id", row["job_id"]},
             {"pid", row["pid"]},
             {"started_at", row["started_at"]},
             {"lease_id", row["lease_id"]}});
  }
  for (const Json& row : rows) {
    if (row["state"] != "running" || row["lease_state"] != "expired") continue;
    out.add("process_running_with_expired_lease",
            "process " + text_member(row, "process_id") + " (pid " + row["pid"].dump() + ") outlives lease " +
                text_member(row, "lease_id") + repair,
            {{"id", row["process_id"]},
             {"run_id", row["run_id"]},
             {"job_id", row["job_id"]},
             {"pid", row["pid"]},
             {"lease_id", row["lease_id"]},
             {"lease_expires_at", row["lease_expires_at"]}});
  }
}

/// A review is only worth something when another process than the author's gives it.
void check_independence(const Patient& of, Findings& out) {
  const Json rows = store::sessions_with_supervisors(of.db, of.scope);
  const std::string start = "reviewer independence is unverified: ";
  for (const Json& author : rows) {
    if (author["role_id"] != "author" || author["supervisor_id"].is_null()) continue;
    for (const Json& reviewer : rows) {
      const bool meets = reviewer["role_id"] == "reviewer" && reviewer["run_id"] == author["run_id"];
      if (!meets || !reviewer["supervisor_id"].is_null()) continue;
      out.add("reviewer_independence_unverified",
              start + "session " + text_member(reviewer, "session_id") + " has no supervisor, author session " +
                  text_member(author, "session_id") + " has one",
              {{"id", reviewer["session_id"]},
               {"run_id", author["run_id"]},
               {"reviewer_session_id", reviewer["session_id"]},
               {"author_session_id", author["session_id"]},
               {"author_pid", author["pid"]}});
    }
  }
  const auto shown = [](const Json& row) { return Json{{"session_id", row["session_id"]}, {"role_id", row["role_id"]}}; };
  for (std::size_t a = 0; a < rows.size(); ++a) {
    for (std::size_t b = a + 1; b < rows.size(); ++b) {
      if (rows[a]["pid"].is_null() || rows[a]["pid"] != rows[b]["pid"] || rows[a]["run_id"] != rows[b]["run_id"]) continue;
      if (rows[a]["role_id"] == rows[b]["role_id"]) continue;
      out.add("reviewer_independence_unverified",
              start + "sessions " + text_member(rows[a], "session_id") + " and " + text_member(rows[b], "session_id") +
                  " share pid " + rows[a]["pid"].dump(),
              {{"id", rows[a]["session_id"]},
               {"run_id", rows[a]["run_id"]},
               {"shared_pid", rows[a]["pid"]},
               {"session_a", shown(rows[a])},
               {"session_b", shown(rows[b])}});
    }
  }
}

/// What was installed for agents and is not what this program would install.
void check_bundles(const Patient& of, Findings& out) {
  const auto namespaces =
      of.ctx.name == Name::git_striatum ? scaffold::Namespaces::any : scaffold::Namespaces::standard;
  for (scaffold::Drift& drift : scaffold::find_drift(of.ctx.place.root, namespaces)) {
    drift.context["id"] = drift.id;
    out.add(drift.check.c_str(), drift.text, std::move(drift.context));
  }
}

Findings examine(const Context& ctx, store::Connection& db, const store::Scope& scope) {
  const Patient of{ctx, db, scope};
  Findings out{ctx.program()};
  check_sealed_runs(of, out);
  out.add_each("active_job_without_active_lease", "active job without active lease",
               store::active_jobs_without_lease(db, scope));
  check_gates(of, out);
  const Json jobs = store::suspect_jobs(db, scope);
  check_artifacts(jobs, out);
  out.add_each("run_running_with_no_progressable_jobs", "running run has no job that can go on",
               store::stuck_runs(db, scope));
  out.add_each("stale_queue_message_claim", "queue message has stale claim", store::stale_claims(db, scope));
  check_pointers(jobs, out);
  out.add_each("active_session_on_terminal_run", "active session on terminal run",
               store::sessions_on_ended_runs(db, scope));
  out.add_each("unreaped_expired_lease", "active lease has expired without reap",
               store::unreaped_leases(db, scope, ctx.clock.now()));
  out.add_each("open_blocker_on_terminal_run", "open blocker on terminal run",
               store::blockers_on_ended_runs(db, scope));
  out.add_each("orphan_work_packet", "work packet without its lease or session", store::orphan_packets(db, scope));
  check_worktrees(of, out);
  check_supervisors(of, out);
  check_executions(of, out);
  check_independence(of, out);
  check_bundles(of, out);
  return out;
}

Json chain_report(store::Connection& db) {
  const store::ChainReport report = store::verify_chain(db);
  return {{"ok", report.ok},
          {"store_id", report.store_id},
          {"first", report.first},
          {"last", report.last},
          {"head", report.head},
          {"adopted", report.adopted},
          {"bad_seq", report.bad_seq ? Json(*report.bad_seq) : Json()},
          {"reason", nullable(report.reason)}};
}

/// An invariant that holds gives one entry with null id; a broken one an entry for each breach.
Json invariant_report(store::Connection& db) {
  Json out = Json::array();
  for (const store::Invariant& invariant : store::check_invariants(db)) {
    if (invariant.breaches.empty()) {
      out.push_back({{"name", invariant.name}, {"ok", true}, {"id", nullptr}, {"detail", nullptr}});
    }
    for (const store::Breach& breach : invariant.breaches) {
      out.push_back({{"name", invariant.name}, {"ok", false}, {"id", breach.id}, {"detail", breach.detail}});
    }
  }
  return out;
}

Json deep_report(store::Connection& db) {
  Json chain = chain_report(db);
  Json invariants = invariant_report(db);
  const bool held = std::all_of(invariants.begin(), invariants.end(), [](const Json& entry) { return entry["ok"] == true; });
  const bool ok = chain["ok"] == true && held;
  return {{"ok", ok}, {"chain", std::move(chain)}, {"invariants", std::move(invariants)}};
}

}  // namespace

Json doctor_model(const Context& ctx, store::Connection& db, const store::Scope& run) {
  Findings found = examine(ctx, db, run);
  return {{"ok", found.texts.empty()}, {"schema_version", store::schema_version(db)}, {"problems", std::move(found.texts)}};
}

Json doctor(Context& ctx, const DoctorCommand& command) {
  return read(ctx, [&](store::Connection& db) {
    Findings found = examine(ctx, db, command.run);
    Json out{{"ok", found.texts.empty()}, {"schema_version", store::schema_version(db)}};
    out["problems"] = std::move(found.texts);
    if (ctx.name == Name::git_striatum) out["hints"] = std::move(found.hints);
    if (command.verbose) out["problem_records"] = std::move(found.records);
    if (command.deep) out["deep"] = deep_report(db);
    return out;
  });
}

Json log_verify(Context& ctx) { return read(ctx, chain_report); }

}  // namespace striatum::app
