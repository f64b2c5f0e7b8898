// SPDX-License-Identifier: Apache-2.0
// Puts our hooks where git looks for them, and takes them away again. A hook of the user's is never moved, renamed
// or overwritten, and core.hooksPath is never set.
#pragma once

#include "base/json.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

struct InstallOptions {
  /// Also put our block into plain shell scripts that are there.
  bool chain = false;
  bool dry_run = false;
};

/// `{hooks[{name, path, action, reason, snippet}], dry_run}`; `action`: `created updated chained kept skipped`.
[[nodiscard]] Json install_hooks(const git::Places& places, const InstallOptions& options);
/// `action`: `removed restored none left`.
[[nodiscard]] Json uninstall_hooks(const git::Places& places, const InstallOptions& options);
/// `{ready, hooks_path, hooks[{name, worktree, path, state, reason, snippet}]}`; `state`: `ours chained foreign
/// missing broken`. Reads only; says ready when every hook of every worktree would run ours.
[[nodiscard]] Json hooks_status(const git::Places& places);

}  // namespace striatum::hooks
