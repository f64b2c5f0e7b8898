// SPDX-License-Identifier: Apache-2.0
#include "domain/graph.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "domain/workflow_check.hpp"
#include "domain/workflow_spec.hpp"

namespace striatum::domain {
namespace {

const Json& accepting_verdicts() {
  static const Json kVerdicts = Json::array({"accept", "accept_with_findings"});
  return kVerdicts;
}

const Json& list_of(const Json& workflow, std::string_view field) {
  static const Json kNone = Json::array();
  const Json& list = member(workflow, field);
  return list.is_array() ? list : kNone;
}

/// The literal `type`, whatever it is; `generic` when absent.
Json type_of(const Json& job) { return has(job, "type") ? member(job, "type") : Json("generic"); }

std::set<std::string> review_ids(const Json& workflow) {
  std::set<std::string> ids;
  for (const Json& job : list_of(workflow, "jobs")) {
    if (text_member(job, "type") == "review") ids.insert(text_member(job, "id"));
  }
  return ids;
}

Json artifact_nodes(const Json& list) {
  Json out = Json::array();
  if (!list.is_array()) return out;
  for (const Json& item : list) {
    out.push_back({{"logical_name", member(item, "logical_name")},
                   {"kind", member(item, "kind")},
                   {"path", member(item, "path")},
                   {"required", member(item, "required") == true}});
  }
  return out;
}

Json node(const Json& job) {
  return {{"job_id", member(job, "id")},
          {"type", type_of(job)},
          {"role_id", member(job, "role_id")},
          {"lane_id", member(job, "lane_id")},
          {"parallel_group", nullable(optional_text(job, "parallel_group"))},
          {"fresh_session_required", member(job, "fresh_session_required") == true},
          {"write_scope_mode", nullable(optional_text(member(job, "write_scope"), "mode"))},
          {"expected_artifacts", artifact_nodes(member(job, "expected_artifacts"))}};
}

Json nodes(const Json& workflow) {
  Json out = Json::array();
  for (const Json& job : list_of(workflow, "jobs")) out.push_back(node(job));
  return out;
}

Json edges(const Json& workflow) {
  const auto reviews = review_ids(workflow);
  Json out = Json::array();
  for (const Json& edge : list_of(workflow, "edges")) {
    const EdgeSpec spec = edge_spec(edge);
    Json gate = {{"on", "completed"}};
    if (reviews.contains(spec.from)) gate["requires_verdict"] = accepting_verdicts();
    out.push_back({{"from", spec.from}, {"to", spec.to}, {"gate", std::move(gate)}});
  }
  return out;
}

Json cycles(const Json& workflow) {
  Json out = Json::array();
  for (const Json& cycle : list_of(workflow, "cycles")) {
    out.push_back({{"from", member(cycle, "from")},
                   {"to", member(cycle, "to")},
                   {"on_verdict", member(cycle, "on_verdict")},
                   {"max_iterations", member(cycle, "max_iterations")}});
  }
  return out;
}

Json revision_route(const Json& workflow, const std::string& review) {
  Json route;
  for (const Json& cycle : list_of(workflow, "cycles")) {
    if (text_member(cycle, "from") != review) continue;
    route = {{"action", "cycle"},
             {"to", member(cycle, "to")},
             {"max_iterations", member(cycle, "max_iterations")}};
  }
  if (!route.is_null()) return route;
  const std::string policy =
      text_member(member(workflow, "review_revision_policy"), "root_review_needs_revision");
  return {{"action", policy == "human_checkpoint" ? "human_checkpoint" : "no_declared_route"}};
}

Json review_gates(const Json& workflow) {
  std::map<std::string, std::vector<std::string>> downstream;
  for (const std::string& id : review_ids(workflow)) downstream[id];
  for (const Json& edge : list_of(workflow, "edges")) {
    const EdgeSpec spec = edge_spec(edge);
    const auto found = downstream.find(spec.from);
    if (found != downstream.end()) found->second.push_back(spec.to);
  }
  Json out = Json::array();
  for (auto& [id, targets] : downstream) {
    std::sort(targets.begin(), targets.end());
    out.push_back({{"review_job_id", id},
                   {"downstream_jobs", targets},
                   {"accepting_verdicts", accepting_verdicts()},
                   {"needs_revision", revision_route(workflow, id)},
                   {"reject", {{"action", "fail_review"}}}});
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// What both drawings share: numbered boxes, groups and arrows.
struct Drawing {
  struct Group {
    std::string name;
    std::vector<std::size_t> members;
  };
  struct Arrow {
    std::size_t from;
    std::size_t to;
    std::string label;
    bool dashed;
  };
  std::vector<std::string> ids;
  std::vector<std::string> details;  ///< `type role/lane`
  std::vector<std::size_t> loose;
  std::vector<Group> groups;
  std::vector<Arrow> arrows;
};

std::string detail(const Json& job) {
  std::string out = value_text(type_of(job)) + ' ' + text_member(job, "role_id");
  const std::string lane = text_member(job, "lane_id");
  return lane.empty() ? out : out + '/' + lane;
}

void add_arrows(Drawing& drawing, const Json& workflow) {
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < drawing.ids.size(); ++i) index.emplace(drawing.ids[i], i);
  const auto add = [&](const EdgeSpec& ends, std::string label, bool dashed) {
    const auto from = index.find(ends.from);
    const auto to = index.find(ends.to);
    if (from == index.end() || to == index.end()) return;
    drawing.arrows.push_back({from->second, to->second, std::move(label), dashed});
  };
  const auto reviews = review_ids(workflow);
  for (const Json& edge : list_of(workflow, "edges")) {
    const EdgeSpec ends = edge_spec(edge);
    add(ends, reviews.contains(ends.from) ? "accepted review" : "completed", false);
  }
  for (const Json& cycle : list_of(workflow, "cycles")) {
    add(edge_spec(cycle), "needs_revision max " + value_text(member(cycle, "max_iterations")), true);
  }
}

Drawing draw(const Json& workflow) {
  Drawing out;
  std::map<std::string, std::vector<std::size_t>> groups;
  for (const Json& job : list_of(workflow, "jobs")) {
    const std::size_t number = out.ids.size();
    const std::string group = text_member(job, "parallel_group");
    (group.empty() ? out.loose : groups[group]).push_back(number);
    out.ids.push_back(text_member(job, "id"));
    out.details.push_back(detail(job));
  }
  for (auto& [name, members] : groups) {
    std::sort(members.begin(), members.end(), [&](auto a, auto b) { return out.ids[a] < out.ids[b]; });
    out.groups.push_back({name, std::move(members)});
  }
  add_arrows(out, workflow);
  return out;
}

std::string name_of(std::size_t number) { return 'n' + std::to_string(number); }

std::string mermaid_box(const Drawing& drawing, std::size_t i, std::string_view indent) {
  return std::string(indent) + name_of(i) + "[\"" + escaped(drawing.ids[i]) + "<br/>" +
         escaped(drawing.details[i]) + "\"]\n";
}

std::string mermaid_text(const Drawing& drawing) {
  std::string out = "flowchart TD\n";
  for (const std::size_t i : drawing.loose) out += mermaid_box(drawing, i, "  ");
  for (std::size_t g = 0; g < drawing.groups.size(); ++g) {
    out += "  subgraph pg" + std::to_string(g) + "[\"parallel: " + escaped(drawing.groups[g].name) + "\"]\n";
    for (const std::size_t i : drawing.groups[g].members) out += mermaid_box(drawing, i, "    ");
    out += "  end\n";
  }
  for (const auto& arrow : drawing.arrows) {
    out += "  " + name_of(arrow.from) + (arrow.dashed ? " -.->|" : " -->|") + arrow.label + "| " +
           name_of(arrow.to) + '\n';
  }
  return out;
}

std::string dot_box(const Drawing& drawing, std::size_t i, std::string_view indent) {
  return std::string(indent) + name_of(i) + " [label=\"" + escaped(drawing.ids[i]) + "\\n" +
         escaped(drawing.details[i]) + "\"];\n";
}

/// Runs of other characters than ASCII letters, digits and `_` become one `_`, none at the ends.
std::string cluster_name(std::string_view group, std::size_t number) {
  std::string out;
  bool gap = false;
  for (const char c : group) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain || !gap) out += plain ? c : '_';
    gap = !plain;
  }
  const std::size_t first = out.find_first_not_of('_');
  if (first == std::string::npos) return "cluster_pg" + std::to_string(number);
  return "cluster_" + out.substr(first, out.find_last_not_of('_') - first + 1);
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kFills = {
    {{"completed", "c8e6c9"},
     {"running", "bbdefb"},
     {"claimed", "bbdefb"},
     {"acked", "bbdefb"},
     {"blocked", "fff59d"},
     {"stale_lease", "fff59d"},
     {"waiting_human", "fff59d"},
     {"failed", "ffcdd2"},
     {"canceled", "ffcdd2"},
     {"queued", "e0e0e0"},
     {"pending", "f5f5f5"}}};

}  // namespace

Waves claim_waves(const Json& workflow) {
  std::map<std::string, std::size_t> waiting;
  std::map<std::string, std::vector<std::string>> next;
  for (const Json& job : list_of(workflow, "jobs")) waiting[text_member(job, "id")] = 0;
  for (const Json& edge : list_of(workflow, "edges")) {
    const EdgeSpec spec = edge_spec(edge);
    if (!waiting.contains(spec.from) || !waiting.contains(spec.to)) continue;
    ++waiting[spec.to];
    next[spec.from].push_back(spec.to);
  }
  Waves waves;
  std::vector<std::string> ready;
  for (const auto& [id, count] : waiting) {
    if (count == 0) ready.push_back(id);
  }
  while (!ready.empty()) {
    std::vector<std::string> following;
    for (const std::string& id : ready) {
      waiting.erase(id);
      for (const std::string& target : next[id]) {
        if (--waiting[target] == 0) following.push_back(target);
      }
    }
    std::sort(following.begin(), following.end());
    waves.steps.push_back(std::exchange(ready, std::move(following)));
  }
  for (const auto& [id, count] : waiting) waves.left_over.push_back(id);
  return waves;
}

std::string value_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return to_canonical_utf8(value);
}

