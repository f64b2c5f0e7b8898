// SPDX-License-Identifier: Apache-2.0
#include "cli/people_recovery.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

namespace striatum::cli {
namespace {

std::string shown(const Json& row, std::string_view key) { return printable(text_member(row, key)); }

std::string when(const Json& row, std::string_view key, const Paper& paper) {
  const auto moment = parse_instant(text_member(row, key));
  return moment ? relative(*moment, paper.now) : "at an unknown time";
}

std::string command(const std::string& verb, const Json& data, const Json& row) {
  return "git striatum " + verb + " --run-id " + shown(data, "run_id") + " --job-id " + shown(row, "job_id");
}

std::string action_line(const Json& action, bool dry) {
  const std::string kind = text_member(action, "kind");
  if (kind.starts_with("review_requeue")) {
    return (dry ? "would queue again: " : "queued again: ") + shown(action, "workflow_job_id") + "\n";
  }
  return (dry ? "would mark lost: process " : "marked lost: process ") + shown(action, "process_id") + "\n";
}

std::string escalation_line(const Json& escalation, bool dry) {
  const Json& hook = escalation.at("hook");
  std::string out = "waits for you: checkpoint " + shown(escalation, "blocker_id") + ", for " +
                    escalation.at("age_seconds").dump() + " s";
  if (text_member(hook, "kind") == "no_hook_configured") return out + "\n";
  if (dry) return out + "; would call the " + shown(hook, "kind") + " hook\n";
  const bool told = member(hook, "wrote") == true;
  out += "; " + shown(hook, "kind") + " hook " + (told ? "called" : "failed");
  return told ? out + "\n" : out + ": " + shown(hook, "error") + "\n";
}

std::string stuck_line(const Json& data, const Json& row) {
  const std::string reason = text_member(row, "reason");
  const std::string job = shown(row, member(row, "workflow_job_id").is_string() ? "workflow_job_id" : "job_id");
  if (reason == "repo_write_requires_operator_inspection") {
    return "stuck: " + job + " was writing the repository when its lease lapsed; look at the work tree, then\n  " +
           command("recovery requeue-stale", data, row) + " --inspected\n";
  }
  if (reason == "autonomous_review_requeue_disabled") return "to be claimed again: " + job + "\n";
  if (reason == "blocker_recovery_eligible") return "blocked: " + job + "\n  " + command("run retry-job", data, row) + "\n";
  if (reason == "max_total_requeues_per_job_reached") return "stuck: " + job + " lapsed too often to be queued again by itself\n";
  if (reason == "max_requeues_per_sweep_reached") return "left for the next sweep: " + job + "\n";
  return "stuck: " + job + ": " + shown(row, "error") + "\n";
}

}  // namespace

std::string people_stale_leases(const Json& data, const Paper& paper) {
  std::string out;
  for (const Json& row : data.at("stale_leases")) {
    const bool waits = text_member(row, "job_state") == "stale_lease";
    out += shown(row, "workflow_job_id") + ": lease ended " + when(row, "expires_at", paper) + ", the job is " +
           shown(row, "job_state") + "\n";
    if (waits) out += "  look at the work tree, then " + command("recovery requeue-stale", data, row) + " --inspected\n";
  }
  return out.empty() ? "no lease has lapsed\n" : out;
}

std::string people_requeued(const Json& data) {
  const bool already = text_member(data, "status") == "already_reclaimable";
  return shown(data, "workflow_job_id") + (already ? " was in the queue already\n" : " is in the queue again\n") +
         "\nnext: git striatum claim-next --session-id SESSION\n";
}

std::string people_canceled(const Json& data) {
  std::string out = "canceled " + shown(data, "workflow_job_id") + ", which was " + shown(data, "previous_state") + "\n";
  for (const Json& row : data.at("downstream_canceled")) out += "canceled " + shown(row, "workflow_job_id") + " behind it\n";
  return out + "run " + shown(data, "run_id") + " is " + shown(data, "run_state") + "\n";
}

std::string people_sweep(const Json& data) {
  const bool dry = data.at("dry_run") == true;
  std::string out;
  for (const Json& action : data.at("actions")) out += action_line(action, dry);
  for (const Json& escalation : data.at("escalations")) {
    out += escalation_line(escalation, dry) + "  git striatum checkpoint resolve --blocker-id " +
           shown(escalation, "blocker_id") + " --action continue|cancel\n";
  }
  for (const Json& row : data.at("still_stuck")) out += stuck_line(data, row);
  return out.empty() ? "nothing to recover\n" : out;
}

}  // namespace striatum::cli
