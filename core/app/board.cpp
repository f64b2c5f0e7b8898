// SPDX-License-Identifier: Apache-2.0
#include "app/board.hpp"

#include "app/read_model.hpp"
#include "app/status.hpp"
#include "domain/graph.hpp"
#include "domain/workflow.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

constexpr store::Limit kEventsShown{10};

std::map<std::string, std::string> states_of(store::Connection& db, const RunId& run) {
  std::map<std::string, std::string> out;
  for (auto& [name, newest] : store::newest_attempts(db, run)) out.emplace(name, newest.state);
  return out;
}

Json outline_of(store::Connection& db, const RunId& run) {
  return store::workflow_outline(db, store::get_run(db, run).snapshot);
}

/// The rows behind the nodes of a graph.
struct NodeRows {
  std::map<std::string, store::NewestAttempt> newest;
  std::map<std::string, Json> verdicts;
};

void add_state(Json& node, const NodeRows& rows) {
  const auto found = rows.newest.find(text_member(node, "job_id"));
  const bool there = found != rows.newest.end();
  const std::string state = there ? found->second.state : "pending";
  node["current_state"] = state;
  node["attempt"] = there ? Json(found->second.attempt) : Json();
  node["state_class"] = "state-" + std::string(domain::state_class(state));
  if (node.at("type") != "review") return;
  const auto verdict = there ? rows.verdicts.find(found->second.job.str()) : rows.verdicts.end();
  node["latest_verdict"] = verdict == rows.verdicts.end() ? Json() : verdict->second;
}

}  // namespace

DrawnRun drawn_run(Context& ctx, const RunId& run) {
  (void)store::get_run(ctx.state().db(), run);
  sweep(ctx, run);
  DrawnRun out;
  (void)read(ctx, [&](store::Connection& db) {
    out = {outline_of(db, run), states_of(db, run), {}};
    return Json();
  });
  out.warning = domain::needs_warning(out.workflow);
  return out;
}

RunGraph run_graph(Context& ctx, const RunId& run) {
  (void)store::get_run(ctx.state().db(), run);
  sweep(ctx, run);
  RunGraph out;
  out.data = read(ctx, [&](store::Connection& db) -> Json {
    const Json workflow = outline_of(db, run);
    Json graph = domain::graph_object(workflow);
    const NodeRows rows{store::newest_attempts(db, run), store::latest_verdicts(db, run)};
    for (Json& node : graph["nodes"]) add_state(node, rows);
    out.warning = domain::needs_warning(workflow);
    return {{"run_id", run.str()},
            {"workflow_id", member(workflow, "workflow_id")},
            {"workflow_version", member(workflow, "workflow_version")},
            {"graph", std::move(graph)}};
  });
  return out;
}

Json dashboard(Context& ctx, const RunId& run) {
  (void)store::get_run(ctx.state().db(), run);
  sweep(ctx, run);
  return read(ctx, [&](store::Connection& db) {
    Json status = status_shown(ctx, db, run);
    Json head = status.at("runs").at(0);
    Json out{{"run", std::move(head)},
             {"status", std::move(status)},
             {"events", store::recent_events(db, run, kEventsShown)},
             {"verdict_counts", store::verdict_counts(db, run)},
             {"posture_counts", store::verdicts_by_posture(db, run)},
             {"updated_at", to_text(ctx.clock.now())},
             {"workflow", outline_of(db, run)}};
    out["node_states"] = states_of(db, run);
    return out;
  });
}

}  // namespace striatum::app
