// SPDX-License-Identifier: Apache-2.0
// Lines of an allowed_signers file (ssh-keygen(1)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "export/parsed.hpp"
#include "export/ssh.hpp"

namespace striatum::provenance {

struct AllowedSigner {
  std::vector<std::string> principals;
  /// Empty: any.
  std::vector<std::string> namespaces;
  /// Both bounds belong to the key's life.
  std::optional<Instant> valid_after;
  std::optional<Instant> valid_before;
  SshPublicKey key;
  std::string comment;
};

/// One line, with or without its end. Refused: certificate authorities, unknown options, patterns and quotes
/// in names, times without a final Z.
[[nodiscard]] Parsed<AllowedSigner> parse_allowed_signer(std::string_view line);
/// Without line end.
[[nodiscard]] std::string print(const AllowedSigner& signer);
/// `YYYYMMDDHHMMSSZ`.
[[nodiscard]] std::string compact_time(Instant when);

}  // namespace striatum::provenance
