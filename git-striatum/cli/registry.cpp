// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.hpp"

#include "verbs/families.hpp"

namespace striatum::cli {

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies{
      {"init", add_init},
      {"skills", add_skills},
      {"plugin", add_plugin},
      {"workflow", add_workflow},
      {"run", add_run},
      {"branch", add_branch},
      {"register-session", add_register_session},
      {"session", add_session},
      {"claim-next", add_claim_next},
      {"ack", add_ack},
      {"heartbeat", add_heartbeat},
      {"release", add_release},
      {"send", add_send},
      {"block", add_block},
      {"publish-artifact", add_publish_artifact},
      {"complete", add_complete},
      {"verdict", add_verdict},
      {"override-verdict", add_override_verdict},
      {"submit-review", add_submit_review},
      {"decision", add_decision},
      {"checkpoint", add_checkpoint},
      {"evidence", add_evidence},
      {"recovery", add_recovery},
      {"status", add_status},
      {"why", add_why},
      {"doctor", add_doctor},
      {"list", add_list},
      {"dashboard", add_dashboard},
      {"log", add_log},
      {"worktree", add_worktree},
      {"key", add_key},
      {"trust", add_trust},
      {"apply", add_apply},
      {"verify", add_verify},
      {"receipt", add_receipt},
      {"hooks", add_hooks},
      {"hook", add_hook},
  };
  return kFamilies;
}

}  // namespace striatum::cli
