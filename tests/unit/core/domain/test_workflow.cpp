// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "base/error.hpp"
#include "domain/recovery_policy.hpp"
#include "domain/workflow.hpp"
#include "domain/workflow_starter.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::domain;

namespace {

Json sample() {
  return Json::parse(R"({
    "schema_version": "striatum.workflow.v1", "workflow_id": "w", "workflow_version": "1", "name": "n",
    "branch": {"mode": "confirm", "suggested_name": "work/w"}, "coordinator": {}, "context_docs": [],
    "parallelism": {}, "roles": {"author": {}, "reviewer": {}},
    "lanes": {"local": {"adapter": "process", "command": ["sh"], "harness_profile_id": "hp",
                        "constraints": {"network": "forbidden", "transcripts": "off"},
                        "required_enforcement": {"transcripts": "enforced"}}},
    "harness_profiles": {"hp": {"tool_family": "generic", "strategy_version": "1"}},
    "jobs": [
      {"id": "make", "type": "build", "role_id": "author", "lane_id": "local",
       "write_scope": {"repo_write": true, "allowed_paths": ["src/"], "forbidden_paths": ["src/secret"]},
       "expected_artifacts": [{"logical_name": "out", "kind": "handoff", "path": "src/OUT.md", "required": true}],
       "required_review_postures": ["security"]},
      {"id": "look", "type": "review", "role_id": "reviewer", "review_posture": "security"},
      {"id": "tell", "role_id": "author"}],
    "edges": [{"from": "make", "to": "look", "on": "completed"}, {"from": "look", "to": "tell", "on": "completed"}],
    "cycles": [{"from": "look", "to": "make", "on_verdict": "needs_revision", "max_iterations": 2}]
  })");
}

/// Sets the value at a JSON pointer; a value of `"-"` removes the key.
Json changed(Json document, const std::string& pointer, const Json& value) {
  const Json::json_pointer at(pointer);
  if (value == "-") {
    document.at(at.parent_pointer()).erase(at.back());
  } else {
    document[at] = value;
  }
  return document;
}

struct Refusal {
  std::string message;
  std::string path;
};

Refusal refusal(const std::string& text, const std::string& name = "workflow.json", bool strict = false) {
  try {
    (void)Workflow::parse(text, name, {strict, nullptr});
  } catch (const Error& error) {
    CHECK(error.code() == Code::workflow);
    return {error.message(),
            error.details() == nullptr ? "" : error.details()->at("path").get<std::string>()};
  }
  return {};
}

struct Case {
  std::string pointer;
  Json value;
  std::string words;
  std::string path;
};

}  // namespace

TEST_CASE("a sound workflow is accepted with its fields") {
  const auto workflow = Workflow::parse(sample().dump(), "workflow.json", {true, nullptr});
  CHECK(workflow.id() == "w");
  CHECK(workflow.jobs().size() == 3);
  CHECK(workflow.branch().mode == "confirm");
  CHECK(workflow.provenance_mode() == "advisory");
  CHECK(workflow.warnings().empty());
}

