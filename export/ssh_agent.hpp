// SPDX-License-Identifier: Apache-2.0
// Client of an ssh-agent (draft-miller-ssh-agent).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/ssh.hpp"
#include "os/fd.hpp"

namespace striatum::provenance {

/// One connection. Every call ends by the deadline: then `Error` 4 of kind `agent_timeout`.
class SshAgent {
 public:
  using Clock = std::chrono::steady_clock;

  /// nullopt when nothing listens there.
  [[nodiscard]] static std::optional<SshAgent> connect(const std::string& socket, Clock::time_point deadline);

  /// The keys it holds, of the kinds we accept.
  [[nodiscard]] std::vector<SshPublicKey> identities();
  /// Signature in SSH's wire form; nullopt when the agent refuses. RSA keys sign with SHA-512.
  [[nodiscard]] std::optional<std::string> sign(const SshPublicKey& key, std::string_view data);

 private:
  SshAgent(os::Fd fd, Clock::time_point deadline) : fd_(std::move(fd)), deadline_(deadline) {}
  /// Answer without its length; empty when the agent hung up or answered nonsense.
  [[nodiscard]] std::string exchange(std::string_view request);
  void wait_for(short events) const;
  [[nodiscard]] bool write_all(std::string_view bytes) const;
  [[nodiscard]] std::string read_exactly(std::size_t count) const;

  os::Fd fd_;
  Clock::time_point deadline_;
};

/// An ssh-agent of our own that holds one key file and ends with the object.
class PrivateAgent {
 public:
  enum class Prompt { never, on_terminal };

  /// `Error` 4: kind `key_locked` when the key cannot be loaded, `program_missing` without OpenSSH's tools.
  PrivateAgent(const std::string& key_file, Prompt prompt, SshAgent::Clock::time_point deadline);
  ~PrivateAgent();
  PrivateAgent(const PrivateAgent&) = delete;
  PrivateAgent& operator=(const PrivateAgent&) = delete;

  [[nodiscard]] const std::string& socket() const { return socket_; }

 private:
  void start(SshAgent::Clock::time_point deadline);
  void load(const std::string& key_file, Prompt prompt, SshAgent::Clock::time_point deadline) const;
  void stop() noexcept;

  std::string folder_;
  std::string socket_;
  std::string pid_;
};

}  // namespace striatum::provenance
