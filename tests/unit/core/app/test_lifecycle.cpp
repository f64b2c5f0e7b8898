// SPDX-License-Identifier: Apache-2.0
// Whole verbs in this process, with a clock that a test can turn.
#include "store/connection.hpp"
#include "support/catch.hpp"
#include "support/fakes.hpp"
#include "support/temp_repo.hpp"
#include "support/workflow_file.hpp"

using namespace striatum;
using test::Reply;

namespace {

void first_commit(const test::TempRepo& repo) {
  repo.git({"add", "-A"});
  repo.git({"commit", "-q", "-m", "first"});
}

/// A prepared and started run of draft → review → report, with a revision cycle of one round.
struct Flow {
  explicit Flow(const std::string& program = "striatum") : cli(repo.path(), program) {
    test::write(repo / "src/a.txt", "a\n");
    first_commit(repo);
    repo.git({"switch", "-q", "-c", "work"});
    test::write_workflow(repo.beside("workflow.json"));
    REQUIRE(cli.json({"init"}).code == 0);
    run = text_member(cli.json({"run", "prepare", "--workflow", repo.beside("workflow.json")}).data(), "run_id");
    REQUIRE(cli.json({"branch", "confirm", "--run-id", run, "--branch", "work"}).code == 0);
    REQUIRE(cli.json({"run", "start", "--run-id", run}).code == 0);
  }

  std::string session(const std::string& role, const std::string& lane = "local") {
    const Reply reply =
        cli.json({"register-session", "--run-id", run, "--role", role, "--lane", lane, "--force-non-fresh", "--reason", "t"});
    REQUIRE(reply.code == 0);
    return text_member(reply.data(), "session_id");
  }

  struct Work {
    std::string session, job, lease, message;
    std::vector<std::string> ids() const { return {"--session-id", session, "--job-id", job, "--lease-id", lease}; }
  };

  Work claim(const std::string& session_id, const std::string& seconds = "1800") {
    const Reply reply = cli.json({"claim-next", "--session-id", session_id, "--lease-seconds", seconds});
    INFO(reply.out);
    REQUIRE(text_member(reply.data(), "status") == "claimed");
    const Json packet = member(reply.data(), "packet");
    return {session_id, text_member(member(packet, "job"), "job_id"), text_member(member(packet, "lease"), "lease_id"),
            text_member(member(packet, "lease"), "message_id")};
  }

  Reply call(std::vector<std::string> verb, const std::vector<std::string>& more = {}) {
    verb.insert(verb.end(), more.begin(), more.end());
    return cli.json(verb);
  }

  void ack(const Work& work) {
    REQUIRE(cli.json({"ack", "--session-id", work.session, "--message-id", work.message, "--lease-id", work.lease}).code == 0);
  }

  Reply publish(const Work& work, const std::string& name, const std::string& kind, const std::string& path,
                const std::string& text) {
    test::write(repo / path, text);
    return call({"publish-artifact", "--kind", kind, "--logical-name", name, "--path", path}, work.ids());
  }

  void finish_draft(const std::string& author, const std::string& text) {
    const Work work = claim(author);
    ack(work);
    REQUIRE(publish(work, "handoff", "handoff", "docs/HANDOFF.md", text).code == 0);
    REQUIRE(call({"complete"}, work.ids()).code == 0);
  }

  Reply review(const Work& work, const std::string& verdict, const std::string& text) {
    test::write(repo / "docs/review/REVIEW.md", text);
    return call({"submit-review", "--path", "docs/review/REVIEW.md", "--verdict", verdict}, work.ids());
  }

  std::string state_of_run() {
    const Json listed = cli.json({"list", "runs"}).data();
    for (const Json& row : listed.at("items")) {
      if (text_member(row, "run_id") == run) return text_member(row, "state");
    }
    return {};
  }

  test::TempRepo repo;
  test::Driver cli;
  std::string run;
};

}  // namespace

TEST_CASE("a run goes from init to completed and closes its sessions", "[app]") {
  Flow flow;
  const auto author = flow.session("author");
  const auto reviewer = flow.session("reviewer");
  flow.finish_draft(author, "one\n");
  const Reply reviewed = flow.review(flow.claim(reviewer), "accept", "fine\n");
  REQUIRE(reviewed.code == 0);
  CHECK(text_member(member(reviewed.data(), "verdict"), "status") == "completed");
  const auto report = flow.claim(author);
  flow.ack(report);
  REQUIRE(flow.publish(report, "summary", "synthesis", "docs/SUMMARY.md", "# S\n").code == 0);
  REQUIRE(flow.call({"complete"}, report.ids()).code == 0);
  CHECK(flow.state_of_run() == "completed");
  CHECK(test::slurp(flow.repo / "docs/SUMMARY.md").rfind("---\nschema_version: \"striatum.synthesis.v1\"\n", 0) == 0);
  CHECK(text_member(flow.cli.json({"claim-next", "--session-id", author}).data(), "status") == "no_work");
}

