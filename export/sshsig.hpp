// SPDX-License-Identifier: Apache-2.0
// SSHSIG, the signature format of `ssh-keygen -Y` (OpenSSH PROTOCOL.sshsig).
#pragma once

#include <string>
#include <string_view>

#include "export/parsed.hpp"
#include "export/ssh.hpp"

namespace striatum::provenance {

/// Of `.sig` files and of SSHSIG entries in an envelope.
inline constexpr std::string_view kReceiptNamespace = "striatum-receipt@v1";
/// Of the signatures that git makes.
inline constexpr std::string_view kGitNamespace = "git";

/// A decoded signature; reading it proves nothing.
struct Sshsig {
  SshPublicKey key;
  std::string name_space;
  /// `sha256` or `sha512`.
  std::string hash;
  /// SSH wire form.
  std::string signature;
};

[[nodiscard]] Parsed<Sshsig> parse_sshsig(std::string_view binary);
[[nodiscard]] std::string encode(const Sshsig& signature);

/// 70 base64 digits a line between the marker lines, with a final newline, as ssh-keygen writes it.
[[nodiscard]] std::string armor(std::string_view binary);
/// The binary form; spaces at line ends and CR LF are tolerated, text before or after is not.
[[nodiscard]] Parsed<std::string> unarmor(std::string_view text);

/// What the key signs: never the message itself.
[[nodiscard]] std::string signed_data(std::string_view name_space, std::string_view hash,
                                      std::string_view message);
/// True when it is a signature over `message` in exactly this namespace.
[[nodiscard]] bool verifies(const Sshsig& signature, std::string_view name_space, std::string_view message);

}  // namespace striatum::provenance
