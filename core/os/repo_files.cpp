// SPDX-License-Identifier: Apache-2.0
#include "os/repo_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <optional>

#include "base/text.hpp"
#include "os/detail.hpp"

namespace striatum::os {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kFileFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/// nullopt when the text leaves the root or is no plain path.
std::optional<std::vector<std::string>> components(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return std::nullopt;
  auto parts = split(path, '/');
  const bool plain = std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
  if (!plain) return std::nullopt;
  return parts;
}

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regular;
  if (S_ISDIR(mode)) return FileType::directory;
  return S_ISLNK(mode) ? FileType::symlink : FileType::other;
}

/// Nothing when no entry has this name.
std::optional<struct stat> look(int folder, const std::string& name, const std::string& shown) {
  struct stat info {};
  if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return info;
  if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return std::nullopt;
  fail_errno(errno, "reading", shown);
}

enum class Parents { required, create };

/// The folder a path lies in, and the last component.
struct Place {
  Access access = Access::ok;
  Fd own;
  int folder = -1;
  std::string name;
};

/// Why `name` could not be opened as a folder.
Access obstacle(int folder, const std::string& name, const std::string& shown) {
  const auto info = look(folder, name, shown);
  if (!info) return Access::absent;
  return S_ISLNK(info->st_mode) ? Access::symlink : Access::not_regular;
}

Access enter(Place& place, const std::string& name, Parents parents, mode_t mode, const std::string& shown) {
  Fd next(detail::retry([&] { return ::openat(place.folder, name.c_str(), kFolderFlags); }));
  if (!next.valid() && errno == ENOENT && parents == Parents::create) {
    if (::mkdirat(place.folder, name.c_str(), mode) != 0 && errno != EEXIST) {
      fail_errno(errno, "creating a folder of", shown);
    }
    detail::sync_folder(place.folder, shown);
    next = Fd(detail::retry([&] { return ::openat(place.folder, name.c_str(), kFolderFlags); }));
  }
  if (!next.valid()) {
    if (errno == EACCES || errno == EMFILE || errno == ENFILE || errno == EIO)
      fail_errno(errno, "opening", shown);
    return obstacle(place.folder, name, shown);
  }
  place.own = std::move(next);
  place.folder = place.own.get();
  return Access::ok;
}

Place locate(int root, std::string_view path, Parents parents, mode_t mode, const std::string& shown) {
  Place place;
  place.folder = root;
  const auto parts = components(path);
  if (!parts) {
    place.access = Access::outside;
    return place;
  }
  for (std::size_t i = 0; i + 1 < parts->size() && place.access == Access::ok; ++i) {
    place.access = enter(place, (*parts)[i], parents, mode, shown);
  }
  place.name = parts->back();
  return place;
}

/// May a file be put here? Only in place of nothing or of a regular file.
Access replaceable(const Place& place, const std::string& shown) {
  const auto info = look(place.folder, place.name, shown);
  if (!info || S_ISREG(info->st_mode)) return Access::ok;
  return S_ISLNK(info->st_mode) ? Access::symlink : Access::not_regular;
}

/// The `d_name`s of a folder; takes the descriptor over.
std::vector<FolderEntry> read_folder(Fd folder, const std::string& shown) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(folder.get()), ::closedir);
  if (!dir) fail_errno(errno, "listing", shown);
  static_cast<void>(folder.release());
  std::vector<FolderEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (const auto info = look(::dirfd(dir.get()), name, shown))
      entries.push_back({name, type_of(info->st_mode)});
  }
  if (errno != 0) fail_errno(errno, "listing", shown);
  std::sort(entries.begin(), entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}

}  // namespace

RepoFiles::RepoFiles(const std::string& root)
    : root_(root),
      root_fd_(detail::retry([&] { return ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })) {
  if (!root_fd_.valid()) fail_errno(errno, "opening folder", root);
}

FileStat RepoFiles::stat(std::string_view path) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::required, 0, shown);
  if (place.access != Access::ok) return {place.access};
  const auto info = look(place.folder, place.name, shown);
  if (!info) return {};
  return {Access::ok, type_of(info->st_mode), info->st_mode & 07777U, static_cast<std::uint64_t>(info->st_size),
          info->st_ino, info->st_mtim.tv_sec * 1'000'000'000 + info->st_mtim.tv_nsec};
}

FileBytes RepoFiles::read(std::string_view path, std::size_t limit) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::required, 0, shown);
  if (place.access != Access::ok) return {place.access, {}, 0};
  // Looked at before it is opened: opening a device can already have an effect.
  const auto before = look(place.folder, place.name, shown);
  if (!before) return {};
  if (S_ISLNK(before->st_mode)) return {Access::symlink, {}, 0};
  if (!S_ISREG(before->st_mode)) return {Access::not_regular, {}, 0};
  const Fd fd(detail::retry([&] { return ::openat(place.folder, place.name.c_str(), kFileFlags); }));
  if (!fd.valid()) {
    if (errno == ENOENT) return {};
    if (errno == ELOOP) return {Access::symlink, {}, 0};
    if (errno == ENXIO || errno == ENODEV) return {Access::not_regular, {}, 0};
    fail_errno(errno, "opening", shown);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail_errno(errno, "reading", shown);
  if (!S_ISREG(info.st_mode)) return {Access::not_regular, {}, 0};
  auto bytes = detail::read_all(fd.get(), static_cast<std::size_t>(info.st_size), limit, shown);
  if (!bytes) return {Access::too_large, {}, info.st_mode & 07777U};
  return {Access::ok, std::move(*bytes), info.st_mode & 07777U};
}

