// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/context.hpp"

namespace striatum::hooks {

/// Writes `<common dir>/striatum/active` while a run is active or the repository has a `.provenance/`, removes it
/// when there is neither: the stubs of our hooks do nothing without it. Never fails: hooks are a courtesy.
void refresh_active_marker(app::Context& ctx);

}  // namespace striatum::hooks
