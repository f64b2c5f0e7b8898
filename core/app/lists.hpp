// SPDX-License-Identifier: Apache-2.0
// The `list` verbs: `{items[], count}`. Naming a run expires its overdue leases first; an unknown run is refused
// (3), a word outside its enum too (2).
#pragma once

#include <optional>
#include <string>

#include "app/context.hpp"
#include "store/read.hpp"

namespace striatum::app {

[[nodiscard]] Json list_runs(Context& ctx, const std::optional<std::string>& state, store::Limit limit);
[[nodiscard]] Json list_workflows(Context& ctx, store::Limit limit);
[[nodiscard]] Json list_sessions(Context& ctx, const RunId& run, const store::SessionFilter& filter);
[[nodiscard]] Json list_jobs(Context& ctx, const RunId& run, const store::JobFilter& filter);
[[nodiscard]] Json list_artifacts(Context& ctx, const RunId& run, const std::optional<std::string>& kind);

}  // namespace striatum::app
