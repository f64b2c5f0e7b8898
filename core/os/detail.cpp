// SPDX-License-Identifier: Apache-2.0
#include "os/detail.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "os/fd.hpp"
#include "os/files.hpp"

namespace striatum::os::detail {
namespace {

constexpr off_t kWriteBehind = off_t{1} << 20;

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

/// A name by which the open file itself can be reached.
std::string own_name(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = retry([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (count < 0) fail_errno(errno, "writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

TemporaryFile::TemporaryFile(int folder, mode_t mode, std::string path) : folder_(folder), path_(std::move(path)) {
  sweep_temporaries(own_name(folder));
  open(mode);
}

TemporaryFile::TemporaryFile(int folder, const TemporaryFile& other) : folder_(folder), path_(other.path_) {
  if (link(other)) return;
  open(0600);
  const Fd source(retry([&] { return ::open(own_name(other.fd_.get()).c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!source.valid()) fail_errno(errno, "reading", path_);
  append(*read_all(source.get(), 0, std::numeric_limits<std::size_t>::max() - 1, path_));
  sync();
}

TemporaryFile::~TemporaryFile() {
  if (!left_) ::unlinkat(folder_, name_.c_str(), 0);
}

void TemporaryFile::open(mode_t mode) {
  do {
    name_ = new_temporary_name();
    fd_ = Fd(retry([&] {
      return ::openat(folder_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    }));
    if (!fd_.valid()) fail_errno(errno, "creating a temporary file beside", path_);
  } while (!holds(fd_.get()));
}

/// The lock is the file's, not the name's: `other` holds it for both.
bool TemporaryFile::link(const TemporaryFile& other) {
  name_ = new_temporary_name();
  return ::linkat(AT_FDCWD, own_name(other.fd_.get()).c_str(), folder_, name_.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

void TemporaryFile::append(std::string_view bytes) {
  write_all(fd_.get(), bytes, path_);
  size_ += static_cast<off_t>(bytes.size());
  if (size_ - begun_ < kWriteBehind) return;
  // So that a long file is mostly there when `sync` waits for it; only that one promises anything.
  (void)::sync_file_range(fd_.get(), begun_, size_ - begun_, SYNC_FILE_RANGE_WRITE);
  begun_ = size_;
}

void TemporaryFile::sync() const {
  if (retry([&] { return ::fsync(fd_.get()); }) != 0) fail_errno(errno, "syncing", path_);
}

bool TemporaryFile::publish(const std::string& name, Existing existing) {
  if (existing == Existing::keep) {
    if (!rename_keeping(folder_, name_.c_str(), name.c_str(), path_)) return false;
  } else if (::renameat(folder_, name_.c_str(), folder_, name.c_str()) != 0) {
    fail_errno(errno, "replacing", path_);
  }
  left_ = true;
  sync_folder(folder_, path_);
  return true;
}

Fd open_folder(const std::string& folder) {
  Fd fd(retry([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) fail_errno(errno, "opening folder", folder);
  return fd;
}

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
  // Where locks do not work nobody sweeps either.
  static_cast<void>(retry([&] { return ::flock(fd, LOCK_EX); }));
  return ::fstat(fd, &info) == 0 && info.st_nlink > 0;
}

void sync_folder(int folder, const std::string& path) {
  // Some file systems refuse fsync on folders; there the rename is as durable as it gets.
  if (retry([&] { return ::fsync(folder); }) != 0 && errno != EINVAL && errno != ENOTSUP) {
    fail_errno(errno, "syncing the folder of", path);
  }
}

bool write_by_rename(int folder, const std::string& name, std::string_view bytes, mode_t mode,
                     Existing existing, const std::string& path) {
  TemporaryFile temporary(folder, mode, path);
  temporary.append(bytes);
  temporary.sync();
  return temporary.publish(name, existing);
}

}  // namespace striatum::os::detail
