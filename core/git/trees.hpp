// SPDX-License-Identifier: Apache-2.0
// Trees walked alone and two by two. Included by .cpp files of this folder only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/objects.hpp"

namespace striatum::git {

/// `entries` are views into `raw`.
struct ParsedTree {
  std::string raw;
  std::vector<RawEntry> entries;
};
using TreeRef = std::shared_ptr<const ParsedTree>;
using LoadTree = std::function<TreeRef(const Oid&)>;
using LoadEntries = std::function<std::vector<TreeEntry>(const Oid&)>;
using EmitEntry = std::function<void(const std::string& path, const TreeEntry& entry)>;

/// `Error` of kind `malformed_object`.
[[noreturn]] void fail_malformed(std::string_view type, const Oid& id);

/// The blobs, links and pointers below a tree, in git's order; paths begin with `prefix`.
void each_below(const LoadEntries& load, const Oid& tree, const std::string& prefix, const EmitEntry& emit);

/// As `Repository::diff`.
[[nodiscard]] std::vector<Change> tree_changes(LoadTree load, const std::optional<Oid>& before,
                                               const std::optional<Oid>& after);

void sort_by_path(std::vector<Change>& changes);

}  // namespace striatum::git
