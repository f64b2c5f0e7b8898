// SPDX-License-Identifier: Apache-2.0
// What the read verbs say about a run that stands in the middle, and about states that were tampered with.
#include <filesystem>

#include "base/crypto.hpp"
#include "store/connection.hpp"
#include "support/catch.hpp"
#include "support/fakes.hpp"
#include "support/temp_repo.hpp"
#include "support/workflow_file.hpp"

using namespace striatum;
using test::Reply;

namespace {

/// A started run whose first job is claimed and running.
struct Started {
  explicit Started(const std::string& program = "striatum") : cli(repo.path(), program) {
    repo.commit({{"src/a.txt", "a\n"}});
    repo.git({"switch", "-q", "-c", "work"});
    test::write_workflow(repo.beside("workflow.json"));
    REQUIRE(cli.json({"init"}).code == 0);
    run = text_member(cli.json({"run", "prepare", "--workflow", repo.beside("workflow.json")}).data(), "run_id");
    REQUIRE(cli.json({"branch", "confirm", "--run-id", run, "--branch", "work"}).code == 0);
    REQUIRE(cli.json({"run", "start", "--run-id", run}).code == 0);
    session = text_member(cli.json({"register-session", "--run-id", run, "--role", "author", "--lane", "local"}).data(),
                          "session_id");
    const Json packet = member(cli.json({"claim-next", "--session-id", session}).data(), "packet");
    job = text_member(member(packet, "job"), "job_id");
    lease = text_member(member(packet, "lease"), "lease_id");
    message = text_member(member(packet, "lease"), "message_id");
    REQUIRE(cli.json({"ack", "--session-id", session, "--message-id", message, "--lease-id", lease}).code == 0);
  }

  std::string block(const std::string& severity) {
    const Reply reply = cli.json({"block", "--session-id", session, "--job-id", job, "--lease-id", lease, "--kind", "choose",
                                  "--severity", severity, "--description", "A or\x1b[31m B?"});
    REQUIRE(reply.code == 0);
    return text_member(reply.data(), "blocker_id");
  }

  Json status() { return cli.json({"status", "--run-id", run}).data(); }

  void tamper(const char* sql) {
    store::Connection db(repo.path() + "/.striatum/state.sqlite3", store::Access::read_write);
    db.execute(sql);
  }

  test::TempRepo repo;
  test::Driver cli;
  std::string run, session, job, lease, message;
};

const Json& invariant(const Json& deep, const std::string& name) {
  for (const Json& entry : deep.at("invariants")) {
    if (entry.at("name") == name) return entry;
  }
  FAIL("no invariant " << name);
  return deep;
}

}  // namespace

TEST_CASE("status shows what runs, what waits and what a person has to decide", "[app][reads]") {
  Started started;
  Json status = started.status();
  CHECK(status.at("jobs") == Json{{"blocked", 2}, {"running", 1}});
  CHECK(status.at("claimable_jobs").empty());
  REQUIRE(status.at("blocked_downstream_jobs").size() == 2);
  CHECK(status.at("blocked_downstream_jobs")[0].at("workflow_job_id") == "report");
  CHECK(status.at("provenance_mode") == "advisory");
  CHECK_FALSE(status.contains("leases"));

  const std::string blocker = started.block("human_checkpoint");
  status = started.status();
  CHECK(status.at("next_actions") == Json{"inspect_blocker", "export_run_evidence", "resolve_human_checkpoint"});
  const Json& checkpoint = status.at("human_checkpoints")[0].at("human_checkpoint");
  CHECK(text_member(checkpoint, "decision_required").rfind("Human decision required", 0) == 0);
  CHECK(checkpoint.at("affected_jobs").size() == 2);
  const Json why = started.cli.json({"why", blocker}).data();
  CHECK(why.at("target_type") == "blocker");
  CHECK(why.at("job").at("state") == "waiting_human");
  CHECK_FALSE(why.contains("explanation"));
}

TEST_CASE("reading one run expires its overdue leases, reading all does not", "[app][reads]") {
  Started started;
  REQUIRE(started.cli.json({"heartbeat", "--session-id", started.session, "--lease-id", started.lease,
                            "--extend-seconds", "-1"}).code == 0);
  CHECK(started.cli.json({"status"}).data().at("jobs").contains("running"));
  CHECK(started.cli.json({"doctor"}).data().at("problems")[0] ==
        "active lease has expired without reap: " + started.lease);
  CHECK(started.status().at("jobs").contains("stale_lease"));
}

