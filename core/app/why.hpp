// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/context.hpp"

namespace striatum::app {

/// `why ID`: all that is known about a run, job, message, blocker, artifact, verdict, session or process (3 when it is
/// none). By `git striatum` also `explanation[]`, sentences that say why it is where it is and what to do.
[[nodiscard]] Json why(Context& ctx, const std::string& id);

}  // namespace striatum::app