FileBytes RepoFiles::read_link(std::string_view path) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::required, 0, shown);
  if (place.access != Access::ok) return {place.access, {}, 0};
  std::string target(PATH_MAX, '\0');
  const ssize_t count = ::readlinkat(place.folder, place.name.c_str(), target.data(), target.size());
  if (count < 0) {
    if (errno == ENOENT) return {};
    if (errno == EINVAL) return {Access::not_regular, {}, 0};
    fail_errno(errno, "reading", shown);
  }
  target.resize(static_cast<std::size_t>(count));
  return {Access::ok, std::move(target), 0777};
}

FolderList RepoFiles::list(std::string_view path) const {
  const std::string shown(path);
  Place place;
  place.folder = root_fd_.get();
  if (!path.empty()) {
    place = locate(root_fd_.get(), path, Parents::required, 0, shown);
    if (place.access == Access::ok) place.access = enter(place, place.name, Parents::required, 0, shown);
    if (place.access != Access::ok) return {place.access, {}};
  }
  Fd folder(detail::retry([&] { return ::openat(place.folder, ".", kFolderFlags); }));
  if (!folder.valid()) fail_errno(errno, "listing", shown);
  return {Access::ok, read_folder(std::move(folder), shown)};
}

Access RepoFiles::write_atomically(std::string_view path, std::string_view bytes, mode_t mode) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::create, 0777, shown);
  if (place.access != Access::ok) return place.access;
  if (const Access access = replaceable(place, shown); access != Access::ok) return access;
  detail::write_by_rename(place.folder, place.name, bytes, mode, Existing::replace, shown);
  return Access::ok;
}

RepoFiles::Created RepoFiles::create(std::string_view path, std::string_view bytes, mode_t mode) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::create, 0777, shown);
  if (place.access != Access::ok) return {place.access, false};
  if (const Access access = replaceable(place, shown); access != Access::ok) return {access, false};
  return {Access::ok,
          detail::write_by_rename(place.folder, place.name, bytes, mode, Existing::keep, shown)};
}

StagedFile::StagedFile(Access access) : access_(access) {}

StagedFile::StagedFile(Fd folder, std::string name, Existing existing, std::unique_ptr<detail::TemporaryFile> file)
    : folder_(std::move(folder)), name_(std::move(name)), existing_(existing), file_(std::move(file)) {}

StagedFile::StagedFile(StagedFile&&) noexcept = default;
StagedFile::~StagedFile() = default;

void StagedFile::append(std::string_view bytes) { file_->append(bytes); }

void StagedFile::sync() { file_->sync(); }

std::string StagedFile::copy_to(const std::string& folder) {
  const Fd place = detail::open_folder(folder);
  copy_ = std::make_unique<detail::TemporaryFile>(place.get(), *file_);
  copy_->leave();
  detail::sync_folder(place.get(), folder);
  return copy_->name();
}

bool StagedFile::publish() { return file_->publish(name_, existing_); }

StagedFile RepoFiles::stage(std::string_view path, mode_t mode, Existing existing) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::create, 0777, shown);
  if (place.access != Access::ok) return StagedFile(place.access);
  if (const Access access = replaceable(place, shown); access != Access::ok) return StagedFile(access);
  Fd folder(detail::retry([&] { return ::fcntl(place.folder, F_DUPFD_CLOEXEC, 0); }));
  if (!folder.valid()) fail_errno(errno, "opening the folder of", shown);
  auto file = std::make_unique<detail::TemporaryFile>(folder.get(), mode, shown);
  return {std::move(folder), place.name, existing, std::move(file)};
}

Access RepoFiles::write_link(std::string_view path, const std::string& target) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::create, 0777, shown);
  if (place.access != Access::ok) return place.access;
  const auto info = look(place.folder, place.name, shown);
  if (info && !S_ISREG(info->st_mode) && !S_ISLNK(info->st_mode)) return Access::not_regular;
  const std::string temporary = new_temporary_name();
  if (::symlinkat(target.c_str(), place.folder, temporary.c_str()) != 0) fail_errno(errno, "creating", shown);
  if (::renameat(place.folder, temporary.c_str(), place.folder, place.name.c_str()) != 0) {
    const int number = errno;
    ::unlinkat(place.folder, temporary.c_str(), 0);
    fail_errno(number, "replacing", shown);
  }
  detail::sync_folder(place.folder, shown);
  return Access::ok;
}

Access RepoFiles::make_folder(std::string_view path, mode_t mode) const {
  const std::string shown(path);
  Place place = locate(root_fd_.get(), path, Parents::create, mode, shown);
  if (place.access != Access::ok) return place.access;
  return enter(place, place.name, Parents::create, mode, shown);
}

Access RepoFiles::remove(std::string_view path) const {
  const std::string shown(path);
  const Place place = locate(root_fd_.get(), path, Parents::required, 0, shown);
  if (place.access != Access::ok) return place.access;
  const auto info = look(place.folder, place.name, shown);
  if (!info) return Access::absent;
  if (!S_ISREG(info->st_mode) && !S_ISLNK(info->st_mode)) return Access::not_regular;
  if (::unlinkat(place.folder, place.name.c_str(), 0) != 0) fail_errno(errno, "removing", shown);
  detail::sync_folder(place.folder, shown);
  for (auto slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/')) {
    path = path.substr(0, slash);
    const Place parent = locate(root_fd_.get(), path, Parents::required, 0, shown);
    if (parent.access != Access::ok || ::unlinkat(parent.folder, parent.name.c_str(), AT_REMOVEDIR) != 0)
      break;
  }
  return Access::ok;
}

}  // namespace striatum::os
