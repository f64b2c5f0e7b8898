// SPDX-License-Identifier: Apache-2.0
// `<common dir>/striatum/traced-trust`: commits whose trust was traced to the anchors behind it and found in force as it
// stands.
#pragma once

#include <string>
#include <vector>

#include "export/traced_trust.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

/// As `trace_trust`, by what was traced before where the trust did not change since.
[[nodiscard]] provenance::TracedTrust trust_in_force(const git::Places& places, const git::Repository& repository,
                                                     const Oid& tip, std::vector<std::string> anchors);

}  // namespace striatum::hooks