TEST_CASE("needs_revision clones target and review, and its budget ends at a person", "[app][review]") {
  Flow flow;
  const auto author = flow.session("author");
  flow.finish_draft(author, "one\n");
  const Reply first = flow.review(flow.claim(flow.session("reviewer")), "needs_revision", "again\n");
  CHECK(text_member(member(first.data(), "verdict"), "status") == "revision_requested");
  CHECK(text_member(member(first.data(), "verdict"), "next_job_id").ends_with("_draft_a2"));
  flow.finish_draft(author, "two\n");
  const Reply second = flow.review(flow.claim(flow.session("reviewer")), "needs_revision", "still\n");
  CHECK(text_member(second.data(), "job_state") == "waiting_human");
  const auto blocker = text_member(second.data(), "blocker_id");
  REQUIRE_FALSE(blocker.empty());
  const Reply resolved = flow.cli.json({"checkpoint", "resolve", "--blocker-id", blocker, "--action", "continue"});
  CHECK(resolved.code == 0);
  CHECK(flow.cli.json({"checkpoint", "resolve", "--blocker-id", blocker, "--action", "continue"}).code == 4);
}

TEST_CASE("reject ends the run, and a retried job revives it", "[app][review]") {
  Flow flow;
  flow.finish_draft(flow.session("author"), "one\n");
  const auto work = flow.claim(flow.session("reviewer"));
  CHECK(text_member(flow.review(work, "reject", "no\n").data(), "run_state") == "failed");
  const Reply retried = flow.cli.json({"run", "retry-job", "--run-id", flow.run, "--job-id", work.job});
  CHECK(member(retried.data(), "run_revived") == true);
  CHECK(flow.state_of_run() == "running");
}

TEST_CASE("an override accepts once, by a session without a verdict, for a reason", "[app][review]") {
  Flow flow;
  flow.finish_draft(flow.session("author"), "one\n");
  const auto work = flow.claim(flow.session("reviewer"));
  REQUIRE(flow.review(work, "needs_revision", "again\n").code == 0);
  const auto other = flow.session("reviewer");
  const auto override_by = [&](const std::string& session, const std::string& why) {
    return flow.cli.json({"override-verdict", "--session-id", session, "--job-id", work.job, "--verdict", "accept",
                          "--rationale", why});
  };
  CHECK(override_by(other, " ").code == 4);
  CHECK(override_by(work.session, "ok").code == 4);
  CHECK(text_member(override_by(other, "ok").data(), "status") == "overridden");
  CHECK(text_member(override_by(flow.session("reviewer"), "ok").data(), "status") == "already_accepting");
}

TEST_CASE("heartbeat: a lapsed lease is refused with code 5 and its job is claimed again", "[app][lease]") {
  Flow flow;
  flow.finish_draft(flow.session("author"), "one\n");
  const auto first = flow.session("reviewer");
  const auto work = flow.claim(first, "-1");
  flow.cli.clock.advance(1);
  CHECK(flow.cli.json({"heartbeat", "--session-id", first, "--lease-id", work.lease}).code == 5);
  const auto again = flow.claim(flow.session("reviewer"));
  CHECK(again.job == work.job);
  CHECK(again.lease != work.lease);
  const Reply late = flow.review(work, "accept", "late\n");
  CHECK(late.code == 4 + 1);
}

TEST_CASE("a stale job that writes the repository waits for a person", "[app][lease]") {
  Flow flow;
  const auto author = flow.session("author");
  const auto work = flow.claim(author, "-1");
  CHECK(text_member(flow.cli.json({"claim-next", "--session-id", author}).data(), "status") == "no_work");
  CHECK(flow.cli.json({"run", "retry-job", "--run-id", flow.run, "--job-id", work.job}).code == 4);
}

