// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/context.hpp"
#include "store/read_suggestions.hpp"

namespace striatum::app {

/// What can be typed in this place. Opens the state for reading only: it is neither created nor upgraded nor swept.
/// Nothing where there is none.
[[nodiscard]] std::vector<store::Suggestion> suggestions(const Context& ctx, store::Live kind,
                                                       const store::SuggestionFilter& filter);

}  // namespace striatum::app
