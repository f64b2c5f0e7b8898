// SPDX-License-Identifier: Apache-2.0
#include "hooks/managers.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

std::string shell_line(const HookSpec& hook, std::string_view arguments) {
  return "if command -v git-striatum >/dev/null; then git striatum hook " + std::string(hook.name) +
         (arguments.empty() ? "" : " " + std::string(arguments)) + "; fi";
}

/// A script of a person's goes on after a command that failed, where husky's shell stops.
std::string own_line(const HookSpec& hook) {
  return shell_line(hook, hook.can_stop ? "\"$@\" || exit $?" : "\"$@\"");
}

// ---- lefthook --------------------------------------------------------------------------------------------

std::string lefthook_arguments(const HookSpec& hook) {
  if (hook.name == "commit-msg" || hook.name == "post-rewrite") return "{1}";
  if (hook.name == "prepare-commit-msg" || hook.name == "pre-push") return "{0}";
  return "";
}

std::vector<std::string> lefthook_lines(const HookSpec& hook) {
  std::vector<std::string> out{std::string(hook.name) + ":", "  commands:", "    striatum:",
                               "      run: " + shell_line(hook, lefthook_arguments(hook))};
  if (hook.reads_input) out.emplace_back("      use_stdin: true");
  return out;
}

// ---- pre-commit ------------------------------------------------------------------------------------------

bool known_to_pre_commit(const HookSpec& hook) { return hook.name != "pre-applypatch" && hook.part != Part::server; }

std::vector<std::string> pre_commit_lines(const HookSpec& hook) {
  const std::string name(hook.name);
  const bool file = name == "commit-msg" || name == "prepare-commit-msg";
  return {"- repo: local",
          "  hooks:",
          "  - id: striatum-" + name,
          "    name: striatum " + name,
          "    entry: sh -c '" + shell_line(hook, "\"$@\"") + "' --",
          "    language: system",
          "    stages: [" + name + "]",
          "    always_run: true",
          std::string("    pass_filenames: ") + (file ? "true" : "false")};
}

// ---- text ------------------------------------------------------------------------------------------------

bool comment_or_empty(std::string_view line) {
  const std::string_view text = trim(line);
  return text.empty() || text.front() == '#';
}

std::size_t indent_of(std::string_view line) { return line.find_first_not_of(' '); }

/// The lines below the one with this text, as long as they stand further in; nullopt when there is no such line.
std::optional<std::vector<std::string>> below(const std::vector<std::string>& lines, std::string_view text) {
  const auto head = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) { return trim(line) == text; });
  if (head == lines.end()) return std::nullopt;
  std::vector<std::string> out;
  for (auto line = head + 1; line != lines.end(); ++line) {
    if (comment_or_empty(*line)) continue;
    if (indent_of(*line) <= indent_of(*head)) break;
    out.push_back(*line);
  }
  return out;
}

bool holds_line(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return trim(line) == trim(text); });
}

bool holds_key(const std::vector<std::string>& lines, const std::vector<std::string>& keys) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    std::string_view text = trim(line);
    if (text.starts_with("- ")) text.remove_prefix(2);
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return text.starts_with(key + ":"); });
  });
}

std::string not_there(const std::string& file) { return "ours is not in " + file; }
std::string in_doubt(const std::string& file) {
  return "ours is in " + file + ", but not as printed or under conditions; --probe tells whether it runs";
}

/// Whether a script comes to the wanted line: nothing before it ends or turns the script.
Proof script_proof(const HookSpec& hook, std::string_view script, const std::string& wanted, const std::string& file) {
  if (script.find("git striatum hook " + std::string(hook.name)) == std::string_view::npos) return {false, not_there(file)};
  constexpr std::array<std::string_view, 9> kTurns{"exit", "exec", "return", "if ", "case ", "while ",
                                                   "for ", "<<",   "{"};
  for (const std::string& line : split(script, '\n')) {
    if (line == wanted) return {true, ""};
    if (comment_or_empty(line)) continue;
    const bool turns = std::any_of(kTurns.begin(), kTurns.end(),
                                   [&](std::string_view word) { return line.find(word) != std::string::npos; });
    if (turns) break;
  }
  return {false, in_doubt(file)};
}

std::string parent_of(std::string_view folder) { return std::string(folder.substr(0, folder.rfind('/'))); }

/// The first of these files that is there.
std::optional<std::pair<std::string, std::string>> first_file(const std::string& top, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (auto bytes = os::read_file(os::path_join(top, name), std::size_t{1} << 20)) return std::pair(name, std::move(*bytes));
  }
  return std::nullopt;
}

Proof prove_husky(const HookSpec& hook, const std::string& folder) {
  const std::string file = os::path_join(parent_of(folder), hook.name);
  const auto script = os::read_file(file, std::size_t{1} << 20);
  return husky_proof(hook, script.value_or(""));
}

