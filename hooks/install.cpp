// SPDX-License-Identifier: Apache-2.0
#include "hooks/install.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "hooks/baseline.hpp"
#include "hooks/hook_place.hpp"
#include "hooks/managers.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

constexpr mode_t kExecutable = 0755;

std::string this_program() {
  const auto self = os::real_path("/proc/self/exe");
  if (!self) fail(Code::general, "internal", "the path of this program cannot be found");
  return *self;
}

Json reply(Json rows, const InstallOptions& options) { return {{"hooks", std::move(rows)}, {"dry_run", options.dry_run}}; }

struct Step {
  const HookPlace& place;
  const HookSpec& hook;
  StubTarget target;
  InstallOptions options;

  [[nodiscard]] std::string path() const { return place.path(hook); }
  [[nodiscard]] Json row(std::string_view action, Json reason = nullptr, Json shown = nullptr) const {
    return {{"name", hook.name}, {"path", path()}, {"action", action}, {"reason", std::move(reason)}, {"snippet", std::move(shown)}};
  }
  void write(const std::string& bytes, mode_t mode) const {
    if (!options.dry_run) os::write_atomically(path(), bytes, mode);
  }
};

// ---- files ---------------------------------------------------------------------------------------------

Json create(const Step& step) {
  if (!step.options.dry_run) {
    os::ensure_directory(step.place.folder, kExecutable);
    if (!os::create_atomically(step.path(), stub(step.hook, step.target), kExecutable)) {
      return step.row("skipped", "somebody made this hook meanwhile");
    }
  }
  const bool inside = !step.place.top.empty() && step.place.folder.starts_with(step.place.top + "/") &&
                      !step.place.folder.starts_with(step.place.git.git_dir());
  return step.row("created", inside ? Json("in the work tree: keep this file out of commits") : Json());
}

Json chain(const Step& step, const Present& present) {
  const auto manager = manager_of(present.bytes, step.place.folder);
  const std::string shown = snippet(step.hook, manager);
  const auto skip = [&](const std::string& why) { return step.row("skipped", why, shown); };
  if (manager) return skip("managed by " + std::string(to_text(*manager)));
  if (!is_shell_script(present.bytes)) return skip("a hook of yours that is no plain shell script");
  if (!present.executable()) return skip("a hook of yours that is switched off: it is not executable");
  if (step.place.tracked(step.hook)) return skip("the repository holds this hook: add the line to it yourself");
  if (!step.options.chain) return skip("a hook of yours; --chain puts ours in front of it");
  step.write(chained(step.hook, step.target, present.bytes), present.mode);
  return step.row("chained");
}

Json install_file(const Step& step) {
  const Present present = look(step.path());
  if (present.kind == Present::Kind::absent) return create(step);
  if (present.kind == Present::Kind::other) return step.row("skipped", "not a plain file", snippet(step.hook, std::nullopt));
  const HookFile file = read_hook_file(step.hook, present.bytes);
  const bool current = file.target == step.target && present.executable();
  switch (file.kind) {
    case HookFile::Kind::foreign: return chain(step, present);
    case HookFile::Kind::broken:
      return step.row("skipped", "our block was changed by hand", snippet(step.hook, std::nullopt));
    case HookFile::Kind::ours:
      if (current) return step.row("kept");
      step.write(stub(step.hook, step.target), kExecutable);
      return step.row("updated");
    case HookFile::Kind::chained:
      if (current) return step.row("kept");
      if (!present.executable()) return step.row("skipped", "the hook is not executable");
      step.write(chained(step.hook, step.target, file.rest), present.mode);
      return step.row("updated");
  }
  return step.row("skipped");
}

/// pre-commit moves a hook that it finds aside and still runs it.
std::string kept_aside(const Step& step) { return step.path() + ".legacy"; }

Json uninstall_file(const Step& step) {
  const Present aside = look(kept_aside(step));
  if (aside.kind == Present::Kind::file && read_hook_file(step.hook, aside.bytes).kind == HookFile::Kind::ours) {
    if (!step.options.dry_run) os::remove_file(kept_aside(step));
    return step.row("removed");
  }
  const Present present = look(step.path());
  if (present.kind != Present::Kind::file) return step.row("none");
  const HookFile file = read_hook_file(step.hook, present.bytes);
  switch (file.kind) {
    case HookFile::Kind::foreign: return step.row("none");
    case HookFile::Kind::broken: return step.row("left", "our block was changed by hand; take it out by hand");
    case HookFile::Kind::ours:
      if (!step.options.dry_run) os::remove_file(step.path());
      return step.row("removed");
    case HookFile::Kind::chained:
      step.write(file.rest, present.mode);
      return step.row("restored");
  }
  return step.row("none");
}

