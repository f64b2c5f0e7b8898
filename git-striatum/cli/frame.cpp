// SPDX-License-Identifier: Apache-2.0
#include "cli/frame.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/columns.hpp"
#include "base/text.hpp"
#include "domain/graph.hpp"
#include "domain/states.hpp"

namespace striatum::cli {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kLeastColumns = 60;
constexpr std::size_t kLeastLeft = 34;
constexpr std::size_t kLeastRight = 30;
constexpr std::size_t kLeastPanel = 8;
constexpr std::size_t kAutomaticColumns = 100;
constexpr std::size_t kAutomaticRows = 30;
constexpr std::size_t kPosturesShown = 3;

std::string text_of(const Json& value) { return printable(domain::value_text(value)); }
std::string text_of(const Json& row, std::string_view key) { return text_of(member(row, key)); }

void append(Lines& out, Lines more) { std::move(more.begin(), more.end(), std::back_inserter(out)); }

// ---- the head

std::string refresh_text(double seconds) {
  char text[64];
  const bool whole = seconds == static_cast<double>(static_cast<long long>(seconds));
  std::snprintf(text, sizeof text, whole ? "%.0fs" : "%.1fs", seconds);
  return text;
}

Lines head(const Json& payload, const FrameOptions& options) {
  const Json& run = payload.at("run");
  const Json& branch = member(run, "branch_name");
  const std::string refresh = options.refresh ? "refresh " + refresh_text(*options.refresh) + "   " : "";
  return {"striatum dashboard - run " + text_of(run, "run_id") + " - branch " +
              (branch.is_null() ? "<unconfirmed>" : text_of(branch)) + " - state " + text_of(run, "state"),
          "updated " + text_of(payload, "updated_at") + "   " + refresh + "ctrl-c to quit"};
}

// ---- two columns

std::string counted(const std::string& name, std::size_t columns, const Json& count) {
  return "  " + fill_columns(name, columns) + " " + (count.is_null() ? "0" : count.dump());
}

Lines job_lines(const Json& counts) {
  static const Lines kFirst{"blocked", "queued", "claimed", "running", "waiting_human", "completed", "failed"};
  Lines out{"Jobs:"};
  for (const std::string& state : kFirst) out.push_back(counted(state, 14, member(counts, state)));
  for (const auto& [state, count] : counts.items()) {
    if (std::find(kFirst.begin(), kFirst.end(), state) == kFirst.end()) out.push_back(counted(printable(state), 14, count));
  }
  return out;
}

/// `a=2, b=1, c=1, +N more` of the postures that are not neutral; empty without one.
std::string postures(const Json& counts) {
  std::vector<std::pair<std::string, std::int64_t>> all;
  for (const auto& [posture, count] : counts.items()) {
    if (posture != "neutral") all.emplace_back(posture, count.get<std::int64_t>());
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  Lines parts;
  for (std::size_t i = 0; i < std::min(all.size(), kPosturesShown); ++i) {
    parts.push_back(printable(all[i].first) + "=" + std::to_string(all[i].second));
  }
  if (all.size() > kPosturesShown) parts.push_back("+" + std::to_string(all.size() - kPosturesShown) + " more");
  return join(parts, ", ");
}

Lines verdict_lines(const Json& payload) {
  Lines out{"Verdicts:"};
  for (const std::string_view verdict : kWords<Verdict>) {
    out.push_back(counted(std::string(verdict), 20, member(payload.at("verdict_counts"), verdict)));
  }
  const std::string shown = postures(payload.at("posture_counts"));
  if (!shown.empty()) out.push_back("  Postures: " + shown);
  out.insert(out.end(), {"", "Blockers (open):"});
  const Json& blockers = payload.at("status").at("open_blockers");
  const auto checkpoints = static_cast<std::size_t>(std::count_if(blockers.begin(), blockers.end(), [](const Json& row) {
    return text_member(row, "severity") == "human_checkpoint";
  }));
  out.push_back(counted("human_checkpoint", 16, checkpoints));
  out.push_back(counted("blocked", 16, blockers.size() - checkpoints));
  return out;
}

Lines claimable_lines(const Json& groups) {
  Lines out{"Claimable now:"};
  for (const Json& group : groups) {
    const Json& lane = group.at("lane_id");
    out.push_back("  " + text_of(group, "role_id") + "/" + (lane.is_null() ? "?" : text_of(lane)) + " x " +
                  group.at("count").dump());
  }
  if (groups.empty()) out.emplace_back("  (none)");
  return out;
}

Lines action_lines(const Json& actions) {
  Lines out{"Next actions:"};
  for (const std::string& action : string_list(actions)) out.push_back("  - " + action);
  if (actions.empty()) out.emplace_back("  (none)");
  return out;
}

Lines beside(const Lines& left, const Lines& right, std::size_t columns) {
  const std::size_t width = std::max(kLeastLeft, columns / 2 - 2);
  const std::size_t rest = std::max(kLeastRight, columns - width - 2);
  Lines out;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string one = i < left.size() ? head_columns(left[i], width) : "";
    const std::string other = i < right.size() ? head_columns(right[i], rest) : "";
    out.push_back(fill_columns(one, width) + "  " + other);
  }
  return out;
}

// ---- events

std::string shown(const nlohmann::ordered_json& value) {
  return value.is_structured() ? value.dump(-1, ' ', true) : domain::value_text(Json(value));
}

/// `key=value …`, keys sorted; what is no object as it is stored.
std::string payload_text(const std::string& stored) {
  const auto payload = parse_ordered_json(stored);
  if (!payload || !payload->is_object()) return stored;
  std::map<std::string, std::string> members;
  for (const auto& [key, value] : payload->items()) members[key] = shown(value);
  Lines parts;
  for (const auto& [key, value] : members) parts.push_back(key + "=" + value);
  return join(parts, " ");
}

std::string clock_text(const std::string& moment) {
  const bool instant = moment.find('T') != std::string::npos;
  return instant && moment.size() >= 11 ? moment.substr(11, 8) : moment.substr(0, 8);
}

std::string event_line(const Json& event) {
  const Json& job = member(event, "workflow_job_id");
  const auto cell = [](const std::string& text, std::size_t columns) {
    return fill_columns(cut_columns(printable(text), columns, "_"), columns);
  };
  return "  " + cell(clock_text(text_member(event, "created_at")), 8) + "  " + cell(text_member(event, "event_type"), 22) +
         "  " + cell(job.is_null() ? "-" : domain::value_text(job), 18) + "  " +
         printable(payload_text(text_member(event, "payload_json")));
}

/// For people: how long ago, and nothing that only machines want.
std::string recent(const Json& event, const Paper& paper) {
  const auto moment = parse_instant(text_member(event, "created_at"));
  const Json& job = member(event, "workflow_job_id");
  return "  " + fill_columns(moment ? relative(*moment, paper.now) : "-", 16) + "  " +
         fill_columns(text_of(event, "event_type"), 22) + "  " + (job.is_null() ? "" : text_of(job));
}

Lines event_lines(const Json& events) {
  Lines out{"Recent events (last 10):"};
  for (const Json& event : events) out.push_back(event_line(event));
  if (events.empty()) out.emplace_back("  (none)");
  return out;
}

// ---- the graph

bool wants_panel(const Json& payload, const FrameOptions& options) {
  if (!member(payload.at("workflow"), "edges").is_array() || payload.at("workflow").at("edges").empty()) return false;
  const bool room = options.columns >= kAutomaticColumns && options.rows >= kAutomaticRows;
  return options.panel == FrameOptions::Panel::shown || (options.panel == FrameOptions::Panel::automatic && room);
}

/// At most `rows` lines; the last one says how many are missing.
Lines clipped(Lines lines, std::size_t rows) {
  if (lines.size() <= rows) return lines;
  const std::size_t missing = lines.size() - (rows - 1);
  lines.resize(rows - 1);
  lines.push_back("  ... (" + std::to_string(missing) + " more line(s) clipped)");
  return lines;
}

Lines panel(const Json& payload, const FrameOptions& options) {
  std::map<std::string, std::string> states;
  for (const auto& [job, state] : payload.at("node_states").items()) states[job] = state.get<std::string>();
  domain::PanelOptions graph = options.graph;
  graph.columns = options.columns;
  return domain::graph_panel(payload.at("workflow"), states, graph);
}

}  // namespace

