// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/scaffold.hpp"
#include "app/verbs.hpp"
#include "cli/arguments.hpp"
#include "cli/people_scaffold.hpp"
#include "cli/people_work.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

struct Args {
  bool restore = false;
  bool forget = false;
  app::InitExtras extras;
  bool force_layout = false;
  bool preview_layout = false;
};

void add_extras_options(CLI::App& verb, Args& args) {
  auto skills = scaffold::skill_profiles();
  skills.emplace_back("all");
  add_choice_or_bare(verb, "--with-skills", args.extras.skills, skills, "claude_code",
                     "Also install skills (default claude_code)");
  add_choice_or_bare(verb, "--with-plugins", args.extras.plugins, scaffold::plugin_profiles(), "claude_code",
                     "Also install a plugin (default claude_code)");
  verb.add_flag("--with-ddd-layout", args.extras.layout, "Also write the documents of a domain model below docs/");
  verb.add_flag("--ddd-layout-force", args.force_layout, "Overwrite documents that are there, their hash is told");
  verb.add_flag("--ddd-layout-dry-run", args.preview_layout, "Say what would become of the documents");
}

const app::InitExtras& extras_of(Args& args) {
  args.extras.force_layout = args.force_layout ? scaffold::Force::yes : scaffold::Force::no;
  args.extras.dry_run_layout = args.preview_layout ? scaffold::DryRun::yes : scaffold::DryRun::no;
  return args.extras;
}

std::string people(const Json& data) {
  std::string out;
  for (const char* bundle : {"skills", "plugins"}) {
    if (data.contains(bundle)) out += people_bundles(data[bundle]);
  }
  if (data.contains("ddd_layout")) out += people_layout(data["ddd_layout"]);
  return out + people_init(data);
}

void add_init(CLI::App& root, Shell& shell) {
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("init", "Create the state of this repository");
  if (shell.name() == app::Name::git_striatum) {
    auto* restore = verb->add_flag("--restore", args->restore, "Take the copy that is left of a lost state");
    verb->add_flag("--forget", args->forget, "Begin anew where a state was lost")->excludes(restore);
  }
  add_extras_options(*verb, *args);
  verb->callback([args, &shell] {
    const app::Lost lost = args->restore ? app::Lost::restore : args->forget ? app::Lost::forget : app::Lost::ask;
    const app::InitExtras& extras = extras_of(*args);
    app::check_extras(extras);
    Json data = app::init(shell.open(), lost);
    app::add_extras(shell.open(), extras, data);
    shell.finish(data, [&] { return people(data); });
  });
}

const Enlisted kInit({"init", add_init, Chapter::set_up, 10});

}  // namespace
}  // namespace striatum::cli
