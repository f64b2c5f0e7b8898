// SPDX-License-Identifier: Apache-2.0
// What people see on a terminal, and what they may type.
#include "cli/help.hpp"
#include "cli/paper.hpp"
#include "support/catch.hpp"
#include "support/fakes.hpp"
#include "support/temp_repo.hpp"
#include "support/workflow_file.hpp"

using namespace striatum;

namespace {

/// A person at a terminal, in a repository with one prepared run.
struct Desk {
  Desk() {
    repo.git({"commit", "-q", "--allow-empty", "-m", "Start"});
    test::write_workflow(repo / "workflow.json");
    cli.terminal = true;
    CHECK(cli.plain({"init"}).code == 0);
    run = text_member(cli.json({"run", "prepare", "--workflow", repo / "workflow.json"}).data(), "run_id");
  }

  test::TempRepo repo;
  test::Driver cli{repo.path(), "git-striatum"};
  std::string run;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    widest = std::max(widest, end - start);
    start = end + 1;
  }
  return widest;
}

}  // namespace

TEST_CASE("the beginning of an id is enough for people, as long as it is one id's", "[cli]") {
  Desk desk;
  const std::string start = desk.run.substr(0, 12);
  CHECK(desk.cli.json({"run", "pause", "--run-id", start}).data().at("run_id") == desk.run);
  CHECK(desk.cli.json({"why", "job_" + start + "_draft"}).data().at("target_type") == "job");
  CHECK(desk.cli.json({"run", "start", "--run-id", "run_ffff"}).code == 3);
  CHECK(desk.cli.plain({"run", "prepare", "--workflow", desk.repo / "workflow.json"}).code == 0);
  const test::Reply several = desk.cli.json({"run", "pause", "--run-id", start});
  CHECK(several.code == 3);
  CHECK(has(several.message(), "several ids begin with"));
  CHECK(test::Driver(desk.repo.path()).json({"run", "pause", "--run-id", start}).code == 3);
}

TEST_CASE("a short id and the whole one are the same call to --request-id", "[cli]") {
  Desk desk;
  const Json first = desk.cli.json({"run", "pause", "--run-id", desk.run, "--request-id", "x"}).data();
  CHECK(desk.cli.json({"run", "pause", "--run-id", desk.run.substr(0, 10), "--request-id", "x"}).data() == first);
}

TEST_CASE("a person need not name the run while only one can be meant", "[cli]") {
  Desk desk;
  const auto named = [&](const test::Reply& reply) { return has(reply.out, "_draft"); };
  CHECK(named(desk.cli.plain({"list", "jobs"})));
  CHECK(desk.cli.plain({"dashboard", "--once"}).code == 0);
  CHECK(desk.cli.plain({"run", "cancel"}).code == 2);
  CHECK(desk.cli.json({"list", "jobs"}).code == 2);
  desk.cli.terminal = false;
  CHECK(desk.cli.plain({"list", "jobs"}).code == 2);
  desk.cli.terminal = true;

  CHECK(desk.cli.plain({"run", "prepare", "--workflow", desk.repo / "workflow.json"}).code == 0);
  CHECK(desk.cli.plain({"list", "jobs"}).code == 2);
  CHECK(desk.cli.plain({"run", "cancel", "--run-id", desk.run}).code == 0);
  const std::string jobs = desk.cli.plain({"list", "jobs"}).out;
  CHECK(has(jobs, "_draft"));
  CHECK_FALSE(has(jobs, "canceled"));
}

