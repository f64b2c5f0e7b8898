// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace striatum::os {

/// Works through pieces of bytes in their order, on a thread of its own, while the caller goes on. What `work` touches is the
/// thread's until `finish` has returned. Where no thread can be had, the caller's does the work.
class Background {
 public:
  explicit Background(std::function<void(std::string_view)> work);
  /// Waits for the piece at hand; what is left is dropped.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Waits while too much is left to do. Throws what `work` threw; then nothing more is done.
  void put(std::string_view piece);
  /// Waits for the end of all work. Throws as `put`.
  void finish();

 private:
  void run();
  void rethrow() const;

  std::function<void(std::string_view)> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  /// A ring of those that wait, from `first_` on; that one is being worked on.
  std::array<std::string, 3> pieces_;
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  bool ended_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace striatum::os
