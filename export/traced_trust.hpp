// SPDX-License-Identifier: Apache-2.0
// The trust in force at a branch's tip, traced to its anchor as `verify` does (docs/format/trust.md, section 4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "export/trust_walk.hpp"

namespace striatum::provenance {

struct TracedTrust {
  /// Null: none.
  TrustRef in_force;
  /// What stands in the tip's tree; nullopt: no trust folder.
  std::optional<Oid> standing;
  /// Why what stands is not in force; empty when it is.
  std::vector<Finding> findings{};
  /// Commits whose trust is not here to be read (shallow and partial clones).
  std::size_t untraced = 0;

  [[nodiscard]] bool as_it_stands() const;
};

/// Walks the whole history. `anchors`: fingerprints; empty means self-asserted.
[[nodiscard]] TracedTrust trace_trust(const git::Repository& repository, const Oid& tip,
                                      const std::vector<std::string>& anchors);

/// The commits that `tip` has and `known` has not, when the trust stands in all of them as it does in `known`: then what is
/// in force after `known` is so after `tip`. nullopt when it changed, or when one of them is not here.
[[nodiscard]] std::optional<std::size_t> commits_with_same_trust(const git::Repository& repository, const Oid& known,
                                                                 const Oid& tip);

}  // namespace striatum::provenance
