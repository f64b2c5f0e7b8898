// SPDX-License-Identifier: Apache-2.0
#include "hooks/index_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "os/files.hpp"

namespace striatum::hooks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{20};
constexpr mode_t kUsualMode = 0644;

std::string owner_path(const std::string& git_dir) { return os::path_join(git_dir, "striatum-index-owner"); }
std::string lock_path(const std::string& git_dir) { return os::path_join(git_dir, "index.lock"); }

bool same_file(int fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(fd, &ours) == 0 && ::lstat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

/// The file of ours, locked; invalid when a living process has it.
os::Fd own(const std::string& path) {
  os::Fd fd(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) os::fail_errno(errno, "opening", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || !same_file(fd.get(), path)) return {};
  return fd;
}

}  // namespace

std::optional<IndexLock> IndexLock::acquire(const std::string& git_dir, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const std::string owner = owner_path(git_dir);
  const std::string lock = lock_path(git_dir);
  for (os::Fd fd; Clock::now() < deadline; std::this_thread::sleep_for(kPause)) {
    if (!fd.valid()) fd = own(owner);
    if (!fd.valid()) continue;
    if (::link(owner.c_str(), lock.c_str()) == 0) return IndexLock(git_dir, std::move(fd));
    if (errno != EEXIST) os::fail_errno(errno, "locking", lock);
    if (same_file(fd.get(), lock)) ::unlink(lock.c_str());
  }
  return std::nullopt;
}

IndexLock::IndexLock(IndexLock&& other) noexcept : git_dir_(std::move(other.git_dir_)), owner_(std::move(other.owner_)) {}

IndexLock::~IndexLock() {
  if (!owner_.valid()) return;
  if (same_file(owner_.get(), lock_path(git_dir_))) ::unlink(lock_path(git_dir_).c_str());
  ::unlink(owner_path(git_dir_).c_str());
}

void IndexLock::publish(const std::string& prepared) const {
  const std::string index = os::path_join(git_dir_, "index");
  struct stat before {};
  const mode_t mode = ::stat(index.c_str(), &before) == 0 ? before.st_mode & 07777 : kUsualMode;
  if (::chmod(prepared.c_str(), mode) != 0) os::fail_errno(errno, "setting the mode of", prepared);
  if (std::rename(prepared.c_str(), index.c_str()) != 0) os::fail_errno(errno, "replacing", index);
}

}  // namespace striatum::hooks
