// SPDX-License-Identifier: Apache-2.0
#include "cli/people_read.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "base/columns.hpp"
#include "base/text.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

constexpr std::size_t kEventsShown = 5;

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  return printable(one_line(value.is_string() ? value.get<std::string>() : value.dump()));
}

std::string cell(const Json& row, std::string_view key) { return cell(member(row, key)); }

std::string when(const Json& row, std::string_view key, const Paper& paper) {
  const auto moment = parse_instant(text_member(row, key));
  return moment ? relative(*moment, paper.now) : "-";
}

std::string cut(const std::string& text, std::size_t columns) { return cut_columns(text, columns, "…"); }

const char* colour_of(const std::string& state) {
  static const std::map<std::string, const char*, std::less<>> kColours{
      {"completed", "32"},   {"running", "34"},  {"claimed", "34"},       {"active", "34"},
      {"blocked", "33"},     {"ready", "33"},    {"stale_lease", "33"},   {"waiting_human", "33"},
      {"failed", "31"},      {"canceled", "31"}, {"skipped", "31"},       {"needs_branch_confirmation", "33"},
      {"needs_revision", "33"}, {"reject", "31"}, {"accept", "32"},       {"accept_with_findings", "32"},
  };
  const auto found = kColours.find(state);
  return found == kColours.end() ? nullptr : found->second;
}

std::string painted(const std::string& text, const std::string& state, const Paper& paper) {
  const char* colour = paper.colour ? colour_of(state) : nullptr;
  return colour == nullptr ? text : "\x1b[" + std::string(colour) + "m" + text + "\x1b[0m";
}

std::string heading(const std::string& text, const Paper& paper) {
  return paper.colour ? "\x1b[1m" + text + "\x1b[0m\n" : text + "\n";
}

/// Rows of equal length, the first the titles. The last column takes what the terminal leaves.
std::string table(const std::vector<std::vector<std::string>>& rows, const Paper& paper) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    std::size_t used = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      const auto room = static_cast<std::size_t>(std::max(paper.columns, 40));
      const std::string text = last && used + widths[i] > room ? cut(row[i], room > used + 8 ? room - used : 8) : row[i];
      line += painted(text, row[i], paper);
      if (!last) line += std::string(widths[i] - columns_of(text) + 2, ' ');
      used += widths[i] + 2;
    }
    out += line + "\n";
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
  std::string out = "run " + cell(run, "run_id") + " is " + painted(state, state, paper);
  if (!member(run, "paused_at").is_null()) out += ", paused " + when(run, "paused_at", paper);
  if (!member(run, "branch_name").is_null()) out += ", branch " + cell(run, "branch_name");
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

// ---- list

struct Column {
  const char* title;
  std::string (*show)(const Json& row, const Paper& paper);
};

std::vector<std::vector<std::string>> grid(const std::vector<Column>& columns, const Json& items, const Paper& paper) {
  std::vector<std::vector<std::string>> out(1);
  for (const Column& column : columns) out.front().emplace_back(column.title);
  for (const Json& item : items) {
    std::vector<std::string> row;
    for (const Column& column : columns) row.push_back(column.show(item, paper));
    out.push_back(std::move(row));
  }
  return out;
}

#define STRIATUM_FIELD(title, key) \
  Column { title, [](const Json& row, const Paper&) { return cell(row, key); } }
#define STRIATUM_MOMENT(title, key) \
  Column { title, [](const Json& row, const Paper& paper) { return when(row, key, paper); } }

const std::map<std::string, std::vector<Column>, std::less<>>& list_columns() {
  static const std::map<std::string, std::vector<Column>, std::less<>> kColumns{
      {"runs",
       {STRIATUM_FIELD("RUN", "run_id"), STRIATUM_FIELD("STATE", "state"), STRIATUM_MOMENT("CREATED", "created_at"),
        STRIATUM_FIELD("WORKFLOW", "workflow_id"), STRIATUM_FIELD("BRANCH", "branch_name")}},
      {"sessions",
       {STRIATUM_FIELD("SLUG", "slug"), STRIATUM_FIELD("STATE", "state"), STRIATUM_FIELD("LABEL", "operator_label"),
        STRIATUM_MOMENT("SEEN", "last_heartbeat_at"), STRIATUM_FIELD("SESSION", "session_id")}},
      {"jobs",
       {STRIATUM_FIELD("JOB", "workflow_job_id"), STRIATUM_FIELD("TRY", "attempt"), STRIATUM_FIELD("STATE", "state"),
        Column{"WHO", [](const Json& row, const Paper&) { return place(row); }}, STRIATUM_FIELD("VERDICT", "verdict"),
        STRIATUM_FIELD("JOB ID", "job_id")}},
      {"artifacts",
       {STRIATUM_FIELD("NAME", "logical_name"), STRIATUM_FIELD("KIND", "artifact_kind"),
        STRIATUM_MOMENT("PUBLISHED", "created_at"),
        Column{"BY", [](const Json& row, const Paper&) { return cell(member(row, "author"), "line"); }},
        STRIATUM_FIELD("PATH", "repo_path")}},
      {"workflows",
       {STRIATUM_FIELD("WORKFLOW", "workflow_id"), STRIATUM_FIELD("VERSION", "workflow_version"),
        STRIATUM_MOMENT("LOADED", "loaded_at"), STRIATUM_FIELD("SOURCE", "source_path")}},
  };
  return kColumns;
}

}  // namespace

Paper paper_of(Shell& shell) { return {shell.now(), shell.columns(), shell.colour()}; }

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
  for (const std::string& sentence : string_list(member(data, "explanation"))) out += printable(sentence) + "\n";
  const Json& events = data.at("events");
  if (events.empty()) return out;
  const std::size_t first = events.size() > kEventsShown ? events.size() - kEventsShown : 0;
  out += "\n" + heading(first > 0 ? "latest of " + std::to_string(events.size()) + " events" : "events", paper);
  for (std::size_t i = first; i < events.size(); ++i) {
    const std::string payload = text_member(events[i], "payload_json");
    const std::string line = "  " + cell(events[i], "event_type") + (payload == "{}" ? "" : "  " + printable(payload));
    out += cut(line, static_cast<std::size_t>(std::max(paper.columns, 40))) + "\n";
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
  for (const std::string& problem : string_list(data.at("problems"))) {
    out += painted("problem", "failed", paper) + ": " + printable(problem) + "\n";
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
  return table(grid(list_columns().at(what), items, paper), paper);
}

std::string people_event(const Json& event, const Paper& paper) {
  std::string line = cell(event, "created_at") + "  " + cell(event, "event_type");
  for (const auto& [key, value] : member(event, "payload").items()) {
    if (!value.is_null()) line += "  " + printable(key) + "=" + cell(value);
  }
  return cut(line, static_cast<std::size_t>(std::max(paper.columns, 40)));
}

}  // namespace striatum::cli