TEST_CASE("each wrong field is refused with its words and path") {
  const std::vector<Case> cases = {
      {"/name", "-", "missing required fields in the workflow: name", ""},
      {"/schema_version", "v2", "striatum.workflow.v1", "schema_version"},
      {"/primary_repository", "a", "primary_repository", "primary_repository"},
      {"/jobs/1/repository", "a", "single-repo workflows must not declare job repository",
       "jobs[1].repository"},
      {"/require_daemon", 1, "require_daemon", "require_daemon"},
      {"/provenance_mode", "x", "'x'", "provenance_mode"},
      {"/sealed_patch_provider", "daemon", "sealed_patch_provider", "sealed_patch_provider"},
      {"/branch/mode", "both", "branch.mode has to be auto or confirm, not 'both'", ""},
      {"/branch", Json::object(), "suggested_name", ""},
      {"/recovery_policy", {{"max_requeues_per_sweep", true}}, "recovery_policy.max_requeues_per_sweep", ""},
      {"/recovery_policy", {{"escalation_hook", {{"kind", "shell"}}}}, "escalation_hook.command", ""},
      {"/lanes", 1, "lanes has to be an object", ""},
      {"/harness_profiles/hp", 1, "harness profile 'hp': body must be an object", ""},
      {"/harness_profiles/hp/tool_family", "x", "unknown tool_family 'x'", ""},
      {"/harness_profiles/hp/fallback_profile_id", "zz", "fallback_profile_id 'zz'", ""},
      {"/harness_profiles/hp/prompt_envelope_path", "../x", "prompt_envelope_path must be repo-relative", ""},
      {"/harness_profiles/hp/accountability", {{"native_subagents", "x"}}, "native_subagents must be", ""},
      {"/lanes/local/harness_profile_id", "zz", "references undeclared harness profile 'zz'", ""},
      {"/lanes/local/harness_profile_id", "", "harness_profile_id must be a non-empty string", ""},
      {"/lanes/local/adapter_timeout_seconds", 86401, "86400", ""},
      {"/lanes/local/command", Json::array(), "lane 'local'", ""},
      {"/lanes/local/constraints/colour", "red", "unknown constraint 'colour'", ""},
      {"/lanes/local/constraints/network", "maybe", "'network' cannot be 'maybe'", ""},
      {"/lanes/local/required_enforcement/repo_scope", "advisory", "undeclared constraint 'repo_scope'", ""},
      {"/lanes/local/required_enforcement/network", "enforced",
       "requires 'enforced' enforcement of 'network'", ""},
      {"/jobs", 1, "jobs has to be a list", ""},
      {"/jobs/1", 1, "jobs[1] has to be an object", "jobs[1]"},
      {"/jobs/1/id", "make", "job 'make' is declared twice", "jobs[1].id"},
      {"/jobs/1/role_id", "ghost", "job 'look' names an unknown role 'ghost'", "jobs[1].role_id"},
      {"/jobs/1/lane_id", "ghost", "job 'look' names an unknown lane 'ghost'", "jobs[1].lane_id"},
      {"/jobs/1/needs", Json::array(), "job 'look' needs other jobs than its edges say", ""},
      {"/jobs/0/expected_artifacts/0/kind", "x", "job 'make' declares unknown artifact kind 'x'", ""},
      {"/jobs/0/expected_artifacts/0/path", "/x", "artifact path '/x'", "jobs[0].expected_artifacts[0].path"},
      {"/jobs/0/expected_artifacts/0/path", "doc/x", "is not inside any allowed_path",
       "jobs[0].expected_artifacts[0].path"},
      {"/jobs/0/expected_artifacts/0/path", "src/secret/x", "is inside forbidden_path 'src/secret'",
       "jobs[0].expected_artifacts[0].path"},
      {"/jobs/0/write_scope/allowed_paths/0", "src/secret/", "'src/secret/' is inside forbidden_path", ""},
      {"/jobs/2/expected_artifacts",
       {{{"path", "./src//OUT.md"}}},
       "jobs 'make' and 'tell' both declare expected artifact path './src//OUT.md'",
       ""},
      {"/jobs/0/reviewer_access_scope", "repo_level",
       "non-review job 'make' cannot declare reviewer_access_scope", ""},
      {"/jobs/1/reviewer_context_policy", "x", "'x'; allowed: fresh|cross_round", ""},
      {"/jobs/1/reviewer_access_scope", "cross_repo_artifact_augmented", "only in cross-repo workflows", ""},
      {"/jobs/1/review_posture", "custom:  ", "review_posture 'custom:  ' has empty custom name", ""},
      {"/jobs/1/review_posture", "angry", "unknown review_posture 'angry'", ""},
      {"/jobs/1/required_review_postures", {"neutral"}, "non-build job 'look'", ""},
      {"/jobs/0/required_review_postures",
       {"neutral"},
       "requires review posture 'neutral' but no reachable",
       ""},
      {"/jobs/0/require_attested_lane", true, "job 'make': require_attested_lane", ""},
      {"/jobs/0/apply_gate", true, "job 'make': apply_gate", "jobs[0].apply_gate"},
      {"/edges/0/to", "ghost", "requires review posture 'security'", ""},
      {"/edges/1/to", "ghost", "edge 2 names unknown job 'ghost'", ""},
      {"/edges/1/on", "failed", "on completed", ""},
      {"/cycles/0/from", "ghost", "cycle 1 names unknown job 'ghost'", "cycles[0].from"},
      {"/cycles/0/max_iterations", 0, "max_iterations", "cycles[0].max_iterations"},
      {"/cycles/0/to", "tell", "cycle from 'look' to 'tell' is unsound", ""},
      {"/parallelism/per_repo_max_active_jobs",
       {{"a", 1}},
       "per_repo_max_active_jobs",
       "parallelism.per_repo_max_active_jobs"},
      {"/review_revision_policy", {{"root_review_needs_revision", "x"}}, "root_review_needs_revision", ""},
  };
  for (const Case& c : cases) {
    INFO(c.pointer << " = " << c.value);
    const Refusal answer = refusal(changed(sample(), c.pointer, c.value).dump());
    CHECK(answer.message.find(c.words) != std::string::npos);
    CHECK(answer.message.find('\n') == std::string::npos);
    CHECK(answer.path == c.path);
    INFO(answer.message);
  }
}

