// SPDX-License-Identifier: Apache-2.0
#include "cli/people_read.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "cli/shell.hpp"
#include "cli/short_ids.hpp"

namespace striatum::cli {
namespace {

constexpr std::size_t kEventsShown = 5;

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  return shorten_ids(printable(one_line(value.is_string() ? value.get<std::string>() : value.dump())));
}

std::string cell(const Json& row, std::string_view key) { return cell(member(row, key)); }

std::string when(const Json& row, std::string_view key, const Paper& paper) {
  const auto moment = parse_instant(text_member(row, key));
  return moment ? relative(*moment, paper.now) : "-";
}

// ---- moments in sentences

/// The moment at the beginning of `text`.
std::optional<Instant> stamp(std::string_view text) {
  constexpr std::size_t kStamp = 20;  // YYYY-MM-DDTHH:MM:SSZ
  if (text.size() < kStamp || text[kStamp - 1] != 'Z') return std::nullopt;
  return parse_instant(text.substr(0, kStamp));
}

/// `claimed since 2026-…` becomes `claimed (3 minutes ago)`: people count from now.
std::string from_now(const std::string& sentence, Instant now) {
  std::string out;
  for (std::size_t at = 0; at < sentence.size();) {
    const auto moment = stamp(std::string_view(sentence).substr(at));
    if (!moment) {
      out += sentence[at++];
      continue;
    }
    at += to_text(*moment).size();
    const std::string phrase = relative(*moment, now);
    const std::size_t word = out.find_last_of(' ', out.size() - 2) + 1;
    const bool until = out.compare(word, std::string::npos, "until ") == 0;
    if (until || out.compare(word, std::string::npos, "since ") == 0 || out.compare(word, std::string::npos, "at ") == 0) {
      out.erase(word);
      out += "(" + std::string(!until ? "" : *moment < now ? "ended " : "ends ") + phrase + ")";
    } else {
      out += phrase;
    }
  }
  return out;
}

// ---- status

bool ended(const std::string& state) { return state == "completed" || state == "failed" || state == "canceled"; }

std::string place(const Json& row) {
  const Json& lane = member(row, "lane_id");
  return cell(row, "role_id") + (lane.is_null() ? "" : "/" + cell(lane));
}

/// The rows of one run.
std::vector<Json> of_run(const Json& rows, const Json& run) {
  std::vector<Json> out;
  for (const Json& row : rows) {
    if (member(row, "run_id") == run.at("run_id")) out.push_back(row);
  }
  return out;
}

std::string run_line(const Json& run, const Paper& paper) {
  const std::string state = text_member(run, "state");
  std::string out = cell(run, "run_id");
  if (state == "needs_branch_confirmation") {
    out += " waits for its branch to be confirmed";
  } else {
    out += " is " + painted(state, state, paper);
    if (!member(run, "branch_name").is_null()) out += " on branch " + cell(run, "branch_name");
  }
  if (!member(run, "paused_at").is_null()) out += ", paused " + when(run, "paused_at", paper);
  const Json& unapplied = member(run, "unapplied_jobs");
  if (ended(state) && unapplied.is_number() && unapplied > 0) {
    out += ", " + unapplied.dump() + (unapplied == 1 ? " job is" : " jobs are") + " not committed yet";
  }
  return out + "\n";
}

std::string lease_lines(const std::vector<Json>& leases, const Paper& paper) {
  std::string out;
  for (const Json& lease : leases) {
    out += "  " + cell(lease, "workflow_job_id") + ": held by " + cell(lease, "slug");
    if (!member(lease, "operator_label").is_null()) out += " (" + cell(lease, "operator_label") + ")";
    const auto end = parse_instant(text_member(lease, "expires_at"));
    const bool late = end && *end < paper.now;
    out += (late ? ", overdue, ended " : ", ends ") + when(lease, "expires_at", paper) + "\n";
  }
  return out;
}

std::string blocker_lines(const std::vector<Json>& blockers, const Paper& paper) {
  std::string out;
  for (const Json& blocker : blockers) {
    const bool person = text_member(blocker, "severity") == "human_checkpoint";
    out += "  " + painted(person ? "waits for you" : "blocked", "blocked", paper) + ": " +
           cell(blocker, "workflow_job_id") + ", " + cell(blocker, "blocker_kind") + ": " + cell(blocker, "description") +
           "\n";
  }
  return out;
}

/// What to type to get this run on; empty when there is nothing to do.
std::vector<std::string> next_for(const Json& data, const Json& run) {
  const std::string state = text_member(run, "state");
  const std::string flag = " --run-id " + cell(run, "run_id");
  if (state == "needs_branch_confirmation") {
    const std::string branch = member(run, "branch_name").is_null() ? "NAME" : cell(run, "branch_name");
    return {"branch confirm" + flag + " --branch " + branch + " --create"};
  }
  if (state == "ready") return {"run start" + flag};
  if (!member(run, "paused_at").is_null() && !ended(state)) return {"run resume" + flag};
  std::vector<std::string> out;
  for (const Json& blocker : of_run(data.at("open_blockers"), run)) {
    if (text_member(blocker, "severity") == "human_checkpoint") {
      out.push_back("checkpoint resolve --blocker-id " + cell(blocker, "blocker_id") + " --action continue|cancel");
    } else if (!member(blocker, "job_id").is_null()) {
      out.push_back("run retry-job" + flag + " --job-id " + cell(blocker, "job_id"));
    }
  }
  const Json& stale = member(data.at("jobs"), "stale_lease");
  if (state == "running" && stale.is_number()) out.push_back("recovery stale-leases" + flag);
  const Json& unapplied = member(run, "unapplied_jobs");
  if (unapplied.is_number() && unapplied > 0 && state != "running") out.push_back("apply" + flag);
  return out;
}

std::string claim_hint(const Json& data) {
  for (const Json& group : data.at("claimable_jobs")) {
    for (const Json& session : data.at("sessions")) {
      const bool lane = group.at("lane_id").is_null() || group.at("lane_id") == session.at("lane_id");
      if (session.at("state") == "active" && session.at("role_id") == group.at("role_id") && lane) {
        return "claim-next --session-id " + cell(session, "session_id");
      }
    }
    const std::string lane = group.at("lane_id").is_null() ? "LANE" : cell(group, "lane_id");
    for (const Json& run : data.at("runs")) {
      if (run.at("state") != "running") continue;
      return "register-session --run-id " + cell(run, "run_id") + " --role " + cell(group, "role_id") + " --lane " + lane;
    }
  }
  return {};
}

std::string counts_line(const Json& jobs, const Paper& paper) {
  std::string out;
  for (const auto& [state, count] : jobs.items()) {
    out += (out.empty() ? "jobs: " : ", ") + count.dump() + " " + painted(state, state, paper);
  }
  return out.empty() ? out : out + "\n";
}

// ---- events

constexpr std::size_t kTypeColumns = 22;

/// What an event says, as `key=value`.
std::string facts_of(const Json& payload) {
  std::string out;
  for (const auto& [key, value] : payload.items()) {
    if (!value.is_null()) out += "  " + printable(key) + "=" + cell(value);
  }
  return out;
}

// ---- list

struct Column {
  Title title;
  std::string (*show)(const Json& row, const Paper& paper);
};

std::string grid(const std::vector<Column>& columns, const Json& items, const Paper& paper) {
  std::vector<Title> titles;
  for (const Column& column : columns) titles.push_back(column.title);
  std::vector<std::vector<std::string>> rows;
  for (const Json& item : items) {
    std::vector<std::string> row;
    for (const Column& column : columns) row.push_back(column.show(item, paper));
    rows.push_back(std::move(row));
  }
  return table(titles, rows, paper);
}

#define STRIATUM_FIELD(title, key) \
  Column { {title, false}, [](const Json& row, const Paper&) { return cell(row, key); } }
#define STRIATUM_TEXT(title, key) \
  Column { {title, true}, [](const Json& row, const Paper&) { return cell(row, key); } }
#define STRIATUM_MOMENT(title, key) \
  Column { {title, false}, [](const Json& row, const Paper& paper) { return when(row, key, paper); } }

const std::map<std::string, std::vector<Column>, std::less<>>& list_columns() {
  static const std::map<std::string, std::vector<Column>, std::less<>> kColumns{
      {"runs",
       {STRIATUM_FIELD("RUN", "run_id"), STRIATUM_FIELD("STATE", "state"), STRIATUM_MOMENT("CREATED", "created_at"),
        STRIATUM_TEXT("WORKFLOW", "workflow_id"), STRIATUM_TEXT("BRANCH", "branch_name")}},
      {"sessions",
       {STRIATUM_FIELD("SLUG", "slug"), STRIATUM_FIELD("STATE", "state"), STRIATUM_TEXT("LABEL", "operator_label"),
        STRIATUM_MOMENT("SEEN", "last_heartbeat_at"), STRIATUM_FIELD("SESSION", "session_id")}},
      {"jobs",
       {STRIATUM_FIELD("JOB", "workflow_job_id"), STRIATUM_FIELD("TRY", "attempt"), STRIATUM_FIELD("STATE", "state"),
        Column{{"WHO", true}, [](const Json& row, const Paper&) { return place(row); }}, STRIATUM_FIELD("VERDICT", "verdict"),
        STRIATUM_FIELD("JOB ID", "job_id")}},
      {"artifacts",
       {STRIATUM_FIELD("NAME", "logical_name"), STRIATUM_FIELD("KIND", "artifact_kind"),
        STRIATUM_MOMENT("PUBLISHED", "created_at"),
        Column{{"BY", true}, [](const Json& row, const Paper&) { return cell(member(row, "author"), "line"); }},
        STRIATUM_FIELD("PATH", "repo_path")}},
      {"workflows",
       {STRIATUM_TEXT("WORKFLOW", "workflow_id"), STRIATUM_FIELD("VERSION", "workflow_version"),
        STRIATUM_MOMENT("LOADED", "loaded_at"), STRIATUM_TEXT("SOURCE", "source_path")}},
  };
  return kColumns;
}

}  // namespace

