// SPDX-License-Identifier: Apache-2.0
// Writes `.provenance/striatum/trust` into the work tree, ready to be committed and signed by a root key.
#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/time.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

/// `root`: fingerprint of a key of this user, its git configuration or its agent. Refuses (4) where a trust is
/// already. Returns `{files[], policy_version, next[]}`.
[[nodiscard]] Json trust_init(const git::Places& places, const std::string& root);

struct TrustAdd {
  /// A public key line.
  std::string public_key;
  std::string principal;
  std::optional<Instant> valid_after;
  std::optional<Instant> valid_before;
};
[[nodiscard]] Json trust_add(const git::Places& places, const TrustAdd& command);

/// Revokes a key, for everything that arrives under the new policy. Refuses (3) a key that the trust does not know, (4)
/// the last root key.
[[nodiscard]] Json trust_retire(const git::Places& places, const std::string& fingerprint, const std::string& reason);

/// Takes `since`, `rules` and `hooks` from a policy document; version and revocations go on. Refuses (8) one that is
/// not well formed.
[[nodiscard]] Json trust_policy(const git::Places& places, const std::string& document);

/// `{policy_version, anchor, roots[], keys[], policy, revision}` of a commit.
[[nodiscard]] Json trust_show(const git::Places& places, const std::string& revision);

}  // namespace striatum::hooks
