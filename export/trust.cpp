// SPDX-License-Identifier: Apache-2.0
#include "export/trust.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "export/keys.hpp"
#include "export/paths.hpp"
#include "export/sshsig.hpp"

namespace striatum::provenance {
namespace {

constexpr std::size_t kMaxKeyLine = 16 * 1024;
constexpr std::size_t kMaxPolicy = std::size_t{4} << 20;
constexpr std::string_view kKeySuffix = ".pub";

std::optional<git::TreeEntry> find_entry(const std::vector<git::TreeEntry>& entries, std::string_view name) {
  for (const git::TreeEntry& entry : entries) {
    if (entry.name == name) return entry;
  }
  return std::nullopt;
}

/// A blob's bytes; nullopt when it is larger than `limit`.
std::optional<std::string> small_blob(const git::Repository& repository, const Oid& id, std::size_t limit) {
  if (repository.blob_size(id) > limit) return std::nullopt;
  return repository.blob(id);
}

Parsed<TrustedKey> read_key(const git::Repository& repository, const git::TreeEntry& entry) {
  const Problem misplaced{"trust/keys holds something that is no key file: " +
                          quote(entry.name.substr(0, 80))};
  if (entry.mode != git::Mode::regular) return misplaced;
  const std::optional<std::string> bytes = small_blob(repository, entry.id, kMaxKeyLine);
  if (!bytes) return misplaced;
  Parsed<AllowedSigner> signer = parse_trust_key(*bytes);
  if (!signer) return Problem{signer.problem() + ": " + quote(entry.name.substr(0, 80))};
  if (entry.name != signer->key.fingerprint_hex() + std::string(kKeySuffix)) return misplaced;
  TrustedKey key{signer.take(), "", false};
  key.fingerprint = key.signer.key.fingerprint();
  return key;
}

Parsed<std::vector<TrustedKey>> read_keys(const git::Repository& repository,
                                          const std::vector<git::TreeEntry>& folder) {
  std::vector<TrustedKey> out;
  const std::optional<git::TreeEntry> keys = find_entry(folder, "keys");
  if (!keys) return out;
  if (keys->mode != git::Mode::tree) return Problem{"trust/keys is no folder"};
  for (const git::TreeEntry& entry : repository.tree(keys->id)) {
    Parsed<TrustedKey> key = read_key(repository, entry);
    if (!key) return Problem{key.problem()};
    out.push_back(key.take());
  }
  std::sort(out.begin(), out.end(),
            [](const TrustedKey& a, const TrustedKey& b) { return a.fingerprint < b.fingerprint; });
  return out;
}

std::string pretty(const Json& document) { return document.dump(2) + '\n'; }

Json require_policy(std::string_view bytes) {
  const Parsed<Policy> policy = parse_policy(bytes);
  if (!policy) refuse(Code::workflow, policy.problem());
  return *parse_restricted_json(bytes);
}

TrustFile next_policy(Json policy) {
  policy["version"] = policy["version"].get<std::int64_t>() + 1;
  return {std::string(kPolicyPath), pretty(policy)};
}

TrustFile key_file(const AllowedSigner& signer) {
  return {trust_key_path(signer.key.fingerprint_hex()), print(signer) + '\n'};
}

Json time_json(const std::optional<Instant>& when) { return when ? Json(to_text(*when)) : Json(); }

}  // namespace

bool TrustedKey::has_role(std::string_view role) const {
  return std::any_of(signer.principals.begin(), signer.principals.end(),
                     [&](const std::string& principal) { return role_of(principal) == role; });
}

bool TrustedKey::covers_namespace(std::string_view name_space) const {
  return signer.namespaces.empty() ||
         std::find(signer.namespaces.begin(), signer.namespaces.end(), name_space) != signer.namespaces.end();
}

const TrustedKey* Trust::find(std::string_view fingerprint) const {
  const auto found =
      std::lower_bound(keys.begin(), keys.end(), fingerprint,
                       [](const TrustedKey& key, std::string_view f) { return key.fingerprint < f; });
  return found != keys.end() && found->fingerprint == fingerprint ? &*found : nullptr;
}

Parsed<AllowedSigner> parse_trust_key(std::string_view bytes) {
  if (bytes.size() > kMaxKeyLine) return Problem{"the key file is larger than 16 KiB"};
  const bool one_line = !bytes.empty() && bytes.find('\n') == bytes.size() - 1;
  if (!one_line) return Problem{"the key file is not one line that ends in a newline"};
  Parsed<AllowedSigner> signer = parse_allowed_signer(bytes);
  if (!signer) return signer;
  if (!std::all_of(signer->principals.begin(), signer->principals.end(), valid_principal)) {
    return Problem{"a principal is not root:NAME, human:NAME, lane:NAME or ci:NAME"};
  }
  return signer;
}

std::optional<Oid> trust_id(const git::Repository& repository, const Oid& root_tree) {
  const std::optional<git::TreeEntry> entry = repository.entry(root_tree, kTrustFolder);
  if (!entry) return std::nullopt;
  return entry->id;
}

Parsed<Trust> read_trust(const git::Repository& repository, const Oid& trust_tree) {
  std::vector<git::TreeEntry> folder;
  try {
    folder = repository.tree(trust_tree);
  } catch (const Error& error) {
    if (error.kind() == git::kMissingObject) throw;
    return Problem{"trust is no folder"};
  }
  const std::optional<git::TreeEntry> file = find_entry(folder, "policy.json");
  if (!file || (file->mode != git::Mode::regular && file->mode != git::Mode::executable)) {
    return Problem{"trust has no policy.json"};
  }
  const std::optional<std::string> bytes = small_blob(repository, file->id, kMaxPolicy);
  if (!bytes) return Problem{"policy.json is too large"};
  Parsed<Policy> policy = parse_policy(*bytes);
  if (!policy) return Problem{policy.problem()};
  Parsed<std::vector<TrustedKey>> keys = read_keys(repository, folder);
  if (!keys) return Problem{keys.problem()};
  Trust out{trust_tree, policy.take(), keys.take()};
  for (TrustedKey& key : out.keys) key.revoked = out.policy.revokes(key.fingerprint);
  const bool rooted = std::any_of(out.keys.begin(), out.keys.end(),
                                  [](const TrustedKey& key) { return key.has_role("root") && !key.revoked; });
  if (!rooted) return Problem{"trust has no root key in force"};
  return out;
}

Validity validity_at(const AllowedSigner& signer, Timestamp when, Seconds allowance) {
  if (signer.valid_after && when.seconds + allowance < *signer.valid_after) return Validity::early;
  if (!signer.valid_before) return Validity::valid;
  const Timestamp end{*signer.valid_before + allowance, 0};
  return when > end ? Validity::late : Validity::valid;
}

CommitSignature read_commit_signature(const git::Commit& commit, const Trust* among) {
  const std::optional<std::string> text = commit.signature();
  if (!text) return {};
  if (text->substr(0, 29) != "-----BEGIN SSH SIGNATURE-----")
    return {CommitSignature::Kind::foreign, std::nullopt};
  const Parsed<std::string> binary = unarmor(*text);
  if (!binary) return {CommitSignature::Kind::foreign, std::nullopt};
  const Parsed<Sshsig> signature = parse_sshsig(*binary);
  if (!signature) return {CommitSignature::Kind::foreign, std::nullopt};
  if (among && !among->find(signature->key.fingerprint()))
    return {CommitSignature::Kind::unchecked, signature->key};
  const bool good = verifies(*signature, kGitNamespace, commit.signed_bytes());
  return {good ? CommitSignature::Kind::good : CommitSignature::Kind::bad, signature->key};
}

bool signed_by_role(const git::Commit& commit, const CommitSignature& signature, const Trust& trust,
                    std::string_view role) {
  if (signature.kind != CommitSignature::Kind::good) return false;
  const TrustedKey* key = trust.find(signature.key->fingerprint());
  return key && key->has_role(role) && !key->revoked && key->covers_namespace(kGitNamespace) &&
         validity_at(key->signer, {commit.committer_time, 0}, {0}) == Validity::valid;
}

std::vector<TrustFile> new_trust(const AllowedSigner& root) {
  const Json policy = {
      {"version", 1}, {"rules", Json::array()}, {"revoked", Json::array()}, {"hooks", {{"closed", false}}}};
  return {key_file(root),
          {std::string(kPolicyPath), pretty(policy)},
          {std::string(kAttributesPath), std::string(kAttributes)}};
}

std::vector<TrustFile> trust_with_key(std::string_view policy_bytes, const AllowedSigner& signer) {
  return {key_file(signer), next_policy(require_policy(policy_bytes))};
}

std::vector<TrustFile> trust_without_key(std::string_view policy_bytes, const std::string& fingerprint,
                                         const std::string& reason) {
  Json policy = require_policy(policy_bytes);
  policy["revoked"].push_back({{"key", fingerprint}, {"reason", reason}});
  return {next_policy(std::move(policy))};
}

std::vector<TrustFile> trust_with_rules(std::string_view policy_bytes, std::string_view document) {
  const Json before = require_policy(policy_bytes);
  std::optional<Json> wanted = parse_restricted_json(document);
  if (!wanted || !wanted->is_object()) refuse(Code::workflow, "the policy is not JSON of the accepted kind");
  Json revoked = member(before, "revoked").is_array() ? member(before, "revoked") : Json::array();
  for (const Json& row : wanted->value("revoked", Json::array())) {
    if (std::find(revoked.begin(), revoked.end(), row) == revoked.end()) revoked.push_back(row);
  }
  (*wanted)["revoked"] = std::move(revoked);
  (*wanted)["version"] = member(before, "version");
  static_cast<void>(require_policy(pretty(*wanted)));
  return {next_policy(*std::move(wanted))};
}

Json to_json(const git::Repository& repository, const Trust& trust) {
  Json keys = Json::array();
  for (const TrustedKey& key : trust.keys) {
    keys.push_back({{"fingerprint", key.fingerprint},
                    {"principal", join(key.signer.principals, ",")},
                    {"valid_after", time_json(key.signer.valid_after)},
                    {"valid_before", time_json(key.signer.valid_before)},
                    {"revoked", key.revoked}});
  }
  const std::optional<git::TreeEntry> file = find_entry(repository.tree(trust.tree), "policy.json");
  return {{"policy_version", trust.policy.version},
          {"keys", std::move(keys)},
          {"policy", file ? *parse_restricted_json(repository.blob(file->id)) : Json()}};
}

}  // namespace striatum::provenance
