// SPDX-License-Identifier: Apache-2.0
// Shared by the files of this folder only.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

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

enum class Existing { replace, keep };

/// Writes `name` in the folder by temporary, fsync, rename, fsync of the folder. With `keep` an existing
/// entry stays and false comes back. `path`: for messages.
bool write_by_rename(int folder, const std::string& name, std::string_view bytes, mode_t mode,
                     Existing existing, const std::string& path);

/// Locks a temporary against sweeps; false when one came first and it is gone already.
[[nodiscard]] bool holds(int fd);

void sync_folder(int folder, const std::string& path);

}  // namespace striatum::os::detail
