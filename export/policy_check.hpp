// SPDX-License-Identifier: Apache-2.0
// Policy (docs/format/verification.md, section 7): the one evaluator behind `verify`, the hooks, CI and the server.
#pragma once

#include "export/case.hpp"

namespace striatum::provenance {

/// `policy_unmet`, at most one per judged path: the rule, the facts it misses and what supplies them.
/// `trust_findings`: what was found about trust itself.
void find_unmet_policy(Case& judged, bool adopted, const std::vector<Finding>& trust_findings);

}  // namespace striatum::provenance
