// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

/// `{ready, hooks_path, hooks[{name, worktree, path, state, reason, snippet}], around[{commit, seen, subject}]}`;
/// `state`: `ours chained configured foreign missing broken`. Reads only. Ready when, as far as the files prove it, each
/// hook of each worktree would run ours; `around`: commits of this clone that went around them.
[[nodiscard]] Json hooks_status(const git::Places& places);
/// `around[]` alone.
[[nodiscard]] Json around_json(const git::Places& places);

/// Makes throw-away commits in a worktree of its own, and a push into a folder, and tells which hooks asked us:
/// `{hooks[{name, ran}], error}`. Nothing of it stays.
[[nodiscard]] Json probe_hooks(const git::Places& places);

/// A hook that is being probed says so here instead of judging.
inline constexpr const char* kProbeVariable = "STRIATUM_PROBE";

}  // namespace striatum::hooks
