// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/complete.hpp"
#include "cli/dump.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

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
  const auto& all = families();
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (args[i] == "-h" || args[i].rfind("--h", 0) == 0) break;
    if (args[i].rfind("--r", 0) == 0 && args[i].find('=') == std::string::npos) ++i;  // the value of a root option
    if (i >= args.size()) break;
    const auto named = std::find_if(all.begin(), all.end(), [&](const Family& f) { return f.verb == args[i]; });
    if (named == all.end()) continue;
    named->add(root, shell);
    return;
  }
  for (const Family& family : all) family.add(root, shell);
}

std::string usage_of(const CLI::App& app, const std::string& path) {
  std::string out = "usage: " + path + " [-h]";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_lnames().empty() || option->get_lnames().front() == "help") continue;
    std::string part = "--" + option->get_lnames().front();
    if (option->get_items_expected_max() > 0) {
      part += option->get_items_expected_min() == 0 ? " [" + option->get_type_name() + "]" : " " + option->get_type_name();
    }
    out += option->get_required() ? " " + part : " [" + part + "]";
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) out += option->get_required() ? " " + option->get_name() : " [" + option->get_name() + "]";
  }
  std::vector<std::string> verbs;
  for (const CLI::App* child : app.get_subcommands({})) {
    if (!child->get_name().empty() && !child->get_group().empty()) verbs.push_back(child->get_name());
  }
  return verbs.empty() ? out : out + " {" + join(verbs, ",") + "} ...";
}

std::string path_of(const CLI::App* app, const std::string& program) {
  std::vector<std::string> words;
  for (; app != nullptr && app->get_parent() != nullptr; app = app->get_parent()) words.insert(words.begin(), app->get_name());
  return words.empty() ? program : program + " " + join(words, " ");
}

std::string program_of(app::Name name) { return name == app::Name::striatum ? "striatum" : "git striatum"; }

const CLI::App& deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.front());
}

std::string help_of(const CLI::App& app, const std::string& program) {
  std::string out = usage_of(app, path_of(&app, program)) + "\n";
  if (!app.get_description().empty()) out += "\n" + app.get_description() + "\n";
  CLI::Formatter formatter;
  formatter.column_width(34);
  const auto verbs = app.get_subcommands({});
  if (!verbs.empty()) out += "\ncommands:\n";
  for (const CLI::App* verb : verbs) {
    if (verb->get_group().empty()) continue;
    std::string name = "  " + verb->get_name();
    name.resize(std::max<std::size_t>(name.size() + 2, 22), ' ');
    out += name + verb->get_description() + "\n";
  }
  out += "\noptions:\n";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    std::string name = "  " + option->get_name(false, true);
    if (option->get_items_expected_max() > 0 && !option->get_positional()) name += " " + option->get_type_name();
    name.resize(std::max<std::size_t>(name.size() + 2, 34), ' ');
    out += name + option->get_description() + (option->get_required() ? " (required)" : "") + "\n";
  }
  return out;
}

int usage_error(World& world, const CLI::App& app, app::Name name, const std::string& message) {
  const std::string path = path_of(&app, program_of(name));
  world.write(2, usage_of(app, path) + "\n" + path + ": error: " + one_line(printable(message)) + "\n");
  return kUsage;
}

int parse_and_run(CLI::App& root, Shell& shell, const std::vector<std::string>& args) {
  try {
    const Line line = normalise(root, args);
    shell.set_call(line.verb, line.arguments);
    std::vector<std::string> words(line.words.rbegin(), line.words.rend());
    root.parse(words);
    return shell.exit_code();
  } catch (const UsageError& error) {
    return usage_error(shell.world(), *error.app, shell.name(), error.message);
  } catch (const CLI::CallForVersion& version) {
    shell.world().write(1, std::string(version.what()) + "\n");
    return 0;
  } catch (const HelpAsked& help) {
    shell.world().write(1, help_of(*help.app, program_of(shell.name())));
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(shell.world(), deepest(root), shell.name(), error.what());
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
