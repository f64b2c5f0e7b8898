// SPDX-License-Identifier: Apache-2.0
#include "hooks/evidence_export.hpp"

#include "app/artifact.hpp"
#include "app/doctor.hpp"
#include "app/export_file.hpp"
#include "app/read_model.hpp"
#include "app/status.hpp"
#include "hooks/snapshot.hpp"
#include "store/claimable.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

using provenance::Listed;
using provenance::Redactor;
using Style = JsonWriter::Style;

const Listed kRunFields{"run_id", "state", "branch_name"};
const Listed kStatusSession{"session_id", "role_id", "lane_id", "slug", "state"};
const Listed kOpenBlocker{"blocker_id", "run_id",       "job_id",          "session_id", "severity",
                          "blocker_kind", "state", "workflow_job_id", "job_state"};
const Listed kStatusVerdict{"verdict_id", "run_id",     "job_id",  "workflow_job_id",
                            "job_state",  "session_id", "verdict", "findings_artifact_id"};
const Listed kClaimable{"role_id", "lane_id", "count", "workflow_job_ids"};

Json redacted_status(Redactor& redactor, Json status) {
  redactor.rows(status["runs"], kRunFields);
  redactor.rows(status["sessions"], kStatusSession);
  for (Json& session : status["sessions"]) session["run_id"] = provenance::kRedactedFreeText;
  redactor.rows(status["open_blockers"], kOpenBlocker);
  redactor.rows(status["human_checkpoints"], kOpenBlocker);
  redactor.rows(status["latest_non_accepting_review_verdicts"], kStatusVerdict);
  redactor.rows(status["claimable_jobs"], kClaimable);
  for (const char* name : {"provenance_mode", "process_health", "verdicts_by_posture"}) redactor.hide(status[name]);
  return status;
}

Json redacted_doctor(Redactor& redactor, Json doctor) {
  for (Json& problem : doctor["problems"]) problem = redactor.text(problem.get<std::string>());
  return doctor;
}

void write_status(JsonWriter& out, Redactor& redactor, const Json& head, const store::EvidenceJobs& jobs) {
  out.begin_object();
  out.key("blocked_downstream_jobs");  // before all others
  write_blocked(out, redactor, jobs);
  for (const auto& [name, value] : head.items()) {
    out.key(name);
    out.value(value);
  }
  out.end_object();
}

/// A document of headings and JSON, handed to the file piece by piece.
class Document {
 public:
  explicit Document(app::ExportFile& file) : file_(file) {}
  void text(std::string_view text) { file_.append(text); }
  template <class Write>
  void block(const std::string& title, Style style, Write&& write) {
    text("\n## " + title + "\n\n```json\n");
    JsonWriter out(style, [this](std::string_view piece) { text(piece); });
    write(out);
    out.finish();
    text("\n```\n");
  }

 private:
  app::ExportFile& file_;
};

std::string head(const Run& run, Redactor& redactor, const std::string& exported_at) {
  Json branch = nullable(run.branch);
  redactor.value("branch_name", branch);
  return "# Striatum Evidence Export\n\nRun ID: `" + run.id.str() + "`\nBranch: `" +
         (branch.is_string() ? branch.get<std::string>() : "None") + "`\nRun state: `" +
         std::string(to_text(run.state)) + "`\nExported at: `" + exported_at +
         "`\n\nThis file is a redacted copy; the live state of the run is not part of it.\n";
}

void write_document(app::Context& ctx, store::Connection& db, const RunId& id, const std::string& exported_at,
                    app::ExportFile& file) {
  const Run run = store::get_run(db, id);
  Redactor redactor;
  store::EvidenceJobs jobs(db, id);
  Document document(file);
  document.text(head(run, redactor, exported_at));
  document.block("Status Output", Style::compact_ascii, [&](JsonWriter& out) {
    Json head = app::status_head(db, id, store::claimable_work(db, id, jobs), ctx.clock.now());
    write_status(out, redactor, redacted_status(redactor, std::move(head)), jobs);
  });
  document.block("Doctor Output", Style::compact_ascii,
                 [&](JsonWriter& out) { out.value(redacted_doctor(redactor, app::doctor_model(ctx, db, id))); });
  document.block("Snapshot", Style::pretty_ascii,
                 [&](JsonWriter& out) { write_snapshot(out, redactor, {db, run, jobs, exported_at, {}}); });
}

}  // namespace

std::string evidence_of(store::Connection& db, const Run& run, const std::set<JobId>& jobs, const std::string& exported_at,
                        Redactor& redactor) {
  std::string text;
  JsonWriter out(Style::compact_utf8, [&](std::string_view piece) { text += piece; });
  store::EvidenceJobs all(db, run.id);
  write_snapshot(out, redactor, {db, run, all, exported_at, jobs});
  out.finish();
  return text += '\n';
}

Json export_evidence(app::Context& ctx, const ExportEvidence& command) {
  (void)store::get_run(ctx.state().db(), command.run);
  (void)app::plain_path(command.path);  // refused before anything is looked at
  app::sweep(ctx, command.run);
  const std::string exported_at = to_text(command.exported_at.value_or(ctx.clock.now()));
  app::ExportFile file(ctx, command.path);
  (void)app::read(ctx, [&](store::Connection& db) {
    write_document(ctx, db, command.run, exported_at, file);
    return Json();
  });
  return file.publish(command.run, "evidence.exported");
}

}  // namespace striatum::hooks
