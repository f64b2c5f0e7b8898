// SPDX-License-Identifier: Apache-2.0
#include "hooks/snapshot.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "app/read_model.hpp"
#include "store/apply.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

using provenance::Column;
using provenance::column;
using provenance::Listed;
using provenance::Redactor;

const Listed kWorkflow{"workflow_id", "workflow_version"};
const Listed kRun{"run_id", "state", "branch_name"};
const Listed kBlockedBy{"depends_on_job_id", "workflow_job_id", "state", "required_verdicts", "latest_verdict"};
const Listed kBlocked{"job_id", "workflow_job_id", "state", "role_id", "lane"};
const Listed kJob{"job_id", "workflow_job_id", "job_type", "role_id", "lane",
                  "display_model", "state", "attempt", "max_attempts", "fresh_session_required"};
const Listed kAuthor{"role_id", "lane_id", "display_model", "workflow_job_id", "ordinal", "line", "actual_author_line"};
const Listed kArtifact{"artifact_id",   "job_id",    "session_id",     "logical_name",
                       "artifact_kind", "repo_path", "content_sha256"};
const Listed kSession{"session_id", "role_id",       "lane_id",   "slug",         "ordinal",
                      "state",      "registered_at", "closed_at", "close_reason", "non_fresh_reason"};
const Listed kVerdict{"verdict_id", "job_id", "session_id", "verdict", "findings_artifact_id", "posture"};
const Listed kBlocker{"blocker_id", "job_id", "session_id", "severity", "blocker_kind", "state"};

Scalar either(const Scalar& one, const Scalar& other) { return one.is_null() ? other : one; }

/// What a text is written to, and what decides on its values.
struct Paper {
  JsonWriter& out;
  Redactor& redactor;

  [[nodiscard]] Scalar shown(const Column& of, const Scalar& value) const { return redactor.shown(of, value); }
  void member(const Column& of, const Scalar& value) const { out.member(of.name, shown(of, value)); }
};

void write_need(const Paper& paper, const store::Need& need) {
  static const Column kJobId = column("depends_on_job_id", kBlockedBy);
  static const Column kLatest = column("latest_verdict", kBlockedBy);
  static const Column kState = column("state", kBlockedBy);
  static const Column kName = column("workflow_job_id", kBlockedBy);
  Json required = *need.required_verdicts;
  paper.redactor.value("required_verdicts", required);
  paper.out.begin_object();
  paper.member(kJobId, need.upstream->id);
  paper.member(kLatest, need.upstream->latest_verdict);
  paper.out.key("required_verdicts");
  paper.out.value(required);
  paper.member(kState, need.upstream->state);
  paper.member(kName, need.upstream->name);
  paper.out.end_object();
}

enum class Shown { open, all };

void write_needs(const Paper& paper, const store::EvidenceJob& job, Shown which) {
  paper.out.begin_array();
  for (const store::Need& need : job.needs) {
    if (which == Shown::all || !need.met) write_need(paper, need);
  }
  paper.out.end_array();
}

void write_blocked_job(const Paper& paper, const store::EvidenceJob& job) {
  static const Column kJobId = column("job_id", kBlocked);
  static const Column kLane = column("lane", kBlocked);
  static const Column kRole = column("role_id", kBlocked);
  static const Column kState = column("state", kBlocked);
  static const Column kName = column("workflow_job_id", kBlocked);
  paper.out.begin_object();
  paper.out.key("blocked_by");
  write_needs(paper, job, Shown::open);
  paper.member(kJobId, job.id);
  paper.member(kLane, job.lane);
  paper.member(kRole, job.role);
  paper.member(kState, job.state);
  paper.member(kName, job.name);
  paper.out.end_object();
}

/// Writes an array of objects from a statement: its columns by name, redacted, and among them members that are made.
class Rows {
 public:
  /// Writes the member, or leaves it out.
  using Maker = std::function<void(const std::string& name)>;