StatusParts status_parts(const Json& data, const Paper& paper) {
  std::string facts;
  std::vector<std::string> next;
  std::size_t over = 0;
  for (const Json& run : data.at("runs")) {
    const auto more = next_for(data, run);
    next.insert(next.end(), more.begin(), more.end());
    if (ended(text_member(run, "state")) && more.empty() && data.at("runs").size() > 1) {
      ++over;
      continue;
    }
    facts += run_line(run, paper) + lease_lines(of_run(member(data, "leases"), run), paper) +
             blocker_lines(of_run(data.at("open_blockers"), run), paper);
  }
  if (over > 0) facts += std::to_string(over) + (over == 1 ? " run has ended\n" : " runs have ended\n");
  facts += counts_line(data.at("jobs"), paper);
  for (const Json& group : data.at("claimable_jobs")) {
    facts += "to be taken by " + place(group) + ": " + cell(group.at("workflow_job_ids").front());
    if (group.at("count") > 1) facts += " and " + std::to_string(group.at("count").get<int>() - 1) + " more";
    facts += "\n";
  }
  if (const std::string claim = claim_hint(data); !claim.empty()) next.push_back(claim);
  StatusParts out;
  out.facts = split(facts, '\n');
  out.facts.pop_back();
  for (std::size_t i = 0; i < next.size() && i < 3; ++i) {
    out.next.push_back((i == 0 ? "next: " : "or:   ") + ("git striatum " + next[i]));
  }
  return out;
}

