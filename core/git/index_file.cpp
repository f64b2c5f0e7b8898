// SPDX-License-Identifier: Apache-2.0
#include "git/index_file.hpp"

#include "git/trees.hpp"

namespace striatum::git {
namespace {

bool looked_for(const git_index_entry& entry) {
  return (entry.flags & GIT_INDEX_ENTRY_VALID) == 0 && (entry.flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) == 0;
}

/// Entries at `path` (a file) and below it (a folder).
std::vector<std::string> entries_at(git_index* index, std::string path) {
  std::vector<std::string> out;
  while (path.ends_with('/')) path.pop_back();
  const git_index_entry* file = git_index_get_bypath(index, path.c_str(), 0);
  if (file != nullptr && looked_for(*file)) out.push_back(path);
  path += '/';
  std::size_t at = 0;
  if (git_index_find_prefix(&at, index, path.c_str()) != 0) return out;
  for (const git_index_entry* entry = git_index_get_byindex(index, at);
       entry != nullptr && std::string_view(entry->path).starts_with(path); entry = git_index_get_byindex(index, ++at)) {
    if (looked_for(*entry)) out.emplace_back(entry->path);
  }
  return out;
}

Change to_change(const git_diff_delta& delta) {
  const auto id = [](const git_diff_file& file) {
    return (file.flags & GIT_DIFF_FLAG_EXISTS) != 0 ? std::optional(to_oid(file.id)) : std::nullopt;
  };
  return {delta.new_file.path, Mode(delta.old_file.mode), Mode(delta.new_file.mode), id(delta.old_file), id(delta.new_file)};
}

}  // namespace

std::optional<Index> open_index(const std::string& file, const std::vector<std::string>& gone) {
  git_index* raw = nullptr;
  if (git_index_open(&raw, file.c_str()) != 0) return std::nullopt;
  Index index(raw);
  if (git_index_has_conflicts(raw) != 0) return std::nullopt;
  for (const std::string& path : gone) {
    for (const std::string& entry : entries_at(raw, path)) check(git_index_remove(raw, entry.c_str(), 0), "reading an index");
  }
  return index;
}

std::vector<Change> changes_of(git_repository& repository, git_tree& tree, const Index& index,
                               const std::vector<std::string>& below) {
  std::vector<char*> paths;
  for (const std::string& path : below) paths.push_back(const_cast<char*>(path.c_str()));
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH | GIT_DIFF_INCLUDE_TYPECHANGE;
  options.pathspec = {paths.data(), paths.size()};
  git_diff* raw = nullptr;
  check(git_diff_tree_to_index(&raw, &repository, &tree, index.get(), &options), "comparing an index");
  const Handle<git_diff, git_diff_free> diff(raw);

  std::vector<Change> changes;
  for (std::size_t i = 0; i < git_diff_num_deltas(raw); ++i) changes.push_back(to_change(*git_diff_get_delta(raw, i)));
  sort_by_path(changes);
  return changes;
}

}  // namespace striatum::git