  /// `helpers`: columns that only makers look at.
  Rows(const Paper& paper, store::Use row, const Listed& listed, const std::set<std::string>& helpers = {})
      : paper_(paper), row_(std::move(row)), names_(row_.columns()) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (helpers.count(names_[i]) == 0) members_[names_[i]] = {column(names_[i], listed), static_cast<int>(i), {}};
    }
  }
  void make(const std::string& name, Maker maker) { members_[name].maker = std::move(maker); }

  /// Where a column stands.
  [[nodiscard]] int at(const std::string& name) const {
    return static_cast<int>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }
  /// As it is stored.
  [[nodiscard]] Scalar cell(int at) { return row_.cell(at); }

  /// All rows that `wanted` takes.
  void write(const std::function<bool()>& wanted) {
    paper_.out.begin_array();
    while (row_.step()) {
      if (wanted()) write_row();
    }
    paper_.out.end_array();
  }

 private:
  struct Member {
    std::optional<Column> rule;
    int column = -1;
    Maker maker;
  };

  void write_row() {
    paper_.out.begin_object();
    for (const auto& [name, member] : members_) {
      if (member.maker) {
        member.maker(name);
      } else {
        paper_.member(*member.rule, row_.cell(member.column));
      }
    }
    paper_.out.end_object();
  }

  Paper paper_;
  store::Use row_;
  std::vector<std::string> names_;
  std::map<std::string, Member> members_;
};

class Snapshot {
 public:
  Snapshot(const Paper& paper, const SnapshotOf& of) : paper_(paper), of_(of) {
    const Json head = store::workflow_head(of.db, of.run.snapshot);
    for (const auto& [lane, body] : striatum::member(head, "lanes").items()) {
      Json model = striatum::member(body, "display_model");
      paper_.redactor.value("display_model", model);
      models_.emplace(lane, std::move(model));
    }
    for (const JobId& job : of.jobs) {
      jobs_.insert(job.str());
      if (const auto worker = store::last_worker(of.db, job)) sessions_.insert(worker->session.str());
      for (const SessionId& session : store::sessions_at(of.db, job)) sessions_.insert(session.str());
    }
  }

  void write() {
    JsonWriter& out = paper_.out;
    out.begin_object();
    out.key("artifacts");
    artifacts();
    out.key("blocked_downstream_jobs");
    blocked();
    out.key("blockers");
    listed(store::evidence_blockers(of_.db, of_.run.id), kBlocker);
    out.member("exported_at", Scalar::of(of_.exported_at));
    out.key("jobs");
    jobs();
    out.key("run");
    redacted({{"run_id", of_.run.id.str()}, {"branch_name", nullable(of_.run.branch)}, {"state", to_text(of_.run.state)}}, kRun);
    out.member("schema_version", Scalar::of(std::string_view("striatum.evidence.v1")));
    out.key("sessions");
    sessions();
    out.key("verdicts");
    listed(store::evidence_verdicts(of_.db, of_.run.id), kVerdict);
    out.key("workflow");
    redacted(store::workflow_names(of_.db, of_.run.id), kWorkflow);
    out.end_object();
  }

 private:
  struct Author {
    Scalar model, lane, line, ordinal, role, job;
  };

  void redacted(Json row, const Listed& fields) {
    paper_.redactor.row(row, fields);
    paper_.out.value(row);
  }

  void blocked() {
    if (of_.jobs.empty()) return write_blocked(paper_.out, paper_.redactor, of_.all_jobs);
    paper_.out.begin_array();
    paper_.out.end_array();
  }

  [[nodiscard]] bool is_of_jobs(const Scalar& job) const {
    return of_.jobs.empty() || jobs_.find(job.text()) != jobs_.end();
  }

  void listed(store::Use statement, const Listed& fields) {
    Rows rows(paper_, std::move(statement), fields);
    const int job = rows.at("job_id");
    rows.write([&] { return is_of_jobs(rows.cell(job)); });
  }

  [[nodiscard]] Scalar model(const Scalar& lane) const {
    const auto found = models_.find(lane.text());
    return found == models_.end() || lane.is_null() ? Scalar() : scalar_of(found->second);
  }

  void author_members(const Author& author) {
    JsonWriter& out = paper_.out;
    out.member("display_model", author.model);
    out.member("lane_id", author.lane);
    out.member("line", author.line);
    out.member("ordinal", author.ordinal);
    out.member("role_id", author.role);
    out.member("workflow_job_id", author.job);
  }

