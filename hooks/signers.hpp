// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "export/keys.hpp"
#include "export/signing.hpp"
#include "git/program.hpp"

namespace striatum::hooks {

struct Signers {
  std::vector<provenance::SigningKey> keys;
  provenance::SigningOptions options;
};

/// The keys with these fingerprints or files, each once, or the default one. `terminal`: a person is there to type a passphrase.
/// `Error` 4 of kind `no_key`.
[[nodiscard]] Signers find_signers(const git::Config& config, const std::vector<std::string>& names,
                                   bool terminal);

/// Of the key that `apply` takes by default in the current folder's repository; nullopt where none is settled.
[[nodiscard]] std::optional<std::string> default_fingerprint();

/// `{items[{fingerprint, type, role, principal, path, encrypted, where[], default}], count}` of the keys this user can
/// sign with; `principal`: what the trust at HEAD calls it, null where none does.
[[nodiscard]] Json list_keys();
/// The key of this user with that fingerprint or file. `Error` 3 for an unknown one.
[[nodiscard]] provenance::SigningKey key_at_hand(const std::string& name);
/// `{line, fingerprint}`: the public line of a key at hand, or its line of an allowed_signers file, which needs a
/// principal: the one given, else its role, else that of the trust at HEAD. `Error` 3 for an unknown key.
struct KeyExport {
  std::string name;
  bool allowed_signers = false;
  std::optional<std::string> principal;
};
[[nodiscard]] Json export_key(const KeyExport& command);

}  // namespace striatum::hooks