TEST_CASE("what the contract lets pass is accepted") {
  const std::vector<Case> cases = {
      {"/jobs/2/type", "poem", "", ""},
      {"/jobs/1/lane_id", nullptr, "", ""},
      {"/jobs/2/expected_artifacts", {{{"path", "anywhere/x"}}}, "", ""},
      {"/jobs/2/write_scope", 7, "", ""},
      {"/jobs/1/review_posture", "custom:a:b", "requires review posture", ""},
      {"/cycles/0/max_iterations", true, "", ""},
      {"/cycles/0/to", "look", "", ""},
      {"/roles/author", 3, "", ""},
      {"/harness_profiles/hp/accountability", nullptr, "", ""},
      {"/branch", nullptr, "", ""},
      {"/unknown", 1, "", ""},
  };
  for (const Case& c : cases) {
    INFO(c.pointer << " = " << c.value);
    const std::string message = refusal(changed(sample(), c.pointer, c.value).dump()).message;
    CHECK(message.empty() == c.words.empty());
    CHECK(message.find(c.words) != std::string::npos);
  }
}

TEST_CASE("text that is no workflow is refused, never worse") {
  const std::string good = sample().dump();
  CHECK(refusal("", "a.json").message.find("JSON") != std::string::npos);
  CHECK(refusal("[]", "a.json").message.find("JSON object") != std::string::npos);
  CHECK(refusal(good, "dir/a.YML").message.find("'a.YML' has a YAML name") != std::string::npos);
  CHECK(refusal("{\n \"a\": 1,,", "a.json").message.find("line 2 column 9") != std::string::npos);
  CHECK(refusal(good + '\0', "a.json").message.find("not valid JSON") != std::string::npos);
  CHECK(refusal("\xEF\xBB\xBF" + good, "a.json").message.find("JSON object") != std::string::npos);
  CHECK(refusal("{\"a\":" + std::string(1'000'000, '['), "a.json").message.find("not valid JSON") !=
        std::string::npos);
  CHECK(refusal("{\"a\":1e999}", "a.json").message.find("out of range") != std::string::npos);
  CHECK(refusal(R"({"name":"\ud800"})", "a.json").message.find("not valid JSON") != std::string::npos);
}

TEST_CASE("every value of a wrong type anywhere is accepted or refused with code 8") {
  const Json document = sample();
  const std::vector<Json> values = {
      nullptr,    true,           -1, 1.5, "", "x", "../x", Json::array(), {1}, Json::object(),
      {{"a", 1}}, {Json::array()}};
  const Json flat = document.flatten();
  int refused = 0;
  for (const auto& [pointer, leaf] : flat.items()) {
    for (Json::json_pointer at(pointer); !at.empty(); at = at.parent_pointer()) {
      for (const Json& value : values) {
        INFO(at.to_string() << " = " << value);
        refused += refusal(changed(document, at.to_string(), value).dump()).message.empty() ? 0 : 1;
      }
    }
  }
  CHECK(refused > 500);
}

TEST_CASE("the first problem in the file is the one that is told") {
  std::string text = sample().dump();
  const std::string lanes = R"("zebra":{"command":[],"adapter":"process"},"apple":1,)";
  text.insert(text.find("\"local\":{"), lanes);
  CHECK(refusal(text).message.find("'zebra'") != std::string::npos);
}

