// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include "os/process.hpp"
#include "os/signals.hpp"
#include "support/catch.hpp"

using namespace striatum::os;
using std::chrono::milliseconds;

TEST_CASE("signals: taken when asked for, each once") {
  const SignalQueue queue{SIGTERM, SIGWINCH};
  CHECK_FALSE(queue.wait(milliseconds(0)));
  ::raise(SIGTERM);
  CHECK(queue.wait(milliseconds(0)) == SIGTERM);
  CHECK_FALSE(queue.wait(milliseconds(0)));
}

TEST_CASE("signals: what was held back is not delivered later") {
  {
    const SignalQueue queue{SIGTERM};
    ::raise(SIGTERM);
  }
  sigset_t now;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
  CHECK_FALSE(::sigismember(&now, SIGTERM));
}

TEST_CASE("signals: a child can be ended while we hold them back") {
  const SignalQueue queue{SIGTERM};
  Command command;
  command.argv = {"sh", "-c", "kill -TERM $$; sleep 5"};
  CHECK(run(command).signal == SIGTERM);
}
