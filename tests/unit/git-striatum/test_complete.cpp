// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include "support/catch.hpp"

using namespace striatum;
using store::Live;

TEST_CASE("completion: options that name the same thing everywhere, and those that depend on the verb") {
  CHECK(cli::live_value("run start", "--run-id") == Live::run);
  CHECK(cli::live_value("list jobs", "--state") == Live::job_state);
  CHECK(cli::live_value("list runs", "--state") == Live::run_state);
  CHECK(cli::live_value("register-session", "--role") == Live::role);
  CHECK_FALSE(cli::live_value("key create", "--role"));
  CHECK(cli::live_value("why", "") == Live::anything);
  CHECK_FALSE(cli::live_value("workflow validate", ""));
}
