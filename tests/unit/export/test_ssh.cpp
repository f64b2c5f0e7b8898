// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "base/text.hpp"
#include "export/ssh.hpp"
#include "export/wire.hpp"
#include "support/catch.hpp"
#include "unit/export/sandbox.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {

struct KeyCase {
  const char* label;
  std::vector<std::string> how;
  SshKeyType type;
};

const std::vector<KeyCase>& cases() {
  static const std::vector<KeyCase> kCases{
      {"ed25519", {"-t", "ed25519"}, SshKeyType::ed25519},
      {"p256", {"-t", "ecdsa", "-b", "256"}, SshKeyType::ecdsa_p256},
      {"p384", {"-t", "ecdsa", "-b", "384"}, SshKeyType::ecdsa_p384},
      {"p521", {"-t", "ecdsa", "-b", "521"}, SshKeyType::ecdsa_p521},
      {"rsa", {"-t", "rsa", "-b", "3072"}, SshKeyType::rsa},
  };
  return kCases;
}

std::string sk_ed25519_blob(const std::string& public_key) {
  std::string blob;
  put_string(blob, "sk-ssh-ed25519@openssh.com");
  put_string(blob, public_key);
  put_string(blob, "ssh:");
  return blob;
}

}  // namespace

TEST_CASE("public key lines and fingerprints are those of ssh-keygen") {
  const test::Sandbox box;
  for (const KeyCase& one : cases()) {
    INFO(one.label);
    box.ssh_key(one.label, one.how);
    const std::string text = box.read(std::string(one.label) + ".pub");
    const auto line = parse_public_key_line(text);
    REQUIRE(line);
    CHECK(line->key.type() == one.type);
    CHECK(line->comment == "a comment");
    CHECK(line->key.line() + " a comment\n" == text);
    const std::string shown = box.run({"ssh-keygen", "-l", "-f", std::string(one.label) + ".pub"}).out;
    CHECK(shown.find(line->key.fingerprint() + ' ') != std::string::npos);
    CHECK(fingerprint_to_hex(line->key.fingerprint()) == line->key.fingerprint_hex());
    CHECK(hex_to_fingerprint(line->key.fingerprint_hex()) == line->key.fingerprint());
  }
}

TEST_CASE("weak and foreign keys are no keys") {
  const test::Sandbox box;
  box.ssh_key("small", {"-t", "rsa", "-b", "2048"});
  const auto small = parse_public_key_line(box.read("small.pub"));
  REQUIRE_FALSE(small);
  CHECK(small.problem() == "RSA keys need 3072 bits or more");

  std::string dsa;
  put_string(dsa, "ssh-dss");
  for (int i = 0; i < 4; ++i) put_string(dsa, "\x01");
  CHECK_FALSE(SshPublicKey::from_blob(dsa));
  CHECK_FALSE(parse_public_key_line("ssh-dss " + base64(dsa)));
  CHECK_FALSE(parse_public_key_line(""));
  CHECK_FALSE(parse_public_key_line("ssh-ed25519"));
  CHECK_FALSE(parse_public_key_line("ssh-ed25519 !!!!"));
}

TEST_CASE("a damaged public key blob is refused at every length") {
  const std::string good = SshPublicKey::ed25519(std::string(32, 'k')).blob();
  REQUIRE(SshPublicKey::from_blob(good));
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK_FALSE(SshPublicKey::from_blob(std::string_view(good).substr(0, length)));
  }
  CHECK_FALSE(SshPublicKey::from_blob(good + 'x'));
  std::string other_name = SshPublicKey::ed25519(std::string(32, 'k')).line();
  other_name.replace(0, 11, "ssh-rsa");
  CHECK_FALSE(parse_public_key_line(other_name));
}

TEST_CASE("fingerprints have one spelling") {
  const std::string good = SshPublicKey::ed25519(std::string(32, 'k')).fingerprint();
  REQUIRE(fingerprint_to_hex(good));
  CHECK_FALSE(fingerprint_to_hex(good + "="));
  CHECK_FALSE(fingerprint_to_hex(good.substr(0, good.size() - 1)));
  CHECK_FALSE(fingerprint_to_hex("sha256" + good.substr(6)));
  CHECK_FALSE(fingerprint_to_hex("MD5:00"));
  CHECK_FALSE(hex_to_fingerprint("ab"));
}

