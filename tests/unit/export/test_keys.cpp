// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "base/error.hpp"
#include "export/keys.hpp"
#include "export/signing.hpp"
#include "export/sshsig.hpp"
#include "support/catch.hpp"
#include "unit/export/sandbox.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {

std::string kind_of_refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.code() == Code::transition);
    return std::string(error.kind());
  }
  return "";
}

/// An agent that holds one key for a while.
class Agent {
 public:
  Agent(const test::Sandbox& box, const std::string& key_file) : box_(box), socket_(box.path("agent")) {
    const os::Finished started = box.run({"ssh-agent", "-s", "-a", socket_});
    REQUIRE(started.ok());
    const std::size_t at = started.out.find("SSH_AGENT_PID=") + 14;
    pid_ = started.out.substr(at, started.out.find(';', at) - at);
    REQUIRE(box.run({"env", "SSH_AUTH_SOCK=" + socket_, "ssh-add", "-q", key_file}).ok());
  }
  ~Agent() { (void)box_.run({"env", "SSH_AGENT_PID=" + pid_, "ssh-agent", "-k"}); }
  [[nodiscard]] const std::string& socket() const { return socket_; }

 private:
  const test::Sandbox& box_;
  std::string socket_;
  std::string pid_;
};

void check_signature(const PayloadSignature& made, const SshPublicKey& key, std::string_view payload) {
  const std::string message = pae(kPayloadType, payload);
  CHECK(made.entry.keyid == key.fingerprint());
  const auto armored = parse_sshsig(*unarmor(made.armored));
  REQUIRE(armored);
  CHECK(armored->key == key);
  CHECK(verifies(*armored, kReceiptNamespace, message));
  if (key.type() == SshKeyType::ed25519)
    CHECK(key.verifies_raw(made.entry.sig, message));
  else
    CHECK(made.entry.sig == encode(*armored));
}

}  // namespace

TEST_CASE("principals have a role and a plain name") {
  for (const char* good : {"root:a", "human:kim.b", "lane:codex-1", "ci:x_2"}) CHECK(valid_principal(good));
  for (const char* bad :
       {"", "root", "root:", "admin:a", "human:Kim", "lane:a b", "lane:a,ci:b", "lane:a:b"}) {
    INFO(bad);
    CHECK_FALSE(valid_principal(bad));
  }
  CHECK_FALSE(valid_principal("ci:" + std::string(65, 'a')));
  CHECK(role_of("lane:codex") == "lane");
}