TEST_CASE("on a terminal a verb says what it did and what to type next", "[cli]") {
  Desk desk;
  CHECK(has(desk.cli.plain({"status"}).out, "next: git striatum branch confirm --run-id " + desk.run.substr(0, 12)));
  CHECK(has(desk.cli.plain({"run", "pause", "--run-id", desk.run}).out, "next: git striatum run resume"));
  const std::string list = desk.cli.plain({"list", "jobs", "--run-id", desk.run}).out;
  CHECK(has(list, "job_" + desk.run.substr(0, 12) + "_draft"));
  CHECK(widest_line(list) <= 80);
  CHECK(widest_line(desk.cli.plain({"list", "runs"}).out) <= 80);
  CHECK(has(desk.cli.plain({"why", "draft"}).out, "The job 'draft' is blocked."));
}

TEST_CASE("verify gives a reason once, however many paths it is about", "[cli]") {
  Desk desk;
  for (int i = 0; i < 13; ++i) test::write(desk.repo / ("file" + std::to_string(i)), "x\n");
  desk.repo.git({"add", "."});
  desk.repo.git({"commit", "-q", "-m", "Many"});
  const test::Reply reply = desk.cli.plain({"verify"});
  CHECK(reply.code == 14);
  const auto reason = reply.out.find("nothing says whose signatures count");
  CHECK(reason != std::string::npos);
  CHECK(reply.out.find("nothing says whose signatures count", reason + 1) == std::string::npos);
  CHECK(has(reply.out, "\n  and "));
  CHECK(has(reply.out, "more; --json names them\n"));
}

TEST_CASE("every refusal has a hint for people, and none by the contract's name", "[cli]") {
  Desk desk;
  for (const auto& words : {std::vector<std::string>{"run", "start", "--run-id", "x"}, std::vector<std::string>{"why", "x"},
                            std::vector<std::string>{"workflow", "validate", "/nowhere"},
                            std::vector<std::string>{"ack", "--session-id", "s", "--message-id", "m", "--lease-id", "l"}}) {
    CHECK(has(desk.cli.plain(words).err, "\nhint: "));
    CHECK_FALSE(has(test::Driver(desk.repo.path()).plain(words).err, "hint: "));
  }
}

TEST_CASE("an unknown command names the one that was meant", "[cli]") {
  const test::TempFolder folder;
  test::Driver cli(folder.path(), "git-striatum");
  CHECK(has(cli.plain({"statsu"}).err, "did you mean `git striatum status`?"));
  CHECK(has(cli.plain({"prepare"}).err, "did you mean `git striatum run prepare`?"));
  CHECK(has(cli.plain({"list", "job"}).err, "did you mean `git striatum list jobs`?"));
  CHECK(has(cli.plain({"run", "start", "--run-di", "x"}).err, "did you mean `git striatum run start --run-id`?"));
  CHECK_FALSE(has(test::Driver(folder.path()).plain({"statsu"}).err, "hint"));
}

TEST_CASE("help names every command under a heading and fits the terminal", "[cli]") {
  const test::TempFolder folder;
  test::Driver cli(folder.path(), "git-striatum");
  const std::string help = cli.plain({"-h"}).out;
  CHECK(help.rfind("usage: git striatum ", 0) == 0);
  CHECK(has(help, "\nSet up a repository:\n  init "));
  CHECK(has(help, "\n  verify "));
  CHECK(widest_line(help) <= 100);
  const std::string verb = cli.plain({"publish-artifact", "-h"}).out;
  CHECK(has(verb, "--session-id SESSION"));
  CHECK(has(verb, "(required)"));
  CHECK(widest_line(verb) <= 80);
}

TEST_CASE("tables are cut where nobody types the text again", "[cli]") {
  const std::string wide(60, 'w');
  const cli::Paper paper{{}, 50, false};
  const std::string text = cli::table({{"ID", false}, {"NOTE", true}, {"PATH", false}}, {{"run_12345678", wide, "a/b"}}, paper);
  CHECK(has(text, "run_12345678  "));
  CHECK(has(text, "…  a/b\n"));
  const cli::Paper colours{{}, 80, true};
  CHECK(has(cli::table({{"STATE", false}}, {{"failed"}}, colours), "\x1b[31mfailed\x1b[0m"));
}