TEST_CASE("strict validation refuses loops, what lies behind them, and unknown types") {
  Json loop = sample();
  loop["jobs"].push_back({{"id", "after"}, {"role_id", "author"}});
  loop["edges"].push_back({{"from", "tell"}, {"to", "make"}, {"on", "completed"}});
  loop["edges"].push_back({{"from", "tell"}, {"to", "after"}, {"on", "completed"}});
  CHECK(refusal(loop.dump()).message.empty());
  const std::string message = refusal(loop.dump(), "w.json", true).message;
  CHECK(message.find("look, make, tell") != std::string::npos);
  CHECK(message.find("never be reached: after") != std::string::npos);
  const Json odd = changed(sample(), "/jobs/2/type", "poem");
  CHECK(refusal(odd.dump()).message.empty());
  CHECK(refusal(odd.dump(), "w.json", true).path == "jobs[2].type");
}

TEST_CASE("warnings name profile and key, lane and command, and the jobs with needs") {
  Json document = changed(sample(), "/harness_profiles/hp/colour", 1);
  document["lanes"]["local"]["command"] = {"bin/agent"};
  document["jobs"][1]["needs"] = {"make"};
  document["jobs"][0]["needs"] = Json::array();
  std::vector<std::string> remarks;
  const auto remark = [&](const std::string& line) { remarks.push_back(line); };
  const auto absent = [](const std::string& name) { return name != "bin/agent"; };
  const auto workflow = Workflow::parse(document.dump(), "w.json", {false, absent, remark});
  REQUIRE(workflow.warnings().size() == 2);
  CHECK(workflow.warnings()[0].find("'hp': field 'colour'") != std::string::npos);
  CHECK(workflow.warnings()[1].find("lane 'local': command 'bin/agent'") != std::string::npos);
  REQUIRE(remarks.size() == 1);
  CHECK(remarks[0].find("deprecated 'needs' in jobs look, make") != std::string::npos);
  document["cycles"] = 5;
  CHECK_THROWS(Workflow::parse(document.dump(), "w.json", {false, absent, remark}));
  CHECK(remarks.size() == 2);
}

TEST_CASE("parallel groups and repositories are checked together") {
  Json document = sample();
  document["jobs"][0]["parallel_group"] = "g";
  document["jobs"][2]["parallel_group"] = "g";
  CHECK(refusal(document.dump()).message == "parallel group 'g' mixes repo_write and review-only jobs");
  document["jobs"][2]["write_scope"] = {{"repo_write", true}, {"allowed_paths", {"./src"}}};
  CHECK(refusal(document.dump()).message.find("same allowed path") != std::string::npos);

  document["repositories"] = {{"a", {{"repo_id", "x"}}}, {"b", {{"repo_id", "x"}}}};
  CHECK(refusal(document.dump()).message.find("'a' and 'b' share repo_id 'x'") != std::string::npos);
  document["repositories"]["b"]["repo_id"] = "y";
  document["primary_repository"] = "a";
  CHECK(refusal(document.dump()).path == "jobs[0].repository");
  for (int i = 0; i < 3; ++i) document["jobs"][i]["repository"] = i == 2 ? "b" : "a";
  CHECK(refusal(document.dump()).message.empty());
  document["jobs"][1]["repository"] = "b";
  CHECK(refusal(document.dump()).message.find("cross_repo_cycle=true") != std::string::npos);
}

TEST_CASE("declared_cycle asks each root review for a cycle") {
  Json document = sample();
  document["jobs"].push_back({{"id", "root"}, {"type", "review"}, {"role_id", "reviewer"}});
  document["review_revision_policy"] = {{"root_review_needs_revision", "declared_cycle"}};
  CHECK(refusal(document.dump()).message.ends_with("none from: root"));
}

TEST_CASE("sealed paths do not overlap and do not name the state folder") {
  Json document = sample();
  document["provenance_mode"] = "sealed_patch";
  document["protected_paths"] = {"a/b", ".striatum/x"};
  CHECK(refusal(document.dump()).path == "protected_paths[1]");
  document["protected_paths"] = {"a/b"};
  document["operator_writable_paths"] = {"ab", "a"};
  CHECK(refusal(document.dump()).message.find("'a/b' and 'a'") != std::string::npos);
}

