// SPDX-License-Identifier: Apache-2.0
// `recovery auto` and each round of `recovery watch`: what can go on by itself does, what needs a person is told to one.
#pragma once

#include <optional>
#include <string>

#include "app/context.hpp"
#include "base/ids.hpp"
#include "domain/recovery_policy.hpp"

namespace striatum::app {

/// What the command line changes about the workflow's policy: flags switch on, numbers replace.
struct SweepFlags {
  bool review_requeue = false;
  bool process_reconcile = false;
  std::optional<std::int64_t> max_requeue;
  std::optional<std::int64_t> checkpoint_timeout;
  std::optional<std::int64_t> eligible_after;
};

struct SweepPolicy {
  domain::RecoveryPolicy policy;
  /// `default`, `workflow` or `cli_override`.
  std::string source;
};
[[nodiscard]] SweepPolicy sweep_policy(Context& ctx, const RunId& run, const SweepFlags& flags);

enum class DryRun { no, yes };
/// `{run_id, swept_at, policy_source, dry_run, actions[], escalations[], still_stuck[]}`, keys in this order. A cause (a
/// lapsed lease, a lost process, a checkpoint) is acted on once, however many sweeps meet it; a checkpoint that goes on
/// waiting is told again after ever longer pauses. What fails for one entry stands in `still_stuck`. A dry run writes
/// nothing.
[[nodiscard]] nlohmann::ordered_json recovery_sweep(Context& ctx, const RunId& run, const SweepPolicy& policy, DryRun dry);

/// `recovery auto`: one sweep, whose reply a repeated call with the same request id gives again.
[[nodiscard]] Json recovery_auto(Context& ctx, const RunId& run, const SweepPolicy& policy, DryRun dry);

/// The run is over.
[[nodiscard]] bool run_ended(Context& ctx, const RunId& run);

}  // namespace striatum::app
