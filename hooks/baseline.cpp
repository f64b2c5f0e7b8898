// SPDX-License-Identifier: Apache-2.0
#include "hooks/baseline.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"
#include "git/program.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

constexpr mode_t kPrivateFolder = 0700;
constexpr mode_t kPrivateFile = 0600;

std::string baseline_file(const git::Places& places) { return os::path_join(own_folder(places), "baseline"); }
std::string made_file(const git::Places& places) { return os::path_join(own_folder(places), "made-folders"); }

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> out = split(os::read_file(file).value_or(""), '\n');
  std::erase_if(out, [](const std::string& line) { return line.empty(); });
  return out;
}

}  // namespace

std::string own_folder(const git::Places& places) { return os::path_join(places.common_dir, "striatum"); }

bool has_baseline(const git::Places& places) { return os::exists(baseline_file(places)); }

void set_baseline(const git::Places& places) {
  const git::Program git(places);
  std::string tips = git.out({"for-each-ref", "--format=%(objectname)", "refs/heads"});
  for (const git::Worktree& tree : git::worktrees(git)) {
    if (tree.head) tips += tree.head->hex() + "\n";
  }
  os::ensure_directory(own_folder(places), kPrivateFolder);
  os::write_atomically(baseline_file(places), tips, kPrivateFile);
}

void set_baseline_once(const git::Places& places) {
  if (!has_baseline(places)) set_baseline(places);
}

void forget_baseline(const git::Places& places) {
  for (const char* name : {"baseline", "spool", "spool.old", "traced-trust"}) os::remove_file(os::path_join(own_folder(places), name));
}

std::vector<Oid> baseline(const git::Places& places) {
  std::vector<Oid> out;
  for (const std::string& line : lines_of(baseline_file(places))) {
    if (const auto id = Oid::parse(line)) out.push_back(*id);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void remember_missing_folders(const git::Places& places, const std::string& folder) {
  std::vector<std::string> missing;
  for (std::string at = folder; !at.empty() && !os::exists(at); at = at.substr(0, at.rfind('/'))) missing.push_back(at);
  if (missing.empty()) return;
  os::ensure_directory(own_folder(places), kPrivateFolder);
  os::write_atomically(made_file(places), join(missing, "\n") + "\n", kPrivateFile);
}

void forget_made_folders(const git::Places& places) {
  for (const std::string& folder : lines_of(made_file(places))) {
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) break;  // somebody uses it by now
  }
  os::remove_file(made_file(places));
}

}  // namespace striatum::hooks
