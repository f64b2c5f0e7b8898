// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "git/program.hpp"
#include "git/repository.hpp"

namespace striatum::hooks {

/// Brings index and files of every work tree that has `ref` checked out from commit `before` to commit `after`, for
/// the paths that differ between them and nothing else. A path that its user changed, staged or not, stays as it
/// is. May be repeated. Returns the paths left alone, sorted.
[[nodiscard]] std::vector<std::string> sync_work_trees(const git::Program& git, const git::Repository& repository,
                                                       const std::string& ref, const Oid& before, const Oid& after);

/// `changes` begin at the tree `before`: files of the work tree of `git` that are as a change left them become again what
/// stands there. Others are left alone, and so is the index.
void undo_in_files(const git::Program& git, const git::Repository& repository, const Oid& before,
                   const std::vector<git::Change>& changes);

}  // namespace striatum::hooks
