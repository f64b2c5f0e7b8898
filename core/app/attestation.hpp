// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/records.hpp"
#include "store/connection.hpp"

namespace striatum::app {

/// Whether a live supervisor vouches that a session really is the lane's own command.
struct Attestation {
  bool attested = false;
  std::optional<std::string> supervisor_id;
  std::optional<std::int64_t> pid;
  /// Stable word of the contract; null when attested.
  Json reason;

  [[nodiscard]] std::string_view state() const { return attested ? "attested" : "unattested"; }
};

/// No verb of ours starts supervisors yet; rows that release 1.24 wrote are read, and never believed
/// without the identity of the process.
[[nodiscard]] Attestation attest(store::Connection& db, const Session& session);

}  // namespace striatum::app
