// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/complete.hpp"
#include "cli/dump.hpp"
#include "cli/help.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "cli/short_ids.hpp"

namespace striatum::cli {
namespace {

constexpr int kUsage = static_cast<int>(Code::usage);

void add_root_options(CLI::App& root, Shell& shell) {
  add_optional(root, "--repo", shell.repo, "Work on the repository at this folder, exactly");
  auto* daemon = root.add_flag("--daemon", shell.daemon, "Ask the daemon's registry (read verbs)");
  auto* direct = root.add_flag("--no-daemon", shell.direct, "Work on the repository directly");
  daemon->excludes(direct);
  add_optional(root, "--request-id", shell.request_id, "Make the call repeatable: same id and arguments, same reply");
  root.set_version_flag("--version", std::string("git-striatum " STRIATUM_VERSION " (contract) " STRIATUM_CONTRACT_VERSION));
}

/// Every leaf takes --json. By `git striatum` the root's options are accepted behind the verb too.
void finish_leaves(CLI::App& app, Shell& shell) {
  for (CLI::App* child : app.get_subcommands({})) {
    child->fallthrough(shell.name() == app::Name::git_striatum);
    if (child->get_subcommands({}).empty()) {
      child->add_flag("--json", shell.json, "Print the envelope {\"data\":…,\"ok\":true}");
    } else {
      child->require_subcommand(1);
    }
    finish_leaves(*child, shell);
  }
}

/// Registers the family that the line names, or all of them when it names none: only what is needed is built.
void add_families(CLI::App& root, Shell& shell, const std::vector<std::string>& args) {
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (args[i] == "-h" || args[i].rfind("--h", 0) == 0) break;
    if (args[i].rfind("--r", 0) == 0 && args[i].find('=') == std::string::npos) {
      ++i;  // the value of a root option
      continue;
    }
    const Family* named = find_family(args[i]);
    if (named == nullptr) continue;
    named->add(root, shell);
    return;
  }
  for (const Family& family : families()) family.add(root, shell);
}

std::string program_of(app::Name name) { return name == app::Name::striatum ? "striatum" : "git striatum"; }

const CLI::App& deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.front());
}

int usage_error(Shell& shell, const CLI::App& app, const std::string& message, const std::string& meant = {}) {
  World& world = shell.world();
  const std::string program = program_of(shell.name());
  std::string text = usage_of(app, program, world.columns) + path_of(app, program) + ": error: " +
                     one_line(printable(message)) + "\n";
  if (shell.name() == app::Name::git_striatum) {
    text += meant.empty() ? "hint: `" + path_of(app, program) + " -h` says what it takes\n"
                          : "hint: did you mean `" + program + " " + meant + "`?\n";
  }
  world.write(2, text);
  return kUsage;
}

/// Nothing typed but the program: a person is shown what there is.
bool bare(const std::vector<std::string>& args, const Shell& shell) { return args.size() < 2 && shell.people(); }

/// Where ids of ours may stand in the words of a line: values of some options, and what `why` is asked about.
bool takes_id(const Line& line, std::size_t at) {
  static const std::set<std::string_view> kOptions{"--run-id",   "--session-id", "--parent-session-id",    "--job-id", "--message-id",
                                                   "--lease-id", "--blocker-id", "--worktree-id", "--findings-artifact-id"};
  return at > 0 && (kOptions.count(line.words[at - 1]) != 0 || (line.verb == "why" && line.words[at - 1] == "--"));
}

/// Puts whole ids in the place of short ones, so that people can type what they were shown.
void complete_ids(Line& line, Shell& shell) {
  const bool daemon = line.arguments.contains("--daemon");
  for (std::size_t i = 0; i < line.words.size() && !daemon; ++i) {
    std::string& word = line.words[i];
    const auto found = takes_id(line, i) ? short_id(word) : std::nullopt;
    if (!found) continue;
    const std::string whole = found->before + shell.whole_id(found->start) + found->after;
    for (auto& [name, value] : line.arguments.items()) {
      if (value == word) value = whole;
      if (value.is_array()) std::replace(value.begin(), value.end(), Json(word), Json(whole));
    }
    word = whole;
  }
}

/// A person may leave out which run is meant while only one can be. What ends a run is always asked for its id.
void name_the_run(Line& line, Shell& shell) {
  const auto typed = [&](const char* option) { return line.arguments.contains(option); };
  if (!shell.people() || typed("--run-id") || typed("--all") || typed("--daemon") || line.verb == "run cancel") return;
  const CLI::Option* option = line.app->get_option_no_throw("--run-id");
  if (option == nullptr || !(option->get_required() || line.verb == "dashboard")) return;
  const auto run = shell.run_at_hand();
  if (!run) return;
  const auto end = std::find(line.words.begin(), line.words.end(), "--");
  line.words.insert(line.words.insert(end, "--run-id") + 1, *run);
  line.arguments["--run-id"] = *run;
}

int parse_and_run(CLI::App& root, Shell& shell, const std::vector<std::string>& args) {
  try {
    Line line = normalise(root, args);
    shell.set_call(line.verb, line.arguments);
    if (shell.name() == app::Name::git_striatum) {
      shell.json = std::find(line.words.begin(), line.words.end(), "--json") != line.words.end();
      shell.repo = optional_text(line.arguments, "--repo");
      complete_ids(line, shell);
      name_the_run(line, shell);
      shell.set_call(line.verb, line.arguments);
    }
    std::vector<std::string> words(line.words.rbegin(), line.words.rend());
    root.parse(words);
    return shell.exit_code();
  } catch (const UsageError& error) {
    return usage_error(shell, *error.app, error.message, error.meant);
  } catch (const CLI::CallForVersion& version) {
    shell.world().write(1, std::string(version.what()) + "\n");
    return 0;
  } catch (const HelpAsked& help) {
    shell.world().write(1, help_of(*help.app, program_of(shell.name()), shell.columns()));
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(shell, deepest(root), error.what());
  }
}

}  // namespace

int main_with(const std::vector<std::string>& args, World& world) {
  Shell shell(world, app::name_of(args.empty() ? "git-striatum" : args.front()));
  shell.daemon = world.environment("STRIATUM_DAEMON") == "1" &&
                 std::find(args.begin(), args.end(), "--no-daemon") == args.end();
  try {
    if (args.size() > 1 && args[1] == "__complete") {
      complete(shell, {args.begin() + 2, args.end()});
      return 0;
    }
    CLI::App root("Coordinate coding agents in this repository and prove what they did");
    root.require_subcommand(1);
    add_root_options(root, shell);
    add_families(root, shell, args);
    finish_leaves(root, shell);
    if (args.size() == 2 && args[1] == "__dump-cli") {
      world.write(1, dump(root, "").dump(1) + "\n");
      return 0;
    }
    if (bare(args, shell)) {
      world.write(2, help_of(root, program_of(shell.name()), shell.columns()));
      return kUsage;
    }
    try {
      return parse_and_run(root, shell, args);
    } catch (const Error& error) {
      shell.fail(error);
    } catch (const std::bad_alloc&) {
      shell.fail(Error(Code::general, "out of memory").with_kind("out_of_memory"));
    } catch (const std::exception& error) {
      shell.fail(Error(Code::general, std::string("unexpected failure: ") + error.what()).with_kind("internal"));
    }
    return shell.exit_code();
  } catch (const Error& error) {  // the reply could not be written
    try {
      world.write(2, error.message() + "\n");
    } catch (const Error&) {  // nor can that be said
    }
    return static_cast<int>(error.code());
  }
}

}  // namespace striatum::cli