TEST_CASE("a provenance mode that cannot be read counts as sealed", "[app][reads]") {
  Started started;
  started.tamper("UPDATE gs_workflows SET head_json = '{'");
  CHECK(started.status().at("provenance_mode") == "sealed_patch");
  const Json record = started.cli.json({"doctor", "--verbose"}).data().at("problem_records")[0];
  CHECK(record.at("check") == "sealed_patch_unsupported");
  CHECK(record.at("context").at("reason") == "containment_unsupported");
}

TEST_CASE("lists refuse words outside their enums and unknown runs", "[app][reads]") {
  Started started;
  const Reply state = started.cli.json({"list", "jobs", "--run-id", started.run, "--state", "odd"});
  CHECK(state.code == 2);
  CHECK(state.message().find("'odd'") != std::string::npos);
  CHECK(state.message().find("queued, claimed") != std::string::npos);
  CHECK(started.cli.json({"list", "artifacts", "--run-id", started.run, "--kind", "support_ledger"}).code == 0);
  CHECK(started.cli.json({"list", "jobs", "--run-id", "nope"}).code == 3);
  CHECK(started.cli.json({"list", "runs", "--limit", "0"}).code == 2);
  CHECK(started.cli.json({"why", "nope"}).code == 3);
}

TEST_CASE("the log gives every event with its link, and tells where it was changed", "[app][reads]") {
  Started started;
  const Reply log = started.cli.plain({"log", "--run-id", started.run});
  CHECK(std::count(log.out.begin(), log.out.end(), '\n') == 7);
  const Json first = parse_json(log.out.substr(0, log.out.find('\n'))).value_or(Json());
  CHECK(first.at("event_type") == "run.created");
  CHECK(first.at("seq") == 1);
  CHECK(text_member(first, "hash").size() == 64);
  CHECK(started.cli.json({"log", "verify"}).data().at("ok") == true);
  started.tamper("UPDATE gs_event_chain SET body_commit = zeroblob(32) WHERE seq = 3");
  const Reply verify = started.cli.json({"log", "verify"});
  CHECK(verify.code == 14);
  CHECK(verify.data().at("bad_seq") == 3);
}

TEST_CASE("doctor names pointers that lead elsewhere", "[app][reads]") {
  Started started;
  const auto found = [&](const std::string& problem) {
    const Json problems = started.cli.json({"doctor"}).data().at("problems");
    return std::find(problems.begin(), problems.end(), problem + " is inconsistent: " + started.job) != problems.end();
  };
  CHECK_FALSE(found("job current_message_id"));
  CHECK_FALSE(found("job current_lease_id"));
  SECTION("the message's") {
    started.tamper("UPDATE queue_messages SET job_id = NULL");
    CHECK(found("job current_message_id"));
    CHECK_FALSE(found("job current_lease_id"));
  }
  SECTION("the lease's, to nothing") {
    started.tamper("UPDATE jobs SET current_lease_id = 'lease_of_nobody' WHERE current_lease_id IS NOT NULL");
    CHECK_FALSE(found("job current_message_id"));
    CHECK(found("job current_lease_id"));
    const Json records = started.cli.json({"doctor", "--verbose"}).data().at("problem_records");
    const auto record = std::find_if(records.begin(), records.end(), [](const Json& row) {
      return row.at("check") == "job_current_lease_id_inconsistent";
    });
    REQUIRE(record != records.end());
    CHECK(record->at("context") == Json{{"current_lease_id", "lease_of_nobody"}});
  }
}

TEST_CASE("doctor compares what was published with what was expected", "[app][reads]") {
  Started started;
  const auto mismatches = [&](const std::string& expected, const std::string& path, const std::string& state = "completed") {
    started.tamper(("PRAGMA foreign_keys=OFF; INSERT INTO artifacts (artifact_id, run_id, job_id, logical_name, artifact_kind, "
                    "repo_path, content_sha256, size_bytes, publish_mode, created_at) SELECT 'art_1', run_id, job_id, 'main', "
                    "'handoff', '" + path + "', 'x', 1, 'create', created_at FROM jobs WHERE job_id = '" + started.job +
                    "'; UPDATE jobs SET state = '" + state + "', expected_artifacts_json = '" + expected + "' WHERE job_id = '" +
                    started.job + "'").c_str());
    const Json records = started.cli.json({"doctor", "--verbose"}).data().at("problem_records");
    return std::count_if(records.begin(), records.end(), [](const Json& row) {
      return row.at("check") == "required_artifact_kind_or_path_mismatch";
    });
  };
  const std::string start = R"([{"kind":"handoff","logical_name":"main","path":")";
  SECTION("the same") { CHECK(mismatches(start + R"(a.md","required":true}])", "a.md") == 0); }
  SECTION("the same, written otherwise") {
    CHECK(mismatches(R"([{"required": true, "path": "\u00e9.md", "kind": "handoff", "logical_name": "main"}])", "\xc3\xa9.md") == 0);
  }
  SECTION("another path") { CHECK(mismatches(start + R"(b.md","required":true}])", "a.md") == 1); }
  SECTION("another kind") { CHECK(mismatches(R"([{"kind":"review","logical_name":"main","path":"a.md","required":true}])", "a.md") == 1); }
  SECTION("of a job at work") { CHECK(mismatches(start + R"(b.md","required":true}])", "a.md", "running") == 1); }
  SECTION("of a job that will not go on") { CHECK(mismatches(start + R"(b.md","required":true}])", "a.md", "canceled") == 1); }
  SECTION("the second of two, another path") {
    CHECK(mismatches(R"([{"kind":"handoff","logical_name":"other","path":"a.md","required":true},)" + start.substr(1) +
                         R"(b.md","required":true}])", "a.md") == 1);
  }
  SECTION("the first of two, the same") {
    CHECK(mismatches(start + R"(a.md","required":true},{"kind":"handoff","logical_name":"other","path":"b.md","required":true}])",
                     "a.md") == 0);
  }
  SECTION("no JSON") { CHECK(mismatches("nothing", "a.md") == 0); }
  SECTION("not required") { CHECK(mismatches(start + R"(b.md","required":false}])", "a.md") == 0); }
}

