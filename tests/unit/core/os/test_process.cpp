// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "base/error.hpp"
#include "os/files.hpp"
#include "os/process.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using os::Command;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

namespace {
Command shell(const std::string& script) {
  Command command;
  command.argv = {"sh", "-c", script};
  return command;
}
}  // namespace

TEST_CASE("process: both streams and the exit code come back", "[os]") {
  const auto done = os::run(shell("echo out; echo err >&2; exit 3"));
  CHECK(done.out == "out\n");
  CHECK(done.err == "err\n");
  CHECK(done.exit_code == 3);
  CHECK_FALSE(done.ok());
}

TEST_CASE("process: much data in both directions does not lock up", "[os]") {
  Command command;
  command.argv = {"cat"};
  command.input = std::string(3'000'000, 'x');
  CHECK(os::run(command).out == command.input);
}

TEST_CASE("process: a child that does not read its input is no error", "[os]") {
  Command command = shell("exec <&-; exit 0");
  command.input = std::string(1'000'000, 'x');
  CHECK(os::run(command).ok());
}

TEST_CASE("process: without input there is end of file", "[os]") { CHECK(os::run(shell("cat")).ok()); }

TEST_CASE("process: environment and folder", "[os]") {
  const test::TempFolder folder;
  ::setenv("STRIATUM_TEST_GONE", "x", 1);
  Command command = shell("pwd; echo \"$A-${STRIATUM_TEST_GONE-unset}\"");
  command.cwd = folder.path();
  command.environment = {{"A", "1"}, {"A", "2"}, {"STRIATUM_TEST_GONE", std::nullopt}};
  CHECK(os::run(command).out == folder.path() + "\n2-unset\n");
  ::unsetenv("STRIATUM_TEST_GONE");
}

TEST_CASE("process: the deadline ends the child and its children", "[os]") {
  const test::TempFolder folder;
  Command command = shell("(sleep 0.3; touch late) & sleep 30");
  command.cwd = folder.path();
  command.deadline = milliseconds(80);
  const auto start = Steady::now();
  const auto done = os::run(command);
  CHECK(done.timed_out);
  CHECK(done.signal == SIGTERM);
  CHECK_FALSE(done.ok());
  CHECK(Steady::now() - start < milliseconds(5000));
  ::usleep(400'000);
  CHECK_FALSE(os::exists(folder / "late"));
}

TEST_CASE("process: a grandchild that keeps the pipe open does not hold us", "[os]") {
  const auto start = Steady::now();
  const auto done = os::run(shell("sleep 3 & echo started"));
  CHECK(done.out == "started\n");
  CHECK(done.ok());
  CHECK(Steady::now() - start < milliseconds(1500));
}

TEST_CASE("process: output above the cap is dropped, not waited for", "[os]") {
  Command command = shell("head -c 500000 /dev/zero");
  command.capture_cap = 1000;
  const auto done = os::run(command);
  CHECK(done.out.size() == 1000);
  CHECK(done.truncated);
  CHECK(done.ok());
}

TEST_CASE("process: a signal is told", "[os]") {
  const auto done = os::run(shell("kill -9 $$"));
  CHECK(done.signal == SIGKILL);
  CHECK(done.exit_code == -1);
}

TEST_CASE("process: what cannot be started is named", "[os]") {
  Command command;
  command.argv = {"no-such-program-here"};
  std::string kind;
  try {
    (void)os::run(command);
  } catch (const Error& error) {
    kind = error.kind();
    CHECK(error.message().find("no-such-program-here") != std::string::npos);
  }
  CHECK(kind == "program_missing");
  CHECK_FALSE(os::find_program("no-such-program-here"));
  CHECK(os::find_program("git")->ends_with("/git"));
}
