// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "domain/graph.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::domain;

namespace {

Json edge(const char* from, const char* to) { return {{"from", from}, {"to", to}, {"on", "completed"}}; }

Json cycle(const char* from, const char* to, int limit) {
  return {{"from", from}, {"to", to}, {"on_verdict", "needs_revision"}, {"max_iterations", limit}};
}

Json job(const char* id, const char* type, const char* group = "") {
  Json out = {{"id", id}, {"type", type}, {"role_id", "author"}, {"lane_id", "local"}};
  if (*group != 0) out["parallel_group"] = group;
  return out;
}

Json flow() {
  return {{"workflow_id", "w"},
          {"workflow_version", "1"},
          {"jobs",
           {job("z", "draft", "a-b."), job("r", "review"), job("b", "build", "a-b."), job("end", "generic")}},
          {"edges", {edge("z", "r"), edge("b", "r"), edge("r", "end")}},
          {"cycles", {cycle("r", "z", 1), cycle("r", "b", 2)}}};
}

}  // namespace

TEST_CASE("waves list what becomes claimable together") {
  const Waves waves = claim_waves(flow());
  CHECK(waves.steps == std::vector<std::vector<std::string>>{{"b", "z"}, {"r"}, {"end"}});
  CHECK(waves.left_over.empty());
  Json loop = flow();
  loop["edges"].push_back(edge("r", "z"));
  CHECK(claim_waves(loop).left_over == std::vector<std::string>{"end", "r", "z"});
  CHECK_THROWS_AS(workflow_plan(loop), Error);
}

TEST_CASE("the plan holds steps, gates and the graph") {
  const Json plan = workflow_plan(flow());
  CHECK(plan["summary"] == Json{{"jobs", 4}, {"edges", 3}, {"cycles", 2}, {"claim_steps", 3}});
  CHECK(plan["claim_order"][0]["step"] == 1);
  CHECK(plan["claim_order"][0]["claimable"][1]["job_id"] == "z");
  REQUIRE(plan["review_gates"].size() == 1);
  // Of several cycles from one review the last one declared is shown.
  CHECK(plan["review_gates"][0]["needs_revision"] ==
        Json{{"action", "cycle"}, {"to", "b"}, {"max_iterations", 2}});
  CHECK(plan["review_gates"][0]["downstream_jobs"] == Json{"end"});
  CHECK(plan["graph"]["edges"][2]["gate"]["requires_verdict"].size() == 2);
  CHECK_FALSE(plan["graph"]["edges"][0]["gate"].contains("requires_verdict"));
  CHECK(plan["graph"]["nodes"][0]["job_id"] == "z");
}

TEST_CASE("without a cycle the revision policy names the route") {
  Json document = flow();
  document["cycles"] = Json::array();
  CHECK(workflow_plan(document)["review_gates"][0]["needs_revision"]["action"] == "no_declared_route");
  document["review_revision_policy"]["root_review_needs_revision"] = "human_checkpoint";
  CHECK(workflow_plan(document)["review_gates"][0]["needs_revision"]["action"] == "human_checkpoint");
}

TEST_CASE("mermaid numbers boxes in file order and puts groups last") {
  CHECK(mermaid(flow()) ==
        "flowchart TD\n"
        "  n1[\"r<br/>review author/local\"]\n"
        "  n3[\"end<br/>generic author/local\"]\n"
        "  subgraph pg0[\"parallel: a-b.\"]\n"
        "    n2[\"b<br/>build author/local\"]\n"
        "    n0[\"z<br/>draft author/local\"]\n"
        "  end\n"
        "  n0 -->|completed| n1\n"
        "  n2 -->|completed| n1\n"
        "  n1 -->|accepted review| n3\n"
        "  n1 -.->|needs_revision max 1| n0\n"
        "  n1 -.->|needs_revision max 2| n2\n");
  const std::string coloured = mermaid(flow(), {{"z", "skipped"}, {"r", "claimed"}});
  CHECK(coloured.find(
            "  classDef state-pending fill:#f5f5f5\n  class n0 state-canceled\n  class n1 state-claimed\n"
            "  class n2 state-pending\n") != std::string::npos);
}

TEST_CASE("dot escapes labels and cleans cluster names") {
  Json document = flow();
  document["jobs"][3]["id"] = "e\"n\\d";
  document["jobs"][3]["lane_id"] = nullptr;
  document["edges"].erase(2);
  const std::string text = dot(document);
  CHECK(text.starts_with(
      "digraph striatum_workflow {\n  rankdir=TB;\n  node [shape=box, fontname=\"Helvetica\"];\n"));
  CHECK(text.find("  n3 [label=\"e\\\"n\\\\d\\ngeneric author\"];\n") != std::string::npos);
  CHECK(text.find("  subgraph cluster_a_b {\n    label=\"parallel: a-b.\";\n") != std::string::npos);
  CHECK(text.find("  n1 -> n0 [style=dashed, label=\"needs_revision max 1\"];\n") != std::string::npos);
  document["jobs"][0]["parallel_group"] = document["jobs"][2]["parallel_group"] = "\xC3\xA9";
  CHECK(dot(document).find("subgraph cluster_pg0 {") != std::string::npos);
}

TEST_CASE("drawing survives what validation never saw") {
  for (const Json& odd : {Json(nullptr), Json{{"jobs", 1}}, Json{{"jobs", {1, nullptr}}, {"edges", {1}}}}) {
    INFO(odd);
    CHECK(mermaid(odd).starts_with("flowchart TD\n"));
    CHECK(dot(odd).ends_with("}\n"));
    CHECK(graph_object(odd)["cycles"].empty());
  }
}
