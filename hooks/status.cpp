// SPDX-License-Identifier: Apache-2.0
#include "hooks/status.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "hooks/baseline.hpp"
#include "hooks/hook_place.hpp"
#include "hooks/managers.hpp"
#include "hooks/observed.hpp"
#include "os/files.hpp"
#include "os/process.hpp"

namespace striatum::hooks {
namespace {

constexpr std::size_t kMostListed = 50;

struct Judged {
  std::string state;
  Json reason;
  Json shown;

  [[nodiscard]] bool runs() const { return state == "ours" || state == "chained" || state == "configured"; }
};

/// What cannot be told by the target's form.
Judged judge_target(std::string state, const StubTarget& target, bool closed) {
  if (closed && !target.closed) {
    return {"broken", "the policy says closed, and this hook lets commits through when the program is gone: install it again", nullptr};
  }
  if (::access(target.program.c_str(), X_OK) == 0) return {std::move(state), nullptr, nullptr};
  if (os::find_program("git-striatum")) return {std::move(state), "the recorded program is gone; `git striatum` is taken", nullptr};
  return {"broken", "the program it calls is gone: " + target.program, nullptr};
}

Judged judge_manager(const HookPlace& place, const HookSpec& hook, Manager manager, const Present& present, bool closed) {
  const std::string name(to_text(manager));
  const std::string shown = snippet(hook, manager);
  const Present aside = look(place.path(hook) + ".legacy");
  if (manager == Manager::pre_commit && aside.kind == Present::Kind::file && present.executable()) {
    const HookFile file = read_hook_file(hook, aside.bytes);
    if (file.kind == HookFile::Kind::ours && aside.executable()) return judge_target("chained", file.target, closed);
  }
  if (!present.executable()) return {"foreign", "managed by " + name + ", and switched off: it is not executable", shown};
  const Proof proof = prove(hook, manager, place.folder, place.top, present.bytes);
  if (!proof.holds) return {"foreign", "managed by " + name + "; " + proof.reason, shown};
  if (os::find_program("git-striatum")) return {"configured", "by " + name, nullptr};
  return {"broken", "git-striatum is not in PATH, where " + name + " looks for it", nullptr};
}

Judged judge_file(const HookPlace& place, const HookSpec& hook, bool closed) {
  const Present present = look(place.path(hook));
  const std::string plain = snippet(hook, std::nullopt);
  if (present.kind == Present::Kind::absent) return {"missing", nullptr, nullptr};
  if (present.kind == Present::Kind::other) return {"foreign", "not a plain file", plain};
  const HookFile file = read_hook_file(hook, present.bytes);
  if (file.kind == HookFile::Kind::broken) return {"broken", "our block was changed by hand", nullptr};
  if (file.kind == HookFile::Kind::foreign) {
    const auto manager = manager_of(present.bytes, place.folder);
    if (manager) return judge_manager(place, hook, *manager, present, closed);
    if (!present.executable() || !own_script_runs_ours(hook, present.bytes)) return {"foreign", "a hook of yours", plain};
    if (os::find_program("git-striatum")) return {"configured", "in a hook of yours", nullptr};
    return {"broken", "git-striatum is not in PATH, where your hook looks for it", nullptr};
  }
  if (!present.executable()) return {"broken", "the file is not executable", nullptr};
  return judge_target(file.kind == HookFile::Kind::ours ? "ours" : "chained", file.target, closed);
}

/// nullopt: git's configuration holds nothing of ours, or this git does not read hooks from there.
std::optional<Judged> judge_configured(const git::Config& config, const HookSpec& hook, bool closed) {
  const std::string section = configured_section(hook);
  const auto command = config.get(section + ".command");
  if (!command) return std::nullopt;
  const auto target = configured_target(hook, *command);
  if (!target || config.all(section + ".event") != std::vector{std::string(hook.name)}) {
    return Judged{"broken", section + " was changed by hand", nullptr};
  }
  if (config.boolean(section + ".enabled") == false) return Judged{"broken", section + " is switched off", nullptr};
  return judge_target("configured", *target, closed);
}

struct WorktreeStatus {
  HookPlace place;
  std::string shown;
};

/// Each folder in which somebody commits; a bare repository itself where it is a server's.
std::vector<WorktreeStatus> places_to_judge(const git::Places& places, const git::Program& git) {
  std::vector<WorktreeStatus> out;
  for (const git::Worktree& tree : git::worktrees(git)) {
    // Of a submodule git names the git folder here.
    const std::string top = tree.path == places.common_dir ? places.main_work_tree : tree.path;
    if (!tree.bare && os::is_directory(top)) out.push_back({hook_place(top), top});
  }
  if (places.bare) out.push_back({hook_place(places), places.git_dir});
  return out;
}

}  // namespace

Json around_json(const git::Places& places) {
  Json out = Json::array();
  for (const Observed& observed : commits_around(places)) {
    if (out.size() == kMostListed) break;
    out.push_back({{"commit", observed.commit.id.hex()},
                   {"seen", to_text(observed.seen)},
                   {"subject", to_utf8(observed.commit.message.substr(0, observed.commit.message.find('\n')))}});
  }
  return out;
}

Json hooks_status(const git::Places& places) {
  const HookPlace own = hook_place(places);
  const bool closed = policy_closed(places);
  const bool configured = git::reads_configured_hooks(own.git);
  const auto needed = needed_hooks(places, own.git);
  Json rows = Json::array();
  bool ready = true;
  for (const WorktreeStatus& tree : places_to_judge(places, own.git)) {
    const git::Config config = git::Config::read(tree.place.git);
    for (const HookSpec& hook : needed) {
      if ((hook.part == Part::server) != tree.place.top.empty()) continue;
      const bool strict = closed || hook.part == Part::server;
      const auto by_config = configured && hook.part != Part::server ? judge_configured(config, hook, strict) : std::nullopt;
      Judged judged = by_config ? *by_config : judge_file(tree.place, hook, strict);
      ready = ready && judged.runs();
      rows.push_back({{"name", hook.name},
                      {"worktree", tree.shown},
                      {"path", tree.place.path(hook)},
                      {"state", judged.state},
                      {"reason", std::move(judged.reason)},
                      {"snippet", std::move(judged.shown)}});
    }
  }
  ready = ready && !rows.empty();
  return {{"ready", ready}, {"hooks_path", own.folder}, {"hooks", std::move(rows)}, {"around", around_json(places)}};
}

}  // namespace striatum::hooks
