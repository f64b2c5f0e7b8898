// SPDX-License-Identifier: Apache-2.0
#include "os/background.hpp"

#include <system_error>
#include <utility>

#include "os/signals.hpp"

namespace striatum::os {

Background::Background(std::function<void(std::string_view)> work) : work_(std::move(work)) {
  // A thread inherits the mask: signals stay with the one that has handlers to answer for.
  sigset_t all;
  ::sigfillset(&all);
  const HeldSignals held(all);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // a limit on processes
  }
}

Background::~Background() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (waiting_ > 1) waiting_ = 1;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Background::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ended_ || waiting_ > 0; });
    if (waiting_ == 0 || failure_) return;
    const std::string& piece = pieces_[first_];
    lock.unlock();
    std::exception_ptr failure;
    try {
      work_(piece);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    first_ = (first_ + 1) % pieces_.size();
    --waiting_;
    failure_ = failure;
    changed_.notify_all();
  }
}

void Background::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

void Background::put(std::string_view piece) {
  if (!thread_.joinable()) return work_(piece);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || waiting_ < pieces_.size(); });
  rethrow();
  pieces_[(first_ + waiting_) % pieces_.size()] = piece;
  ++waiting_;
  changed_.notify_all();
}

void Background::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || waiting_ == 0; });
  rethrow();
}

}  // namespace striatum::os