TEST_CASE("doctor names a job with two artifacts and a lost message once", "[app][reads]") {
  Started started;
  const std::string of_job = " WHERE job_id = '" + started.job + "'";
  started.tamper(("PRAGMA foreign_keys=OFF; INSERT INTO artifacts (artifact_id, run_id, job_id, logical_name, artifact_kind, "
                  "repo_path, content_sha256, size_bytes, publish_mode, created_at) SELECT 'art_' || n, run_id, job_id, n, "
                  "'handoff', n, n, 1, 'create', created_at FROM jobs, (SELECT 'one' AS n UNION SELECT 'two')" + of_job +
                  "; UPDATE jobs SET current_message_id = 'msg_of_nobody'" + of_job).c_str());
  const Json problems = started.cli.json({"doctor"}).data().at("problems");
  CHECK(std::count(problems.begin(), problems.end(), "job current_message_id is inconsistent: " + started.job) == 1);
}

TEST_CASE("doctor names packets whose lease or session is gone", "[app][reads]") {
  Started started;
  const auto orphans = [&] {
    const Json records = started.cli.json({"doctor", "--verbose"}).data().at("problem_records");
    return std::count_if(records.begin(), records.end(),
                         [](const Json& row) { return row.at("check") == "orphan_work_packet"; });
  };
  CHECK(orphans() == 0);
  SECTION("lease") { started.tamper("PRAGMA foreign_keys=OFF; UPDATE work_packets SET lease_id = 'lease_of_nobody'"); }
  SECTION("session") { started.tamper("PRAGMA foreign_keys=OFF; UPDATE work_packets SET session_id = 'sess_of_nobody'"); }
  CHECK(orphans() == 1);
}

TEST_CASE("doctor --deep compares state with log", "[app][reads]") {
  Started started;
  Json deep = started.cli.json({"doctor", "--deep"}).data().at("deep");
  INFO(deep.dump());
  CHECK(deep.at("ok") == true);
  CHECK(deep.at("chain").at("ok") == true);
  started.tamper("UPDATE jobs SET state = 'completed' WHERE workflow_job_id = 'report'");
  const Reply reply = started.cli.json({"doctor", "--deep"});
  CHECK(reply.code == 0);
  deep = reply.data().at("deep");
  CHECK(deep.at("ok") == false);
  CHECK(invariant(deep, "completed_job_has_event").at("ok") == false);
  CHECK(text_member(invariant(deep, "completed_job_has_event"), "id").ends_with("_report"));
  CHECK(invariant(deep, "verdict_has_event").at("ok") == true);
}

