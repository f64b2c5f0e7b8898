// SPDX-License-Identifier: Apache-2.0
#include "os/lock_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/detail.hpp"
#include "os/files.hpp"

namespace striatum::os {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kBetweenTurns{1};
constexpr milliseconds kTick{20};
constexpr std::size_t kHolderLimit = 512;

timespec to_timespec(milliseconds duration) {
  return {static_cast<time_t>(duration.count() / 1000),
          static_cast<long>(duration.count() % 1000 * 1'000'000)};
}

/// Interrupts the system calls of this thread once the deadline has passed, again and again: a single signal
/// could fall between the look at the clock and the call.
class Alarm {
 public:
  explicit Alarm(milliseconds deadline) : signal_(SIGRTMIN) {
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    ::sigemptyset(&nothing.sa_mask);
    // Stays installed: a signal still on its way after the timer is gone must find a handler.
    ::sigaction(signal_, &nothing, nullptr);
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, signal_);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);

    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal_;
    event._sigev_un._tid = ::gettid();
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) {
      fail(Code::general, "io_error", "no timer from the system");
    }
    const itimerspec when{to_timespec(kTick), to_timespec(std::max(deadline, kTick))};
    ::timer_settime(timer_, 0, &when, nullptr);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() { ::timer_delete(timer_); }

 private:
  int signal_;
  timer_t timer_{};
};

Fd open_lock(const std::string& path) {
  Fd fd(detail::retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }));
  if (!fd.valid()) fail_errno(errno, "opening lock file", path);
  return fd;
}

bool try_lock(int fd, const std::string& path) {
  if (detail::retry([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  fail_errno(errno, "locking", path);
}

/// False when the deadline passed. The kernel hands a blocking flock out in the order of arrival, which no
/// polling could.
bool lock_by(int fd, Steady::time_point until, const std::string& path) {
  const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
  if (left <= milliseconds::zero()) return false;
  const Alarm alarm(left);
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) fail_errno(errno, "locking", path);
    if (Steady::now() >= until) return false;
  }
  return true;
}

std::optional<LockHolder> parse_holder(std::string_view text) {
  LockHolder holder;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), holder.pid);
  if (error != std::errc{} || holder.pid <= 0) return std::nullopt;
  holder.command = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  return holder;
}

/// When this process released a lock for the last time.
std::atomic<Steady::time_point> last_release{Steady::time_point::min()};

/// Where this process was the last to hold the lock, others get a moment from its release on to come in first.
void leave_a_gap(int fd) {
  std::array<char, 32> text{};
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  if (count <= 0) return;
  const auto last = parse_holder({text.data(), static_cast<std::size_t>(count)});
  if (!last || last->pid != ::getpid()) return;
  std::this_thread::sleep_until(last_release.load() + kBetweenTurns);
}

void write_holder(int fd, const std::string& command) {
  std::string text = std::to_string(::getpid()) + ' ' + one_line(command);
  if (text.size() >= kHolderLimit) text.resize(kHolderLimit - 1);
  text += '\n';
  // For messages only: a full disk here must not stop the work. Written before it is cut, so that a reader
  // never meets an empty file.
  if (::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) {
    static_cast<void>(::ftruncate(fd, static_cast<off_t>(text.size())) == 0);
  }
}

[[noreturn]] void fail_busy(const std::string& path, std::chrono::milliseconds deadline) {
  const auto holder = read_holder(path);
  const std::string who =
      holder ? "process " + std::to_string(holder->pid) + " (" + printable(holder->command) + ")"
             : "another process";
  fail(Code::general, "db_busy",
       "the state is being written by " + who + "; waited " + std::to_string(deadline.count() / 1000) + " s",
       holder ? std::vector<std::string>{"see what it does: ps -o stat,etime,args -p " +
                                         std::to_string(holder->pid)}
              : std::vector<std::string>{});
}

}  // namespace

FairLock FairLock::acquire(const std::string& path, const std::string& command, milliseconds deadline) {
  Fd fd = open_lock(path);
  leave_a_gap(fd.get());
  const auto until = Steady::now() + deadline;
  if (!try_lock(fd.get(), path) && !lock_by(fd.get(), until, path)) fail_busy(path, deadline);
  write_holder(fd.get(), command);
  return FairLock(std::move(fd));
}

std::optional<FairLock> FairLock::try_acquire(const std::string& path, const std::string& command) {
  Fd fd = open_lock(path);
  if (!try_lock(fd.get(), path)) return std::nullopt;
  write_holder(fd.get(), command);
  return FairLock(std::move(fd));
}

void FairLock::release() noexcept {
  if (!fd_.valid()) return;
  fd_.reset();
  last_release = Steady::now();
}

std::optional<LockHolder> read_holder(const std::string& path) {
  const auto text = read_file(path, kHolderLimit * 2);
  return text ? parse_holder(*text) : std::nullopt;
}

}  // namespace striatum::os
