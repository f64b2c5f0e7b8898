// SPDX-License-Identifier: Apache-2.0
#include "hooks/evidence_export.hpp"

#include <functional>
#include <set>
#include <unordered_map>

#include "app/artifact.hpp"
#include "app/doctor.hpp"
#include "app/export_file.hpp"
#include "app/read_model.hpp"
#include "app/status.hpp"
#include "export/evidence.hpp"
#include "store/apply.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

using provenance::Listed;
using provenance::Redactor;

const Listed kRunFields{"run_id", "state", "branch_name"};
const Listed kBlockedBy{"depends_on_job_id", "workflow_job_id", "state", "required_verdicts", "latest_verdict"};
const Listed kStatusSession{"session_id", "role_id", "lane_id", "slug", "state"};
const Listed kOpenBlocker{"blocker_id", "run_id",       "job_id",          "session_id", "severity",
                          "blocker_kind", "state", "workflow_job_id", "job_state"};
const Listed kStatusVerdict{"verdict_id", "run_id",     "job_id",  "workflow_job_id",
                            "job_state",  "session_id", "verdict", "findings_artifact_id"};
const Listed kClaimable{"role_id", "lane_id", "count", "workflow_job_ids"};
const Listed kJob{"job_id", "workflow_job_id", "job_type", "role_id", "lane",
                  "display_model", "state", "attempt", "max_attempts", "fresh_session_required"};
const Listed kAuthor{"role_id", "lane_id", "display_model", "workflow_job_id", "ordinal", "line", "actual_author_line"};
const Listed kArtifact{"artifact_id",   "job_id",    "session_id",     "logical_name",
                       "artifact_kind", "repo_path", "content_sha256"};
const Listed kSession{"session_id", "role_id",       "lane_id",   "slug",         "ordinal",
                      "state",      "registered_at", "closed_at", "close_reason", "non_fresh_reason"};
const Listed kVerdict{"verdict_id", "job_id", "session_id", "verdict", "findings_artifact_id", "posture"};
const Listed kBlocker{"blocker_id", "job_id", "session_id", "severity", "blocker_kind", "state"};

/// A row one of whose members is redacted by rules of its own.
void redact_around(Redactor& redactor, Json& row, const char* inner, const Listed& outer_listed,
                   const std::function<void(Json&)>& redact_inner) {
  Json kept = std::move(row[inner]);
  row.erase(inner);
  redactor.row(row, outer_listed);
  redact_inner(kept);
  row[inner] = std::move(kept);
}

void redact_blocked_downstream(Redactor& redactor, Json& rows) {
  static const Listed kListed{"job_id", "workflow_job_id", "state", "role_id", "lane"};
  for (Json& row : rows) {
    redact_around(redactor, row, "blocked_by", kListed, [&](Json& edges) { redactor.rows(edges, kBlockedBy); });
  }
}

Json redacted_status(Redactor& redactor, Json status) {
  redactor.rows(status["runs"], kRunFields);
  redactor.rows(status["sessions"], kStatusSession);
  for (Json& session : status["sessions"]) session["run_id"] = provenance::kRedactedFreeText;
  redactor.rows(status["open_blockers"], kOpenBlocker);
  redactor.rows(status["human_checkpoints"], kOpenBlocker);
  redactor.rows(status["latest_non_accepting_review_verdicts"], kStatusVerdict);
  redactor.rows(status["claimable_jobs"], kClaimable);
  redact_blocked_downstream(redactor, status["blocked_downstream_jobs"]);
  for (const char* name : {"provenance_mode", "process_health", "verdicts_by_posture"}) redactor.hide(status[name]);
  return status;
}

Json redacted_doctor(Redactor& redactor, Json doctor) {
  for (Json& problem : doctor["problems"]) problem = redactor.text(problem.get<std::string>());
  return doctor;
}

void keep(Json& rows, const char* name, const std::set<std::string>& wanted) {
  Json kept = Json::array();
  for (Json& row : rows) {
    if (wanted.count(text_member(row, name)) != 0) kept.push_back(std::move(row));
  }
  rows = std::move(kept);
}

/// Cut down to some jobs and the sessions that took part in them.
store::EvidenceRows part_of(store::Connection& db, store::EvidenceRows rows, const std::set<JobId>& jobs) {
  std::set<std::string> ids;
  std::set<std::string> sessions;
  for (const JobId& job : jobs) {
    ids.insert(job.str());
    if (const auto worker = store::last_worker(db, job)) sessions.insert(worker->session.str());
  }
  for (Json* list : {&rows.jobs, &rows.artifacts, &rows.verdicts, &rows.blockers}) {
    keep(*list, "job_id", ids);
    for (const Json& row : *list) sessions.insert(text_member(row, "session_id"));
  }
  keep(rows.sessions, "session_id", sessions);
  return rows;
}

/// The run's rows as the file shows them.
class Snapshot {
 public:
  Snapshot(store::Connection& db, const Run& run, Redactor& redactor, store::EvidenceRows rows)
      : db_(db), run_(run), redactor_(redactor), rows_(std::move(rows)) {
    const Json head = store::workflow_head(db, run.snapshot);
    workflow_ = store::workflow_names(db, run.id);
    redactor_.row(workflow_, {"workflow_id", "workflow_version"});
    for (const auto& [lane, body] : member(head, "lanes").items()) {
      Json model = member(body, "display_model");
      redactor_.value("display_model", model);
      models_.emplace(lane, std::move(model));
    }
  }

