// SPDX-License-Identifier: Apache-2.0
#include "app/doctor_hints.hpp"
#include "support/catch.hpp"

using namespace striatum;

TEST_CASE("the command against a problem names the record's members", "[app]") {
  const Json row{{"id", "sess_1"}, {"run_id", "run_1"}};
  CHECK(app::doctor_hint("active_session_on_terminal_run", row, "git striatum") ==
        "git striatum session close --session-id sess_1 --reason 'the run has ended'");
  CHECK(app::doctor_hint("process_running_but_pid_gone", row, "striatum") ==
        "striatum recovery auto --run-id run_1 --autonomous-process-reconcile");
  CHECK(app::doctor_hint("unreaped_expired_lease", row, "striatum") == "striatum status");
  CHECK(app::doctor_hint("skills_outdated", {{"recovery_command", "x skills install"}}, "y") == "x skills install");
  CHECK(app::doctor_hint("something_new", row, "striatum").empty());
}
