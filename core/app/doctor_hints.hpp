// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace striatum::app {

/// The command to type next against a problem of this kind. `row`: the problem's record, whose members stand in for the
/// words in braces. Empty for a kind that is not known.
[[nodiscard]] std::string doctor_hint(std::string_view check, const Json& row, const std::string& program);

}  // namespace striatum::app
