// SPDX-License-Identifier: Apache-2.0
// Signing keys of this user: OpenSSH key files in a folder of ours, made by ssh-keygen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/ssh.hpp"

namespace striatum::provenance {

/// `root:NAME`, `human:NAME`, `lane:NAME` or `ci:NAME`, NAME = `[a-z0-9._-]{1,64}`.
[[nodiscard]] bool valid_principal(std::string_view text);
/// The part before the colon.
[[nodiscard]] std::string_view role_of(std::string_view principal);

struct StoredKey {
  SshPublicKey key;
  /// A principal; empty where none is recorded.
  std::string role;
  /// The private key file.
  std::string path;
  bool encrypted = false;
};

/// `<fingerprint hex>`, `….pub` and `….role` in one folder of mode 0700. A folder or file of another owner,
/// open to others, or reached through a symbolic link is an `Error` 4 of kind `unsafe_key`.
class KeyStore {
 public:
  /// The folder need not exist.
  explicit KeyStore(std::string folder) : folder_(std::move(folder)) {}
  /// `$XDG_DATA_HOME/striatum/keys`, else `~/.local/share/striatum/keys`. `Error` 4 without a home folder.
  [[nodiscard]] static std::string default_folder();

  enum class Passphrase { none, ask };
  /// By `ssh-keygen -t ed25519`; `ask` lets it talk to the terminal. `Error` 4 for a role that is none.
  [[nodiscard]] StoredKey create(const std::string& role, Passphrase passphrase) const;
  /// Sorted by role, then fingerprint.
  [[nodiscard]] std::vector<StoredKey> list() const;
  /// By fingerprint (`SHA256:…` or hex).
  [[nodiscard]] std::optional<StoredKey> find(std::string_view fingerprint) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  [[nodiscard]] std::optional<StoredKey> load(const std::string& name) const;
  std::string folder_;
};

/// What git's configuration and the environment say about signing.
struct KeySettings {
  std::optional<std::string> striatum_signing_key;  ///< striatum.signingKey: fingerprint or key file
  std::optional<std::string> gpg_format;
  std::optional<std::string> user_signing_key;  ///< counts when gpg_format is `ssh`
  std::optional<std::string> agent_socket;      ///< SSH_AUTH_SOCK
  std::string home;
};

/// A key to sign with: from a file, or from an agent alone.
struct SigningKey {
  SshPublicKey key;
  std::string role;
  std::optional<std::string> path;
};

/// The key that `name` means: a fingerprint (of the store, git's configuration or the agent), a private or `.pub`
/// file, `key::LINE` or a public key line. `Error` 4 of kind `no_key`.
[[nodiscard]] SigningKey find_signing_key(const KeyStore& store, const KeySettings& settings,
                                          const std::string& name);
/// A key that this user can sign with, and where it lives.
struct KeyAtHand {
  SigningKey key;
  bool encrypted = false;
  /// `store`, `striatum.signingKey`, `user.signingkey`, `agent`
  std::vector<std::string> where;
};
/// Those of the store first. A setting that names no key is left out.
[[nodiscard]] std::vector<KeyAtHand> keys_at_hand(const KeyStore& store, const KeySettings& settings);
/// striatum.signingKey; else the only key of the store that is not a root's; else user.signingkey; nullopt
/// when none of them names one.
[[nodiscard]] std::optional<SigningKey> default_signing_key(const KeyStore& store,
                                                            const KeySettings& settings);
/// As above, but `Error` 4 of kind `no_key` with the hint to make one.
[[nodiscard]] SigningKey require_signing_key(const KeyStore& store, const KeySettings& settings);

/// A private key file after the checks of owner and mode; `Error` 4 of kind `unsafe_key` or `bad_key`. Of a file in
/// another format than OpenSSH's own, the `.pub` beside it tells the key, and an agent signs.
/// `follow`: whether its name may be a symbolic link.
enum class Links { refuse, follow };
[[nodiscard]] SshPrivateKeyFile read_private_key(const std::string& path, Links links);

}  // namespace striatum::provenance
