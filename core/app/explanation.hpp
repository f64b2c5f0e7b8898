// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/context.hpp"
#include "store/connection.hpp"

namespace striatum::app {

/// Sentences for people that say why the target of `why` is where it is, and what to type next. `answer`: the reply of
/// `why` for it.
[[nodiscard]] Json explain(const Context& ctx, store::Connection& db, const Json& answer);

}  // namespace striatum::app
