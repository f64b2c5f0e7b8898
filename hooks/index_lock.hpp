// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "os/fd.hpp"

namespace striatum::hooks {

/// git's `index.lock` of one worktree, held so that a lock left by a dead process of ours can be told from one that
/// somebody holds: it is a link to a file of ours whose `flock` the living holder has. Locks of others are never
/// removed.
class IndexLock {
 public:
  /// nullopt when somebody holds the index all the time.
  [[nodiscard]] static std::optional<IndexLock> acquire(const std::string& git_dir, std::chrono::milliseconds patience);
  IndexLock(IndexLock&& other) noexcept;
  IndexLock& operator=(IndexLock&&) = delete;
  ~IndexLock();

  /// Puts a prepared file in the index's place, with the mode of the one before.
  void publish(const std::string& prepared) const;

 private:
  IndexLock(std::string git_dir, os::Fd owner) : git_dir_(std::move(git_dir)), owner_(std::move(owner)) {}

  std::string git_dir_;
  os::Fd owner_;
};

}  // namespace striatum::hooks
