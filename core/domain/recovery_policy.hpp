// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace striatum::domain {

/// What a sweep runs when something needs a person.
struct EscalationHook {
  enum class Kind { marker_file, webhook, shell };
  Kind kind = Kind::marker_file;
  std::string path;                  ///< marker_file: relative to the repository
  std::string url;                   ///< webhook: http or https
  std::vector<std::string> command;  ///< shell: argv
  std::map<std::string, std::string> env;
};

/// The `recovery_policy` block of a workflow; members hold the contract's defaults.
struct RecoveryPolicy {
  bool autonomous_review_requeue = false;
  bool autonomous_process_reconcile = false;
  std::int64_t checkpoint_timeout_seconds = 14400;
  std::int64_t eligible_after_seconds = 600;
  std::int64_t max_requeues_per_sweep = 8;
  std::int64_t max_total_requeues_per_job = 3;
  std::optional<EscalationHook> escalation_hook;
};

/// `block`: an object, or null for the defaults. Throws `Error` (8) at the first field that is wrong.
[[nodiscard]] RecoveryPolicy recovery_policy(const nlohmann::json& block);

}  // namespace striatum::domain
