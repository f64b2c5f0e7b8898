// SPDX-License-Identifier: Apache-2.0
// What is wrong beyond single records: histories that bring receipts in part (docs/format/verification.md, section 8).
#pragma once

#include "export/case.hpp"

namespace striatum::provenance {

/// `tree_mismatch`, `partial` and artifacts that are not what a receipt says.
void find_broken_receipts(Case& judged);

}  // namespace striatum::provenance
