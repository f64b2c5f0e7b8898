// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "hooks/baseline.hpp"
#include "hooks/hook_place.hpp"
#include "hooks/status.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

/// The stubs ask us only while this file is there; taken away again unless it was there before.
class OpenGate {
 public:
  explicit OpenGate(const git::Places& places)
      : file_(os::path_join(own_folder(places), "active")), made_(!os::exists(file_)) {
    os::ensure_directory(own_folder(places), 0700);
    if (made_) os::write_atomically(file_, "", 0600);
  }
  OpenGate(const OpenGate&) = delete;
  OpenGate& operator=(const OpenGate&) = delete;
  ~OpenGate() {
    if (!made_) return;
    try {
      os::remove_file(file_);
    } catch (const Error&) {
      return;  // the next verb does it
    }
  }

 private:
  std::string file_;
  bool made_;
};

/// A detached worktree that goes with this object.
class ThrowAway {
 public:
  ThrowAway(const git::Program& git, const std::string& folder) : git_(git), path_(os::path_join(folder, "tree")) {
    static_cast<void>(git_.out({"worktree", "add", "--quiet", "--detach", path_, "HEAD"}));
  }
  ThrowAway(const ThrowAway&) = delete;
  ThrowAway& operator=(const ThrowAway&) = delete;
  ~ThrowAway() { static_cast<void>(git_.run({"worktree", "remove", "--force", "--force", path_})); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const git::Program& git_;
  std::string path_;
};

/// Managers read files that need not be tracked.
void copy_configurations(const std::string& from, const std::string& to) {
  for (const char* name : {"lefthook.yml", "lefthook-local.yml", ".lefthook.yml", ".pre-commit-config.yaml"}) {
    const auto bytes = os::read_file(os::path_join(from, name));
    const std::string copy = os::path_join(to, name);
    if (bytes && !os::exists(copy)) os::write_atomically(copy, *bytes, 0644);
  }
}

/// A relative core.hooksPath may lead to files that are not tracked: the hooks of the probed worktree are meant.
git::Program in_worktree(const std::string& path, const std::string& hooks) {
  return git::Program(path)
      .with_environment("GIT_CONFIG_COUNT", "1")
      .with_environment("GIT_CONFIG_KEY_0", "core.hooksPath")
      .with_environment("GIT_CONFIG_VALUE_0", hooks);
}

struct Probe {
  git::Program git;
  std::string error;

  /// Goes on after a failure: other hooks may still show.
  void run(std::vector<std::string> args, std::string input = {}) {
    const os::Finished finished = git.run(std::move(args), std::move(input));
    if (!finished.ok() && error.empty()) error = git::complaint(finished);
  }
};

void make_commits(Probe& probe, const std::string& folder) {
  const std::string base = probe.git.line({"rev-parse", "HEAD"});
  const std::string remote = os::path_join(folder, "remote.git");
  probe.run({"commit", "--quiet", "--allow-empty", "-m", "striatum: probe"});
  probe.run({"commit", "--quiet", "--amend", "--allow-empty", "-m", "striatum: probe again"});
  const std::string tree = base + "^{tree}";
  const std::string side = probe.git.line({"commit-tree", "-p", base, "-m", "striatum: probe beside", tree});
  probe.run({"merge", "--quiet", "--no-ff", "--no-edit", side});
  const std::string blob = probe.git.line({"hash-object", "-w", "--stdin"}, "probe\n");
  probe.run({"update-index", "--add", "--cacheinfo", "100644," + blob + ",striatum-probe-file"});
  const std::string added = probe.git.line({"write-tree"});
  const std::string patched = probe.git.line({"commit-tree", "-p", base, "-m", "striatum: probe patch", added});
  probe.run({"reset", "--quiet", "--hard", base});
  probe.run({"am", "--quiet"}, probe.git.out({"format-patch", "--stdout", "-1", patched}));
  probe.run({"init", "--quiet", "--bare", remote});
  probe.run({"push", "--quiet", remote, "HEAD:refs/heads/probe"});
}

bool noted(const std::string& notes, std::string_view hook) {
  const auto lines = split(notes, '\n');
  return std::find(lines.begin(), lines.end(), hook) != lines.end();
}

}  // namespace

Json probe_hooks(const git::Places& places) {
  const git::Program git(places);
  const auto head = git.run({"rev-parse", "--verify", "--quiet", "HEAD"});
  if (places.work_tree.empty() || !head.ok()) {
    refuse(Code::transition, "a probe needs a work tree with a commit", {"make the first commit, then `git striatum hooks status --probe`"});
  }
  const HookPlace place = hook_place(places);
  const OpenGate gate(places);
  const os::TemporaryFolder folder(own_folder(places));
  const ThrowAway tree(git, folder.path());
  copy_configurations(places.work_tree, tree.path());
  const std::string notes = os::path_join(folder.path(), "notes");
  Probe probe{in_worktree(tree.path(), place.folder).with_environment(kProbeVariable, notes), ""};
  make_commits(probe, folder.path());
  const std::string seen = os::read_file(notes).value_or("");
  Json rows = Json::array();
  for (const HookSpec& hook : needed_hooks(places, place.git)) {
    if (hook.part != Part::server) rows.push_back({{"name", hook.name}, {"ran", noted(seen, hook.name)}});
  }
  return {{"hooks", std::move(rows)}, {"error", probe.error.empty() ? Json() : Json(probe.error)}};
}

}  // namespace striatum::hooks
