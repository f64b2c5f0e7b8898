// SPDX-License-Identifier: Apache-2.0
#include "export/keys.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <tuple>

#include "base/error.hpp"
#include "base/text.hpp"
#include "export/ssh_agent.hpp"
#include "os/fd.hpp"
#include "os/files.hpp"
#include "os/process.hpp"
#include "os/repo_files.hpp"

namespace striatum::provenance {
namespace {

constexpr std::size_t kHex = 64;
constexpr std::size_t kMaxKeyFile = 64 * 1024;
constexpr std::string_view kNoKeyHint = "git striatum key create --role lane:NAME";

[[noreturn]] void unsafe(const std::string& path, std::string_view why) {
  fail(Code::transition, "unsafe_key", "signing key is not used, " + std::string(why) + ": " + quote(path));
}

void check_owner(const struct stat& status, const std::string& path) {
  if (status.st_uid != ::geteuid()) unsafe(path, "it belongs to another user");
  if ((status.st_mode & 077) != 0) unsafe(path, "its mode lets others in");
}

/// Opens and checks; an invalid descriptor when absent.
os::Fd open_checked(const std::string& path, int flags, mode_t type) {
  os::Fd fd(::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT) return {};
    if (errno == ELOOP || errno == ENOTDIR) unsafe(path, "it is not what it should be");
    os::fail_errno(errno, "opening", path);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) os::fail_errno(errno, "reading", path);
  if ((status.st_mode & S_IFMT) != type) unsafe(path, "it is not what it should be");
  check_owner(status, path);
  return fd;
}

std::string read_some(const os::Fd& fd, const std::string& path) {
  std::string out(kMaxKeyFile + 1, '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t got = ::read(fd.get(), out.data() + have, out.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) os::fail_errno(errno, "reading", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

/// False when the folder does not exist.
bool check_folder(const std::string& folder) {
  return open_checked(folder, O_DIRECTORY | O_NOFOLLOW, S_IFDIR).valid();
}

std::string expand_home(const std::string& path, const std::string& home) {
  return path.substr(0, 2) == "~/" ? os::path_join(home, path.substr(2)) : path;
}

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

/// A key named by a file: the private one, or a `.pub` beside which the private one may lie.
std::optional<SigningKey> key_from_file(const std::string& path) {
  const std::string private_path = ends_with(path, ".pub") ? path.substr(0, path.size() - 4) : path;
  if (os::exists(private_path)) {
    return SigningKey{read_private_key(private_path, Links::follow).key, "", private_path};
  }
  const std::optional<std::string> text = os::read_file(path, kMaxKeyFile);
  if (!text) return std::nullopt;
  Parsed<SshPublicKeyLine> line = parse_public_key_line(*text);
  if (!line) return std::nullopt;
  return SigningKey{line->key, "", std::nullopt};
}

SigningKey from_store(StoredKey key) {
  return {std::move(key.key), std::move(key.role), std::move(key.path)};
}

/// As git reads `user.signingkey` in its SSH form: a file, `key::LINE` or a bare public key line.
std::optional<SigningKey> key_as_written(std::string_view text, const std::string& home) {
  const std::string file = expand_home(std::string(text), home);
  if (text.substr(0, 5) == "key::") text.remove_prefix(5);
  if (Parsed<SshPublicKeyLine> line = parse_public_key_line(text))
    return SigningKey{line->key, "", std::nullopt};
  return key_from_file(file);
}

std::optional<SigningKey> key_of_git(const KeySettings& settings) {
  if (settings.gpg_format != "ssh" || !settings.user_signing_key) return std::nullopt;
  return key_as_written(*settings.user_signing_key, settings.home);
}

std::vector<SshPublicKey> agent_keys(const KeySettings& settings) {
  if (!settings.agent_socket) return {};
  const auto deadline = SshAgent::Clock::now() + std::chrono::seconds(5);
  std::optional<SshAgent> agent = SshAgent::connect(*settings.agent_socket, deadline);
  return agent ? agent->identities() : std::vector<SshPublicKey>();
}

std::optional<SigningKey> key_of_agent(const KeySettings& settings, const std::string& hex) {
  for (SshPublicKey& key : agent_keys(settings)) {
    if (key.fingerprint_hex() == hex) return SigningKey{std::move(key), "", std::nullopt};
  }
  return std::nullopt;
}

/// Of two settings that name a key the one that fits.
std::optional<SigningKey> key_of_settings(const KeySettings& settings, const std::string& hex) {
  std::optional<SigningKey> ours;
  if (settings.striatum_signing_key && !is_hex(*settings.striatum_signing_key, kHex) &&
      !fingerprint_to_hex(*settings.striatum_signing_key)) {
    ours = key_as_written(*settings.striatum_signing_key, settings.home);
  }
  for (std::optional<SigningKey> key : {ours, key_of_git(settings)}) {
    if (key && key->key.fingerprint_hex() == hex) return key;
  }
  return std::nullopt;
}

bool is_locked(const SigningKey& key) {
  return key.path && read_private_key(*key.path, Links::follow).encrypted;
}

void add_at_hand(std::vector<KeyAtHand>& out, const SigningKey& key, const std::string& where) {
  const auto known = std::find_if(out.begin(), out.end(), [&](const KeyAtHand& k) { return k.key.key == key.key; });
  if (known == out.end()) {
    out.push_back({key, is_locked(key), {where}});
  } else if (std::find(known->where.begin(), known->where.end(), where) == known->where.end()) {
    known->where.push_back(where);
  }
}

/// The key in a file that is no OpenSSH private key, as its `.pub` tells it.
std::optional<SshPrivateKeyFile> foreign_key_file(const std::string& path, std::string_view text) {
  if (text.find("PRIVATE KEY-----") == std::string_view::npos) return std::nullopt;
  const std::optional<std::string> beside = os::read_file(path + ".pub", kMaxKeyFile);
  if (!beside) return std::nullopt;
  Parsed<SshPublicKeyLine> line = parse_public_key_line(*beside);
  if (!line) return std::nullopt;
  return SshPrivateKeyFile{line->key, text.find("ENCRYPTED") != std::string_view::npos, std::nullopt};
}

std::string hex_of(std::string_view fingerprint) {
  if (is_hex(fingerprint, kHex)) return lower(fingerprint);
  return fingerprint_to_hex(fingerprint).value_or("");
}

void generate(const std::string& file, const std::string& role, KeyStore::Passphrase passphrase) {
  os::Command command;
  command.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-C", role, "-f", file};
  if (passphrase == KeyStore::Passphrase::none) {
    command.argv.insert(command.argv.end(), {"-N", ""});
  } else {
    command.input_from = os::Command::Input::inherit;
    command.errors = os::Command::Errors::inherit;
    command.output = os::Command::Output::to_stderr;
  }
  const os::Finished finished = os::run(command);
  if (finished.ok()) return;
  os::fail_on_full_disk(finished, "ssh-keygen", std::filesystem::path(file).parent_path().string());
  fail(Code::transition, "key_failed", "ssh-keygen made no key: " + one_line(trim(finished.err)));
}

}  // namespace

bool valid_principal(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  constexpr std::array<std::string_view, 4> kRoles{"root", "human", "lane", "ci"};
  const std::string_view name = text.substr(colon + 1);
  const auto accepted = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return std::find(kRoles.begin(), kRoles.end(), text.substr(0, colon)) != kRoles.end() && !name.empty() &&
         name.size() <= 64 && std::all_of(name.begin(), name.end(), accepted);
}

std::string_view role_of(std::string_view principal) { return principal.substr(0, principal.find(':')); }

SshPrivateKeyFile read_private_key(const std::string& path, Links links) {
  const os::Fd fd = open_checked(path, links == Links::refuse ? O_NOFOLLOW : 0, S_IFREG);
  if (!fd.valid()) fail(Code::transition, "no_key", "signing key file is absent: " + quote(path));
  const std::string text = read_some(fd, path);
  Parsed<SshPrivateKeyFile> file = parse_private_key_file(text);
  if (file) return file.take();
  if (std::optional<SshPrivateKeyFile> foreign = foreign_key_file(path, text)) return *std::move(foreign);
  fail(Code::transition, "bad_key", file.problem() + ": " + quote(path));
}

std::string KeyStore::default_folder() {
  if (const char* data = ::getenv("XDG_DATA_HOME"); data && data[0] == '/') {
    return os::path_join(data, "striatum/keys");
  }
  const char* home = ::getenv("HOME");
  if (!home || home[0] != '/')
    fail(Code::transition, "no_home", "neither XDG_DATA_HOME nor HOME names a folder for keys");
  return os::path_join(home, ".local/share/striatum/keys");
}

StoredKey KeyStore::create(const std::string& role, Passphrase passphrase) const {
  if (!valid_principal(role)) {
    refuse(Code::transition, "role is not root:NAME, human:NAME, lane:NAME or ci:NAME: " + quote(role),
           {"NAME has 1 to 64 of a-z 0-9 . _ -"});
  }
  os::ensure_directory(folder_, 0700);
  check_folder(folder_);
  const os::TemporaryFolder beside(folder_);
  const std::string temporary = os::path_join(beside.path(), "key");
  generate(temporary, role, passphrase);
  const SshPrivateKeyFile file = read_private_key(temporary, Links::refuse);
  const std::string path = os::path_join(folder_, file.key.fingerprint_hex());
  os::write_atomically(path + ".role", role + '\n', 0600);
  os::write_atomically(path + ".pub", file.key.line() + ' ' + role + '\n', 0600);
  if (::rename(temporary.c_str(), path.c_str()) != 0) os::fail_errno(errno, "renaming", temporary);
  return {file.key, role, path, file.encrypted};
}

std::optional<StoredKey> KeyStore::load(const std::string& name) const {
  const std::string path = os::path_join(folder_, name);
  SshPrivateKeyFile file = read_private_key(path, Links::refuse);
  if (file.key.fingerprint_hex() != name) unsafe(path, "its name is not its fingerprint");
  std::string role(trim(os::read_file(path + ".role", kMaxKeyFile).value_or("")));
  if (!valid_principal(role)) role.clear();
  return StoredKey{std::move(file.key), std::move(role), path, file.encrypted};
}

std::vector<StoredKey> KeyStore::list() const {
  std::vector<StoredKey> out;
  if (!check_folder(folder_)) return out;
  for (const os::FolderEntry& entry : os::RepoFiles(folder_).list("").entries) {
    if (!is_hex(entry.name, kHex)) continue;
    if (std::optional<StoredKey> key = load(entry.name)) out.push_back(*std::move(key));
  }
  std::sort(out.begin(), out.end(), [](const StoredKey& a, const StoredKey& b) {
    return std::tie(a.role, a.path) < std::tie(b.role, b.path);
  });
  return out;
}

std::optional<StoredKey> KeyStore::find(std::string_view fingerprint) const {
  const std::string hex = hex_of(fingerprint);
  if (hex.empty() || !check_folder(folder_) || !os::exists(os::path_join(folder_, hex))) return std::nullopt;
  return load(hex);
}

SigningKey find_signing_key(const KeyStore& store, const KeySettings& settings,
                            const std::string& name) {
  const std::string hex = hex_of(name);
  if (hex.empty()) {
    if (std::optional<SigningKey> key = key_as_written(name, settings.home)) return *std::move(key);
    fail(Code::transition, "no_key", "neither a key's fingerprint nor a key file: " + quote(name),
         {"git striatum key list"});
  }
  if (std::optional<StoredKey> key = store.find(hex)) return from_store(*std::move(key));
  if (std::optional<SigningKey> key = key_of_settings(settings, hex)) return *key;
  if (std::optional<SigningKey> key = key_of_agent(settings, hex)) return *key;
  fail(Code::transition, "no_key", "no key with this fingerprint is at hand: " + quote(name),
       {"git striatum key list"});
}

std::vector<KeyAtHand> keys_at_hand(const KeyStore& store, const KeySettings& settings) {
  std::vector<KeyAtHand> out;
  for (StoredKey& key : store.list()) {
    const bool encrypted = key.encrypted;
    out.push_back({from_store(std::move(key)), encrypted, {"store"}});
  }
  const std::pair<const char*, std::optional<std::string>> settled[] = {
      {"striatum.signingKey", settings.striatum_signing_key},
      {"user.signingkey", settings.gpg_format == "ssh" ? settings.user_signing_key : std::nullopt}};
  for (const auto& [where, text] : settled) {
    if (!text) continue;
    try {
      add_at_hand(out, find_signing_key(store, settings, *text), where);
    } catch (const Error&) {
      continue;  // for the verb that signs to complain about
    }
  }
  for (SshPublicKey& key : agent_keys(settings)) add_at_hand(out, {std::move(key), "", std::nullopt}, "agent");
  return out;
}

std::optional<SigningKey> default_signing_key(const KeyStore& store, const KeySettings& settings) {
  if (settings.striatum_signing_key) {
    return find_signing_key(store, settings, *settings.striatum_signing_key);
  }
  std::vector<StoredKey> stored = store.list();
  stored.erase(std::remove_if(stored.begin(), stored.end(),
                              [](const StoredKey& k) { return role_of(k.role) == "root"; }),
               stored.end());
  if (stored.size() == 1) return from_store(std::move(stored.front()));
  return key_of_git(settings);
}

SigningKey require_signing_key(const KeyStore& store, const KeySettings& settings) {
  if (std::optional<SigningKey> key = default_signing_key(store, settings)) return *std::move(key);
  if (store.list().empty())
    fail(Code::transition, "no_key", "no key to sign with", {std::string(kNoKeyHint)});
  fail(Code::transition, "no_key", "no key is named as the one to sign with",
       {"git config striatum.signingKey SHA256:FINGERPRINT", "git striatum key list",
        std::string(kNoKeyHint)});
}

}  // namespace striatum::provenance