TEST_CASE("fragments of a job are read alone") {
  const JobSpec build = job_spec(sample()["jobs"][0]);
  CHECK(build.id == WorkflowJobId("make"));
  CHECK(build.title == "make");
  CHECK(build.repo_write);
  CHECK(build.expected_artifacts.at(0).required);
  CHECK(build.lane_id == "local");
  const JobSpec review =
      job_spec(Json{{"id", "r"}, {"type", "review"}, {"reviewer_context_policy", "fresh"}});
  CHECK(review.needs_fresh_session);
  CHECK_FALSE(review.fresh_session_required);
  CHECK(review.review_posture == "neutral");
  CHECK(review.write_scope.forbidden_paths == std::vector<std::string>{".striatum"});
  CHECK(job_spec(Json(nullptr)).type == "generic");
  CHECK(is_repo_write({{"write_scope", {{"mode", "repo_write"}}}}));
  CHECK(job_spec({{"max_attempts", "3"}}).max_attempts == 3);
  CHECK(job_spec({{"max_attempts", 2.9}}).max_attempts == 2);
  CHECK(job_spec({{"max_attempts", {1}}}).max_attempts == 1);
}

TEST_CASE("packet blocks are built from a lane or a job") {
  const Json constraints = adapter_constraints(sample()["lanes"]["local"]);
  CHECK(constraints["satisfied"] == true);
  CHECK(constraints["enforcement"][0] == Json{{"constraint", "network"},
                                              {"requested", "forbidden"},
                                              {"required_enforcement", nullptr},
                                              {"enforcement", "advisory_strict"},
                                              {"satisfied", true}});
  CHECK(constraints["enforcement"][1]["enforcement"] == "enforced");
  CHECK(adapter_constraints(Json(nullptr))["requested"] == Json::object());

  CHECK_FALSE(review_policy({{"type", "review"}}));
  CHECK_FALSE(review_policy({{"type", "build"}, {"review_posture", "security"}}));
  const auto policy = review_policy(sample()["jobs"][1]);
  REQUIRE(policy);
  CHECK((*policy)["access_scope"] == "document_only");
  CHECK((*policy)["instruction"].get<std::string>().find("security-focused review") != std::string::npos);
  const auto custom = review_policy({{"type", "review"}, {"review_posture", "custom:x"}});
  CHECK((*custom)["posture"] == "custom:x");
  CHECK(harness_profile("hp", {{"a", 1}}) == Json{{"a", 1}, {"profile_id", "hp"}});
}

TEST_CASE("a recovery policy fills in the contract's defaults") {
  const RecoveryPolicy defaults = recovery_policy(nullptr);
  CHECK(defaults.checkpoint_timeout_seconds == 14400);
  const RecoveryPolicy policy =
      recovery_policy({{"eligible_after_seconds", 0},
                       {"escalation_hook", {{"kind", "marker_file"}, {"path", "alerts/now"}}}});
  CHECK(policy.eligible_after_seconds == 0);
  CHECK(policy.escalation_hook->path == "alerts/now");
  for (const char* path : {"/x", "a/../b", ".striatum/x", ""}) {
    INFO(path);
    CHECK_THROWS_AS(recovery_policy({{"escalation_hook", {{"kind", "marker_file"}, {"path", path}}}}), Error);
  }
}

TEST_CASE("each starter is valid under strict rules and names its files") {
  for (const char* style : {"minimal", "review", "code-change"}) {
    INFO(style);
    const auto files = starter_files(*starter_style(style), "My flow", Instant{1767225600});
    REQUIRE(files.back().path == "workflow.json");
    const auto workflow = Workflow::parse(files.back().text, files.back().path, {true, nullptr});
    CHECK(workflow.id() == "My flow-starter");
    CHECK(workflow.version() == "2026-01-01");
    CHECK(workflow.warnings().empty());
    CHECK(workflow.cycles().size() == (std::string(style) == "code-change" ? 1 : 0));
    CHECK(files.size() == (std::string(style) == "minimal" ? 3 : 6));
  }
  CHECK_FALSE(starter_style("odd"));
}
