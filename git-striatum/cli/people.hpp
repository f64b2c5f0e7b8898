// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.hpp"

namespace striatum::cli {

/// A reply for people who get no text of their own: `member: value` a line, lists and objects indented.
[[nodiscard]] std::string people_members(const Json& data);

}  // namespace striatum::cli
