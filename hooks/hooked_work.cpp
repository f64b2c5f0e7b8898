// SPDX-License-Identifier: Apache-2.0
#include "hooks/hooked_work.hpp"

#include <algorithm>
#include <set>

#include "hooks/sync.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

/// Tree to index, of files that the jobs completed.
std::vector<git::Change> rewritten(const git::Program& git, const git::Repository& repository, const HookedWork& work,
                                   const std::string& index) {
  auto known = repository.index_changes(index, work.tree.hex(), {});
  std::vector<git::Change> out = known ? *std::move(known) : git::staged_changes(git.with_index(index), work.tree.hex());
  const std::set<std::string> ours(work.paths.begin(), work.paths.end());
  std::erase_if(out, [&](const git::Change& change) {
    return change.mode_before == git::Mode::none || ours.count(change.path) == 0;
  });
  return out;
}

}  // namespace

Json to_json(const HookedWork& work) { return {{"tree", work.tree.hex()}, {"paths", work.paths}}; }

std::optional<HookedWork> hooked_work(const Json& value) {
  const auto tree = Oid::parse(text_member(value, "tree"));
  if (!tree) return std::nullopt;
  return HookedWork{*tree, string_list(member(value, "paths"))};
}

void put_back(const git::Program& git, const git::Repository& repository, const HookedWork& work,
              const std::string& index) {
  try {
    if (os::exists(index)) undo_in_files(git, repository, work.tree, rewritten(git, repository, work, index));
  } catch (const Error&) {
    return;
  }
}

}  // namespace striatum::hooks