TEST_CASE("people are told who holds what and what to type next", "[app][people]") {
  Started started("git-striatum");
  started.cli.terminal = true;
  started.cli.environment["NO_COLOR"] = "1";
  std::string text = started.cli.plain({"status"}).out;
  CHECK(text.find("draft: held by author-local-1, ends in 30 minutes") != std::string::npos);
  const std::string blocker = started.block("human_checkpoint");
  text = started.cli.plain({"status"}).out;
  CHECK(text.find("waits for you: draft, choose: A or\\x1b[31m B?") != std::string::npos);
  CHECK(text.find("next: git striatum checkpoint resolve --blocker-id " + blocker.substr(0, 12)) != std::string::npos);
  text = started.cli.plain({"why", "review"}).out;
  CHECK(text.find("It waits for job 'draft', which is waiting_human") != std::string::npos);
  text = started.cli.plain({"list", "jobs", "--run-id", started.run}).out;
  CHECK(text.find("JOB     TRY  STATE          WHO             VERDICT  JOB ID") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  started.cli.environment.erase("NO_COLOR");
  CHECK(started.cli.plain({"list", "jobs", "--run-id", started.run}).out.find("\x1b[33mwaiting_human") != std::string::npos);
}

TEST_CASE("a file that waits for its name is finished by the next change, unless its place was taken", "[app]") {
  Started started;
  const std::string copy = ".striatum-tmp-0123456789abcdef";
  const std::string beside = started.repo.path() + "/.striatum/" + copy;
  test::write(beside, "whole\n");
  test::write(started.repo.path() + "/.striatum/.striatum-tmp-00000000000000ff", "nobody's");
  started.tamper(("INSERT INTO gs_outbox VALUES ('" + started.repo.path() + "', 'docs/e.md', '" + copy +
                  "', NULL, '2026-01-01T00:00:00Z')").c_str());
  REQUIRE(started.status().is_object());
  CHECK(std::filesystem::exists(beside));
  CHECK_FALSE(std::filesystem::exists(started.repo.path() + "/.striatum/.striatum-tmp-00000000000000ff"));
  SECTION("nothing stands there") {
    started.block("blocked");
    CHECK(test::slurp(started.repo / "docs/e.md") == "whole\n");
  }
  SECTION("somebody else's file does") {
    test::write(started.repo / "docs/e.md", "theirs\n");
    started.block("blocked");
    CHECK(test::slurp(started.repo / "docs/e.md") == "theirs\n");
  }
  CHECK_FALSE(std::filesystem::exists(beside));
  store::Connection db(started.repo.path() + "/.striatum/state.sqlite3", store::Access::read_only);
  CHECK(db.integer("SELECT count(*) FROM gs_outbox") == 0);
}

TEST_CASE("evidence is written redacted, and over nothing that is not ours", "[app][evidence]") {
  Started started;
  started.block("blocked");
  const auto exported = [&](const std::string& path) {
    return started.cli.json({"evidence", "export", "--run-id", started.run, "--path", path});
  };
  for (const char* path : {".git/config", "a/.GIT/x", ".striatum/x.md", "../x.md", "/x.md"}) {
    INFO(path);
    CHECK(exported(path).code == 6);
  }
  CHECK(exported("src/a.txt").code == 6);
  CHECK(test::slurp(started.repo / "src/a.txt") == "a\n");
  std::filesystem::create_symlink("src", started.repo / "link");
  CHECK(exported("link/e.md").code == 6);

  REQUIRE(exported("docs/EVIDENCE.md").code == 0);
  const std::string first = test::slurp(started.repo / "docs/EVIDENCE.md");
  CHECK(first.rfind("# Striatum Evidence Export\n\nRun ID: `" + started.run + "`\nBranch: `work`\n", 0) == 0);
  CHECK(first.find("A or") == std::string::npos);
  CHECK(first.find("\"description\": \"<redacted-free-text>\"") != std::string::npos);
  CHECK(first.find("\"blocker_kind\": \"choose\"") != std::string::npos);
  CHECK(exported("docs/EVIDENCE.md").code == 0);
  CHECK(test::slurp(started.repo / "docs/EVIDENCE.md") == first);
  started.cli.environment["SOURCE_DATE_EPOCH"] = "0";
  CHECK(exported("docs/EVIDENCE.md").code == 0);
  CHECK(test::slurp(started.repo / "docs/EVIDENCE.md").find("Exported at: `1970-01-01T00:00:00Z`") != std::string::npos);
}

TEST_CASE("evidence of many rows is whole, and its digest is that of the file", "[app][evidence]") {
  Started started;
  started.tamper(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO blockers (blocker_id, run_id, "
      "severity, blocker_kind, state, description, created_at) SELECT printf('blk_%032x', i), run_id, 'warning', 'other', "
      "'resolved', 'x', printf('2026-01-01T%02d:%02d:00Z', i / 60 % 24, i % 60) FROM n, runs");
  const Reply reply = started.cli.json({"evidence", "export", "--run-id", started.run, "--path", "docs/e.md"});
  REQUIRE(reply.code == 0);
  const std::string text = test::slurp(started.repo / "docs/e.md");
  CHECK(text.size() > 500'000);
  CHECK(reply.data().at("sha256") == sha256(text).hex());
  const std::string head = "\n## Snapshot\n\n```json\n";
  const std::size_t at = text.find(head) + head.size();
  const auto snapshot = parse_json(text.substr(at, text.rfind("\n```\n") - at));
  REQUIRE(snapshot);
  CHECK(snapshot->at("blockers").size() == 3000);
}
