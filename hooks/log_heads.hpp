// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/context.hpp"
#include "export/verify.hpp"

namespace striatum::hooks {

/// Compares the log heads that receipts name with the live state at `place`, when there is one and it is theirs.
/// A difference is the warning `log_mismatch`: the log was rewritten after the receipt was signed.
void compare_log_heads(const app::Place& place, provenance::Report& report);

}  // namespace striatum::hooks
