// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/context.hpp"

namespace striatum::app {

/// The only id of this state that begins with `start` (`run_1a2b`); `start` itself when none does. Refuses when
/// several do.
[[nodiscard]] std::string whole_id(Context& ctx, const std::string& start);

}  // namespace striatum::app