TEST_CASE("a key is created, listed, found and signs") {
  const test::Sandbox box;
  const KeyStore store(box.path("data/striatum/keys"));
  CHECK(store.list().empty());
  const StoredKey made = store.create("lane:codex", KeyStore::Passphrase::none);
  CHECK_FALSE(made.encrypted);
  struct stat status {};
  REQUIRE(::stat(made.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(::stat(store.folder().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(store.list().size() == 1);
  CHECK(store.list()[0].role == "lane:codex");
  CHECK(store.find(made.key.fingerprint())->path == made.path);
  CHECK(store.find(made.key.fingerprint_hex())->key == made.key);
  CHECK_FALSE(store.find("SHA256:AAAA"));
  CHECK_FALSE(store.find(std::string(64, '0')));

  const SigningKey chosen = require_signing_key(store, {});
  CHECK(chosen.key == made.key);
  check_signature(sign_payload(chosen, "{}", {}), made.key, "{}");
}

TEST_CASE("files that others could have written are not used") {
  const test::Sandbox box;
  const KeyStore store(box.path("keys"));
  const StoredKey made = store.create("lane:codex", KeyStore::Passphrase::none);
  SECTION("readable by others") {
    REQUIRE(::chmod(made.path.c_str(), 0644) == 0);
    CHECK(kind_of_refusal([&] { (void)store.list(); }) == "unsafe_key");
  }
  SECTION("open folder") {
    REQUIRE(::chmod(store.folder().c_str(), 0755) == 0);
    CHECK(kind_of_refusal([&] { (void)store.list(); }) == "unsafe_key");
  }
  SECTION("a link") {
    std::filesystem::rename(made.path, box.path("elsewhere"));
    std::filesystem::create_symlink(box.path("elsewhere"), made.path);
    CHECK(kind_of_refusal([&] { (void)store.find(made.key.fingerprint()); }) == "unsafe_key");
  }
  SECTION("a linked folder") {
    std::filesystem::rename(store.folder(), box.path("moved"));
    std::filesystem::create_directory_symlink(box.path("moved"), store.folder());
    CHECK(kind_of_refusal([&] { (void)store.list(); }) == "unsafe_key");
  }
  SECTION("another key's name") {
    const StoredKey other = store.create("lane:other", KeyStore::Passphrase::none);
    std::filesystem::rename(other.path, made.path);
    CHECK(kind_of_refusal([&] { (void)store.list(); }) == "unsafe_key");
  }
  SECTION("no key at all") {
    box.write("keys/" + made.key.fingerprint_hex(), "hello");
    CHECK(kind_of_refusal([&] { (void)store.list(); }) == "bad_key");
  }
}

TEST_CASE("which key signs") {
  const test::Sandbox box;
  const KeyStore store(box.path("keys"));
  CHECK(kind_of_refusal([&] { (void)require_signing_key(store, {}); }) == "no_key");
  const StoredKey root = store.create("root:kim", KeyStore::Passphrase::none);
  CHECK_FALSE(default_signing_key(store, {}));
  const StoredKey lane = store.create("lane:codex", KeyStore::Passphrase::none);
  CHECK(default_signing_key(store, {})->key == lane.key);
  const StoredKey human = store.create("human:kim", KeyStore::Passphrase::none);
  CHECK(kind_of_refusal([&] { (void)require_signing_key(store, {}); }) == "no_key");

  KeySettings settings;
  settings.striatum_signing_key = human.key.fingerprint();
  CHECK(require_signing_key(store, settings).key == human.key);
  settings.striatum_signing_key = root.path;
  CHECK(require_signing_key(store, settings).key == root.key);
  settings.striatum_signing_key = "/no/such/file";
  CHECK(kind_of_refusal([&] { (void)require_signing_key(store, settings); }) == "no_key");

  box.ssh_key("mine", {"-t", "ed25519"});
  const SshPublicKey mine = parse_public_key_line(box.read("mine.pub"))->key;
  settings = {};
  settings.home = box.path("");
  settings.user_signing_key = "~/mine.pub";
  CHECK_FALSE(default_signing_key(store, settings));
  settings.gpg_format = "ssh";
  CHECK(default_signing_key(store, settings)->path == box.path("mine"));
  settings.user_signing_key = "key::" + box.read("mine.pub");
  CHECK(default_signing_key(store, settings)->key == mine);
  CHECK_FALSE(default_signing_key(store, settings)->path);
  CHECK(find_signing_key(store, settings, mine.fingerprint()).key == mine);
  CHECK(find_signing_key(store, settings, lane.key.fingerprint()).role == "lane:codex");
  CHECK(kind_of_refusal([&] { (void)find_signing_key(store, {}, mine.fingerprint()); }) == "no_key");
}

TEST_CASE("a locked key without terminal is an error at once, and signs through an agent") {
  const test::Sandbox box;
  box.ssh_key("locked", {"-t", "ed25519"}, "open sesame");
  const SigningKey key{parse_public_key_line(box.read("locked.pub"))->key, "", box.path("locked")};
  CHECK(kind_of_refusal([&] { (void)sign_payload(key, "{}", {}); }) == "key_locked");

  box.ssh_key("copy", {"-t", "ed25519"});
  const SigningKey held{parse_public_key_line(box.read("copy.pub"))->key, "", std::nullopt};
  CHECK(kind_of_refusal([&] { (void)sign_payload(held, "{}", {}); }) == "key_unavailable");
  const Agent agent(box, "copy");
  SigningOptions options;
  options.agent_socket = agent.socket();
  check_signature(sign_payload(held, "{}", options), held.key, "{}");
  CHECK(kind_of_refusal([&] { (void)sign_payload(key, "{}", options); }) == "key_locked");
  KeySettings settings;
  settings.agent_socket = agent.socket();
  CHECK(find_signing_key(KeyStore(box.path("none")), settings, held.key.fingerprint()).key == held.key);
}

TEST_CASE("keys of other kinds sign through an agent of our own") {
  const test::Sandbox box;
  const std::vector<std::string> kind = GENERATE(std::vector<std::string>{"-t", "ecdsa", "-b", "384"},
                                                 std::vector<std::string>{"-t", "rsa", "-b", "3072"});
  box.ssh_key("k", kind);
  const SigningKey key{parse_public_key_line(box.read("k.pub"))->key, "", box.path("k")};
  const PayloadSignature made = sign_payload(key, "{}", {});
  check_signature(made, key.key, "{}");
  box.write("allowed", "x " + key.key.line() + '\n');
  box.write("sig", made.armored);
  CHECK(box.run({"ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "x", "-n", "striatum-receipt@v1", "-s",
                 "sig"},
                pae(kPayloadType, "{}"))
            .ok());
}

TEST_CASE("an agent that does not answer ends by the deadline") {
  const test::Sandbox box;
  box.ssh_key("k", {"-t", "ed25519"});
  const SigningKey key{parse_public_key_line(box.read("k.pub"))->key, "", std::nullopt};
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  box.path("deaf").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  SigningOptions options;
  options.agent_socket = box.path("deaf");
  options.deadline = std::chrono::milliseconds(50);
  CHECK(kind_of_refusal([&] { (void)sign_payload(key, "{}", options); }) == "agent_timeout");
  ::close(listener);
}
