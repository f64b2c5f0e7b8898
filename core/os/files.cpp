// SPDX-License-Identifier: Apache-2.0
#include "os/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/detail.hpp"
#include "os/fd.hpp"

namespace striatum::os {
namespace {

constexpr std::string_view kTemporaryPrefix = ".striatum-tmp-";
constexpr std::size_t kTemporaryDigits = 16;

std::string_view kind_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return "disk_full";
    case EROFS:
      return "read_only";
    case EACCES:
    case EPERM:
      return "no_permission";
    default:
      return "io_error";
  }
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

void fail_errno(int number, std::string_view doing, const std::string& path) {
  fail(Code::general, std::string(kind_of(number)),
       std::string(doing) + " " + quote(path) + ": " + lower(std::generic_category().message(number)));
}

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: a FIFO without a writer must not hold us.
  const Fd fd(
      detail::retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return std::nullopt;
    fail_errno(errno, "opening", path);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail_errno(errno, "reading", path);
  if (!S_ISREG(info.st_mode)) fail(Code::general, "not_a_file", "no regular file: " + quote(path));
  auto bytes = detail::read_all(fd.get(), static_cast<std::size_t>(info.st_size), limit, path);
  if (!bytes) {
    fail(Code::general, "too_large",
         "file is larger than " + std::to_string(limit) + " bytes: " + quote(path));
  }
  return bytes;
}

void write_atomically(const std::string& path, std::string_view bytes, mode_t mode) {
  const Fd folder = detail::open_folder(folder_of(path));
  detail::write_by_rename(folder.get(), name_of(path), bytes, mode, Existing::replace, path);
}

bool create_atomically(const std::string& path, std::string_view bytes, mode_t mode) {
  const Fd folder = detail::open_folder(folder_of(path));
  return detail::write_by_rename(folder.get(), name_of(path), bytes, mode, Existing::keep, path);
}

void append(const std::string& path, std::string_view bytes) {
  const Fd fd(detail::retry([&] {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
  }));
  if (!fd.valid()) fail_errno(errno, "opening", path);
  if (detail::retry([&] { return ::write(fd.get(), bytes.data(), bytes.size()); }) < 0) fail_errno(errno, "writing", path);
}

void write_scratch(const std::string& path, std::string_view bytes) {
  const Fd fd(detail::retry([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600); }));
  if (!fd.valid()) fail_errno(errno, "creating", path);
  detail::write_all(fd.get(), bytes, path);
}

void make_scratch_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) fail_errno(errno, "creating folder", path);
}

void ensure_directory(const std::string& path, mode_t mode) {
  if (is_directory(path)) return;
  const std::string parent = folder_of(path);
  if (parent != path && parent != "." && !is_directory(parent)) ensure_directory(parent, mode);
  if (::mkdir(path.c_str(), mode) == 0) {
    detail::sync_folder(detail::open_folder(parent).get(), parent);
    return;
  }
  const int number = errno;
  if (number == EEXIST && is_directory(path)) return;
  fail_errno(number, "creating folder", path);
}

bool remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  fail_errno(errno, "removing", path);
}

bool is_temporary_name(std::string_view name) {
  return name.starts_with(kTemporaryPrefix) && is_hex(name.substr(kTemporaryPrefix.size()), kTemporaryDigits);
}

std::string new_temporary_name() {
  std::string bytes(kTemporaryDigits / 2, '\0');
  if (detail::retry([&] { return ::getrandom(bytes.data(), bytes.size(), 0); }) !=
      static_cast<ssize_t>(bytes.size())) {
    fail(Code::general, "io_error", "no random bytes from the system");
  }
  return std::string(kTemporaryPrefix) + to_hex(bytes);
}

namespace {

/// Is nobody at work on it? Its maker holds a lock as long as it lives. `lock` is ours then, and has to be kept until
/// the entry is gone: a maker that comes a moment later waits for it, and sees that it has to begin again.
bool is_abandoned(int folder, const char* name, const struct stat& info, Fd& lock) {
  constexpr time_t kMinute = 60;
  if (S_ISLNK(info.st_mode)) return ::time(nullptr) - info.st_mtime >= kMinute;
  if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) return false;
  lock = Fd(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  return lock.valid() && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

std::size_t sweep_temporaries(const std::string& folder, const std::function<bool(const std::string& name)>& spared) {
  DIR* dir = ::opendir(folder.c_str());
  if (dir == nullptr) return 0;
  std::size_t removed = 0;
  while (const dirent* entry = ::readdir(dir)) {
    struct stat info {};
    Fd lock;
    if (!is_temporary_name(entry->d_name) ||
        ::fstatat(::dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !is_abandoned(::dirfd(dir), entry->d_name, info, lock) || (spared && spared(entry->d_name))) {
      continue;
    }
    std::error_code error;
    if (std::filesystem::remove_all(path_join(folder, entry->d_name), error) > 0 && !error) ++removed;
  }
  ::closedir(dir);
  return removed;
}

TemporaryFolder::TemporaryFolder(const std::string& parent) {
  sweep_temporaries(parent);
  do {
    path_ = path_join(parent, new_temporary_name());
    if (::mkdir(path_.c_str(), 0700) != 0) fail_errno(errno, "creating folder", path_);
    lock_ = Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  } while (!lock_.valid() || !detail::holds(lock_.get()));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::optional<std::string> real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return std::nullopt;
  std::string text(resolved);
  ::free(resolved);
  return text;
}

std::string current_directory() {
  char* text = ::getcwd(nullptr, 0);
  if (text == nullptr) fail_errno(errno, "asking for the current folder", ".");
  std::string path(text);
  ::free(text);
  return path;
}

std::string path_join(std::string_view folder, std::string_view name) {
  if (folder.empty() || name.starts_with('/')) return std::string(name);
  if (name.empty()) return std::string(folder);
  std::string joined(folder);
  if (!joined.ends_with('/')) joined += '/';
  return joined.append(name);
}

}  // namespace striatum::os
