// SPDX-License-Identifier: Apache-2.0
// Puts our hooks where git looks for them, and takes them away again. A hook of the user's is never moved, renamed
// or overwritten, no tracked file is edited, and core.hooksPath is never set.
#pragma once

#include "base/json.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

struct InstallOptions {
  /// Also put our block into plain shell scripts that are there.
  bool chain = false;
  /// Also the hooks that git runs for each pick of a rebase.
  bool all = false;
  bool dry_run = false;
};

/// `{hooks[{name, path, action, reason, snippet}], dry_run}`; `action`: `created updated chained configured kept
/// skipped`. Where git reads hooks from its configuration (2.54 and later) ours go there, else into files.
[[nodiscard]] Json install_hooks(const git::Places& places, const InstallOptions& options);
/// `action`: `removed restored none left`.
[[nodiscard]] Json uninstall_hooks(const git::Places& places, const InstallOptions& options);

}  // namespace striatum::hooks
