// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "export/sshsig.hpp"
#include "export/wire.hpp"
#include "support/catch.hpp"
#include "unit/export/sandbox.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {

Sshsig sign_with_seed(const std::string& seed, std::string_view name_space, std::string_view hash,
                      std::string_view message) {
  Sshsig out{SshPublicKey::ed25519(ed25519::public_key(seed)), std::string(name_space), std::string(hash),
             ""};
  put_string(out.signature, "ssh-ed25519");
  put_string(out.signature, ed25519::sign(seed, signed_data(name_space, hash, message)));
  return out;
}

}  // namespace

TEST_CASE("signatures of ssh-keygen verify here, for every kind of key") {
  const test::Sandbox box;
  const std::vector<std::vector<std::string>> kinds{{"-t", "ed25519"},
                                                    {"-t", "ecdsa", "-b", "256"},
                                                    {"-t", "ecdsa", "-b", "384"},
                                                    {"-t", "ecdsa", "-b", "521"},
                                                    {"-t", "rsa", "-b", "3072"}};
  for (const auto& kind : kinds) {
    const std::string name = kind[1] + (kind.size() > 3 ? kind[3] : "");
    box.ssh_key(name, kind);
    for (const char* hash : {"sha256", "sha512"}) {
      INFO(name << ' ' << hash);
      const os::Finished made =
          box.run({"ssh-keygen", "-Y", "sign", "-f", name, "-n", "git", "-O", std::string("hashalg=") + hash},
                  "text");
      REQUIRE(made.ok());
      const auto binary = unarmor(made.out);
      REQUIRE(binary);
      CHECK(armor(*binary) == made.out);
      const auto signature = parse_sshsig(*binary);
      REQUIRE(signature);
      CHECK(encode(*signature) == *binary);
      CHECK(signature->hash == hash);
      CHECK(verifies(*signature, "git", "text"));
      CHECK_FALSE(verifies(*signature, "git", "texT"));
      CHECK_FALSE(verifies(*signature, "file", "text"));
      for (std::size_t at = 0; at < binary->size(); at += 3) {
        std::string changed = *binary;
        changed[at] = static_cast<char>(changed[at] ^ 4);
        const auto parsed = parse_sshsig(changed);
        const bool accepted = parsed && parsed->key == signature->key && verifies(*parsed, "git", "text");
        CHECK_FALSE(accepted);
      }
    }
  }
}

TEST_CASE("our signatures verify with ssh-keygen") {
  const test::Sandbox box;
  const std::string seed(32, '7');
  const std::string message("DSSEv1 3 a\n\0b 0 ", 16);
  for (const char* hash : {"sha256", "sha512"}) {
    const Sshsig signature = sign_with_seed(seed, kReceiptNamespace, hash, message);
    box.write("allowed", "codex " + signature.key.line() + '\n');
    box.write("x.sig", armor(encode(signature)));
    const os::Finished checked = box.run({"ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "codex", "-n",
                                          std::string(kReceiptNamespace), "-s", "x.sig"},
                                         message);
    INFO(checked.err);
    CHECK(checked.ok());
    CHECK_FALSE(box.run({"ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "codex", "-n",
                         std::string(kReceiptNamespace), "-s", "x.sig"},
                        message + "x")
                    .ok());
  }
}

TEST_CASE("an SSH signature that is not whole is refused") {
  const std::string binary = encode(sign_with_seed(std::string(32, '7'), "git", "sha512", "m"));
  REQUIRE(parse_sshsig(binary));
  for (std::size_t length = 0; length < binary.size(); ++length) {
    CHECK_FALSE(parse_sshsig(std::string_view(binary).substr(0, length)));
  }
  CHECK_FALSE(parse_sshsig(binary + 'x'));
  CHECK_FALSE(parse_sshsig(encode(sign_with_seed(std::string(32, '7'), "git", "sha1", "m"))));
  CHECK_FALSE(parse_sshsig(encode(sign_with_seed(std::string(32, '7'), "", "sha512", "m"))));

  const std::string text = armor(binary);
  CHECK(unarmor(text));
  CHECK_FALSE(unarmor("x" + text));
  CHECK_FALSE(unarmor(text + "x"));
  CHECK_FALSE(unarmor(text.substr(0, text.size() - 5)));
  CHECK_FALSE(unarmor("-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"));
}
