// SPDX-License-Identifier: Apache-2.0
#include "hooks/stubs.hpp"

#include "base/text.hpp"

namespace striatum::hooks {
namespace {

constexpr std::string_view kShell = "#!/bin/sh\n";

std::string begin_mark(std::string_view hook) { return "# >>> striatum " + std::string(hook) + " >>>\n"; }
std::string end_mark(std::string_view hook) { return "# <<< striatum " + std::string(hook) + " <<<\n"; }

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::optional<std::string> unquoted(std::string_view text) {
  std::string out;
  while (!text.empty() && text.front() == '\'') {
    const auto end = text.find('\'', 1);
    if (end == std::string_view::npos) return std::nullopt;
    out += text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (text.empty()) return out;
    if (!text.starts_with("\\'")) return std::nullopt;
    out += '\'';
    text.remove_prefix(2);
  }
  return std::nullopt;
}

/// In a stub the program takes the shell's place; in a user's script the script goes on after it.
enum class Way { exec, call };

std::string run_line(std::string_view program, const HookSpec& hook, Way way) {
  const std::string command = std::string(program) + " hook " + std::string(hook.name) + " \"$@\"";
  if (way == Way::exec) return "exec " + command;
  const std::string fed = hook.reads_input ? "printf '%s\\n' \"$striatum_input\" | " + command : command;
  return fed + (hook.can_stop ? " || exit $?" : " || :");
}

/// The lines that call the program, or say that it is gone.
std::string call_lines(const HookSpec& hook, const StubTarget& target, Way way, const std::string& indent) {
  const std::string program = quoted(target.program);
  return indent + "if [ -x " + program + " ]; then\n" +
         indent + "  " + run_line(program, hook, way) + "\n" +
         indent + "elif command -v git-striatum >/dev/null 2>&1; then\n" +
         indent + "  " + run_line("git striatum", hook, way) + "\n" +
         indent + "else\n" +
         indent + "  echo 'striatum: the program of this hook is gone; " + std::string(hook.name) + " checked nothing' >&2\n" +
         (target.closed && hook.can_stop ? indent + "  exit 1\n" : "") +
         indent + "fi\n";
}

/// A script behind our block reads what git wrote, to the byte: lines, each with its end.
constexpr std::string_view kGiveBack =
    "if [ -n \"$striatum_input\" ]; then\n"
    "exec <<STRIATUM_INPUT\n"
    "$striatum_input\n"
    "STRIATUM_INPUT\n"
    "else\n"
    "exec </dev/null\n"
    "fi\n";

/// The marker lies in the common folder: of a linked worktree's own git folder that is two above.
constexpr std::string_view kGate =
    "striatum_git=${GIT_DIR:-.git}\n"
    "if [ -e \"$striatum_git/striatum/active\" ] || [ -e \"$striatum_git/../../striatum/active\" ]; then\n";

std::string block(const HookSpec& hook, const StubTarget& target, Way way) {
  const bool feeds = hook.reads_input && way == Way::call;
  const std::string indent = hook.gated ? "  " : "";
  return begin_mark(hook.name) +
         "# Made by `git striatum hooks install`; `git striatum hooks uninstall` takes it away again.\n" +
         std::string(hook.gated ? kGate : "") +
         (feeds ? indent + "striatum_input=$(cat)\n" : "") +
         call_lines(hook, target, way, indent) +
         std::string(feeds ? kGiveBack : "") +
         (hook.gated ? "fi\n" : "") +
         end_mark(hook.name);
}

/// The target that a block names; whether the block is ours to the byte is for the caller to compare.
std::optional<StubTarget> target_of(const HookSpec& hook, std::string_view bytes) {
  constexpr std::string_view kBefore = "if [ -x ";
  constexpr std::string_view kAfter = " ]; then\n";
  const auto at = bytes.find(kBefore);
  const auto end = bytes.find(kAfter, at == std::string_view::npos ? 0 : at);
  if (at == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  const auto program = unquoted(bytes.substr(at + kBefore.size(), end - at - kBefore.size()));
  if (!program) return std::nullopt;
  return StubTarget{*program, hook.can_stop && bytes.find("  exit 1\n") != std::string_view::npos};
}

std::size_t first_line_size(std::string_view script) {
  const auto end = script.find('\n');
  return end == std::string_view::npos ? script.size() : end + 1;
}

}  // namespace

std::string stub(const HookSpec& hook, const StubTarget& target) {
  return std::string(kShell) + block(hook, target, Way::exec);
}

std::string chained(const HookSpec& hook, const StubTarget& target, std::string_view script) {
  const std::size_t first = first_line_size(script);
  return std::string(script.substr(0, first)) + block(hook, target, Way::call) + std::string(script.substr(first));
}

std::string configured_command(const HookSpec& hook, const StubTarget& target) {
  return "striatum_hook() {\n" + block(hook, target, Way::exec) + "}; striatum_hook";
}

std::optional<StubTarget> configured_target(const HookSpec& hook, std::string_view command) {
  const auto target = target_of(hook, command);
  if (!target || configured_command(hook, *target) != command) return std::nullopt;
  return target;
}

HookFile read_hook_file(const HookSpec& hook, std::string_view bytes) {
  HookFile out;
  const std::string begin = begin_mark(hook.name);
  const std::string end = end_mark(hook.name);
  const auto from = bytes.find(begin);
  const auto to = bytes.find(end);
  if (from == std::string_view::npos && to == std::string_view::npos) return out;
  out.kind = HookFile::Kind::broken;
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return out;
  const auto target = target_of(hook, bytes.substr(from, to - from));
  if (!target) return out;
  out.target = *target;
  out.rest = std::string(bytes.substr(0, from)) + std::string(bytes.substr(to + end.size()));
  if (bytes == stub(hook, *target)) {
    out.kind = HookFile::Kind::ours;
  } else if (is_shell_script(out.rest) && bytes == chained(hook, *target, out.rest)) {
    out.kind = HookFile::Kind::chained;
  }
  return out;
}

bool is_shell_script(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos || bytes.find('\n') == std::string_view::npos) return false;
  const std::string_view first = bytes.substr(0, bytes.find('\n'));
  if (!first.starts_with("#!")) return false;
  const auto words = split(trim(first.substr(2)), ' ');
  const std::string& program = words.front();
  const bool env = program == "/usr/bin/env" && words.size() == 2;
  const std::string name = env ? words[1] : program.substr(program.rfind('/') + 1);
  return name == "sh" || name == "bash" || name == "dash" || name == "zsh" || name == "ksh";
}

}  // namespace striatum::hooks
