// SPDX-License-Identifier: Apache-2.0
#include "os/signals.hpp"

#include <time.h>

#include <algorithm>
#include <cerrno>

namespace striatum::os {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

sigset_t signal_set(std::span<const int> numbers) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : numbers) ::sigaddset(&set, number);
  return set;
}

SignalQueue::SignalQueue(std::initializer_list<int> numbers)
    : set_(signal_set({numbers.begin(), numbers.size()})), held_(set_) {}

SignalQueue::~SignalQueue() {
  while (wait(milliseconds(0))) {
  }
}

std::optional<int> SignalQueue::wait(milliseconds limit) const {
  const auto until = Steady::now() + limit;
  for (;;) {
    const auto left = std::max(std::chrono::ceil<milliseconds>(until - Steady::now()), milliseconds(0));
    const timespec time{static_cast<time_t>(left.count() / 1000), static_cast<long>(left.count() % 1000 * 1'000'000)};
    const int number = ::sigtimedwait(&set_, nullptr, &time);
    if (number > 0) return number;
    if (errno != EINTR) return std::nullopt;
  }
}

void stop_self() { ::raise(SIGSTOP); }

}  // namespace striatum::os
