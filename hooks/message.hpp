// SPDX-License-Identifier: Apache-2.0
// prepare-commit-msg and commit-msg: the trailer of the run that a session works on is added, then all of ours are
// checked. Trailers are never evidence.
#pragma once

#include <string>

#include "app/context.hpp"
#include "hooks/report.hpp"
#include "hooks/staged.hpp"

namespace striatum::hooks {

/// prepare-commit-msg: adds `Striatum-Run:` to the message in `file` when a session commits and it is not there.
void add_run_trailer(app::Context& ctx, const CommitQuestion& question, const std::string& file);
/// commit-msg: the same, then the trailers that the message came with are checked.
[[nodiscard]] HookReport check_message(app::Context& ctx, const CommitQuestion& question, const std::string& file);

}  // namespace striatum::hooks
