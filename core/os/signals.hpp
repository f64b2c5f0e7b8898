// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <chrono>
#include <initializer_list>
#include <optional>

namespace striatum::os {

/// Signals that this process takes when it has time for them, instead of being interrupted. Held back for the life of
/// the object; what has come by then is lost with it. Children that `run` starts are not held back.
class SignalQueue {
 public:
  explicit SignalQueue(std::initializer_list<int> numbers);
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  ~SignalQueue();

  /// The next one, at once when it has come already; nullopt when the time is over.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit) const;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

/// Stops this process as Ctrl-Z does; returns when it is continued.
void stop_self();

}  // namespace striatum::os