Lines contract_frame(const Json& payload, FrameOptions options) {
  options.columns = std::max(options.columns, kLeastColumns);
  const Json& status = payload.at("status");
  Lines out = head(payload, options);
  out.emplace_back();
  if (options.only == FrameOptions::Only::everything) {
    append(out, beside(job_lines(status.at("jobs")), verdict_lines(payload), options.columns));
    out.emplace_back();
    append(out, beside(claimable_lines(status.at("claimable_jobs")), action_lines(status.at("next_actions")), options.columns));
    out.emplace_back();
    append(out, event_lines(payload.at("events")));
  }
  for (std::string& line : out) line = cut_columns(line, options.columns, "_");
  if (wants_panel(payload, options)) {
    if (options.only == FrameOptions::Only::everything) out.emplace_back();
    const std::size_t left = options.rows > out.size() ? options.rows - out.size() : 0;
    append(out, clipped(panel(payload, options), std::max(left, kLeastPanel)));
  }
  return out;
}

Lines people_frame(const Json& payload, FrameOptions options, const Paper& paper) {
  options.columns = std::max(options.columns, kLeastColumns);
  const StatusParts parts = status_parts(payload.at("status"), paper);
  const std::string refresh = options.refresh ? ", every " + refresh_text(*options.refresh) : "";
  const std::size_t kept = parts.next.empty() ? 0 : parts.next.size() + 1;
  const std::size_t rows = options.rows > kept + 1 ? options.rows - kept : 1;
  Lines out{"updated " + text_of(payload, "updated_at") + refresh + (options.refresh ? "; ctrl-c to quit" : "")};
  const auto room = [&] { return rows > out.size() ? rows - out.size() : 0; };
  if (options.only == FrameOptions::Only::everything) {
    if (room() > 0) append(out, clipped(parts.facts, room()));
    const Json& events = payload.at("events");
    if (!events.empty() && room() > 1) out.emplace_back();
    const std::size_t most = std::min(events.size(), room());
    for (std::size_t i = events.size() - most; i < events.size(); ++i) out.push_back(recent(events[i], paper));
  }
  if (wants_panel(payload, options) && room() > 3) {
    out.emplace_back();
    append(out, clipped(panel(payload, options), room()));
  }
  if (!parts.next.empty()) {
    out.emplace_back();
    append(out, parts.next);
  }
  for (std::string& line : out) line = cut_painted(line, options.columns);
  return out;
}

std::string cut_painted(const std::string& line, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  bool painted = false;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t end = i + 1;
    if (line[i] == '\x1b') {
      end = std::min(line.find('m', i), line.size() - 1) + 1;
      painted = true;
    } else {
      while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) ++end;
      if (++used > columns) return painted ? out + "\x1b[0m" : out;
    }
    out.append(line, i, end - i);
    i = end;
  }
  return out;
}

}  // namespace striatum::cli
