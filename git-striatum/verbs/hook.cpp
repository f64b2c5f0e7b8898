// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "hooks/apply.hpp"
#include "hooks/hook_place.hpp"
#include "hooks/message.hpp"
#include "hooks/push.hpp"
#include "hooks/spool.hpp"
#include "hooks/staged.hpp"
#include "hooks/status.hpp"
#include "os/files.hpp"
#include "os/process.hpp"
#include "verbs/repository.hpp"

namespace striatum::cli {
namespace {

constexpr const char* kSkipVariable = "STRIATUM_SKIP_HOOKS";

/// A hook's call: its name, what git gave it, and how it answers.
struct HookCall {
  Shell& shell;
  const hooks::HookSpec& hook;
  std::vector<std::string> args;

  [[nodiscard]] std::optional<std::string> environment(const std::string& name) const { return shell.world().environment(name); }
  [[nodiscard]] const std::string& arg(std::size_t at) const { return args.at(at); }
};

hooks::CommitQuestion question(const HookCall& call) {
  hooks::CommitQuestion out;
  if (const auto index = call.environment("GIT_INDEX_FILE")) out.index_file = os::path_join(os::current_directory(), *index);
  out.session = call.environment("STRIATUM_SESSION_ID");
  out.intent = call.environment(hooks::kApplyVariable);
  if (call.hook.name == "pre-merge-commit") {
    constexpr std::string_view kHead = "GITHEAD_";
    for (const std::string& name : os::environment_names()) {
      if (name.starts_with(kHead)) out.merged.push_back(name.substr(kHead.size()));
    }
  }
  return out;
}

// ---- what each hook does -------------------------------------------------------------------------------

hooks::HookReport run_prepare(const HookCall& call) {
  hooks::add_run_trailer(call.shell.open(), question(call), call.arg(0));
  return {};
}

hooks::HookReport run_post_commit(const HookCall& call) {
  const git::Places places = places_of(call.shell);
  const auto head = git::quick_head_commit(places);
  hooks::append_spool(places, {{hooks::SpoolLine::Kind::committed, head ? head->hex() : "-", "", call.environment("STRIATUM_SESSION_ID")}});
  return {};
}

hooks::HookReport run_post_rewrite(const HookCall& call) {
  std::vector<hooks::SpoolLine> lines;
  for (const std::string& line : split(os::read_input(), '\n')) {
    const auto words = split(line, ' ');
    if (words.size() >= 2) lines.push_back({hooks::SpoolLine::Kind::rewritten, words[0], words[1], call.environment("STRIATUM_SESSION_ID")});
  }
  hooks::append_spool(places_of(call.shell), lines);
  return {};
}

hooks::HookReport run_pre_push(const HookCall& call) {
  auto moves = hooks::parse_push_lines(os::read_input());
  if (moves.empty()) {
    moves = hooks::framework_push(call.environment("PRE_COMMIT_REMOTE_BRANCH"), call.environment("PRE_COMMIT_FROM_REF"),
                                  call.environment("PRE_COMMIT_TO_REF"));
  }
  const std::string remote = call.arg(0).empty() ? call.environment("PRE_COMMIT_REMOTE_NAME").value_or("") : call.arg(0);
  return hooks::check_push(places_of(call.shell), remote, moves);
}

hooks::HookReport run_update(const HookCall& call) {
  const auto before = Oid::parse(call.arg(1));
  const auto after = Oid::parse(call.arg(2));
  if (!before || !after) refuse(Code::usage, "update wants a ref and two ids", {"git gives them to the hook"});
  return hooks::check_receive(places_of(call.shell), {{call.arg(0), *before, *after}});
}

hooks::HookReport run(const HookCall& call) {
  const std::string_view name = call.hook.name;
  if (name == "prepare-commit-msg") return run_prepare(call);
  if (name == "commit-msg") return hooks::check_message(call.shell.open(), question(call), call.arg(0));
  if (name == "post-commit") return run_post_commit(call);
  if (name == "post-rewrite") return run_post_rewrite(call);
  if (name == "pre-push") return run_pre_push(call);
  if (name == "pre-receive") return hooks::check_receive(places_of(call.shell), hooks::parse_receive_lines(os::read_input()));
  if (name == "update") return run_update(call);
  return hooks::check_staged(call.shell.open(), question(call));
}

// ---- how it answers ------------------------------------------------------------------------------------

/// Says nothing when git may go on.
void answer(const HookCall& call, const hooks::HookReport& report) {
  Shell& shell = call.shell;
  for (const std::string& warning : report.warnings) shell.remark("striatum: note: " + printable(warning));
  if (report.refusals.empty()) return;
  for (std::size_t i = 1; i < report.refusals.size(); ++i) shell.remark("striatum: " + printable(report.refusals[i]));
  std::vector<std::string> hints = report.hints;
  hints.erase(std::unique(hints.begin(), hints.end()), hints.end());
  for (const std::string& hint : hints) shell.remark("striatum: hint: " + printable(hint));
  refuse(Code::artifact, "striatum " + std::string(call.hook.name) + ": " + report.refusals.front(), hints);
}

/// Somebody asks for no judgement, or a probe for a sign of life. On a server the environment may be the pusher's.
bool excused(const HookCall& call) {
  if (call.hook.part == hooks::Part::server) return false;
  if (const auto notes = call.environment(hooks::kProbeVariable)) {
    os::append(*notes, std::string(call.hook.name) + "\n");
    return true;
  }
  if (!call.hook.can_stop || call.environment(kSkipVariable).value_or("") != "1") return false;
  hooks::append_spool(places_of(call.shell), {{hooks::SpoolLine::Kind::skipped, std::string(call.hook.name), "",
                                               call.environment("STRIATUM_SESSION_ID")}});
  return true;
}

/// What a hook cannot judge does not stop people, unless this is a server or the policy says closed.
bool closed(const HookCall& call) {
  if (call.hook.part == hooks::Part::server) return true;
  try {
    return call.hook.can_stop && hooks::policy_closed(places_of(call.shell));
  } catch (const Error&) {
    return false;
  }
}

void run_hook(const HookCall& call) {
  call.shell.daemon = false;  // a commit is judged here, whatever the agent's other calls go through
  hooks::HookReport report;
  try {
    if (excused(call)) return;
    report = run(call);
  } catch (const Error& error) {
    if (closed(call)) throw;
    call.shell.remark("striatum: " + std::string(call.hook.name) + " checked nothing: " + printable(error.message()));
    return;
  }
  answer(call, report);
}

const char* help_of(std::string_view name) {
  if (name == "pre-commit") return "Judge what is staged";
  if (name == "pre-merge-commit") return "Judge what a merge is about to commit";
  if (name == "pre-applypatch") return "Judge what git am is about to commit";
  if (name == "prepare-commit-msg") return "Add the trailer of the run to a message";
  if (name == "commit-msg") return "Add the trailer of the run, judge those that are there";
  if (name == "post-commit") return "Note a commit";
  if (name == "post-rewrite") return "Note which commits took the place of which";
  if (name == "pre-push") return "Verify what is about to leave";
  if (name == "pre-receive") return "Verify what is about to arrive";
  return "Verify what is about to arrive, one ref a call";
}

using Argument = std::pair<std::string, std::string>;

/// What git gives to a hook, in order; other programs may give less.
std::vector<Argument> arguments_of(std::string_view name) {
  const Argument file{"FILE", "The file with the message"};
  if (name == "commit-msg") return {file};
  if (name == "prepare-commit-msg") return {file, {"SOURCE", "Where the message comes from"}, {"COMMIT", "Whose message it was"}};
  if (name == "post-rewrite") return {{"COMMAND", "amend or rebase"}};
  if (name == "pre-push") return {{"REMOTE", "Name of the remote"}, {"URL", "Its address"}};
  if (name == "update") return {{"REF", "The ref that moves"}, {"OLD", "Where it stands"}, {"NEW", "Where it is to stand"}};
  return {};
}

void add_hook(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("hook", "What our git hooks run");
  for (const hooks::HookSpec& hook : hooks::kHooks) {
    const auto names = arguments_of(hook.name);
    auto args = std::make_shared<std::vector<std::string>>(names.size());
    auto* verb = group->add_subcommand(std::string(hook.name), help_of(hook.name));
    for (std::size_t i = 0; i < names.size(); ++i) verb->add_option(names[i].first, (*args)[i], names[i].second);
    verb->callback([args, &hook, &shell] { run_hook({shell, hook, *args}); });
  }
}

const Enlisted kHook({"hook", add_hook, Chapter::by_git, 10});

}  // namespace
}  // namespace striatum::cli
