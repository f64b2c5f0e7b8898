// SPDX-License-Identifier: Apache-2.0
// An index file, read and compared without the git program. Included by .cpp files of this folder only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "git/library.hpp"
#include "git/repository.hpp"

namespace striatum::git {

using Index = Handle<git_index, git_index_free>;

/// In memory without the entries at and below the paths `gone`, those aside that git looks for no file of (sparse
/// checkouts, `--assume-unchanged`). nullopt where libgit2 cannot read it, or where it holds a conflict.
[[nodiscard]] std::optional<Index> open_index(const std::string& file, const std::vector<std::string>& gone);

/// The tree → the index, only what is below the literal paths `below` when some are given; as `Repository::diff`.
[[nodiscard]] std::vector<Change> changes_of(git_repository& repository, git_tree& tree, const Index& index,
                                             const std::vector<std::string>& below);

}  // namespace striatum::git
