// SPDX-License-Identifier: Apache-2.0
#include "export/allowed_signers.hpp"
#include "support/catch.hpp"
#include "unit/export/sandbox.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {

const std::string& key_line() {
  static const std::string kLine = SshPublicKey::ed25519(std::string(32, 'k')).line();
  return kLine;
}

}  // namespace

TEST_CASE("an allowed_signers line is read and printed") {
  const auto signer = parse_allowed_signer(
      "lane:codex,human:kim namespaces=\"git,striatum-receipt@v1\",valid-after=\"20260101Z\",valid-before="
      "\"202701020304Z\" " +
      key_line() + " on the build host\n");
  REQUIRE(signer);
  CHECK(signer->principals == std::vector<std::string>{"lane:codex", "human:kim"});
  CHECK(signer->namespaces == std::vector<std::string>{"git", "striatum-receipt@v1"});
  CHECK(to_text(signer->valid_after.value()) == "2026-01-01T00:00:00Z");
  CHECK(to_text(signer->valid_before.value()) == "2027-01-02T03:04:00Z");
  CHECK(signer->comment == "on the build host");
  const std::string printed = print(*signer);
  CHECK(printed ==
        "lane:codex,human:kim "
        "namespaces=\"git,striatum-receipt@v1\",valid-after=\"20260101000000Z\",valid-before="
        "\"20270102030400Z\" " +
            key_line() + " on the build host");
  CHECK(print(*parse_allowed_signer(printed)) == printed);
  CHECK(print(*parse_allowed_signer("root:a " + key_line())) == "root:a " + key_line());
}

TEST_CASE("lines that are not understood whole are refused") {
  const std::string bad = GENERATE(
      "", "# comment", "root:a", "root:a cert-authority KEY", "root:a verify-required KEY", "* KEY",
      "root:a,,x KEY", "\"root:a\" KEY", "root:a namespaces=\"\" KEY", "root:a namespaces=\"gi*\" KEY",
      "root:a namespaces=git KEY", "root:a namespaces=\"git\",namespaces=\"file\" KEY",
      "root:a valid-after=\"20260101\" KEY", "root:a valid-after=\"20261301Z\" KEY",
      "root:a valid-after=\"20260230Z\" KEY", "root:a valid-after=\"2026010101Z\" KEY",
      "root:a valid-after=\"20260101Z\",valid-after=\"20260101Z\" KEY",
      "root:a valid-after=\"20260101Z\", KEY", "root:a valid-after=\"20260101Z KEY", "root:a KEY\nroot:b KEY",
      "root:a ssh-ed25519 AAAA");
  std::string line = bad;
  for (auto at = line.find("KEY"); at != std::string::npos; at = line.find("KEY"))
    line.replace(at, 3, key_line());
  INFO(line);
  CHECK_FALSE(parse_allowed_signer(line));
}

TEST_CASE("ssh-keygen reads what we print") {
  const test::Sandbox box;
  box.ssh_key("k", {"-t", "ed25519"});
  AllowedSigner signer{{"lane:codex"},
                       {"git"},
                       parse_instant("2020-01-01T00:00:00Z"),
                       parse_instant("2090-01-01T00:00:00Z"),
                       parse_public_key_line(box.read("k.pub"))->key,
                       "a comment"};
  const std::string signature = box.run({"ssh-keygen", "-Y", "sign", "-f", "k", "-n", "git"}, "text").out;
  box.write("s", signature);
  const auto accepted = [&] {
    box.write("allowed", print(signer) + '\n');
    return box
        .run({"ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "lane:codex", "-n", "git", "-s", "s"},
             "text")
        .ok();
  };
  CHECK(accepted());
  signer.valid_before = parse_instant("2021-01-01T00:00:00Z");
  CHECK_FALSE(accepted());
  signer.valid_before.reset();
  signer.namespaces = {"file"};
  CHECK_FALSE(accepted());
}
