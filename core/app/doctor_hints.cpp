// SPDX-License-Identifier: Apache-2.0
#include "app/doctor_hints.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace striatum::app {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

/// Check and command; a word in braces is a member of the record.
constexpr std::array kCommands{
    Row{"sealed_patch_unsupported", "run cancel --run-id {run_id}"},
    Row{"active_job_without_active_lease", "why {id}"},
    Row{"completed_review_dependency_lacks_accepting_verdict",
        "override-verdict --session-id SESSION --job-id {id} --verdict accept --rationale REASON"},
    Row{"dependency_gate_json_invalid", "why {downstream_job_id}"},
    Row{"required_artifact_kind_or_path_mismatch", "why {id}"},
    Row{"run_running_with_no_progressable_jobs", "why {id}"},
    Row{"stale_queue_message_claim", "why {id}"},
    Row{"job_current_message_id_inconsistent", "why {id}"},
    Row{"job_current_lease_id_inconsistent", "why {id}"},
    Row{"active_session_on_terminal_run", "session close --session-id {id} --reason 'the run has ended'"},
    Row{"unreaped_expired_lease", "status"},
    Row{"open_blocker_on_terminal_run", "why {id}"},
    Row{"orphan_work_packet", "doctor --deep"},
    Row{"worktree_orphaned_lease", "worktree release --worktree-id {id} --save"},
    Row{"worktree_path_missing_on_disk", "worktree release --worktree-id {id}"},
    Row{"supervisor_pid_gone", "status"},
    Row{"supervisor_stdin_pipe_missing", "status"},
    Row{"supervisor_lost_with_held_lease", "why {session_id}"},
    Row{"process_running_but_pid_gone", "recovery auto --run-id {run_id} --autonomous-process-reconcile"},
    Row{"process_running_with_expired_lease", "recovery auto --run-id {run_id} --autonomous-process-reconcile"},
    Row{"reviewer_independence_unverified", "register-session --run-id {run_id} --role reviewer --lane LANE --fresh"},
};

std::string filled(std::string_view command, const Json& row) {
  std::string out;
  for (std::size_t open = command.find('{'); open != std::string_view::npos; open = command.find('{')) {
    const std::size_t close = command.find('}', open);
    out += command.substr(0, open);
    out += text_member(row, command.substr(open + 1, close - open - 1));
    command.remove_prefix(close + 1);
  }
  return out += command;
}

}  // namespace

std::string doctor_hint(std::string_view check, const Json& row, const std::string& program) {
  // What is installed for agents names its own command.
  if (const auto known = optional_text(row, "recovery_command")) return *known;
  const auto* const found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Row& it) { return it.first == check; });
  return found == kCommands.end() ? std::string() : program + " " + filled(found->second, row);
}

}  // namespace striatum::app
