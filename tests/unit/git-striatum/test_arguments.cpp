// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <optional>

#include "support/catch.hpp"
#include "support/fakes.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;

namespace {

int code(std::vector<std::string> words) {
  const test::TempFolder folder;
  return test::Driver(folder.path()).plain(std::move(words)).code;
}

}  // namespace

TEST_CASE("a line that cannot be understood is exit 2 with usage, never JSON", "[cli]") {
  const test::TempFolder folder;
  test::Driver cli(folder.path());
  const std::vector<std::string> words = GENERATE(
      std::vector<std::string>{}, std::vector<std::string>{"run"}, std::vector<std::string>{"run", "start"},
      std::vector<std::string>{"run", "start", "--run-id"}, std::vector<std::string>{"run", "start", "--run-id", "--json"},
      std::vector<std::string>{"run", "start", "--run-id", "x", "--nope"}, std::vector<std::string>{"nope"},
      std::vector<std::string>{"run", "start", "--run-id", "x", "extra"}, std::vector<std::string>{"init", "--json=1"},
      std::vector<std::string>{"claim-next", "--session-id", "s", "--lease-seconds", "1.5"},
      std::vector<std::string>{"verdict", "--session-id", "s", "--job-id", "j", "--lease-id", "l", "--verdict", "Accept"},
      std::vector<std::string>{"init", "--repo", "."});
  const test::Reply reply = cli.plain(words);
  CHECK(reply.code == 2);
  CHECK(reply.out.empty());
  CHECK(reply.err.rfind("usage: striatum", 0) == 0);
  CHECK(reply.err.find(": error: ") != std::string::npos);
}

TEST_CASE("options may be shortened, joined, repeated and mixed with values that look odd", "[cli]") {
  CHECK(code({"run", "start", "--run", "x"}) == 3);
  CHECK(code({"run", "start", "--run-id=x"}) == 3);
  CHECK(code({"run", "start", "--run-id", "y", "--run-id", "x", "--json", "--json"}) == 3);
  CHECK(code({"claim-next", "--session-id", "s", "--lease-seconds", "-1"}) == 3);
  CHECK(code({"claim-next", "--session-id", "s", "--lease-seconds", " +1_000 "}) == 3);
  CHECK(code({"run", "pause", "--run-id", "x", "--reason", "-x y"}) == 3);
  CHECK(code({"run", "pause", "--run-id", "x", "--reason=-x"}) == 3);
  CHECK(code({"run", "pause", "--run-id", "x", "--reason", ""}) == 3);
}

TEST_CASE("help is printed where it stands, whatever comes behind it or is unknown in front", "[cli]") {
  const test::TempFolder folder;
  test::Driver cli(folder.path());
  const std::string usage = "usage: striatum run start";
  CHECK(cli.plain({"run", "start", "--nope", "-h"}).out.rfind(usage, 0) == 0);
  CHECK(cli.plain({"run", "start", "-h", "--nope", "--run-id"}).out.rfind(usage, 0) == 0);
  CHECK(cli.plain({"run", "start", "--he", "extra"}).out.rfind(usage, 0) == 0);
  CHECK(cli.plain({"--help", "nope"}).out.rfind("usage: striatum [-h]", 0) == 0);
  CHECK(cli.plain({"nope", "-h"}).code == 2);
  CHECK(cli.plain({"run", "start", "--run-id", "-h"}).code == 2);
  CHECK(cli.plain({"run", "start", "--help=1"}).code == 2);
}

TEST_CASE("a folder with the name of a verb is a value of --repo", "[cli]") {
  CHECK(code({"--repo", "run", "status"}) == 3);
  CHECK(code({"--rep", "list", "status"}) == 3);
  CHECK(code({"--repo=run", "status"}) == 3);
}

TEST_CASE("help and version need no repository", "[cli]") {
  const test::TempFolder folder;
  test::Driver cli(folder.path());
  CHECK(cli.plain({"run", "start", "-h"}).out.rfind("usage: striatum run start", 0) == 0);
  CHECK(cli.plain({"-h"}).code == 0);
  const std::string version = cli.plain({"--version"}).out;
  CHECK(version.substr(version.rfind(' ') + 1) == "1.24.0\n");
}

TEST_CASE("the contract's name prints code and message alone, ours adds kind and hints", "[cli]") {
  const test::TempFolder folder;
  const Json theirs = test::Driver(folder.path()).json({"run", "start", "--run-id", "x"}).envelope();
  CHECK(theirs.at("error").size() == 2);
  const Json ours = test::Driver(folder.path(), "git-striatum").json({"run", "start", "--run-id", "x"}).envelope();
  CHECK(ours.at("error").at("kind") == "not_found");
  CHECK_FALSE(ours.at("error").at("hints").empty());
}

TEST_CASE("people get text on a terminal, agents and pipes the envelope", "[cli]") {
  test::TempRepo repo;
  test::Driver cli(repo.path(), "git-striatum");
  cli.terminal = true;
  CHECK(cli.plain({"init"}).out.front() != '{');
  CHECK(cli.json({"init"}).out.front() == '{');
  cli.environment["STRIATUM_SESSION_ID"] = "s";
  CHECK(cli.plain({"init"}).out.front() == '{');
  cli.environment = {{"CI", "true"}};
  CHECK(cli.plain({"init"}).out.front() == '{');
}
