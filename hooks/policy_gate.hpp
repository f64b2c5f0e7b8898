// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hooks/gates.hpp"
#include "hooks/signers.hpp"

namespace striatum::hooks {

/// What the policy in force at the branch's tip asks of an apply: the trust is traced to its anchor as `verify` does, and
/// one that no root signed is refused. The gate stands in replies alone: a receipt's gates are fixed,
/// and who verifies judges the policy anew.
inline constexpr const char* kPolicyGate = "policy";

struct PolicyQuestion {
  app::Context& ctx;
  const git::Repository& repository;
  const Work& work;
  const Signers& signers;
  /// Of the branch.
  Oid tip;
  /// Of `striatum.trustRoot`.
  std::vector<std::string> anchors;
  /// Judged paths that change.
  std::vector<std::string> paths;
  bool propose = false;
};
[[nodiscard]] GateResult policy_gate(const PolicyQuestion& question);

}  // namespace striatum::hooks
