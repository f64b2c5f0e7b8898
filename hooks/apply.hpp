// SPDX-License-Identifier: Apache-2.0
// `apply`: what was reviewed becomes a commit with a signed receipt (docs/design/0004-apply.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "base/ids.hpp"

namespace striatum::hooks {

/// Set for the hooks that apply runs, to the id of its intent.
inline constexpr const char* kApplyVariable = "STRIATUM_APPLY";

struct ApplyCommand {
  RunId run;
  std::optional<JobId> job;
  std::optional<std::string> message;
  /// Fingerprints; empty: the default key.
  std::vector<std::string> keys;
  /// Commit for review, before the verdicts exist.
  bool propose = false;
  bool dry_run = false;
  /// A person is there to type a passphrase.
  bool terminal = false;
};

[[nodiscard]] Json apply(app::Context& ctx, const ApplyCommand& command);

}  // namespace striatum::hooks
