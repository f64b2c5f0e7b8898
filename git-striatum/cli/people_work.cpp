// SPDX-License-Identifier: Apache-2.0
#include "cli/people_work.hpp"

#include "base/text.hpp"

namespace striatum::cli {
namespace {

std::string shown(const Json& object, std::string_view key) { return printable(text_member(object, key)); }

std::string next(const std::string& command) { return "\nnext: git striatum " + command + "\n"; }

std::string no_work(const Json& data) {
  if (member(data, "paused") == true) return "The run is paused: no work is handed out.\n";
  const std::string reason = text_member(data, "reason");
  if (reason == "max_active_jobs") return "Nothing to claim: as many jobs are active as the workflow allows.\n";
  if (reason == "write_scope_overlap") return "Nothing to claim: what is queued writes where an active job writes.\n";
  if (reason == "capability_missing") return "Nothing to claim: what is queued needs a capability this session lacks.\n";
  return "Nothing to claim for this session now.\n" + next("status");
}

std::string paths(const Json& scope) {
  const auto allowed = string_list(member(scope, "allowed_paths"));
  return allowed.empty() ? "nothing" : printable(join(allowed, ", "));
}

std::string artifacts(const Json& packet) {
  std::string out;
  for (const Json& artifact : member(packet, "expected_artifacts")) {
    out += "  publish  " + shown(artifact, "path") + "  (" + shown(artifact, "kind") + ", as " +
           shown(artifact, "logical_name") + (member(artifact, "required") == true ? ", required" : "") + ")\n";
  }
  return out;
}

}  // namespace

std::string people_init(const Json& data) {
  return "State of this repository: " + shown(data, "db") + "\n" + next("run prepare --workflow FILE");
}

std::string people_prepared(const Json& data) {
  const std::string run = shown(data, "run_id");
  if (text_member(data, "state") == "ready") {
    return "Prepared " + run + " on branch " + shown(data, "branch") + ".\n" + next("run start --run-id " + run);
  }
  const std::string branch = text_member(data, "suggested_branch_name", "BRANCH");
  return "Prepared " + run + "; it waits for its branch to be confirmed.\n" +
         next("branch confirm --run-id " + run + " --branch " + printable(branch) + " --create");
}

std::string people_confirmed(const Json& data) {
  std::string out = "Branch " + shown(data, "branch") + " is confirmed for " + shown(data, "run_id") + ".\n";
  if (member(data, "warning").is_string()) out += "Note: " + shown(data, "warning") + ".\n";
  return text_member(data, "state") == "ready" ? out + next("run start --run-id " + shown(data, "run_id")) : out;
}

std::string people_registered(const Json& data) {
  const std::string session = shown(data, "session_id");
  return "Registered " + shown(data, "slug") + " as " + session + ".\n" +
         "Hooks know its commits by STRIATUM_SESSION_ID=" + session + ".\n" +
         next("claim-next --session-id " + shown(data, "session_id"));
}

std::string people_claimed(const Json& data, Instant now) {
  if (text_member(data, "status") != "claimed") return no_work(data);
  const Json& packet = member(data, "packet");
  const Json& job = member(packet, "job");
  const Json& lease = member(packet, "lease");
  const auto until = parse_instant(text_member(lease, "expires_at"));
  std::string out = "Claimed " + shown(job, "workflow_job_id") + ": " + shown(job, "title") + "\n";
  const std::string objective = shown(job, "objective");
  if (!objective.empty()) out += "  " + objective + "\n";
  out += "  job      " + shown(job, "job_id") + "\n";
  out += "  lease    " + shown(lease, "lease_id") + (until ? ", ends " + relative(*until, now) : "") + "\n";
  out += "  writes   " + paths(member(packet, "write_scope")) + "\n" + artifacts(packet);
  return out + "\nnext: " + shown(member(packet, "commands"), "ack") + "\n";
}

}  // namespace striatum::cli
