// SPDX-License-Identifier: Apache-2.0
#include "app/scaffold.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/people_scaffold.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

struct Args {
  app::BundleCommand command;
  std::string scope = "project";
  bool force = false;
  bool dry_run = false;
  bool with_marketplace = false;
  bool no_marketplace = false;
};

std::vector<std::string> with_all(std::vector<std::string> profiles) {
  profiles.emplace_back("all");
  return profiles;
}

/// The options that all three verbs have. `name_space`: the default.
std::shared_ptr<Args> add_common(CLI::App& verb, const std::vector<std::string>& profiles, std::string_view name_space) {
  auto args = std::make_shared<Args>();
  args->command.name_space = name_space;
  add_choice(verb, "--profile", args->command.profile, with_all(profiles), "Which client (default claude_code)");
  add_choice(verb, "--scope", args->scope, {"project", "user"}, "This repository or the home folder (default project)");
  add_text(verb, "--namespace", args->command.name_space,
           "What names begin with (default " + std::string(name_space) + ")");
  verb.add_flag("--force", args->force, "Also take files that were edited or that this program did not write");
  return args;
}

void add_dry_run(CLI::App& verb, Args& args) { verb.add_flag("--dry-run", args.dry_run, "Say what would be written"); }

void add_target(CLI::App& verb, Args& args) {
  add_optional(verb, "--target", args.command.target, "Folder to work on instead of the repository");
}

const app::BundleCommand& command_of(Args& args, Shell& shell) {
  args.command.scope = args.scope == "user" ? scaffold::Scope::user : scaffold::Scope::project;
  args.command.home = shell.world().environment("HOME");
  args.command.force = args.force ? scaffold::Force::yes : scaffold::Force::no;
  args.command.dry_run = args.dry_run ? scaffold::DryRun::yes : scaffold::DryRun::no;
  args.command.marketplace = !args.no_marketplace;
  return args.command;
}

using Verb = Json (*)(app::Context&, const app::BundleCommand&);

void finish_by(CLI::App& verb, Shell& shell, const std::shared_ptr<Args>& args, Verb run) {
  verb.callback([args, run, &shell] {
    const Json data = run(shell.open(), command_of(*args, shell));
    shell.finish(data, [&] { return people_bundles(data); });
  });
}

void add_skills(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("skills", "Install what tells an agent how to work here");
  auto* verb = group->add_subcommand("install", "Write the skills or the guide of a client");
  const auto args = add_common(*verb, scaffold::skill_profiles(), scaffold::kSkillsNamespace);
  add_dry_run(*verb, *args);
  finish_by(*verb, shell, args, app::skills_install);
}

void add_plugin(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("plugin", "Install a client's plugin: skills, commands, a reminder");
  auto* install = group->add_subcommand("install", "Write the plugin of a client");
  const auto args = add_common(*install, scaffold::plugin_profiles(), scaffold::kPluginNamespace);
  add_target(*install, *args);
  add_dry_run(*install, *args);
  install->add_flag("--with-marketplace", args->with_marketplace, "List it among the repository's plugins (the default)");
  install->add_flag("--no-marketplace", args->no_marketplace, "Leave that list alone");
  finish_by(*install, shell, args, app::plugin_install);
  auto* uninstall = group->add_subcommand("uninstall", "Take away what was installed and not edited");
  const auto gone = add_common(*uninstall, scaffold::plugin_profiles(), scaffold::kPluginNamespace);
  add_target(*uninstall, *gone);
  finish_by(*uninstall, shell, gone, app::plugin_uninstall);
}

const Enlisted kSkills({"skills", add_skills, Chapter::set_up, 50});
const Enlisted kPlugin({"plugin", add_plugin, Chapter::set_up, 60});

}  // namespace
}  // namespace striatum::cli
