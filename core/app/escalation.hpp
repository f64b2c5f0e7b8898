// SPDX-License-Identifier: Apache-2.0
// Telling somebody outside that a person is needed: the hook of a workflow's recovery policy.
#pragma once

#include <optional>
#include <string>

#include "app/context.hpp"
#include "base/ids.hpp"
#include "domain/recovery_policy.hpp"
#include "domain/states.hpp"

namespace striatum::app {

/// A checkpoint that has waited longer than the policy allows.
struct Escalation {
  RunId run;
  BlockerId blocker;
  std::optional<JobId> job;
  Severity severity = Severity::human_checkpoint;
  std::string opened_at;
  std::int64_t age_seconds = 0;
};

/// As sweeps print it and hooks get it: `{kind, blocker_id, job_id, severity, opened_at, age_seconds}`.
[[nodiscard]] nlohmann::ordered_json escalation_object(const Escalation& escalation);

/// Runs the hook to its end (10 s a webhook, 30 s a command). Never throws: `{kind, wrote, …}`, `wrote` false with an
/// `error` where nobody was told.
[[nodiscard]] nlohmann::ordered_json run_hook(Context& ctx, const std::optional<domain::EscalationHook>& hook,
                                              const Escalation& escalation);
/// What a dry run says instead.
[[nodiscard]] nlohmann::ordered_json hook_preview(const std::optional<domain::EscalationHook>& hook);

/// The address without user, password, query and fragment.
[[nodiscard]] std::string public_url(const std::string& url);

}  // namespace striatum::app