  void write_job(const store::EvidenceJob& job) {
    static const Column kAttempt = column("attempt", kJob);
    static const Column kFresh = column("fresh_session_required", kJob);
    static const Column kId = column("job_id", kJob);
    static const Column kType = column("job_type", kJob);
    static const Column kLane = column("lane", kJob);
    static const Column kMaxAttempts = column("max_attempts", kJob);
    static const Column kRole = column("role_id", kJob);
    static const Column kState = column("state", kJob);
    static const Column kName = column("workflow_job_id", kJob);
    const Scalar lane = paper_.shown(kLane, job.lane);
    const Scalar role = paper_.shown(kRole, job.role);
    const Scalar name = paper_.shown(kName, job.name);
    JsonWriter& out = paper_.out;
    out.begin_object();
    paper_.member(kAttempt, job.attempt);
    out.key("author");
    out.begin_object();
    author_members({model(lane), lane, {}, {}, role, name});
    out.end_object();
    out.key("dependencies");
    write_needs(paper_, job, Shown::all);
    out.member("display_model", model(lane));
    paper_.member(kFresh, Scalar::of(job.fresh_session_required.number() == 1));
    paper_.member(kId, job.id);
    paper_.member(kType, job.type);
    out.member(kLane.name, lane);
    paper_.member(kMaxAttempts, job.max_attempts);
    out.member(kRole.name, role);
    paper_.member(kState, job.state);
    out.member(kName.name, name);
    out.end_object();
  }

  void jobs() {
    paper_.out.begin_array();
    for (const store::EvidenceJob& job : of_.all_jobs.all()) {
      if (is_of_jobs(job.id)) write_job(job);
    }
    paper_.out.end_array();
  }

  void artifacts() {
    static const Column kLine = column("actual_author_line", kAuthor);
    static const Column kModel = column("display_model", kAuthor);
    static const Column kLane = column("lane_id", kAuthor);
    static const Column kOrdinal = column("ordinal", kAuthor);
    static const Column kRole = column("role_id", kAuthor);
    static const Column kName = column("workflow_job_id", kAuthor);
    const std::set<std::string> helpers{"author_line", "lane_id", "ordinal", "role_id"};
    Rows rows(paper_, store::evidence_artifacts(of_.db, of_.run.id), kArtifact, helpers);
    const int job_id = rows.at("job_id");
    const int written = rows.at("author_line");
    const int lane_id = rows.at("lane_id");
    const int ordinal = rows.at("ordinal");
    const int role_id = rows.at("role_id");
    rows.make("author", [&](const std::string& name) {
      const Scalar id = rows.cell(job_id);
      if (id.is_null()) return;
      static const store::EvidenceJob kNone{};
      const store::EvidenceJob* found = of_.all_jobs.find(id.text());
      const store::EvidenceJob& job = found == nullptr ? kNone : *found;
      const Scalar lane = either(rows.cell(lane_id), job.lane);
      const Scalar line = paper_.shown(kLine, rows.cell(written));
      paper_.out.key(name);
      paper_.out.begin_object();
      paper_.out.member(kLine.name, line);
      author_members({paper_.shown(kModel, model(lane)), paper_.shown(kLane, lane), line,
                      paper_.shown(kOrdinal, rows.cell(ordinal)), paper_.shown(kRole, either(rows.cell(role_id), job.role)),
                      paper_.shown(kName, job.name)});
      paper_.out.end_object();
    });
    rows.write([&] { return is_of_jobs(rows.cell(job_id)); });
  }

  void sessions() {
    app::Attestations attestations(of_.db);
    Rows rows(paper_, store::evidence_sessions(of_.db, of_.run.id), kSession);
    const int id = rows.at("session_id");
    const int lane = rows.at("lane_id");
    Json attested;
    for (const char* made : {"lane_attestation", "lane_attestation_reason", "supervisor_id"}) {
      rows.make(made, [&](const std::string& name) { paper_.member(column(name, kSession), scalar_of(attested[name])); });
    }
    rows.write([&] {
      Session session;
      session.id = SessionId(std::string(rows.cell(id).text()));
      session.run = of_.run.id;
      session.lane = rows.cell(lane).text();
      if (!of_.jobs.empty() && sessions_.find(session.id.str()) == sessions_.end()) return false;
      (void)attestations.describe(session, attested);
      return true;
    });
  }

  Paper paper_;
  const SnapshotOf& of_;
  std::map<std::string, Json, std::less<>> models_;
  std::set<std::string, std::less<>> jobs_;
  std::set<std::string, std::less<>> sessions_;
};

}  // namespace

void write_blocked(JsonWriter& out, Redactor& redactor, const store::EvidenceJobs& jobs) {
  out.begin_array();
  for (const store::EvidenceJob& job : jobs.all()) {
    const bool waits = std::any_of(job.needs.begin(), job.needs.end(), [](const store::Need& need) { return !need.met; });
    if (job.state.text() == "blocked" && waits) write_blocked_job({out, redactor}, job);
  }
  out.end_array();
}

void write_snapshot(JsonWriter& out, Redactor& redactor, const SnapshotOf& of) {
  Snapshot({out, redactor}, of).write();
}

}  // namespace striatum::hooks
