// SPDX-License-Identifier: Apache-2.0
#include "base/columns.hpp"
#include "domain/graph_panel.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::domain;

namespace {

using Lines = std::vector<std::string>;

Json flow(const std::vector<std::string>& jobs, const std::vector<std::pair<std::string, std::string>>& edges) {
  Json out{{"jobs", Json::array()}, {"edges", Json::array()}, {"cycles", Json::array()}};
  for (const auto& id : jobs) out["jobs"].push_back({{"id", id}, {"role_id", "author"}});
  for (const auto& [from, to] : edges) out["edges"].push_back({{"from", from}, {"to", to}, {"on", "completed"}});
  return out;
}

Json with_cycle(Json workflow, const char* from, const char* to) {
  workflow["cycles"].push_back({{"from", from}, {"to", to}, {"on_verdict", "needs_revision"}, {"max_iterations", 2}});
  return workflow;
}

Lines drawn(const Json& workflow, PanelStyle style, std::size_t columns = 80, Orientation orientation = Orientation::top_down) {
  PanelOptions options;
  options.style = style;
  options.columns = columns;
  options.orientation = orientation;
  return graph_panel(workflow, {{"a", "completed"}, {"b", "running"}, {"c", "skipped"}}, options);
}

const Json& diamond() {
  static const Json kFlow = with_cycle(flow({"a", "c", "b", "d"}, {{"a", "b"}, {"a", "c"}, {"b", "d"}, {"c", "d"}}), "d", "a");
  return kFlow;
}

}  // namespace

TEST_CASE("graph panel: a list names layer, job and state") {
  CHECK(drawn(diamond(), PanelStyle::list) ==
        Lines{"Graph (layers):", "  L0  a [C]", "  L1  b [R]  c [X]", "  L2  d [P]", "Cycles:", "  cycle: d -> a, max 2"});
}

TEST_CASE("graph panel: boxes of one layer share the width") {
  CHECK(drawn(diamond(), PanelStyle::layered, 40) ==
        Lines{"Graph (layered):", "L0 [a C           ]", "           │         ",
              "L1 [b R           ] [c X           ]", "           │                  │         ", "L2 [d P           ]", "",
              "Cycles (needs_revision):", "d ~~> a  max 2"});
}

TEST_CASE("graph panel: boxes with frames") {
  const Lines lines = drawn(diamond(), PanelStyle::fancy, 40);
  CHECK(lines[0] == "Graph (fancy):");
  CHECK(lines[1] == "   ┌────────────────┐");
  CHECK(lines[2] == "L0 │ a C            │");
  CHECK(lines.back() == "d ╌╌▶ a  max 2");
}

TEST_CASE("graph panel: layers beside one another") {
  const Lines lines = drawn(flow({"a", "b"}, {{"a", "b"}}), PanelStyle::layered, 40, Orientation::left_right);
  CHECK(lines == Lines{"Graph (lr, layered):", "L0            ->  L1          ", "[a C     ]    ->  [b R     ]  ",
                       "              ->              "});
}

TEST_CASE("graph panel: what does not fit is drawn more plainly") {
  const Json wide = flow({"a", "b", "c", "d", "e", "f", "g"}, {});
  CHECK(drawn(wide, PanelStyle::fancy)[0] == "Graph (layers):");
  CHECK(drawn(flow({"a", "b", "c", "d", "e", "f"}, {}), PanelStyle::fancy)[0] == "Graph (layered):");
  const Json deep = flow({"a", "b", "c"}, {{"a", "b"}, {"b", "c"}});
  CHECK(drawn(deep, PanelStyle::automatic, 40, Orientation::left_right)[0] == "Graph (layered):");
}

TEST_CASE("graph panel: jobs in a loop of edges stand in the first layer") {
  const Lines lines = drawn(flow({"x", "a", "b", "z"}, {{"a", "b"}, {"b", "a"}, {"b", "z"}}), PanelStyle::list);
  CHECK(lines == Lines{"Graph (layers):", "  L0  a [C]  b [R]  x [P]  z [P]"});
}

TEST_CASE("graph panel: a workflow without jobs") {
  CHECK(drawn(flow({}, {}), PanelStyle::list) == Lines{"Graph: (no jobs declared)"});
}

TEST_CASE("graph panel: no line is wider than the panel, colours take no room, ids cannot steer the terminal") {
  PanelOptions options;
  options.columns = 60;
  options.paint = PanelOptions::Paint::coloured;
  const std::string id = "evil\x1b[2J" + std::string(80, 'x');
  options.style = PanelStyle::list;
  const Lines lines = graph_panel(flow({id}, {}), {{id, "failed"}}, options);
  CHECK(lines[1].rfind("  L0  \x1b[31mevil\\x1b[2Jxxx", 0) == 0);
  CHECK(columns_of(lines[1]) == 60 + std::string("\x1b[31m\x1b[0m").size());
}