Json graph_object(const Json& workflow) {
  return {{"nodes", nodes(workflow)}, {"edges", edges(workflow)}, {"cycles", cycles(workflow)}};
}

Json workflow_plan(const Json& workflow) {
  const Waves waves = claim_waves(workflow);
  if (!waves.left_over.empty()) {
    invalid(
        "edges form a dependency loop, so these jobs never become claimable: " + join(waves.left_over, ", "),
        "edges");
  }
  Json graph = graph_object(workflow);
  std::map<std::string, const Json*> by_id;
  for (const Json& item : graph["nodes"]) by_id[text_member(item, "job_id")] = &item;
  Json order = Json::array();
  for (const auto& step : waves.steps) {
    Json claimable = Json::array();
    for (const std::string& id : step) claimable.push_back(*by_id.at(id));
    order.push_back({{"step", order.size() + 1}, {"claimable", std::move(claimable)}});
  }
  Json summary = {{"jobs", graph["nodes"].size()},
                  {"edges", graph["edges"].size()},
                  {"cycles", graph["cycles"].size()},
                  {"claim_steps", waves.steps.size()}};
  return {{"workflow_id", member(workflow, "workflow_id")},
          {"workflow_version", member(workflow, "workflow_version")},
          {"valid", true},
          {"summary", std::move(summary)},
          {"claim_order", std::move(order)},
          {"review_gates", review_gates(workflow)},
          {"cycles", graph["cycles"]},
          {"graph", std::move(graph)}};
}

