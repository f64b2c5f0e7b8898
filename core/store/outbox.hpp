// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "store/connection.hpp"

namespace striatum::store {

/// A file that committed rows speak of and that may not have its name yet.
struct PendingFile {
  std::string folder;  ///< work tree
  std::string path;    ///< below it
  std::string copy;    ///< of its bytes: the name of a file beside the state
  /// Which file it takes the place of; nullopt when nothing was there.
  std::optional<std::string> replaces;
};

void insert_pending_file(Connection& db, const PendingFile& file, Instant now);
[[nodiscard]] std::vector<PendingFile> pending_files(Connection& db);
/// Whether a file beside the state is the copy of a pending one.
[[nodiscard]] bool is_pending_copy(Connection& db, std::string_view name);
void delete_pending_file(Connection& db, std::string_view copy);

}  // namespace striatum::store
