// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.hpp"
#include "base/time.hpp"

namespace striatum::cli {

// What the verbs of a run say to people: what happened, and the next command to type.

[[nodiscard]] std::string people_init(const Json& data);
[[nodiscard]] std::string people_prepared(const Json& data);
[[nodiscard]] std::string people_confirmed(const Json& data);
[[nodiscard]] std::string people_registered(const Json& data);
[[nodiscard]] std::string people_claimed(const Json& data, Instant now);

}  // namespace striatum::cli
