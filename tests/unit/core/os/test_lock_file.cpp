// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "os/lock_file.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using os::FairLock;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

namespace {

/// A child process that holds the lock until it is killed.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const FairLock lock = FairLock::acquire(path, "git striatum claim-next");
      static_cast<void>(::write(ready[1], "x", 1));
      while (true) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { end(); }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void stop() const { ::kill(pid_, SIGSTOP); }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("lock: a stopped holder is named when the deadline passes", "[os]") {
  const test::TempFolder folder;
  const Holder holder(folder / "lock");
  holder.stop();
  CHECK_FALSE(FairLock::try_acquire(folder / "lock", "me"));
  const auto start = Steady::now();
  std::string message;
  try {
    (void)FairLock::acquire(folder / "lock", "me", milliseconds(60));
  } catch (const Error& error) {
    CHECK(error.kind() == "db_busy");
    message = error.message();
  }
  CHECK(Steady::now() - start >= milliseconds(60));
  CHECK(Steady::now() - start < milliseconds(2000));
  CHECK(message.find(std::to_string(holder.pid())) != std::string::npos);
  CHECK(message.find("git striatum claim-next") != std::string::npos);
}

TEST_CASE("lock: a killed holder frees it at once", "[os]") {
  const test::TempFolder folder;
  Holder holder(folder / "lock");
  CHECK_FALSE(FairLock::try_acquire(folder / "lock", "me"));
  holder.end();
  const auto lock = FairLock::try_acquire(folder / "lock", "me\nagain");
  REQUIRE(lock);
  const auto text = os::read_holder(folder / "lock");
  REQUIRE(text);
  CHECK(text->pid == ::getpid());
  CHECK(text->command == "me again");
}

namespace {

/// The order in which two processes had 40 turns each.
std::string order_of_turns(const std::string& path, const std::string& log) {
  const auto turns = [&](char name) {
    for (int i = 0; i < 40; ++i) {
      const FairLock lock = FairLock::acquire(path, "turn");
      std::ofstream(log, std::ios::app) << name;
      ::usleep(300);
    }
  };
  const pid_t child = ::fork();
  if (child == 0) {
    turns('b');
    ::_exit(0);
  }
  turns('a');
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  return test::slurp(log);
}

}  // namespace

TEST_CASE("lock: turns of two processes alternate", "[os]") {
  const test::TempFolder folder;
  std::size_t most = 0;
  // On a busy machine a process may miss its turn because it does not run; an unfair lock never alternates.
  for (int round = 0; round < 8 && most < 40; ++round) {
    const std::string order = order_of_turns(folder / "lock", folder / ("log" + std::to_string(round)));
    REQUIRE(order.size() == 80);
    std::size_t changes = 0;
    for (std::size_t i = 1; i < order.size(); ++i) changes += order[i] != order[i - 1] ? 1 : 0;
    most = std::max(most, changes);
  }
  CHECK(most >= 40);
}

TEST_CASE("lock: a link in the place of the file is refused", "[os]") {
  const test::TempFolder folder;
  std::filesystem::create_symlink(folder / "elsewhere", folder / "lock");
  CHECK_THROWS_AS(FairLock::acquire(folder / "lock", "me"), Error);
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}
