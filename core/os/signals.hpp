// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <span>

namespace striatum::os {

[[nodiscard]] sigset_t signal_set(std::span<const int> numbers);

/// Signals held back for the life of the object; what has come by then comes at its end.
class HeldSignals {
 public:
  explicit HeldSignals(const sigset_t& set) { ::pthread_sigmask(SIG_BLOCK, &set, &before_); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  /// What was held back already.
  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

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
  sigset_t set_;
  HeldSignals held_;
};

/// Stops this process as Ctrl-Z does; returns when it is continued.
void stop_self();

}  // namespace striatum::os
