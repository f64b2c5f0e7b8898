// SPDX-License-Identifier: Apache-2.0
#include "os/pid_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/text.hpp"
#include "os/detail.hpp"
#include "os/process_identity.hpp"

namespace striatum::os {
namespace {

/// Clocks of the file system and of processes tick apart.
constexpr time_t kSlack = 2;

long pid_in(int fd) {
  std::array<char, 32> text{};
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view found = trim({text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))});
  long pid = 0;
  const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), pid);
  return error == std::errc() && end == found.data() + found.size() && pid > 0 ? pid : 0;
}

/// When a live process began, by the wall clock; 0 for one that is gone.
time_t began(long pid) {
  const auto ticks = process_start_time(pid);
  long long value = 0;
  if (!ticks || std::from_chars(ticks->data(), ticks->data() + ticks->size(), value).ec != std::errc()) return 0;
  timespec wall{};
  timespec boot{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return wall.tv_sec - boot.tv_sec + static_cast<time_t>(value / ::sysconf(_SC_CLK_TCK));
}

/// The process that the file names lives and was there when the file was written: its pid was not given anew.
bool alive(long pid, const struct stat& file) {
  if (pid == 0 || pid == ::getpid()) return false;
  const time_t start = began(pid);
  return start != 0 && start <= file.st_mtim.tv_sec + kSlack;
}

bool still_named(const std::string& path, const struct stat& file) {
  struct stat now {};
  return ::lstat(path.c_str(), &now) == 0 && now.st_ino == file.st_ino && now.st_dev == file.st_dev;
}

void write_pid(int fd, const std::string& path) {
  const std::string text = std::to_string(::getpid()) + "\n";
  const bool written = ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
                       ::ftruncate(fd, static_cast<off_t>(text.size())) == 0;
  if (!written) fail_errno(errno, "writing", path);
}

}  // namespace

PidFile::~PidFile() {
  if (fd_.valid()) ::unlink(path_.c_str());
}

PidFile::Claim PidFile::claim(const std::string& path) {
  for (;;) {
    Fd fd(detail::retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644); }));
    if (!fd.valid()) fail_errno(errno, "opening", path);
    if (detail::retry([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno != EWOULDBLOCK) fail_errno(errno, "locking", path);
      return {std::nullopt, pid_in(fd.get())};
    }
    struct stat file {};
    ::fstat(fd.get(), &file);
    if (!still_named(path, file)) continue;  // its owner ended meanwhile
    const long named = pid_in(fd.get());
    if (alive(named, file)) return {std::nullopt, named};
    write_pid(fd.get(), path);
    Claim out;
    out.file.emplace(PidFile(path, std::move(fd)));
    return out;
  }
}

}  // namespace striatum::os
