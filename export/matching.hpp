// SPDX-License-Identifier: Apache-2.0
// Which paths of the range are vouched for, and how well (docs/format/verification.md, section 6).
#pragma once

#include <vector>

#include "export/case.hpp"

namespace striatum::provenance {

/// Gives every judged path of the commits that are to be matched its class and vouchers; the rest, as
/// uncovered, is reported hunk by hunk. `candidates`: positions of commits, in order.
[[nodiscard]] std::vector<UncoveredHunk> match_paths(Case& judged,
                                                     const std::vector<std::size_t>& candidates);

/// Rows of an uncovered path when nothing vouches for it.
[[nodiscard]] std::vector<UncoveredHunk> uncovered_rows(const Oid& commit, const PathCase& path);

}  // namespace striatum::provenance
