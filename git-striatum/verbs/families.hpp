// SPDX-License-Identifier: Apache-2.0
// One function a verb family; each stands in the file of its name and only translates: options in, reply out.
#pragma once

namespace CLI {
class App;
}

namespace striatum::cli {

class Shell;

void add_init(CLI::App& root, Shell& shell);
void add_skills(CLI::App& root, Shell& shell);
void add_plugin(CLI::App& root, Shell& shell);
void add_workflow(CLI::App& root, Shell& shell);
void add_run(CLI::App& root, Shell& shell);
void add_branch(CLI::App& root, Shell& shell);
void add_register_session(CLI::App& root, Shell& shell);
void add_session(CLI::App& root, Shell& shell);
void add_claim_next(CLI::App& root, Shell& shell);
void add_ack(CLI::App& root, Shell& shell);
void add_heartbeat(CLI::App& root, Shell& shell);
void add_release(CLI::App& root, Shell& shell);
void add_send(CLI::App& root, Shell& shell);
void add_block(CLI::App& root, Shell& shell);
void add_publish_artifact(CLI::App& root, Shell& shell);
void add_complete(CLI::App& root, Shell& shell);
void add_verdict(CLI::App& root, Shell& shell);
void add_override_verdict(CLI::App& root, Shell& shell);
void add_submit_review(CLI::App& root, Shell& shell);
void add_decision(CLI::App& root, Shell& shell);
void add_checkpoint(CLI::App& root, Shell& shell);
void add_evidence(CLI::App& root, Shell& shell);
void add_recovery(CLI::App& root, Shell& shell);
void add_status(CLI::App& root, Shell& shell);
void add_why(CLI::App& root, Shell& shell);
void add_doctor(CLI::App& root, Shell& shell);
void add_list(CLI::App& root, Shell& shell);
void add_dashboard(CLI::App& root, Shell& shell);
void add_log(CLI::App& root, Shell& shell);
void add_worktree(CLI::App& root, Shell& shell);
void add_apply(CLI::App& root, Shell& shell);
void add_key(CLI::App& root, Shell& shell);
void add_trust(CLI::App& root, Shell& shell);
void add_verify(CLI::App& root, Shell& shell);
void add_receipt(CLI::App& root, Shell& shell);
void add_hooks(CLI::App& root, Shell& shell);
void add_hook(CLI::App& root, Shell& shell);

}  // namespace striatum::cli
