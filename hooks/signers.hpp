// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "export/keys.hpp"
#include "export/signing.hpp"
#include "git/program.hpp"

namespace striatum::hooks {

struct Signers {
  std::vector<provenance::SigningKey> keys;
  provenance::SigningOptions options;
};

/// The keys with these fingerprints, or the default one. `terminal`: a person is there to type a passphrase.
/// `Error` 4 of kind `no_key`.
[[nodiscard]] Signers find_signers(const git::Config& config, const std::vector<std::string>& fingerprints,
                                   bool terminal);

/// Of the key that `apply` takes by default in the current folder's repository; nullopt where none is settled.
[[nodiscard]] std::optional<std::string> default_fingerprint();

}  // namespace striatum::hooks
