// SPDX-License-Identifier: Apache-2.0
#include "hooks/install.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "export/trust.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "hooks/stubs.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

constexpr mode_t kExecutable = 0755;
constexpr std::size_t kMaxHook = std::size_t{4} << 20;

/// What stands at a hook's path.
struct Present {
  enum class Kind { absent, file, other } kind = Kind::absent;
  std::string bytes;
  mode_t mode = 0;

  [[nodiscard]] bool executable() const { return (mode & 0111) != 0; }
};

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

std::string this_program() {
  const auto self = os::real_path("/proc/self/exe");
  if (!self) fail(Code::general, "internal", "the path of this program cannot be found");
  return *self;
}

bool policy_closed(const git::Places& places) {
  const auto repository = git::Repository::open(places);
  const auto head = repository.head().commit;
  const auto id = head ? provenance::trust_id(repository, repository.commit(*head).tree) : std::nullopt;
  if (!id) return false;
  const auto trust = provenance::read_trust(repository, *id);
  return trust && trust->policy.hooks_closed;
}

git::Program program_in(const git::Places& places) {
  return git::Program(places.work_tree.empty() ? places.git_dir : places.work_tree);
}

Json row(std::string_view name, const std::string& path, const std::string& action, Json reason = nullptr,
         Json shown = nullptr) {
  return {{"name", name}, {"path", path}, {"action", action}, {"reason", std::move(reason)}, {"snippet", std::move(shown)}};
}

Json reply(Json rows, const InstallOptions& options) { return {{"hooks", std::move(rows)}, {"dry_run", options.dry_run}}; }

// ---- install -------------------------------------------------------------------------------------------

struct Step {
  std::string name;
  std::string folder;
  std::string path;
  StubTarget target;
  InstallOptions options;

  void write(const std::string& bytes, mode_t mode) const {
    if (!options.dry_run) os::write_atomically(path, bytes, mode);
  }
};

Json create(const Step& step) {
  if (!step.options.dry_run) {
    os::ensure_directory(step.folder, kExecutable);
    if (!os::create_atomically(step.path, stub(step.name, step.target), kExecutable)) {
      return row(step.name, step.path, "skipped", "somebody made this hook meanwhile");
    }
  }
  return row(step.name, step.path, "created");
}

Json chain(const Step& step, const Present& present) {
  const auto manager = manager_of(present.bytes, step.folder);
  const std::string shown = snippet(step.name, manager);
  const auto skip = [&](const std::string& why) { return row(step.name, step.path, "skipped", why, shown); };
  if (manager) return skip("managed by " + *manager);
  if (!is_shell_script(present.bytes)) return skip("a hook of yours that is no plain shell script");
  if (!present.executable()) return skip("a hook of yours that is switched off: it is not executable");
  if (!step.options.chain) return skip("a hook of yours; --chain puts ours in front of it");
  step.write(chained(step.name, step.target, present.bytes), present.mode);
  return row(step.name, step.path, "chained");
}

Json install_one(const Step& step) {
  const Present present = look(step.path);
  if (present.kind == Present::Kind::absent) return create(step);
  if (present.kind == Present::Kind::other) {
    return row(step.name, step.path, "skipped", "not a plain file", snippet(step.name, std::nullopt));
  }
  const HookFile file = read_hook_file(step.name, present.bytes);
  const bool current = file.target == step.target && present.executable();
  switch (file.kind) {
    case HookFile::Kind::foreign: return chain(step, present);
    case HookFile::Kind::broken:
      return row(step.name, step.path, "skipped", "our block was changed by hand", snippet(step.name, std::nullopt));
    case HookFile::Kind::ours:
      if (current) return row(step.name, step.path, "kept");
      step.write(stub(step.name, step.target), kExecutable);
      return row(step.name, step.path, "updated");
    case HookFile::Kind::chained:
      if (current) return row(step.name, step.path, "kept");
      if (!present.executable()) return row(step.name, step.path, "skipped", "the hook is not executable");
      step.write(chained(step.name, step.target, file.rest), present.mode);
      return row(step.name, step.path, "updated");
  }
  return row(step.name, step.path, "skipped");
}

