// SPDX-License-Identifier: Apache-2.0
// Plain text forms of git's objects; no library needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/repository.hpp"

namespace striatum::git {

/// nullopt when the bytes are no commit object.
[[nodiscard]] std::optional<Commit> parse_commit(const Oid& id, std::string raw);

/// The parents alone, for walks over long histories.
[[nodiscard]] std::optional<std::vector<Oid>> parse_parents(std::string_view raw);

/// One record of a tree object as it is stored.
struct RawEntry {
  std::string_view mode;  ///< octal digits
  std::string_view name;
  Oid id;
  std::string_view record;  ///< all bytes of the record
  [[nodiscard]] Mode kind() const;
};

/// Views into `raw`; nullopt when the bytes are no tree object.
[[nodiscard]] std::optional<std::vector<RawEntry>> parse_tree(std::string_view raw);

}  // namespace striatum::git
