// SPDX-License-Identifier: Apache-2.0
#include "app/attestation.hpp"

#include "os/process_identity.hpp"
#include "store/nouns.hpp"

namespace striatum::app {

Attestation attest(store::Connection& db, const Session& session) {
  Attestation out;
  out.reason = "no_attached_supervisor";
  const auto row = store::attached_supervisor(db, session.id);
  if (!row) return out;
  out.supervisor_id = row->id;
  out.pid = row->pid;
  out.reason = [&]() -> Json {
    if (row->run != session.run) return "run_mismatch";
    const auto started = row->pid ? os::process_start_time(*row->pid) : std::nullopt;
    if (!started) return "pid_gone";
    if (!row->pid_start_time) return "pid_identity_unavailable";
    if (*started != *row->pid_start_time) return "pid_identity_mismatch";
    const auto run = store::find_run(db, session.run);
    const Json head = run ? store::workflow_head(db, run->snapshot) : Json();
    const Json& command = member(member(member(head, "lanes"), session.lane), "command");
    if (!command.is_array()) return "lane_command_missing";
    if (!row->command.is_array()) return "supervisor_command_invalid";
    if (command != row->command) return "lane_command_mismatch";
    return nullptr;
  }();
  out.attested = out.reason.is_null();
  return out;
}

}  // namespace striatum::app
