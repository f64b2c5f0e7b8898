// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"
#include "os/files.hpp"

namespace striatum::os {

/// What stood at (or on the way to) a path below the root.
enum class Access {
  ok,
  absent,
  /// Empty, absolute, or with a `..`, `.` or NUL component.
  outside,
  /// A component, the last one included, is a symbolic link.
  symlink,
  /// Folder, FIFO, socket, device; or a parent that is no folder.
  not_regular,
  too_large,
};

enum class FileType { regular, directory, symlink, other };

struct FileStat {
  Access access = Access::absent;
  FileType type = FileType::other;
  mode_t mode = 0;
  std::uint64_t size = 0;
  /// With size and time of the last change: whether it is still the same file.
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;
};

struct FileBytes {
  Access access = Access::absent;
  std::string bytes;
  mode_t mode = 0;
};

struct FolderEntry {
  std::string name;
  FileType type = FileType::other;
};

struct FolderList {
  Access access = Access::absent;
  std::vector<FolderEntry> entries;  ///< sorted by name
};

namespace detail {
class TemporaryFile;
}

/// A file that is written and has no name yet; dropped unless it is published.
class StagedFile {
 public:
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();
  /// `ok`, or why there is nothing to publish.
  [[nodiscard]] Access access() const { return access_; }
  void append(std::string_view bytes);
  /// Ends it: the bytes are on disk.
  void sync();
  /// Puts what is synced into `folder` too, under a temporary's name, where it stays: a link, or a copy on another disk.
  /// No sweep takes it as long as this object lives.
  [[nodiscard]] std::string copy_to(const std::string& folder);
  /// Gives it its name; false when something has it by now and should be kept.
  [[nodiscard]] bool publish();

 private:
  friend class RepoFiles;
  explicit StagedFile(Access access);
  StagedFile(Fd folder, std::string name, Existing existing, std::unique_ptr<detail::TemporaryFile> file);
  Access access_ = Access::ok;
  Fd folder_;
  std::string name_;
  Existing existing_ = Existing::keep;
  std::unique_ptr<detail::TemporaryFile> file_;
  std::unique_ptr<detail::TemporaryFile> copy_;
};

/// Files below one root folder, reached through descriptors so that no symbolic link is ever followed and no
/// FIFO or device is ever opened for data. Paths are relative, `/`-separated bytes. Errors of the system
/// (permission, disk) are `Error`s; what the path is comes back as `Access`.
class RepoFiles {
 public:
  /// `root` itself may be reached through links; it has to exist.
  explicit RepoFiles(const std::string& root);

  [[nodiscard]] const std::string& root() const { return root_; }

  /// The entry itself; a link as the last component gives `ok` with type `symlink`.
  [[nodiscard]] FileStat stat(std::string_view path) const;
  [[nodiscard]] FileBytes read(std::string_view path, std::size_t limit = kDefaultReadLimit) const;
  /// The target text of a symbolic link; `not_regular` when it is none.
  [[nodiscard]] FileBytes read_link(std::string_view path) const;
  /// The entries of a folder (`""` is the root); a folder reads as `ok`, anything else as `not_regular`.
  [[nodiscard]] FolderList list(std::string_view path) const;

  /// Creates or replaces a regular file by rename, parents included. `ok`, or why nothing was written: a link
  /// or a foreign kind of file in the way is never replaced.
  [[nodiscard]] Access write_atomically(std::string_view path, std::string_view bytes, mode_t mode) const;
  /// As above, but only where nothing has this name: else false in `created`.
  struct Created {
    Access access = Access::ok;
    bool created = false;
  };
  [[nodiscard]] Created create(std::string_view path, std::string_view bytes, mode_t mode) const;
  /// The first half of both: a file for the bytes, beside the name.
  [[nodiscard]] StagedFile stage(std::string_view path, mode_t mode, Existing existing) const;
  [[nodiscard]] Access write_link(std::string_view path, const std::string& target) const;
  [[nodiscard]] Access make_folder(std::string_view path, mode_t mode) const;
  /// Removes a regular file or a link, then parents left empty (never the root).
  [[nodiscard]] Access remove(std::string_view path) const;

 private:
  std::string root_;
  Fd root_fd_;
};

}  // namespace striatum::os
