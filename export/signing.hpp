// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "export/dsse.hpp"
#include "export/keys.hpp"

namespace striatum::provenance {

struct SigningOptions {
  /// SSH_AUTH_SOCK.
  std::optional<std::string> agent_socket;
  /// Whether a passphrase may be asked for. Without a terminal a locked key is an error at once.
  bool terminal = false;
  std::chrono::milliseconds deadline{60'000};
};

struct PayloadSignature {
  /// Goes into the envelope: raw Ed25519, or a binary SSHSIG of every other kind of key.
  EnvelopeSignature entry;
  /// The text of the `.sig` file.
  std::string armored;
};

/// Signs a payload of kPayloadType. `Error` 4 of kind `key_locked`, `key_unavailable` or `agent_timeout`.
[[nodiscard]] PayloadSignature sign_payload(const SigningKey& key, std::string_view payload,
                                            const SigningOptions& options);

}  // namespace striatum::provenance