TEST_CASE("release gives work back, heartbeat extends it, block stops it", "[app][lease]") {
  Flow flow;
  const auto author = flow.session("author");
  const auto work = flow.claim(author);
  CHECK(text_member(flow.cli.json({"heartbeat", "--session-id", author, "--lease-id", work.lease}).data(), "expires_at") ==
        "2027-01-15T08:30:00Z");
  CHECK(flow.cli.json({"session", "close", "--session-id", author, "--reason", "x"}).code == 5);
  const Reply released = flow.cli.json({"release", "--session-id", author, "--message-id", work.message, "--lease-id",
                                        work.lease, "--reason", "r", "--requeue"});
  CHECK(text_member(released.data(), "job_state") == "blocked");
  REQUIRE(flow.cli.json({"run", "retry-job", "--run-id", flow.run, "--job-id", work.job}).code == 0);
  const auto again = flow.claim(author);
  const Reply blocked = flow.call({"block", "--kind", "k", "--severity", "human_checkpoint", "--description", "d"}, again.ids());
  const auto blocker = text_member(blocked.data(), "blocker_id");
  const Reply canceled = flow.cli.json({"checkpoint", "resolve", "--blocker-id", blocker, "--action", "cancel"});
  CHECK(canceled.code == 0);
  CHECK(member(member(flow.cli.json({"why", again.job}).data(), "job"), "current_message_id").is_null());
  CHECK(text_member(flow.cli.json({"session", "close", "--session-id", author, "--reason", "x"}).data(), "state") == "closed");
}

TEST_CASE("a blocked message keeps the time it was claimed at", "[app][lease]") {
  Flow flow;
  const auto work = flow.claim(flow.session("author"));
  flow.cli.clock.advance(5);
  REQUIRE(flow.call({"block", "--kind", "k", "--severity", "blocked", "--description", "d"}, work.ids()).code == 0);
  const Json message = member(flow.cli.json({"why", work.message}).data(), "message");
  CHECK(text_member(message, "state") == "blocked");
  CHECK(member(message, "updated_at") == member(message, "claimed_at"));
}

TEST_CASE("a blank reason stands for the one a run is paused or canceled with anyway", "[app]") {
  Flow flow;
  const auto run_row = [&] { return member(flow.cli.json({"why", flow.run}).data(), "run"); };
  REQUIRE(flow.cli.json({"run", "pause", "--run-id", flow.run, "--reason", ""}).code == 0);
  CHECK(text_member(run_row(), "paused_reason") == "operator_paused");
  REQUIRE(flow.cli.json({"run", "cancel", "--run-id", flow.run, "--reason="}).code == 0);
  CHECK(text_member(run_row(), "stop_reason") == "operator_canceled");
}

TEST_CASE("artifacts are refused outside the scope, twice, or under a false name", "[app][artifact]") {
  Flow flow;
  const auto work = flow.claim(flow.session("author"));
  const auto code = [&](const std::string& kind, const std::string& name, const std::string& path, const std::string& text) {
    return flow.publish(work, name, kind, path, text).code;
  };
  CHECK(code("handoff", "h", "other/x.md", "x\n") == 6);
  CHECK(code("transcript", "h", "docs/x.md", "x\n") == 6);
  CHECK(code("nonsense", "h", "docs/x.md", "x\n") == 6);
  CHECK(code("handoff", "h", "docs/x.md", "author: somebody\n") == 6);
  CHECK(code("handoff", "h", "docs/x.md", "caf\xe9\n") == 6);
  CHECK(code("handoff", "latin", "docs/x.txt", "caf\xe9\n") == 0);
  CHECK(code("handoff", "h", "docs/x.md", "x\n") == 0);
  CHECK(code("handoff", "h", "docs/x.md", "x\n") == 0);
  CHECK(code("handoff", "h", "docs/x.md", "y\n") == 6);
  CHECK(code("handoff", "other", "docs/x.md", "x\n") == 6);
  CHECK(code("handoff", "dotted", "./docs//y.md", "y\n") == 0);
  for (const std::string path : {"/etc/passwd", "../x", ".git/config", "docs/../.GIT/config", ".striatum/state.sqlite3", "absent", "docs"}) {
    INFO(path);
    CHECK(flow.call({"publish-artifact", "--kind", "handoff", "--logical-name", "p", "--path", path}, work.ids()).code == 6);
  }
}

TEST_CASE("what cannot be read is told before who wrote it", "[app][artifact]") {
  Flow flow;
  const auto work = flow.claim(flow.session("author"));
  const auto message = [&](const std::string& kind, const std::string& text) {
    return flow.publish(work, "h", kind, "docs/x.md", text).message();
  };
  CHECK(message("finding", "---\nauthor: x\n").find("not closed") != std::string::npos);
  CHECK(message("finding", "---\nauthor: x\n---\n").find("author line") != std::string::npos);
  CHECK(message("handoff", "---\nauthor: x\n").find("author line") != std::string::npos);
  CHECK(message("finding", "---\nauthor: x\n\xe9").find("UTF-8") != std::string::npos);
}

