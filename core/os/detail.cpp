// SPDX-License-Identifier: Apache-2.0
#include "os/detail.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "os/fd.hpp"
#include "os/files.hpp"

namespace striatum::os::detail {
namespace {

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = retry([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (count < 0) fail_errno(errno, "writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// A new file in the folder, held by a lock; removed unless the rename went through.
class Temporary {
 public:
  Temporary(int folder, mode_t mode, const std::string& path) : folder_(folder) {
    sweep_temporaries("/proc/self/fd/" + std::to_string(folder));
    do {
      name_ = new_temporary_name();
      fd_ = Fd(retry([&] {
        return ::openat(folder, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
      }));
      if (!fd_.valid()) fail_errno(errno, "creating a temporary file beside", path);
    } while (!holds(fd_.get()));
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!done_) ::unlinkat(folder_, name_.c_str(), 0);
  }
  [[nodiscard]] const char* name() const { return name_.c_str(); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void done() { done_ = true; }

 private:
  int folder_;
  std::string name_;
  Fd fd_;
  bool done_ = false;
};

/// False when `to` exists.
bool rename_keeping(int folder, const char* from, const char* to, const std::string& path) {
  if (::renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) fail_errno(errno, "creating", path);
  // A file system without that flag: a hard link never replaces either.
  if (::linkat(folder, from, folder, to, 0) != 0) {
    if (errno == EEXIST) return false;
    fail_errno(errno, "creating", path);
  }
  ::unlinkat(folder, from, 0);
  return true;
}

}  // namespace

std::optional<std::string> read_all(int fd, std::size_t expected, std::size_t limit,
                                    const std::string& path) {
  if (expected > limit) return std::nullopt;
  std::string bytes(expected + 1, '\0');
  std::size_t have = 0;
  while (true) {
    if (have == bytes.size()) bytes.resize(std::min(bytes.size() * 2, limit + 1));
    const ssize_t count = retry([&] { return ::read(fd, bytes.data() + have, bytes.size() - have); });
    if (count < 0) fail_errno(errno, "reading", path);
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
    if (have > limit) return std::nullopt;
  }
  bytes.resize(have);
  return bytes;
}

bool holds(int fd) {
  struct stat info {};
  return retry([&] { return ::flock(fd, LOCK_EX); }) == 0 && ::fstat(fd, &info) == 0 && info.st_nlink > 0;
}

void sync_folder(int folder, const std::string& path) {
  // Some file systems refuse fsync on folders; there the rename is as durable as it gets.
  if (retry([&] { return ::fsync(folder); }) != 0 && errno != EINVAL && errno != ENOTSUP) {
    fail_errno(errno, "syncing the folder of", path);
  }
}

bool write_by_rename(int folder, const std::string& name, std::string_view bytes, mode_t mode,
                     Existing existing, const std::string& path) {
  Temporary temporary(folder, mode, path);
  write_all(temporary.fd(), bytes, path);
  if (retry([&] { return ::fsync(temporary.fd()); }) != 0) fail_errno(errno, "syncing", path);
  if (existing == Existing::keep) {
    if (!rename_keeping(folder, temporary.name(), name.c_str(), path)) return false;
  } else if (::renameat(folder, temporary.name(), folder, name.c_str()) != 0) {
    fail_errno(errno, "replacing", path);
  }
  temporary.done();
  sync_folder(folder, path);
  return true;
}

}  // namespace striatum::os::detail
