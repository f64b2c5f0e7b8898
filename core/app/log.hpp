// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "app/context.hpp"
#include "store/read.hpp"

namespace striatum::app {

/// `log`: gives `visit` each event behind `after`, oldest first, a page at a time so that no reader holds up writers;
/// returns the last event id seen. Rows: `{seq, event_id, event_type, run_id, session_id, job_id, created_at, payload,
/// hash}`; `seq` and `hash` are null for an event that another program wrote and no command of ours has adopted yet.
std::int64_t log(Context& ctx, const store::Scope& run, std::int64_t after, const std::function<void(const Json&)>& visit);

}  // namespace striatum::app