Proof prove_lefthook(const HookSpec& hook, const std::string& top) {
  const auto local = first_file(top, {"lefthook-local.yml", ".lefthook-local.yml", "lefthook-local.yaml",
                                      ".lefthook-local.yaml", "lefthook-local.toml", "lefthook-local.json"});
  if (local) return {false, local->first + " may say otherwise than lefthook.yml; --probe tells whether ours runs"};
  const auto file = first_file(top, {"lefthook.yml", ".lefthook.yml", "lefthook.yaml", ".lefthook.yaml"});
  return lefthook_proof(hook, file ? file->second : "");
}

Proof prove_pre_commit(const HookSpec& hook, const std::string& top, std::string_view script) {
  if (!known_to_pre_commit(hook)) return {false, "pre-commit does not run hooks of this kind"};
  if (script.find("--config=.pre-commit-config.yaml ") == std::string_view::npos ||
      script.find("--hook-type=" + std::string(hook.name) + ")") == std::string_view::npos) {
    return {false, "pre-commit is installed here with another configuration"};
  }
  const auto file = first_file(top, {".pre-commit-config.yaml"});
  return pre_commit_proof(hook, file ? file->second : "");
}

}  // namespace

std::string_view to_text(Manager manager) {
  switch (manager) {
    case Manager::husky: return "husky";
    case Manager::lefthook: return "lefthook";
    case Manager::pre_commit: return "pre-commit";
  }
  return "";
}

std::optional<Manager> manager_of(std::string_view bytes, std::string_view folder) {
  const auto holds = [&](std::string_view word) { return bytes.find(word) != std::string_view::npos; };
  if (holds("husky") || folder.ends_with("/.husky") || folder.ends_with("/.husky/_")) return Manager::husky;
  if (holds("lefthook")) return Manager::lefthook;
  if (holds("generated by pre-commit") || holds("pre_commit")) return Manager::pre_commit;
  return std::nullopt;
}

std::string snippet(const HookSpec& hook, const std::optional<Manager>& manager) {
  const std::string name(hook.name);
  if (!manager) return own_line(hook);
  switch (*manager) {
    case Manager::husky: return ".husky/" + name + ":\n" + shell_line(hook, "\"$@\"") + "\n";
    case Manager::lefthook: return "lefthook.yml:\n" + join(lefthook_lines(hook), "\n") + "\n";
    case Manager::pre_commit:
      if (!known_to_pre_commit(hook)) return "";
      return ".pre-commit-config.yaml (then: pre-commit install -t " + name + "):\n" + join(pre_commit_lines(hook), "\n") + "\n";
  }
  return "";
}

bool own_script_runs_ours(const HookSpec& hook, std::string_view script) {
  return is_shell_script(script) && script_proof(hook, script, own_line(hook), "").holds;
}

Proof husky_proof(const HookSpec& hook, std::string_view script) {
  return script_proof(hook, script, shell_line(hook, "\"$@\""), ".husky/" + std::string(hook.name));
}

Proof lefthook_proof(const HookSpec& hook, std::string_view yaml) {
  const auto wanted = lefthook_lines(hook);
  if (yaml.find("git striatum hook " + std::string(hook.name)) == std::string_view::npos) return {false, not_there("lefthook.yml")};
  const Proof doubt{false, in_doubt("lefthook.yml")};
  const auto lines = split(yaml, '\n');
  if (holds_key(lines, {"skip", "only", "exclude_tags", "extends", "remotes"})) return doubt;
  if (std::count(lines.begin(), lines.end(), wanted.front()) != 1) return doubt;
  const auto section = below(lines, wanted.front());
  const auto commands = section ? below(*section, "commands:") : std::nullopt;
  const auto ours = commands ? below(*commands, "striatum:") : std::nullopt;
  if (!ours || ours->size() != wanted.size() - 3) return doubt;
  for (std::size_t i = 3; i < wanted.size(); ++i) {
    if (!holds_line(*ours, wanted[i])) return doubt;
  }
  return {true, ""};
}

Proof pre_commit_proof(const HookSpec& hook, std::string_view yaml) {
  const auto wanted = pre_commit_lines(hook);
  const std::string file = ".pre-commit-config.yaml";
  if (yaml.find("striatum-" + std::string(hook.name)) == std::string_view::npos) return {false, not_there(file)};
  const Proof doubt{false, in_doubt(file)};
  const auto lines = split(yaml, '\n');
  if (holds_key(lines, {"default_stages"})) return doubt;
  const auto ours = below(lines, trim(wanted[2]));
  if (!ours || ours->size() != wanted.size() - 3) return doubt;
  for (std::size_t i = 3; i < wanted.size(); ++i) {
    if (!holds_line(*ours, wanted[i])) return doubt;
  }
  return {true, ""};
}

Proof prove(const HookSpec& hook, Manager manager, const std::string& folder, const std::string& top,
            std::string_view script) {
  switch (manager) {
    case Manager::husky: return prove_husky(hook, folder);
    case Manager::lefthook: return prove_lefthook(hook, top);
    case Manager::pre_commit: return prove_pre_commit(hook, top, script);
  }
  return {};
}

}  // namespace striatum::hooks