std::string people_status(const Json& data, const Paper& paper) {
  if (data.at("runs").empty()) {
    return "no run yet\n\nnext: git striatum run prepare --workflow FILE\n";
  }
  const StatusParts parts = status_parts(data, paper);
  std::string out = join(parts.facts, "\n") + "\n";
  if (!parts.next.empty()) out += "\n" + join(parts.next, "\n") + "\n";
  return out;
}

std::string people_why(const Json& data, const Paper& paper) {
  std::string out;
  for (const std::string& sentence : string_list(member(data, "explanation"))) {
    out += from_now(printable(sentence), paper.now) + "\n";
  }
  const Json& events = data.at("events");
  if (events.empty()) return out;
  const std::size_t first = events.size() > kEventsShown ? events.size() - kEventsShown : 0;
  out += "\n" + heading(first > 0 ? "latest of " + std::to_string(events.size()) + " events" : "events", paper);
  for (std::size_t i = first; i < events.size(); ++i) {
    const Json payload = parse_json(text_member(events[i], "payload_json")).value_or(Json::object());
    out += cut("  " + cell(events[i], "event_type") + facts_of(payload), room(paper)) + "\n";
  }
  return out;
}

std::string people_chain(const Json& data, const Paper& paper) {
  if (data.at("ok") == true) {
    return "the log is whole: " + data.at("last").dump() + " links, head " + cell(data, "head") + "\n";
  }
  return painted("the log was tampered with", "failed", paper) + " at link " + data.at("bad_seq").dump() + ": " +
         cell(data, "reason") + "\n";
}

std::string people_doctor(const Json& data, const Paper& paper) {
  std::string out;
  const std::vector<std::string> problems = string_list(data.at("problems"));
  const std::vector<std::string> hints = string_list(member(data, "hints"));
  for (std::size_t i = 0; i < problems.size(); ++i) {
    out += painted("problem", "failed", paper) + ": " + printable(problems[i]) + "\n";
    if (i < hints.size() && !hints[i].empty()) out += "  hint: " + printable(hints[i]) + "\n";
  }
  if (out.empty()) out = "no problem found\n";
  const Json& deep = member(data, "deep");
  if (deep.is_null()) return out;
  out += people_chain(deep.at("chain"), paper);
  std::size_t kept = 0;
  for (const Json& invariant : deep.at("invariants")) {
    if (invariant.at("ok") == true) {
      ++kept;
      continue;
    }
    out += painted("broken", "failed", paper) + ": " + cell(invariant, "name") + ", " + cell(invariant, "id") + ": " +
           cell(invariant, "detail") + "\n";
  }
  return out + std::to_string(kept) + " invariants hold\n";
}

std::string people_list(const std::string& what, const Json& data, const Paper& paper) {
  const Json& items = data.at("items");
  if (items.empty()) return "no " + what + "\n";
  return grid(list_columns().at(what), items, paper);
}

std::string people_event(const Json& event, const Paper& paper) {
  std::string line = cell(event, "event_type");
  const std::string facts = facts_of(member(event, "payload"));
  if (!facts.empty()) line.resize(std::max(line.size(), kTypeColumns), ' ');
  return cut(cell(event, "created_at") + "  " + line + facts, room(paper));
}

}  // namespace striatum::cli
