// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/verbs.hpp"
#include "cli/arguments.hpp"

namespace striatum::cli {

/// The ids that verbs under a lease take.
struct HeldArgs {
  std::string session;
  std::string lease;

  [[nodiscard]] app::Held held() const { return {SessionId(session), LeaseId(lease)}; }
};

inline void add_session_id(CLI::App& verb, std::string& target) {
  add_text(verb, "--session-id", target, "The session")->required();
}

inline void add_job_id(CLI::App& verb, std::string& target) {
  add_text(verb, "--job-id", target, "The job")->required();
}

inline void add_message_id(CLI::App& verb, std::string& target) {
  add_text(verb, "--message-id", target, "The message that carried the work")->required();
}

inline void add_lease_id(CLI::App& verb, std::string& target) {
  add_text(verb, "--lease-id", target, "The lease that the claim gave")->required();
}

}  // namespace striatum::cli
