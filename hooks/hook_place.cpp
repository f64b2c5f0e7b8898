// SPDX-License-Identifier: Apache-2.0
#include "hooks/hook_place.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "export/trust.hpp"
#include "git/repository.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

constexpr std::size_t kMaxHook = std::size_t{4} << 20;

git::Program program_in(const git::Places& places) {
  return git::Program(places.work_tree.empty() ? places.git_dir : places.work_tree);
}

bool has_worktrees(const git::Program& git) { return git::worktrees(git).size() > 1; }

}  // namespace

Present look(const std::string& path) {
  Present out;
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) os::fail_errno(errno, "looking at", path);
    return out;
  }
  out.mode = info.st_mode & 07777;
  out.kind = S_ISREG(info.st_mode) ? Present::Kind::file : Present::Kind::other;
  if (out.kind == Present::Kind::file) out.bytes = os::read_file(path, kMaxHook).value_or("");
  return out;
}

std::string HookPlace::path(const HookSpec& hook) const { return os::path_join(folder, hook.name); }

bool HookPlace::tracked(const HookSpec& hook) const {
  if (top.empty() || !folder.starts_with(top + "/")) return false;
  return git.run({"ls-files", "--error-unmatch", "--", path(hook)}).ok();
}

HookPlace hook_place(const git::Places& places) {
  git::Program git = program_in(places);
  std::string folder = git::hooks_folder(git);
  return {std::move(git), places.work_tree, std::move(folder)};
}

HookPlace hook_place(const std::string& work_tree) {
  git::Program git(work_tree);
  std::string folder = git::hooks_folder(git);
  return {std::move(git), work_tree, std::move(folder)};
}

std::vector<HookSpec> needed_hooks(const git::Places& places, const git::Program& git) {
  const bool commits = !places.bare || has_worktrees(git);
  const bool logged = git::Config::read(git).boolean("core.logAllRefUpdates").value_or(true);
  std::vector<HookSpec> out;
  for (const HookSpec& hook : kHooks) {
    const bool usual = hook.part == Part::usual || (hook.name == "post-commit" && !logged);
    if ((usual && commits) || (places.bare && hook.name == "pre-receive")) out.push_back(hook);
  }
  return out;
}

std::string configured_section(const HookSpec& hook) { return "hook.striatum-" + std::string(hook.name); }

bool policy_closed(const git::Places& places) {
  const auto repository = git::Repository::open(places);
  const auto head = repository.head().commit;
  const auto id = head ? provenance::trust_id(repository, repository.commit(*head).tree) : std::nullopt;
  if (!id) return false;
  const auto trust = provenance::read_trust(repository, *id);
  return trust && trust->policy.hooks_closed;
}

}  // namespace striatum::hooks