// ---- git's configuration -------------------------------------------------------------------------------

std::vector<std::string> local_config(const std::vector<std::string>& words) {
  std::vector<std::string> out{"config", "--local"};
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

Json install_configured(const Step& step, const git::Config& config) {
  const std::string section = configured_section(step.hook);
  const std::string wanted = configured_command(step.hook, step.target);
  const auto present = config.get(section + ".command");
  if (present == wanted && config.get(section + ".event") == step.hook.name) return step.row("kept");
  if (present && !configured_target(step.hook, *present)) {
    return step.row("skipped", section + " in git's configuration was changed by hand");
  }
  if (!step.options.dry_run) {
    static_cast<void>(step.place.git.out(local_config({section + ".command", wanted})));
    static_cast<void>(step.place.git.out(local_config({section + ".event", std::string(step.hook.name)})));
  }
  return step.row(present ? "updated" : "configured");
}

/// nullopt: nothing of ours stands there.
std::optional<Json> uninstall_configured(const Step& step, const git::Config& config) {
  const std::string section = configured_section(step.hook);
  const auto present = config.get(section + ".command");
  if (!present) return std::nullopt;
  if (!configured_target(step.hook, *present)) return step.row("left", section + " was changed by hand; take it out by hand");
  if (!step.options.dry_run) static_cast<void>(step.place.git.out(local_config({"--remove-section", section})));
  return step.row("removed");
}

// ---- all of them ---------------------------------------------------------------------------------------

/// A folder that may not be written is no failure: the row says so and what to do instead.
template <class Work>
Json careful(const Step& step, Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.kind() != "read_only" && error.kind() != "no_permission") throw;
    return step.row("skipped", error.message(), snippet(step.hook, std::nullopt));
  }
}

/// Ours runs here from now on, or will as soon as a manager's configuration has its snippet.
bool counts_from_now(const Json& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Json& row) {
    return text_member(row, "action") != "skipped" || optional_text(row, "reason").value_or("").starts_with("managed by");
  });
}

std::vector<HookSpec> wanted_hooks(const git::Places& places, const git::Program& git, const InstallOptions& options) {
  std::vector<HookSpec> out = needed_hooks(places, git);
  for (const HookSpec& hook : kHooks) {
    const bool there = std::any_of(out.begin(), out.end(), [&](const HookSpec& h) { return h.name == hook.name; });
    const bool fits = hook.part == Part::every ? !places.bare : hook.part == Part::server && places.bare;
    if (options.all && !there && fits) out.push_back(hook);
  }
  return out;
}

}  // namespace

Json install_hooks(const git::Places& places, const InstallOptions& options) {
  const HookPlace place = hook_place(places);
  const StubTarget target{this_program(), policy_closed(places)};
  const bool configured = git::reads_configured_hooks(place.git);
  const git::Config config = git::Config::read(place.git);
  if (!options.dry_run) remember_missing_folders(places, place.folder);
  Json rows = Json::array();
  for (const HookSpec& hook : wanted_hooks(places, place.git, options)) {
    StubTarget here = target;
    here.closed = here.closed || hook.part == Part::server;
    const Step step{place, hook, here, options};
    rows.push_back(careful(step, [&] {
      if (!configured || hook.part == Part::server) return install_file(step);
      static_cast<void>(uninstall_file(step));  // an older git had to be given files
      return install_configured(step, config);
    }));
  }
  if (!options.dry_run && counts_from_now(rows)) set_baseline_once(places);
  return reply(std::move(rows), options);
}

Json uninstall_hooks(const git::Places& places, const InstallOptions& options) {
  const HookPlace place = hook_place(places);
  const git::Config config = git::Config::read(place.git);
  Json rows = Json::array();
  for (const HookSpec& hook : kHooks) {
    const Step step{place, hook, {}, options};
    rows.push_back(careful(step, [&] {
      const auto configured = uninstall_configured(step, config);
      Json file = uninstall_file(step);
      return configured && text_member(file, "action") == "none" ? *configured : file;
    }));
  }
  if (!options.dry_run) {
    forget_made_folders(places);
    forget_baseline(places);
  }
  return reply(std::move(rows), options);
}

}  // namespace striatum::hooks
