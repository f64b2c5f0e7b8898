// SPDX-License-Identifier: Apache-2.0
// Records of the range: their names and bytes, their signatures and their claims
// (docs/format/verification.md, sections 4 and 5).
#pragma once

#include <optional>
#include <vector>

#include "export/case.hpp"

namespace striatum::provenance {

/// The commit's additions, and what is wrong with its record and attributes paths.
void check_records(Case& judged, std::size_t position);

/// Decides for every addition whether its record is considered; marks replaced proposals.
void check_additions(Case& judged);

/// A review file under this trust, for policy: the signers' keys, or nothing when it does not count.
[[nodiscard]] std::optional<ConsideredReview> check_review_file(Case& judged, const Oid& blob,
                                                                const TrustRef& trust);

}  // namespace striatum::provenance
