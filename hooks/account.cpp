// SPDX-License-Identifier: Apache-2.0
#include "hooks/account.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/time.hpp"
#include "store/apply.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

constexpr std::string_view kPlaceholder = "<redacted-free-text>";
constexpr std::size_t kMaxWord = 256;

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMaxWord && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c != 0x7f && c != '"' && c != '\\';
  });
}

bool is_line(std::string_view text) {
  return valid_utf8(text) && std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool ends_with(std::string_view name, std::string_view end) { return name.ends_with(end); }

/// Does a text have the shape that its field's name promises?
bool well_shaped(std::string_view name, const std::string& text) {
  if (ends_with(name, "sha256")) return is_hex(text, 64);
  if (ends_with(name, "_at")) return parse_instant(text).has_value();
  if (ends_with(name, "_id") || name == "state" || name == "job_type" || name == "artifact_kind" || name == "verdict" ||
      name == "severity") {
    return valid_utf8(text) && is_word(text);
  }
  return is_line(text);
}

/// Copies rows field by field and counts what it replaces.
class Redactor {
 public:
  Json value(std::string_view name, const Json& value) {
    if (!value.is_string() || well_shaped(name, value.get<std::string>())) return value;
    return placeholder("shape");
  }

  /// The named members; `hidden` ones become placeholders unless they are null.
  Json row(const Json& source, const std::vector<const char*>& names, const std::vector<const char*>& hidden = {}) {
    Json out = Json::object();
    for (const char* name : names) out[name] = value(name, member(source, name));
    for (const char* name : hidden) {
      const bool empty = member(source, name).is_null();
      out[name] = empty ? Json() : placeholder("free_text");
    }
    return out;
  }

  Json placeholder(const std::string& kind) {
    ++counts[kind];
    return kPlaceholder;
  }

  std::map<std::string, std::int64_t> counts;
};

/// Rows of one run, cut down to the jobs asked for.
class Rows {
 public:
  Rows(store::Connection& db, const Run& run, const std::optional<std::set<JobId>>& jobs)
      : db_(db), rows_(store::evidence_rows(db, run.id)), jobs_(jobs), head_(store::workflow_head(db, run.snapshot)) {}

  Json jobs(Redactor& redactor) {
    Json out = Json::array();
    for (const Json& row : rows_.jobs) {
      if (!wanted(row, "job_id")) continue;
      Json job = redactor.row(row, {"job_id", "workflow_job_id", "job_type", "role_id", "lane", "state", "attempt",
                                    "max_attempts"});
      job["fresh_session_required"] = member(row, "fresh_session_required") == 1;
      job["display_model"] = redactor.value("display_model", model(text_member(row, "lane")));
      job["author"] = author(redactor, row, text_member(row, "lane"));
      job["dependencies"] = dependencies(redactor, JobId(text_member(row, "job_id")));
      out.push_back(std::move(job));
    }
    return out;
  }

  Json artifacts(Redactor& redactor) {
    Json out = Json::array();
    for (const Json& row : rows_.artifacts) {
      if (!wanted(row, "job_id")) continue;
      Json artifact = redactor.row(row, {"artifact_id", "job_id", "session_id", "logical_name", "artifact_kind",
                                         "repo_path", "content_sha256"});
      Json& by = artifact["author"] = author(redactor, row, text_member(row, "lane_id"));
      by["ordinal"] = member(row, "ordinal");
      by["line"] = by["actual_author_line"] = redactor.value("line", member(row, "author_line"));
      note_session(row);
      out.push_back(std::move(artifact));
    }
    return out;
  }

  Json verdicts(Redactor& redactor) {
    return picked(redactor, rows_.verdicts,
                  {"verdict_id", "job_id", "session_id", "verdict", "findings_artifact_id", "posture"}, {"rationale"});
  }

  Json blockers(Redactor& redactor) {
    return picked(redactor, rows_.blockers,
                  {"blocker_id", "job_id", "session_id", "severity", "blocker_kind", "state"}, {"description"});
  }

  /// After the others: of a part of the run only the sessions that took part.
  Json sessions(Redactor& redactor) {
    Json out = Json::array();
    for (const Json& row : rows_.sessions) {
      if (jobs_ && sessions_.count(text_member(row, "session_id")) == 0) continue;
      Json session =
          redactor.row(row, {"session_id", "role_id", "lane_id", "slug", "ordinal", "state", "registered_at",
                             "closed_at", "close_reason", "non_fresh_reason"},
                       {"operator_label"});
      for (const char* name : {"lane_attestation", "lane_attestation_reason"}) session[name] = redactor.placeholder("free_text");
      session["supervisor_id"] = nullptr;
      out.push_back(std::move(session));
    }
    return out;
  }

 private:
  [[nodiscard]] bool wanted(const Json& row, const char* name) const {
    return !jobs_ || jobs_->count(JobId(text_member(row, name))) != 0;
  }

  void note_session(const Json& row) { sessions_.insert(text_member(row, "session_id")); }

  Json picked(Redactor& redactor, const Json& rows, const std::vector<const char*>& names,
              const std::vector<const char*>& hidden) {
    Json out = Json::array();
    for (const Json& row : rows) {
      if (!wanted(row, "job_id")) continue;
      out.push_back(redactor.row(row, names, hidden));
      note_session(row);
    }
    return out;
  }

  [[nodiscard]] Json model(const std::string& lane) const {
    return member(member(member(head_, "lanes"), lane), "display_model");
  }

  Json author(Redactor& redactor, const Json& row, const std::string& lane) {
    return {{"role_id", redactor.value("role_id", member(row, "role_id"))},
            {"lane_id", lane.empty() ? Json() : redactor.value("lane_id", lane)},
            {"display_model", redactor.value("display_model", model(lane))},
            {"workflow_job_id", redactor.value("workflow_job_id", member(row, "workflow_job_id"))},
            {"ordinal", nullptr},
            {"line", nullptr}};
  }

  Json dependencies(Redactor& redactor, const JobId& job) {
    Json out = Json::array();
    for (const Dependency& d : store::dependencies(db_, job)) {
      out.push_back({{"depends_on_job_id", redactor.value("job_id", d.upstream.str())},
                     {"workflow_job_id", redactor.value("workflow_job_id", d.upstream_name.str())},
                     {"state", to_text(d.upstream_state)},
                     {"required_verdicts", d.required_verdicts.empty() ? Json() : Json(d.required_verdicts)},
                     {"latest_verdict", d.latest_verdict ? Json(to_text(*d.latest_verdict)) : Json()}});
    }
    return out;
  }

  store::Connection& db_;
  store::EvidenceRows rows_;
  const std::optional<std::set<JobId>>& jobs_;
  Json head_;
  std::set<std::string> sessions_;
};

}  // namespace

Account account_of(store::Connection& db, const Run& run, const std::optional<std::set<JobId>>& jobs,
                   const std::string& exported_at) {
  Redactor redactor;
  Rows rows(db, run, jobs);
  const Json head = store::workflow_head(db, run.snapshot);
  Json out{{"schema_version", "striatum.evidence.v1"}, {"exported_at", exported_at}};
  out["workflow"] = redactor.row(head, {"workflow_id", "workflow_version"});
  out["run"] = {{"run_id", run.id.str()},
                {"branch_name", redactor.value("branch_name", nullable(run.branch))},
                {"state", to_text(run.state)}};
  out["jobs"] = rows.jobs(redactor);
  out["artifacts"] = rows.artifacts(redactor);
  out["verdicts"] = rows.verdicts(redactor);
  out["blockers"] = rows.blockers(redactor);
  out["sessions"] = rows.sessions(redactor);
  out["blocked_downstream_jobs"] = Json::array();
  return {to_canonical_utf8(out) + '\n', redactor.counts};
}

}  // namespace striatum::hooks
