// SPDX-License-Identifier: Apache-2.0
#include "export/ssh_agent.hpp"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"
#include "export/wire.hpp"
#include "os/files.hpp"
#include "os/process.hpp"

namespace striatum::provenance {
namespace {

constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignResponse = 14;
constexpr std::uint32_t kRsaSha512 = 4;
constexpr std::size_t kMaxMessage = 256 * 1024;

using std::chrono::milliseconds;

milliseconds left(SshAgent::Clock::time_point deadline) {
  return std::max(milliseconds(0),
                  std::chrono::duration_cast<milliseconds>(deadline - SshAgent::Clock::now()));
}

[[noreturn]] void timed_out() {
  fail(Code::transition, "agent_timeout", "the ssh-agent did not answer in time");
}

/// The number in `SSH_AGENT_PID=123;`, as digits.
std::string agent_pid(std::string_view shell_words) {
  constexpr std::string_view kName = "SSH_AGENT_PID=";
  const std::size_t at = shell_words.find(kName);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = shell_words.substr(at + kName.size());
  return std::string(rest.substr(0, rest.find_first_not_of("0123456789")));
}

}  // namespace

std::optional<SshAgent> SshAgent::connect(const std::string& socket, Clock::time_point deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || socket.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return std::nullopt;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::nullopt;
  return SshAgent(std::move(fd), deadline);
}

void SshAgent::wait_for(short events) const {
  pollfd one{fd_.get(), events, 0};
  for (;;) {
    const int ready = ::poll(&one, 1, static_cast<int>(left(deadline_).count()));
    if (ready > 0) return;
    if (ready == 0) timed_out();
    if (errno != EINTR) return;
  }
}

bool SshAgent::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EINTR) {
      wait_for(POLLOUT);
    } else {
      return false;
    }
  }
  return true;
}

std::string SshAgent::read_exactly(std::size_t count) const {
  std::string out(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t got = ::recv(fd_.get(), out.data() + have, count - have, 0);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      wait_for(POLLIN);
    } else {
      return {};
    }
  }
  return out;
}

std::string SshAgent::exchange(std::string_view request) {
  std::string message;
  put_string(message, request);
  if (!write_all(message)) return {};
  const std::string header = read_exactly(4);
  if (header.empty()) return {};
  const std::uint32_t length = WireReader(header).u32();
  if (length == 0 || length > kMaxMessage) return {};
  return read_exactly(length);
}

std::vector<SshPublicKey> SshAgent::identities() {
  const std::string answer = exchange(std::string(1, kRequestIdentities));
  std::vector<SshPublicKey> out;
  WireReader reader(answer);
  if (answer.empty() || reader.byte() != kIdentitiesAnswer) return out;
  const std::uint32_t count = reader.u32();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view blob = reader.string();
    (void)reader.string();  // comment
    if (!reader.ok()) break;
    if (Parsed<SshPublicKey> key = SshPublicKey::from_blob(blob)) out.push_back(key.take());
  }
  return out;
}

std::optional<std::string> SshAgent::sign(const SshPublicKey& key, std::string_view data) {
  std::string request(1, kSignRequest);
  put_string(request, key.blob());
  put_string(request, data);
  put_u32(request, key.type() == SshKeyType::rsa ? kRsaSha512 : 0);
  const std::string answer = exchange(request);
  WireReader reader(answer);
  if (answer.empty() || reader.byte() != kSignResponse) return std::nullopt;
  const std::string_view signature = reader.string();
  if (!reader.done()) return std::nullopt;
  return std::string(signature);
}

PrivateAgent::PrivateAgent(const std::string& key_file, Prompt prompt, SshAgent::Clock::time_point deadline) {
  std::string pattern = os::path_join("/tmp", "striatum-agent-XXXXXX");
  if (const char* runtime = ::getenv("XDG_RUNTIME_DIR"); runtime && os::is_directory(runtime)) {
    pattern = os::path_join(runtime, "striatum-agent-XXXXXX");
  }
  if (::mkdtemp(pattern.data()) == nullptr) os::fail_errno(errno, "creating", pattern);
  folder_ = pattern;
  socket_ = os::path_join(folder_, "socket");
  try {
    start(deadline);
    load(key_file, prompt, deadline);
  } catch (...) {
    stop();
    throw;
  }
}

PrivateAgent::~PrivateAgent() { stop(); }

void PrivateAgent::start(SshAgent::Clock::time_point deadline) {
  os::Command command;
  command.argv = {"ssh-agent", "-s", "-a", socket_};
  command.deadline = left(deadline);
  const os::Finished finished = os::run(command);
  pid_ = agent_pid(finished.out);
  if (!finished.ok() || pid_.empty()) {
    fail(Code::transition, "agent_failed", "ssh-agent did not start: " + one_line(trim(finished.err)));
  }
}

void PrivateAgent::load(const std::string& key_file, Prompt prompt,
                        SshAgent::Clock::time_point deadline) const {
  os::Command command;
  command.argv = {"ssh-add", "-q", "-t", "300", "--", key_file};
  command.environment = {{"SSH_AUTH_SOCK", socket_}};
  command.deadline = left(deadline);
  if (prompt == Prompt::on_terminal) {
    command.input_from = os::Command::Input::inherit;
    command.errors = os::Command::Errors::inherit;
    command.own_group = false;
  } else {
    command.environment.push_back({"SSH_ASKPASS_REQUIRE", "never"});
  }
  const os::Finished finished = os::run(command);
  if (finished.timed_out) timed_out();
  if (!finished.ok()) {
    fail(Code::transition, "key_locked", "signing key cannot be loaded: " + quote(key_file),
         {"ssh-add " + key_file});
  }
}

void PrivateAgent::stop() noexcept {
  try {
    if (!pid_.empty()) {
      os::Command command;
      command.argv = {"ssh-agent", "-k"};
      command.environment = {{"SSH_AGENT_PID", pid_}, {"SSH_AUTH_SOCK", socket_}};
      (void)os::run(command);
    }
    os::remove_file(socket_);
    ::rmdir(folder_.c_str());
  } catch (...) {
    // Nothing is lost: the agent forgets its key within minutes.
  }
}

}  // namespace striatum::provenance
