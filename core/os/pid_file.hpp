// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "os/fd.hpp"

namespace striatum::os {

/// A file that holds the decimal pid of the one process that does something, and a line break. It goes with the object;
/// what a killed process left behind is taken over.
class PidFile {
 public:
  PidFile(PidFile&& other) noexcept = default;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

  struct Claim;
  /// Takes the file, or tells who has it: a process that holds its lock, or, since not every program locks it, a live
  /// one that it names and that is older than the file.
  [[nodiscard]] static Claim claim(const std::string& path);

 private:
  PidFile(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  Fd fd_;
};

struct PidFile::Claim {
  std::optional<PidFile> file;
  /// Of the other one, 0 when it cannot be told.
  long holder = 0;
};

}  // namespace striatum::os
