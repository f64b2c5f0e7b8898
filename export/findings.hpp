// SPDX-License-Identifier: Apache-2.0
// What is wrong beyond single records: histories that bring receipts in part, and unmet policy
// (docs/format/verification.md, sections 7 and 8).
#pragma once

#include "export/case.hpp"

namespace striatum::provenance {

/// `tree_mismatch`, `partial` and artifacts that are not what a receipt says.
void find_broken_receipts(Case& judged);

/// `policy_unmet`, per judged path.
void find_unmet_policy(Case& judged, bool adopted);

}  // namespace striatum::provenance
