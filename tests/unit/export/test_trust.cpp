// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "export/paths.hpp"
#include "export/trust.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"
#include "unit/export/sandbox.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {

SshPublicKey key_of(char seed) { return SshPublicKey::ed25519(ed25519::public_key(std::string(32, seed))); }

AllowedSigner signer_of(char seed, const std::string& principal) {
  return {{principal}, {}, {}, {}, key_of(seed), ""};
}

void put(const test::TempRepo& repo, const std::vector<TrustFile>& files) {
  for (const TrustFile& file : files) test::write(repo / file.path, file.bytes);
}

Parsed<Trust> committed_trust(test::TempRepo& repo) {
  const Oid commit = *Oid::parse(repo.commit({}));
  const git::Repository repository = git::Repository::open(repo.path());
  return read_trust(repository, *trust_id(repository, repository.commit(commit).tree));
}

}  // namespace

TEST_CASE("a new trust is well formed, grows by keys and revocations") {
  test::TempRepo repo;
  put(repo, new_trust(signer_of('r', "root:kim")));
  const auto first = committed_trust(repo);
  INFO(first.problem());
  REQUIRE(first);
  CHECK(first->policy.version == 1);
  CHECK(first->find(key_of('r').fingerprint())->has_role("root"));
  CHECK(test::slurp(repo / std::string(kAttributesPath)) == kAttributes);

  put(repo, trust_with_key(test::slurp(repo / std::string(kPolicyPath)), signer_of('l', "lane:codex")));
  const auto second = committed_trust(repo);
  REQUIRE(second);
  CHECK(second->policy.version == 2);
  CHECK(second->keys.size() == 2);

  put(repo,
      trust_without_key(test::slurp(repo / std::string(kPolicyPath)), key_of('l').fingerprint(), "lost"));
  const auto third = committed_trust(repo);
  REQUIRE(third);
  CHECK(third->policy.version == 3);
  CHECK(third->find(key_of('l').fingerprint())->revoked);
  CHECK_FALSE(third->find(key_of('r').fingerprint())->revoked);
  CHECK(third->find("SHA256:x") == nullptr);

  const git::Repository repository = git::Repository::open(repo.path());
  const Json shown = to_json(repository, *third);
  CHECK(shown["policy_version"] == 3);
  CHECK(shown["keys"].size() == 2);
  CHECK(shown["policy"]["revoked"][0]["reason"] == "lost");
}

TEST_CASE("a trust that is not well formed is none") {
  test::TempRepo repo;
  put(repo, new_trust(signer_of('r', "root:kim")));
  const std::string folder = std::string(kTrustFolder) + '/';
  const std::string other = folder + "keys/" + key_of('l').fingerprint_hex() + ".pub";
  SECTION("other files are ignored") {
    test::write(repo / (folder + "README"), "x");
    CHECK(committed_trust(repo));
  }
  SECTION("no policy") {
    std::filesystem::remove(repo / (folder + "policy.json"));
    CHECK_FALSE(committed_trust(repo));
  }
  SECTION("a key under another name") {
    test::write(repo / other, print(signer_of('m', "lane:a")) + '\n');
    CHECK_FALSE(committed_trust(repo));
  }
  SECTION("no newline") {
    test::write(repo / other, print(signer_of('l', "lane:a")));
    CHECK_FALSE(committed_trust(repo));
  }
  SECTION("a principal without role") {
    test::write(repo / other, print(signer_of('l', "kim")) + '\n');
    CHECK_FALSE(committed_trust(repo));
  }
  SECTION("an executable key file") {
    test::write(repo / other, print(signer_of('l', "lane:a")) + '\n');
    std::filesystem::permissions(repo / other, std::filesystem::perms::owner_all);
    CHECK_FALSE(committed_trust(repo));
  }
  SECTION("no root in force") {
    put(repo,
        trust_without_key(test::slurp(repo / std::string(kPolicyPath)), key_of('r').fingerprint(), "lost"));
    CHECK_FALSE(committed_trust(repo));
  }
  SECTION("a file instead of the folder") {
    std::filesystem::remove_all(repo / folder.substr(0, folder.size() - 1));
    test::write(repo / folder.substr(0, folder.size() - 1), "x");
    CHECK_FALSE(committed_trust(repo));
  }
}