std::string_view state_class(std::string_view job_state) {
  if (job_state == "skipped") return "canceled";
  for (const auto& [name, fill] : kFills) {
    if (name == job_state) return name;
  }
  return "pending";
}

std::string mermaid(const Json& workflow) { return mermaid_text(draw(workflow)); }

std::string mermaid(const Json& workflow, const std::map<std::string, std::string>& states) {
  const Drawing drawing = draw(workflow);
  std::string out = mermaid_text(drawing);
  for (const auto& [name, fill] : kFills) {
    out += "  classDef state-" + std::string(name) + " fill:#" + std::string(fill) + '\n';
  }
  for (std::size_t i = 0; i < drawing.ids.size(); ++i) {
    const auto found = states.find(drawing.ids[i]);
    const std::string_view state = state_class(found == states.end() ? "pending" : found->second);
    out += "  class " + name_of(i) + " state-" + std::string(state) + '\n';
  }
  return out;
}

std::string dot(const Json& workflow) {
  const Drawing drawing = draw(workflow);
  std::string out =
      "digraph striatum_workflow {\n  rankdir=TB;\n  node [shape=box, fontname=\"Helvetica\"];\n";
  for (const std::size_t i : drawing.loose) out += dot_box(drawing, i, "  ");
  for (std::size_t g = 0; g < drawing.groups.size(); ++g) {
    out += "  subgraph " + cluster_name(drawing.groups[g].name, g) + " {\n";
    out += "    label=\"parallel: " + escaped(drawing.groups[g].name) + "\";\n";
    for (const std::size_t i : drawing.groups[g].members) out += dot_box(drawing, i, "    ");
    out += "  }\n";
  }
  for (const auto& arrow : drawing.arrows) {
    out += "  " + name_of(arrow.from) + " -> " + name_of(arrow.to) + " [" +
           (arrow.dashed ? "style=dashed, " : "") + "label=\"" + arrow.label + "\"];\n";
  }
  return out + "}\n";
}

}  // namespace striatum::domain
