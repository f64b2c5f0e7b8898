// SPDX-License-Identifier: Apache-2.0
#include "store/evidence.hpp"

#include <fstream>

#include "store/read_doctor.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using store::Connection;
using store::EvidenceJob;
using store::EvidenceJobs;

namespace {

constexpr const char* kTables =
    "CREATE TABLE runs (run_id TEXT PRIMARY KEY);"
    "CREATE TABLE jobs (job_id TEXT PRIMARY KEY, run_id TEXT, workflow_job_id TEXT, job_type TEXT, state TEXT, role_id TEXT,"
    " lane_selector_json TEXT, attempt INTEGER, max_attempts INTEGER, fresh_session_required INTEGER);"
    "CREATE TABLE job_dependencies (job_id TEXT, depends_on_job_id TEXT, gate_json TEXT);"
    "CREATE TABLE verdicts (verdict_id TEXT PRIMARY KEY, job_id TEXT, verdict TEXT, created_at TEXT, run_id);"
    "INSERT INTO runs VALUES ('run'), ('other');";

struct Place {
  test::TempFolder folder;
  std::string file = folder / "state.sqlite3";
  Connection db = open();

  Connection open() const {
    std::ofstream(file).close();
    Connection fresh{file, store::Access::read_write};
    fresh.execute(kTables);
    return fresh;
  }
  void job(const std::string& id, const std::string& run, const std::string& name, int attempt, const std::string& state) {
    db.run("INSERT INTO jobs VALUES (?1, ?2, ?3, 'review', ?4, 'author', '{\"lane_id\":\"local\"}', ?5, 3, 1)", id, run, name,
           state, attempt);
  }
  void edge(const std::string& job, const std::string& upstream, const std::string& gate) {
    db.run("INSERT INTO job_dependencies VALUES (?1, ?2, ?3)", job, upstream, gate);
  }
  void verdict(const std::string& id, const std::string& job, const std::string& verdict, const std::string& when) {
    db.run("INSERT INTO verdicts SELECT ?1, ?2, ?3, ?4, run_id FROM jobs WHERE job_id = ?2", id, job, verdict, when);
  }
};

const std::string kAccepts = R"({"requires_verdict":["accept"]})";

}  // namespace

TEST_CASE("evidence: jobs come by name and attempt, each with what it needs by name", "[store]") {
  Place place;
  place.job("z", "run", "write", 2, "blocked");
  place.job("a", "run", "write", 1, "failed");
  place.job("r", "run", "review", 1, "completed");
  place.job("d", "run", "draft", 1, "completed");
  place.job("far", "other", "elsewhere", 1, "running");
  place.edge("z", "r", kAccepts);
  place.edge("z", "far", "{}");
  place.edge("z", "d", "{}");
  place.edge("z", "nobody", "{}");
  place.verdict("v1", "r", "accept", "2026-01-01T00:00:00Z");
  place.verdict("v3", "r", "reject", "2026-01-01T00:00:01Z");
  place.verdict("v2", "r", "accept", "2026-01-01T00:00:01Z");

  EvidenceJobs jobs(place.db, RunId("run"));
  std::vector<std::string_view> order;
  for (const EvidenceJob& job : jobs.all()) order.push_back(job.id.text());
  CHECK(order == std::vector<std::string_view>{"d", "r", "a", "z"});

  const EvidenceJob& last = jobs.all().back();
  CHECK(last.lane.text() == "local");
  CHECK(last.attempt.number() == 2);
  REQUIRE(last.needs.size() == 3);
  CHECK(last.needs[0].upstream->id.text() == "d");
  CHECK(last.needs[0].met);
  CHECK(last.needs[1].upstream == jobs.find("far"));
  CHECK_FALSE(last.needs[1].met);
  CHECK(last.needs[2].upstream->latest_verdict.text() == "reject");
  CHECK(*last.needs[2].required_verdicts == Json::array({"accept"}));
  CHECK_FALSE(last.needs[2].met);
  CHECK(jobs.find("nobody") == nullptr);
}

TEST_CASE("doctor: a gate is suspect when it cannot be read or was passed without its verdict", "[store]") {
  Place place;
  for (const char* run : {"run", "other"}) {
    const std::string of = run;
    place.job(of + "-done", of, "done", 1, "completed");
    place.job(of + "-open", of, "open", 1, "running");
    place.job(of + "-next", of, "next", 1, "blocked");
  }
  const auto suspects = [&](const std::string& gate, const char* upstream) {
    place.db.execute("DELETE FROM job_dependencies");
    place.edge("run-next", std::string("run-") + upstream, gate);
    place.edge("other-next", std::string("other-") + upstream, gate);
    return store::suspect_gates(place.db, RunId("run"));
  };
  const auto row = [](const char* upstream, const Json& verdict, int valid) {
    return Json::array({{{"id", std::string("run-") + upstream}, {"upstream_workflow_job_id", upstream},
                         {"downstream_job_id", "run-next"}, {"latest_verdict", verdict}, {"gate_valid", valid}}});
  };
  CHECK(suspects("{}", "done").empty());
  CHECK(suspects(R"({"requires_verdict":null})", "done").empty());
  CHECK(suspects(kAccepts, "open").empty());
  CHECK(suspects(kAccepts, "done") == row("done", nullptr, 1));
  CHECK(suspects("[]", "open") == row("open", nullptr, 0));
  CHECK(suspects("{", "done") == row("done", nullptr, 0));
  place.verdict("v", "run-done", "reject", "2026-01-01T00:00:00Z");
  CHECK(suspects(kAccepts, "done") == row("done", "reject", 1));
  place.verdict("w", "run-done", "accept", "2026-01-01T00:00:01Z");
  CHECK(suspects(kAccepts, "done").empty());
  CHECK(store::suspect_gates(place.db, std::nullopt).size() == 1);
}
