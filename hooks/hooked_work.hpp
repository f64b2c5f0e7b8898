// SPDX-License-Identifier: Apache-2.0
// Files of the work while the user's pre-commit hook has its turn with them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"

namespace striatum::hooks {

/// As it was before the hook; an intent carries it, so that it outlives a kill.
struct HookedWork {
  /// What the private index held.
  Oid tree;
  /// The work, relative to the top of its work tree.
  std::vector<std::string> paths;
};
[[nodiscard]] Json to_json(const HookedWork& work);
/// nullopt for anything that `to_json` did not make.
[[nodiscard]] std::optional<HookedWork> hooked_work(const Json& value);

/// For a commit that did not come to be: what the hook staged of files of the work in the index file `index` becomes
/// again what the jobs completed, in the work tree of `git`. Only what is staged is surely the hook's: a file with other
/// bytes may be somebody's own edit and stays, and so does a file that the hook added. The index is not written. May be
/// repeated; what cannot be put back is left to the next apply, which names it.
void put_back(const git::Program& git, const git::Repository& repository, const HookedWork& work,
              const std::string& index);

}  // namespace striatum::hooks
