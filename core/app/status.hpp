// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/context.hpp"
#include "store/read.hpp"

namespace striatum::app {

/// `status`: what runs, waits and blocks. Naming a run expires its overdue leases first.
/// By `git striatum` also `leases[]` (who holds what until when) and each run's `paused_at` and
/// `unapplied_jobs`.
[[nodiscard]] Json status(Context& ctx, const store::Scope& run);

/// The same inside a snapshot that the caller holds, without the sweep.
[[nodiscard]] Json status_shown(const Context& ctx, store::Connection& db, const store::Scope& run);

/// The contract's members without `blocked_downstream_jobs`, which may be many, inside a snapshot that the caller holds.
/// `claimable` as `store::claimable_work` gives it.
[[nodiscard]] Json status_head(store::Connection& db, const store::Scope& run, Json claimable, Instant now);

/// The contract's members alone, inside a snapshot that the caller holds.
[[nodiscard]] Json status_model(store::Connection& db, const store::Scope& run, Instant now);

}  // namespace striatum::app
