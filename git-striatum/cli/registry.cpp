// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.hpp"

#include "verbs/families.hpp"

namespace striatum::cli {

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies{
      {"init", add_init, "Set up a repository"},
      {"key", add_key},
      {"trust", add_trust},
      {"hooks", add_hooks},
      {"skills", add_skills},
      {"plugin", add_plugin},
      {"workflow", add_workflow, "Plan and steer runs"},
      {"run", add_run},
      {"branch", add_branch},
      {"checkpoint", add_checkpoint},
      {"decision", add_decision},
      {"override-verdict", add_override_verdict},
      {"evidence", add_evidence},
      {"register-session", add_register_session, "Work on a job, as an agent"},
      {"session", add_session},
      {"claim-next", add_claim_next},
      {"ack", add_ack},
      {"heartbeat", add_heartbeat},
      {"publish-artifact", add_publish_artifact},
      {"complete", add_complete},
      {"submit-review", add_submit_review},
      {"verdict", add_verdict},
      {"block", add_block},
      {"release", add_release},
      {"send", add_send},
      {"worktree", add_worktree},
      {"status", add_status, "Look"},
      {"why", add_why},
      {"list", add_list},
      {"dashboard", add_dashboard},
      {"log", add_log},
      {"doctor", add_doctor},
      {"recovery", add_recovery},
      {"apply", add_apply, "Commit and verify"},
      {"verify", add_verify},
      {"receipt", add_receipt},
      {"hook", add_hook, "Run by git"},
  };
  return kFamilies;
}

}  // namespace striatum::cli
