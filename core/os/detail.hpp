// SPDX-License-Identifier: Apache-2.0
// Shared by the files of this folder only.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.hpp"
#include "os/files.hpp"

namespace striatum::os::detail {

/// Repeats a system call that a signal interrupted.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// All bytes up to the end; nullopt when there are more than `limit`. `expected`: a guess of the size.
[[nodiscard]] std::optional<std::string> read_all(int fd, std::size_t expected, std::size_t limit,
                                                  const std::string& path);

/// A new file in the folder, held by a lock so that no sweep takes it; removed unless it was published.
class TemporaryFile {
 public:
  /// `path`: for messages.
  TemporaryFile(int folder, mode_t mode, std::string path);
  /// The bytes of `other` once more, in another folder: a link, or a copy where there can be none. Sweeps nothing.
  TemporaryFile(int folder, const TemporaryFile& other);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();
  [[nodiscard]] const std::string& name() const { return name_; }
  void append(std::string_view bytes);
  void sync() const;
  /// Renames it and syncs the folder; with `keep` an existing entry stays and false comes back.
  bool publish(const std::string& name, Existing existing);
  /// From now on it stays as it is, whatever becomes of this object.
  void leave() { left_ = true; }

 private:
  void open(mode_t mode);
  [[nodiscard]] bool link(const TemporaryFile& other);

  int folder_;
  std::string path_;
  std::string name_;
  Fd fd_;
  off_t size_ = 0;
  /// How much of it the disk was asked to take.
  off_t begun_ = 0;
  bool left_ = false;
};

/// All of it, in as many writes as it takes. `path`: for messages.
void write_all(int fd, std::string_view bytes, const std::string& path);

/// Writes `name` in the folder by temporary, fsync, rename, fsync of the folder. With `keep` an existing
/// entry stays and false comes back. `path`: for messages.
bool write_by_rename(int folder, const std::string& name, std::string_view bytes, mode_t mode,
                     Existing existing, const std::string& path);

/// Locks a temporary against sweeps; false when one came first and it is gone already.
[[nodiscard]] bool holds(int fd);

[[nodiscard]] Fd open_folder(const std::string& folder);

void sync_folder(int folder, const std::string& path);

}  // namespace striatum::os::detail