TEST_CASE("bounds of a key belong to its life, and an allowance widens them") {
  AllowedSigner signer = signer_of('r', "root:kim");
  signer.valid_after = parse_instant("2026-01-01T00:00:00Z");
  signer.valid_before = parse_instant("2026-02-01T00:00:00Z");
  const auto at = [&](const char* text, std::int64_t allowance = 0) {
    return validity_at(signer, *parse_timestamp(text), {allowance});
  };
  CHECK(at("2026-01-01T00:00:00Z") == Validity::valid);
  CHECK(at("2025-12-31T23:59:59.9Z") == Validity::early);
  CHECK(at("2026-02-01T00:00:00Z") == Validity::valid);
  CHECK(at("2026-02-01T00:00:00.1Z") == Validity::late);
  CHECK(at("2025-12-31T23:55:00Z", 300) == Validity::valid);
  CHECK(at("2025-12-31T23:54:59.9Z", 300) == Validity::early);
  CHECK(at("2026-02-01T00:05:00Z", 300) == Validity::valid);
  CHECK(at("2026-02-01T00:05:00.1Z", 300) == Validity::late);
}

TEST_CASE("git's own commit signatures are read") {
  test::TempRepo repo;
  const test::Sandbox box;
  box.ssh_key("k", {"-t", "ed25519"});
  const SshPublicKey key = parse_public_key_line(box.read("k.pub"))->key;
  repo.git({"config", "gpg.format", "ssh"});
  repo.git({"config", "user.signingkey", box.path("k")});
  repo.commit({{"a", "1"}});
  repo.git({"commit", "-q", "-S", "--allow-empty", "-m", "signed\n\ngpgsig in the text\n"});
  git::Repository repository = git::Repository::open(repo.path());
  const git::Commit commit = repository.commit(*repository.resolve("HEAD"));
  const CommitSignature signature = read_commit_signature(commit);
  REQUIRE(signature.kind == CommitSignature::Kind::good);
  CHECK(*signature.key == key);
  CHECK(read_commit_signature(repository.commit(*repository.resolve("HEAD~1"))).kind ==
        CommitSignature::Kind::none);

  git::Commit changed = commit;
  changed.raw += "x";
  CHECK(read_commit_signature(changed).kind == CommitSignature::Kind::bad);
  git::Commit foreign = commit;
  for (auto at = foreign.raw.find("SSH SIGNATURE"); at != std::string::npos;
       at = foreign.raw.find("SSH SIGNATURE")) {
    foreign.raw.replace(at, 13, "PGP SIGNATURE");
  }
  CHECK(read_commit_signature(foreign).kind == CommitSignature::Kind::foreign);

  Trust trust;
  trust.keys = {{{{"human:kim"}, {}, {}, {}, key, ""}, key.fingerprint(), false}};
  const auto by = [&](const char* role) { return signed_by_role(commit, signature, trust, role); };
  CHECK(by("human"));
  CHECK_FALSE(by("root"));
  trust.keys[0].signer.namespaces = {"git"};
  CHECK(by("human"));
  trust.keys[0].signer.namespaces = {"striatum-receipt@v1"};
  CHECK_FALSE(by("human"));
  trust.keys[0].signer.namespaces.clear();
  trust.keys[0].signer.valid_before = Instant{commit.committer_time.unix_seconds - 1};
  CHECK_FALSE(by("human"));
  trust.keys[0].signer.valid_before.reset();
  trust.keys[0].revoked = true;
  CHECK_FALSE(by("human"));
}
