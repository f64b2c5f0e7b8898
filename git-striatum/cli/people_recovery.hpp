// SPDX-License-Identifier: Apache-2.0
// Texts for people of the recovery verbs.
#pragma once

#include <string>

#include "cli/people_read.hpp"

namespace striatum::cli {

[[nodiscard]] std::string people_stale_leases(const Json& data, const Paper& paper);
[[nodiscard]] std::string people_requeued(const Json& data);
[[nodiscard]] std::string people_canceled(const Json& data);
/// What a sweep did, what waits for you, and what to type.
[[nodiscard]] std::string people_sweep(const Json& data);

}  // namespace striatum::cli