TEST_CASE("the same request id gives the same reply once, and another call none", "[app][request]") {
  Flow flow;
  const auto author = flow.session("author");
  const std::vector<std::string> call{"send", "--session-id", author, "--kind", "note", "--request-id", "r1"};
  const Reply first = flow.cli.json(call);
  CHECK(first.code == 0);
  CHECK(flow.cli.json(call).out == first.out);
  CHECK(flow.cli.json({"send", "--session-id", author, "--kind", "other", "--request-id", "r1"}).code == 4);
  CHECK(flow.cli.json({"send", "--session-id", author, "--kind", "x", "--body-json", "[1]", "--request-id", "r2"}).code == 4);
  CHECK(flow.cli.json({"send", "--session-id", author, "--kind", "x", "--request-id", "r2"}).code == 0);
}

TEST_CASE("pausing and canceling hand out no work", "[app][run]") {
  Flow flow;
  const auto author = flow.session("author");
  CHECK(text_member(flow.cli.json({"run", "pause", "--run-id", flow.run}).data(), "status") == "paused");
  CHECK(text_member(flow.cli.json({"run", "pause", "--run-id", flow.run}).data(), "status") == "already_paused");
  CHECK(member(flow.cli.json({"claim-next", "--session-id", author}).data(), "paused") == true);
  CHECK(text_member(flow.cli.json({"run", "resume", "--run-id", flow.run}).data(), "status") == "resumed");
  CHECK(text_member(flow.cli.json({"run", "cancel", "--run-id", flow.run}).data(), "status") == "canceled");
  CHECK(text_member(flow.cli.json({"run", "cancel", "--run-id", flow.run}).data(), "status") == "already_canceled");
  CHECK(flow.cli.json({"run", "pause", "--run-id", flow.run}).code == 4);
  CHECK(flow.cli.json({"run", "start", "--run-id", flow.run}).code == 4);
}

TEST_CASE("decisions are recorded once and written where nothing stood", "[app][decision]") {
  Flow flow;
  const auto record = [&](const std::vector<std::string>& more) {
    return flow.call({"decision", "record", "--run-id", flow.run}, more).code;
  };
  CHECK(record({"--path", "docs/D.md", "--outcome", "accepted", "--title", "T", "--decision-id", "D-1"}) == 0);
  CHECK(test::slurp(flow.repo / "docs/D.md").find("Decision ID: `D-1`") != std::string::npos);
  CHECK(record({"--path", "docs/E.md", "--outcome", "accepted", "--title", "T", "--decision-id", "D-1"}) == 6);
  CHECK(record({"--path", "docs/D.md", "--outcome", "accepted", "--title", "T"}) == 6);
  CHECK(record({"--path", "docs/F.md", "--outcome", "accepted_with_follow_up", "--title", "T"}) == 6);
  CHECK(record({"--path", "docs/F.md", "--outcome", "accepted", "--title", " "}) == 6);
  CHECK(record({"--path", "src/a.txt", "--outcome", "accepted", "--title", "T"}) == 6);
  CHECK(record({"--path", ".git/D.md", "--outcome", "accepted", "--title", "T"}) == 6);
}

TEST_CASE("strict: the branch, the limits and a missing verdict are checked", "[app][strict]") {
  Flow flow("git-striatum");
  const auto author = flow.session("author");
  SECTION("another branch") {
    flow.repo.git({"switch", "-q", "-c", "elsewhere"});
    const Reply refused = flow.cli.json({"claim-next", "--session-id", author});
    CHECK(refused.code == 7);
    CHECK_FALSE(member(member(refused.envelope(), "error"), "hints").empty());
  }
  SECTION("a rewritten base, taken again") {
    flow.repo.git({"commit", "-q", "--amend", "-m", "other"});
    CHECK(flow.cli.json({"claim-next", "--session-id", author}).code == 7);
    CHECK(flow.cli.json({"branch", "confirm", "--run-id", flow.run, "--branch", "work", "--again"}).code == 0);
    flow.claim(author);
  }
  SECTION("max_active_jobs") {
    flow.claim(author);
    CHECK(text_member(flow.cli.json({"claim-next", "--session-id", flow.session("author")}).data(), "status") == "no_work");
  }
  SECTION("a closed session") {
    REQUIRE(flow.cli.json({"session", "close", "--session-id", author, "--reason", "x"}).code == 0);
    CHECK(flow.cli.json({"claim-next", "--session-id", author}).code == 4);
  }
  SECTION("complete without a verdict") {
    flow.finish_draft(author, "one\n");
    const auto work = flow.claim(flow.session("reviewer"));
    flow.ack(work);
    REQUIRE(flow.publish(work, "review", "finding", "docs/review/REVIEW.md", "r\n").code == 0);
    CHECK(flow.call({"complete"}, work.ids()).code == 4);
  }
  SECTION("work changed after it was completed") {
    flow.finish_draft(author, "one\n");
    const auto work = flow.claim(flow.session("reviewer"));
    test::write(flow.repo / "src/a.txt", "changed\n");
    CHECK(flow.review(work, "accept", "r\n").code == 4);
  }
}

