// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "git/library.hpp"
#include "git/repository.hpp"

namespace striatum::git {
namespace {

using Patch = Handle<git_patch, git_patch_free>;

git_diff_options hunk_options() {
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_FORCE_TEXT;
  options.context_lines = 3;
  options.interhunk_lines = 0;
  return options;
}

Hunk read_hunk(git_patch* patch, std::size_t index) {
  Hunk hunk;
  const git_diff_hunk* header = nullptr;
  check(git_patch_get_hunk(&header, nullptr, patch, index), "reading a hunk");
  hunk.line = static_cast<std::size_t>(std::max(header->new_start, 1));
  const int lines = git_patch_num_lines_in_hunk(patch, index);
  check(lines, "reading a hunk");
  for (std::size_t i = 0; i < static_cast<std::size_t>(lines); ++i) {
    const git_diff_line* line = nullptr;
    check(git_patch_get_line_in_hunk(&line, patch, index, i), "reading a hunk");
    const bool remark = line->origin == GIT_DIFF_LINE_CONTEXT_EOFNL ||
                        line->origin == GIT_DIFF_LINE_ADD_EOFNL || line->origin == GIT_DIFF_LINE_DEL_EOFNL;
    const bool changed = hunk.added + hunk.removed > 0;
    if (line->origin == GIT_DIFF_LINE_CONTEXT && !changed) ++hunk.line;
    // A remark's content begins with the line break that the line before it lacks.
    if (!remark) hunk.text += line->origin;
    hunk.text.append(line->content, line->content_len);
    if (line->origin == GIT_DIFF_LINE_ADDITION) ++hunk.added;
    if (line->origin == GIT_DIFF_LINE_DELETION) ++hunk.removed;
  }
  return hunk;
}

std::vector<Hunk> read_hunks(const Patch& patch) {
  std::vector<Hunk> result;
  const std::size_t count = git_patch_num_hunks(patch.get());
  for (std::size_t i = 0; i < count; ++i) result.push_back(read_hunk(patch.get(), i));
  return result;
}

}  // namespace

std::string Hunk::bare() const {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    if (text[begin] != ' ') result.append(text, begin, end - begin);
    begin = end;
  }
  return result;
}

std::vector<Hunk> hunks(std::string_view before, std::string_view after) {
  ensure_library();
  const git_diff_options options = hunk_options();
  git_patch* patch = nullptr;
  check(git_patch_from_buffers(&patch, before.data(), before.size(), nullptr, after.data(), after.size(),
                               nullptr, &options),
        "comparing two versions of a file");
  return read_hunks(Patch(patch));
}

std::vector<Hunk> hunks(const git_blob* before, const git_blob* after) {
  const git_diff_options options = hunk_options();
  git_patch* patch = nullptr;
  // libgit2 asks no attributes for an empty name; for none it would ask for those of "file".
  check(git_patch_from_blobs(&patch, before, "", after, "", &options), "comparing two versions of a file");
  return read_hunks(Patch(patch));
}

}  // namespace striatum::git