TEST_CASE("a private key file tells its public key, and its seed only without passphrase") {
  const test::Sandbox box;
  box.ssh_key("plain", {"-t", "ed25519"});
  box.ssh_key("locked", {"-t", "ed25519"}, "open sesame");
  box.ssh_key("rsa", {"-t", "rsa", "-b", "3072"});

  const auto plain = parse_private_key_file(box.read("plain"));
  REQUIRE(plain);
  CHECK_FALSE(plain->encrypted);
  REQUIRE(plain->ed25519_seed);
  CHECK(SshPublicKey::ed25519(ed25519::public_key(*plain->ed25519_seed)) == plain->key);
  CHECK(plain->key == parse_public_key_line(box.read("plain.pub"))->key);

  const auto locked = parse_private_key_file(box.read("locked"));
  REQUIRE(locked);
  CHECK(locked->encrypted);
  CHECK_FALSE(locked->ed25519_seed);
  CHECK(locked->key == parse_public_key_line(box.read("locked.pub"))->key);

  const auto rsa = parse_private_key_file(box.read("rsa"));
  REQUIRE(rsa);
  CHECK_FALSE(rsa->encrypted);
  CHECK_FALSE(rsa->ed25519_seed);
}

TEST_CASE("a private key file that was changed is refused") {
  const test::Sandbox box;
  box.ssh_key("plain", {"-t", "ed25519"});
  const std::string text = box.read("plain");
  const std::string begin = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  const std::string end = "-----END OPENSSH PRIVATE KEY-----\n";
  std::string digits;
  for (const char c : text.substr(begin.size(), text.size() - begin.size() - end.size())) {
    if (c != '\n') digits += c;
  }
  const std::string body = from_base64(digits).value();
  const auto wrap = [&](const std::string& bytes) { return begin + base64(bytes) + '\n' + end; };
  REQUIRE(parse_private_key_file(wrap(body)));
  for (std::size_t i = 0; i < body.size(); i += 7) {
    INFO("cut at " << i);
    CHECK_FALSE(parse_private_key_file(wrap(body.substr(0, i))));
  }
  // Each byte of the public key, the check numbers and the seed matters.
  const std::size_t key_at = body.find("ssh-ed25519") + 15;
  for (const std::size_t at :
       {std::size_t{0}, key_at, key_at + 31, key_at + 40, key_at + 44, key_at + 70, key_at + 102}) {
    INFO("changed byte " << at);
    std::string changed = body;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(parse_private_key_file(wrap(changed)));
  }
  CHECK_FALSE(parse_private_key_file(""));
  CHECK_FALSE(parse_private_key_file("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
}

TEST_CASE("a security key's signature binds application, flags and counter") {
  const std::string seed(32, 's');
  const std::string blob = sk_ed25519_blob(ed25519::public_key(seed));
  const auto key = SshPublicKey::from_blob(blob);
  REQUIRE(key);
  const auto signed_with = [&](const std::string& application, char flags, std::uint32_t counter) {
    std::string message = sha256(application).raw() + flags;
    put_u32(message, counter);
    message += sha256("data").raw();
    std::string out;
    put_string(out, "sk-ssh-ed25519@openssh.com");
    put_string(out, ed25519::sign(seed, message));
    out += flags;
    put_u32(out, counter);
    return out;
  };
  CHECK(key->verifies(signed_with("ssh:", 1, 7), "data"));
  CHECK_FALSE(key->verifies(signed_with("ssh:", 1, 7), "other"));
  CHECK_FALSE(key->verifies(signed_with("ssh:other", 1, 7), "data"));
  CHECK_FALSE(key->verifies(signed_with("ssh:", 0, 7), "data"));  // nobody touched it
  std::string counter_changed = signed_with("ssh:", 1, 7);
  counter_changed.back() = 8;
  CHECK_FALSE(key->verifies(counter_changed, "data"));
  CHECK_FALSE(key->verifies(signed_with("ssh:", 1, 7) + 'x', "data"));
  CHECK_FALSE(key->verifies_raw(ed25519::sign(seed, "data"), "data"));
}