// ---- uninstall -----------------------------------------------------------------------------------------

Json uninstall_one(const Step& step) {
  const Present present = look(step.path);
  if (present.kind != Present::Kind::file) return row(step.name, step.path, "none");
  const HookFile file = read_hook_file(step.name, present.bytes);
  switch (file.kind) {
    case HookFile::Kind::foreign: return row(step.name, step.path, "none");
    case HookFile::Kind::broken:
      return row(step.name, step.path, "left", "our block was changed by hand; take it out by hand");
    case HookFile::Kind::ours:
      if (!step.options.dry_run) os::remove_file(step.path);
      return row(step.name, step.path, "removed");
    case HookFile::Kind::chained:
      step.write(file.rest, present.mode);
      return row(step.name, step.path, "restored");
  }
  return row(step.name, step.path, "none");
}

// ---- status --------------------------------------------------------------------------------------------

struct Judged {
  std::string state;
  Json reason;
  Json shown;
};

Judged judge_program(const HookFile& file, const Present& present) {
  const std::string state = file.kind == HookFile::Kind::ours ? "ours" : "chained";
  if (!present.executable()) return {"broken", "the file is not executable", nullptr};
  if (::access(file.target.program.c_str(), X_OK) == 0) return {state, nullptr, nullptr};
  if (os::find_program("git-striatum")) return {state, "the recorded program is gone; `git striatum` is taken", nullptr};
  return {"broken", "the program it calls is gone: " + file.target.program, nullptr};
}

Judged judge(const std::string& name, const std::string& folder, const std::string& path) {
  const Present present = look(path);
  const std::string plain = snippet(name, std::nullopt);
  if (present.kind == Present::Kind::absent) return {"missing", nullptr, nullptr};
  if (present.kind == Present::Kind::other) return {"foreign", "not a plain file", plain};
  const HookFile file = read_hook_file(name, present.bytes);
  if (file.kind == HookFile::Kind::broken) return {"broken", "our block was changed by hand", nullptr};
  if (file.kind != HookFile::Kind::foreign) return judge_program(file, present);
  const auto manager = manager_of(present.bytes, folder);
  return {"foreign", manager ? Json("managed by " + *manager) : Json("a hook of yours"), snippet(name, manager)};
}

}  // namespace

Json install_hooks(const git::Places& places, const InstallOptions& options) {
  const std::string folder = git::hooks_folder(program_in(places));
  const StubTarget target{this_program(), policy_closed(places)};
  Json rows = Json::array();
  for (const std::string_view name : kHookNames) {
    rows.push_back(install_one({std::string(name), folder, os::path_join(folder, name), target, options}));
  }
  return reply(std::move(rows), options);
}

Json uninstall_hooks(const git::Places& places, const InstallOptions& options) {
  const std::string folder = git::hooks_folder(program_in(places));
  Json rows = Json::array();
  for (const std::string_view name : kHookNames) {
    rows.push_back(uninstall_one({std::string(name), folder, os::path_join(folder, name), {}, options}));
  }
  return reply(std::move(rows), options);
}

Json hooks_status(const git::Places& places) {
  const git::Program git = program_in(places);
  Json rows = Json::array();
  bool ready = true;
  for (const git::Worktree& tree : git::worktrees(git)) {
    if (tree.bare || !os::is_directory(tree.path)) continue;
    const std::string folder = git::hooks_folder(git::Program(tree.path));
    for (const std::string_view hook : kHookNames) {
      const std::string name(hook);
      const std::string path = os::path_join(folder, name);
      Judged judged = judge(name, folder, path);
      ready = ready && (judged.state == "ours" || judged.state == "chained");
      rows.push_back({{"name", name},
                      {"worktree", tree.path},
                      {"path", path},
                      {"state", judged.state},
                      {"reason", std::move(judged.reason)},
                      {"snippet", std::move(judged.shown)}});
    }
  }
  ready = ready && !rows.empty();
  return {{"ready", ready}, {"hooks_path", git::hooks_folder(git)}, {"hooks", std::move(rows)}};
}

}  // namespace striatum::hooks
