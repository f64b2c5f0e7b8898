// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "os/fd.hpp"

namespace striatum::os {

/// Who holds a lock file, as far as its text tells.
struct LockHolder {
  long pid = 0;
  std::string command;
};

/// A queue in front of the single writer: an exclusive `flock` on a file, held for the life of the object.
/// Turns come in order of arrival; a process that had the last turn leaves 1 ms before it asks again, so that
/// another one gets in between.
class FairLock {
 public:
  static constexpr std::chrono::milliseconds kDefaultDeadline{10'000};

  /// Waits for the lock; `Error` of kind `db_busy`, naming holder and command, when the deadline passes
  /// first. `command`: what the holder is shown as to others. The folder has to exist; the file is made
  /// (0600). Where the file cannot be opened for writing (read-only disk) the error is that of the system.
  [[nodiscard]] static FairLock acquire(const std::string& path, const std::string& command,
                                        std::chrono::milliseconds deadline = kDefaultDeadline);
  /// Without waiting; nullopt when somebody else holds it.
  [[nodiscard]] static std::optional<FairLock> try_acquire(const std::string& path,
                                                           const std::string& command);

  ~FairLock() { release(); }
  FairLock(FairLock&&) noexcept = default;
  FairLock& operator=(FairLock&& other) noexcept {
    release();
    fd_ = std::move(other.fd_);
    return *this;
  }

  /// Releases early.
  void release() noexcept;
  [[nodiscard]] bool held() const { return fd_.valid(); }

 private:
  explicit FairLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// The holder written in a lock file; nullopt when the text names none. It says nothing about now.
[[nodiscard]] std::optional<LockHolder> read_holder(const std::string& path);

}  // namespace striatum::os
