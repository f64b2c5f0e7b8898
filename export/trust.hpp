// SPDX-License-Identifier: Apache-2.0
// The trust folder: whose signatures count.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "export/allowed_signers.hpp"
#include "export/parsed.hpp"
#include "export/policy.hpp"
#include "export/receipt.hpp"
#include "git/repository.hpp"

namespace striatum::provenance {

struct TrustedKey {
  AllowedSigner signer;
  std::string fingerprint;
  bool revoked = false;

  [[nodiscard]] bool has_role(std::string_view role) const;
  /// Its `namespaces` are absent or hold this one.
  [[nodiscard]] bool covers_namespace(std::string_view name_space) const;
};

/// A well-formed trust folder.
struct Trust {
  Oid tree;
  Policy policy;
  /// Sorted by fingerprint.
  std::vector<TrustedKey> keys;

  [[nodiscard]] const TrustedKey* find(std::string_view fingerprint) const;
};

/// A line of `trust/keys/`: one newline at its end, principals with roles only.
[[nodiscard]] Parsed<AllowedSigner> parse_trust_key(std::string_view bytes);

/// The id that stands at `.provenance/striatum/trust` of a root tree, whatever it is; nullopt when absent.
[[nodiscard]] std::optional<Oid> trust_id(const git::Repository& repository, const Oid& root_tree);
/// Reads the folder with this id.
[[nodiscard]] Parsed<Trust> read_trust(const git::Repository& repository, const Oid& trust_tree);

enum class Validity { valid, early, late };
/// `allowance` widens both bounds.
[[nodiscard]] Validity validity_at(const AllowedSigner& signer, Timestamp when, Seconds allowance);

/// git's own signature of a commit.
struct CommitSignature {
  enum class Kind {
    none,
    foreign,    ///< OpenPGP, X.509 or not readable: counts as unsigned
    unchecked,  ///< an SSH signature by a key that `among` does not hold
    bad,        ///< an SSH signature that does not verify
    good,
  } kind = Kind::none;
  /// For `unchecked`, `bad` and `good`.
  std::optional<SshPublicKey> key;
};
/// With `among`, signatures of other keys are not computed.
[[nodiscard]] CommitSignature read_commit_signature(const git::Commit& commit, const Trust* among = nullptr);

/// A good signature by a key of this role: not revoked, valid at the committer's time, not bound to other
/// namespaces.
[[nodiscard]] bool signed_by_role(const git::Commit& commit, const CommitSignature& signature,
                                  const Trust& trust, std::string_view role);

/// A file to be written below the work tree's top.
struct TrustFile {
  std::string path;
  std::string bytes;
};
/// First trust of a repository: the root's key, policy version 1, `.gitattributes`.
[[nodiscard]] std::vector<TrustFile> new_trust(const AllowedSigner& root);
/// The key's file and the policy with the next version. `Error` 8 when `policy_bytes` is no policy.
[[nodiscard]] std::vector<TrustFile> trust_with_key(std::string_view policy_bytes,
                                                    const AllowedSigner& signer);
/// The policy with the next version that revokes this key.
[[nodiscard]] std::vector<TrustFile> trust_without_key(std::string_view policy_bytes,
                                                       const std::string& fingerprint,
                                                       const std::string& reason);

/// The policy with the next version that has `since`, `rules` and `hooks` of this document, and its revocations besides
/// those there are. `Error` 8 when one of the two is no policy.
[[nodiscard]] std::vector<TrustFile> trust_with_rules(std::string_view policy_bytes, std::string_view document);

/// `policy_version, keys[{fingerprint, principal, valid_after, valid_before, revoked}], policy`.
[[nodiscard]] Json to_json(const git::Repository& repository, const Trust& trust);

}  // namespace striatum::provenance