TEST_CASE("branch confirm by git striatum refuses what cannot be right", "[app][strict]") {
  test::TempRepo repo;
  test::Driver cli(repo.path(), "git-striatum");
  test::write(repo / "a.txt", "a\n");
  first_commit(repo);
  const std::string file = repo.beside("workflow.json");
  test::write_workflow(file);
  REQUIRE(cli.json({"init"}).code == 0);
  const auto run = text_member(cli.json({"run", "prepare", "--workflow", file}).data(), "run_id");
  const auto confirm = [&](const std::string& branch, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"branch", "confirm", "--run-id", run, "--branch", branch};
    words.insert(words.end(), more.begin(), more.end());
    return cli.json(words).code;
  };
  CHECK(confirm("absent") == 7);
  CHECK(confirm("main") == 7);
  CHECK(confirm("bad..name", {"--create"}) == 7);
  test::write(repo / "a.txt", "b\n");
  CHECK(confirm("work", {"--create"}) == 7);
  repo.git({"checkout", "-q", "a.txt"});
  CHECK(cli.json({"branch", "confirm", "--run-id", "run_x", "--branch", "work", "--create"}).code == 3);
  CHECK(repo.git({"branch", "--show-current"}) == "main");
  CHECK(confirm("work", {"--create"}) == 0);
  CHECK(confirm("main", {"--allow-protected"}) == 0);
}

TEST_CASE("a lost state is not silently replaced by an empty one", "[app][init]") {
  Flow flow("git-striatum");
  std::filesystem::remove_all(flow.repo.path() + "/.striatum");
  const auto asked = flow.cli.json({"status"});
  CHECK(asked.code == 3);
  CHECK(asked.envelope().at("error").at("hints").at(0) == "take the copy: `git striatum init --restore`");
  CHECK(flow.cli.json({"init"}).code == 4);
  REQUIRE(flow.cli.json({"init", "--restore"}).code == 0);
  CHECK(flow.state_of_run() == "running");
  flow.session("author");
  CHECK(member(flow.cli.json({"log", "verify"}).data(), "ok") == true);
}

TEST_CASE("what validation lets through and a run cannot hold is refused before there is a run", "[app][run]") {
  Flow flow;
  const auto prepare_with = [&](const char* key, const Json& value) {
    Json workflow = *parse_json(test::slurp(flow.repo.beside("workflow.json")));
    workflow[key] = value;
    test::write(flow.repo.beside("other.json"), workflow.dump());
    return flow.cli.json({"run", "prepare", "--workflow", flow.repo.beside("other.json")}).code;
  };
  CHECK(prepare_with("branch", nullptr) == 8);
  CHECK(prepare_with("workflow_version", Json::array()) == 8);
  Json jobs = parse_json(test::slurp(flow.repo.beside("workflow.json")))->at("jobs");
  jobs[0]["max_attempts"] = nullptr;
  CHECK(prepare_with("jobs", jobs) == 8);
  CHECK(flow.cli.json({"list", "runs"}).data().at("items").size() == 1);
}

TEST_CASE("a title that is a number is kept as SQLite would write it", "[app][run]") {
  Flow flow;
  Json workflow = *parse_json(test::slurp(flow.repo.beside("workflow.json")));
  workflow["jobs"][0]["title"] = 5;
  test::write(flow.repo.beside("other.json"), workflow.dump());
  REQUIRE(flow.cli.json({"run", "prepare", "--workflow", flow.repo.beside("other.json")}).code == 0);
  store::Connection db(flow.repo / ".striatum/state.sqlite3", store::Access::read_only);
  CHECK(db.exists("SELECT 1 FROM jobs WHERE title = '5'"));
}
