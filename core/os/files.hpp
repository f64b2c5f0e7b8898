// SPDX-License-Identifier: Apache-2.0
// os: files, locks and child processes. It knows base only and no noun of the domain.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.hpp"

namespace striatum::os {

/// Throws `Error` for errno `number` ("<doing> '<path>': <system text>"), with kind `disk_full`, `read_only`,
/// `no_permission` or `io_error`.
[[noreturn]] void fail_errno(int number, std::string_view doing, const std::string& path);

constexpr std::size_t kDefaultReadLimit = std::size_t{64} << 20;

/// The bytes of a regular file (a link to one is followed); nullopt when absent. More than `limit` bytes, or
/// no regular file, is an `Error` (kinds `too_large`, `not_a_file`).
[[nodiscard]] std::optional<std::string> read_file(const std::string& path,
                                                   std::size_t limit = kDefaultReadLimit);

/// What happens to a file that has the name already.
enum class Existing { replace, keep };

/// Temporary file in the same folder, fsync, rename, fsync of the folder. An existing file is replaced. On
/// failure nothing is left behind; after a crash a `.striatum-tmp-*` file may be, until the next write there.
void write_atomically(const std::string& path, std::string_view bytes, mode_t mode);

/// As `write_atomically`, but false (and nothing changed) when something already has this name.
[[nodiscard]] bool create_atomically(const std::string& path, std::string_view bytes, mode_t mode);

/// Appends by one write, without waiting for anybody; the file is made (0600) when it is absent, its folder is not.
void append(const std::string& path, std::string_view bytes);

/// Makes a file (0600) that nobody needs after a crash: not synced.
void write_scratch(const std::string& path, std::string_view bytes);
/// A folder (0700) of that kind.
void make_scratch_folder(const std::string& path);

/// Creates the folder and its parents; an existing folder keeps its mode.
void ensure_directory(const std::string& path, mode_t mode);

/// Removes a file; false when it was absent.
bool remove_file(const std::string& path);

/// Names like `.striatum-tmp-<hex>`, which only an interrupted write leaves behind.
[[nodiscard]] bool is_temporary_name(std::string_view name);
/// A fresh name of that form.
[[nodiscard]] std::string new_temporary_name();

/// Removes what interrupted writes left in this folder: files and folders whose lock no process holds any more,
/// links (which carry no lock) older than a minute; not those that `spared` knows a use for. Returns how many.
std::size_t sweep_temporaries(const std::string& folder, const std::function<bool(const std::string& name)>& spared = {});

/// A folder that goes with this object; after a crash the next sweep of its parent removes it.
class TemporaryFolder {
 public:
  /// Sweeps `parent` first.
  explicit TemporaryFolder(const std::string& parent);
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  Fd lock_;
};

[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] bool is_directory(const std::string& path);
/// Absolute path without links, `.` and `..`; nullopt when it does not exist.
[[nodiscard]] std::optional<std::string> real_path(const std::string& path);
[[nodiscard]] std::string current_directory();
/// `name` below `folder`; an absolute `name` stays as it is.
[[nodiscard]] std::string path_join(std::string_view folder, std::string_view name);

}  // namespace striatum::os
