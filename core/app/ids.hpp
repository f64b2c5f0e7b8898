// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "app/context.hpp"

namespace striatum::app {

/// The only id of this state that begins with `start` (`run_1a2b`); `start` itself when none does. Refuses when
/// several do.
[[nodiscard]] std::string whole_id(Context& ctx, const std::string& start);

/// The run that is meant where none is named: the only one that has not ended, else the only one there is.
[[nodiscard]] std::optional<std::string> run_at_hand(Context& ctx);

}  // namespace striatum::app
