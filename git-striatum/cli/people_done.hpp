// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.hpp"
#include "base/time.hpp"

namespace striatum::cli {

/// What a verb without a text of its own says to people: a sentence about what it did; of verbs that have none,
/// `member: value` a line, lists and objects indented.
[[nodiscard]] std::string people_done(const std::string& verb, const Json& data, Instant now);

}  // namespace striatum::cli
