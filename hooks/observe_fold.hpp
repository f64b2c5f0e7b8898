// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/context.hpp"

namespace striatum::hooks {

/// Takes what the hooks saw since the last verb into the log: a `gs.commit` event for each new commit of this worktree
/// (how it came about, and through which hook), a `gs.hook_skipped` event for each hook that was switched off.
/// Nothing is done where no hooks are installed or nothing is new.
void fold_observations(app::Context& ctx);

}  // namespace striatum::hooks