  Json build(const std::string& exported_at, Json blocked_downstream) {
    Json run{{"run_id", run_.id.str()}, {"branch_name", nullable(run_.branch)}, {"state", to_text(run_.state)}};
    redactor_.row(run, kRunFields);
    return {{"schema_version", "striatum.evidence.v1"},
            {"exported_at", exported_at},
            {"workflow", std::move(workflow_)},
            {"run", std::move(run)},
            {"jobs", jobs()},
            {"artifacts", artifacts()},
            {"sessions", sessions()},
            {"verdicts", listed(std::move(rows_.verdicts), kVerdict)},
            {"blockers", listed(std::move(rows_.blockers), kBlocker)},
            {"blocked_downstream_jobs", std::move(blocked_downstream)}};
  }

 private:
  Json listed(Json rows, const Listed& fields) {
    redactor_.rows(rows, fields);
    return rows;
  }

  [[nodiscard]] Json model(const Json& lane) const {
    const auto found = lane.is_string() ? models_.find(lane.get_ref<const std::string&>()) : models_.end();
    return found == models_.end() ? Json() : found->second;
  }

  /// From a redacted row.
  Json author(const Json& row, const Json& lane) const {
    return {{"role_id", member(row, "role_id")},
            {"lane_id", lane},
            {"display_model", model(lane)},
            {"workflow_job_id", member(row, "workflow_job_id")},
            {"ordinal", nullptr},
            {"line", nullptr}};
  }

  Json jobs() {
    std::unordered_map<std::string, Json> dependencies;
    for (const store::Waiter& waiter : store::dependent_jobs(db_, run_.id)) {
      Json& edges = dependencies[waiter.job_id] = app::dependencies(waiter, app::Shown::all);
      redactor_.rows(edges, kBlockedBy);
    }
    for (Json& job : rows_.jobs) {
      job["fresh_session_required"] = member(job, "fresh_session_required") == 1;
      redactor_.row(job, kJob);
      job["display_model"] = model(job["lane"]);
      job["author"] = author(job, job["lane"]);
      const auto found = dependencies.find(job["job_id"].get_ref<const std::string&>());
      job["dependencies"] = found == dependencies.end() ? Json::array() : std::move(found->second);
    }
    return std::move(rows_.jobs);
  }

  Json artifacts() {
    for (Json& row : rows_.artifacts) {
      Json by = author(row, member(row, "lane_id"));
      by["ordinal"] = std::move(row["ordinal"]);
      by["line"] = by["actual_author_line"] = std::move(row["author_line"]);
      redactor_.row(by, kAuthor);
      for (const char* name : {"author_line", "workflow_job_id", "role_id", "lane_id", "ordinal"}) row.erase(name);
      redactor_.row(row, kArtifact);
      if (!row["job_id"].is_null()) row["author"] = std::move(by);
    }
    return std::move(rows_.artifacts);
  }

  Json sessions() {
    app::Attestations attestations(db_);
    for (Json& row : rows_.sessions) {
      Session session;
      session.id = SessionId(text_member(row, "session_id"));
      session.run = run_.id;
      session.lane = text_member(row, "lane_id");
      (void)attestations.describe(session, row);
      redactor_.row(row, kSession);
    }
    return std::move(rows_.sessions);
  }

  store::Connection& db_;
  const Run& run_;
  Redactor& redactor_;
  store::EvidenceRows rows_;
  Json workflow_;
  std::map<std::string, Json, std::less<>> models_;
};

std::string block(const std::string& title, const std::string& json) {
  return "\n## " + title + "\n\n```json\n" + json + "\n```\n";
}

std::string document(app::Context& ctx, store::Connection& db, const RunId& id, const std::string& exported_at) {
  const Run run = store::get_run(db, id);
  Redactor redactor;
  const Json status = redacted_status(redactor, app::status_model(db, id, ctx.clock.now()));
  const Json doctor = redacted_doctor(redactor, app::doctor_model(ctx, db, id));
  const Json snapshot = Snapshot(db, run, redactor, store::evidence_rows(db, id)).build(exported_at, status.at("blocked_downstream_jobs"));
  const Json& head = snapshot.at("run");
  const std::string branch = head.at("branch_name").is_string() ? head.at("branch_name").get<std::string>() : "None";
  return "# Striatum Evidence Export\n\nRun ID: `" + id.str() + "`\nBranch: `" + branch + "`\nRun state: `" +
         std::string(to_text(run.state)) + "`\nExported at: `" + exported_at +
         "`\n\nThis file is a redacted copy; the live state of the run is not part of it.\n" +
         block("Status Output", to_canonical_ascii(status)) + block("Doctor Output", to_canonical_ascii(doctor)) +
         block("Snapshot", snapshot.dump(2, ' ', true));
}

}  // namespace

Json evidence_of(store::Connection& db, const Run& run, const std::set<JobId>& jobs, const std::string& exported_at,
                 Redactor& redactor) {
  store::EvidenceRows rows = store::evidence_rows(db, run.id);
  if (!jobs.empty()) rows = part_of(db, std::move(rows), jobs);
  return Snapshot(db, run, redactor, std::move(rows)).build(exported_at, Json::array());
}

Json export_evidence(app::Context& ctx, const ExportEvidence& command) {
  (void)store::get_run(ctx.state().db(), command.run);
  (void)app::plain_path(command.path);  // refused before anything is looked at
  app::sweep(ctx, command.run);
  const std::string exported_at = to_text(command.exported_at.value_or(ctx.clock.now()));
  app::ExportFile file(ctx, command.path);
  (void)app::read(ctx, [&](store::Connection& db) {
    file.append(document(ctx, db, command.run, exported_at));
    return Json();
  });
  return file.publish(command.run, "evidence.exported");
}

}  // namespace striatum::hooks
