// SPDX-License-Identifier: Apache-2.0
// Sweeps over time, and processes that are gone.
#include <algorithm>

#include "app/escalation.hpp"
#include "store/connection.hpp"
#include "support/catch.hpp"
#include "support/fakes.hpp"
#include "support/temp_repo.hpp"
#include "support/workflow_file.hpp"

using namespace striatum;

namespace {

/// A started run whose first job is claimed and running.
struct Claimed {
  Claimed() : cli(repo.path()) {
    repo.commit({{"src/a.txt", "a\n"}});
    test::write_workflow(repo.beside("workflow.json"));
    REQUIRE(cli.json({"init"}).code == 0);
    run = text_member(cli.json({"run", "prepare", "--workflow", repo.beside("workflow.json")}).data(), "run_id");
    REQUIRE(cli.json({"branch", "confirm", "--run-id", run, "--branch", "work"}).code == 0);
    REQUIRE(cli.json({"run", "start", "--run-id", run}).code == 0);
    session = text_member(cli.json({"register-session", "--run-id", run, "--role", "author", "--lane", "local"}).data(), "session_id");
    packet = member(cli.json({"claim-next", "--session-id", session}).data(), "packet");
    job = text_member(packet.at("job"), "job_id");
    lease = text_member(packet.at("lease"), "lease_id");
  }

  void block() {
    REQUIRE(cli.json({"block", "--session-id", session, "--job-id", job, "--lease-id", lease, "--kind", "choose", "--severity",
                      "human_checkpoint", "--description", "A or B?"}).code == 0);
  }

  Json sweep(std::vector<std::string> flags) {
    std::vector<std::string> words{"recovery", "auto", "--run-id", run};
    words.insert(words.end(), flags.begin(), flags.end());
    const auto reply = cli.json(words);
    REQUIRE(reply.code == 0);
    return reply.data();
  }

  /// As release 1.24 leaves it behind when its runner is killed.
  void lose_process() {
    store::Connection db(repo.path() + "/.striatum/state.sqlite3", store::Access::read_write);
    db.run(
        "INSERT INTO process_executions (process_id, run_id, job_id, session_id, lease_id, packet_id, adapter, command_json, cwd, "
        "scratch_path, stdin_mode, stdio_mode, pid, state, started_at) VALUES ('proc_1', ?1, ?2, ?3, ?4, ?5, 'process', "
        "'[\"agent\"]', '.', 'x', 'packet', 'suppressed', 4194304999, 'running', '2027-01-15T07:00:00Z')",
        run, job, session, lease, text_member(packet, "packet_id"));
  }

  test::TempRepo repo;
  test::Driver cli;
  std::string run, session, job, lease;
  Json packet;
};

}  // namespace

TEST_CASE("recovery: a checkpoint is escalated when it is due, and again after ever longer pauses", "[recovery]") {
  Claimed world;
  world.block();
  const std::vector<std::string> flags{"--checkpoint-timeout", "100"};
  const auto told = [&] { return world.sweep(flags).at("escalations").size(); };
  world.cli.clock.advance(99);
  CHECK(told() == 0);
  world.cli.clock.advance(1);
  CHECK(told() == 1);
  CHECK(told() == 0);
  world.cli.clock.advance(99);
  CHECK(told() == 0);
  world.cli.clock.advance(1);
  CHECK(told() == 1);
  world.cli.clock.advance(199);
  CHECK(told() == 0);
  world.cli.clock.advance(1);
  CHECK(told() == 1);
}

TEST_CASE("recovery: a sweep that died while it told somebody is made up for", "[recovery]") {
  Claimed world;
  world.block();
  CHECK(world.sweep({"--checkpoint-timeout", "0"}).at("escalations").size() == 1);
  {
    store::Connection db(world.repo.path() + "/.striatum/state.sqlite3", store::Access::read_write);
    db.execute("UPDATE gs_sweep_acts SET settled = 0");
  }
  world.cli.clock.advance(59);
  CHECK(world.sweep({"--checkpoint-timeout", "86400"}).at("escalations").empty());
  world.cli.clock.advance(1);
  CHECK(world.sweep({"--checkpoint-timeout", "0"}).at("escalations").size() == 1);
}

TEST_CASE("recovery: a process that is gone is marked lost once, and its job blocked with what is missing", "[recovery]") {
  Claimed world;
  world.lose_process();
  CHECK(world.sweep({}).at("actions").empty());
  const Json said = world.sweep({"--dry-run", "--autonomous-process-reconcile"});
  CHECK(said.at("actions").at(0).at("kind") == "process_reconcile_eligible");
  const Json done = world.sweep({"--autonomous-process-reconcile"});
  REQUIRE(done.at("actions").size() == 1);
  CHECK(done.at("actions")[0].at("kind") == "process_reconciled");
  CHECK(done.at("actions")[0].at("blocker_kind") == "process_lost_with_outputs_missing");
  CHECK(world.sweep({"--autonomous-process-reconcile"}).at("actions").empty());
  const Json status = world.cli.json({"status", "--run-id", world.run}).data();
  CHECK(status.at("open_blockers").size() == 1);
  CHECK(status.at("process_health").at("lost_count") == 1);
}

TEST_CASE("recovery: flags win over the policy of the workflow, and say so", "[recovery]") {
  Claimed world;
  CHECK(world.sweep({}).at("policy_source") == "default");
  CHECK(world.sweep({"--max-requeue", "1"}).at("policy_source") == "cli_override");
}

TEST_CASE("recovery: addresses are shown without what is secret in them") {
  CHECK(app::public_url("https://user:word@host.example:8443/in/here?token=1#x") == "https://host.example:8443/in/here");
  CHECK(app::public_url("http://host.example?key=a@b") == "http://host.example");
  CHECK(app::public_url("http://host.example/a@b") == "http://host.example/a@b");
}
