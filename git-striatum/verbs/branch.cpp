// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/verbs.hpp"
#include "cli/arguments.hpp"
#include "cli/people_work.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

void add_branch(CLI::App& root, Shell& shell) {
  struct Args {
    std::string run;
    app::BranchConfirm command;
  };
  auto args = std::make_shared<Args>();
  auto* group = root.add_subcommand("branch", "Tie a run to a branch");
  auto* verb = group->add_subcommand("confirm", "Confirm the branch that a run works on");
  add_text(*verb, "--run-id", args->run, "The run")->required();
  add_text(*verb, "--branch", args->command.branch, "The branch")->required();
  verb->add_flag("--create", args->command.create, "Create the branch, or check it out when it exists");
  verb->add_flag("--use-current", args->command.use_current, "It must be the branch checked out now");
  verb->add_flag("--strict", args->command.strict, "Refuse when another branch is checked out");
  if (shell.name() == app::Name::git_striatum) {
    verb->add_flag("--again", args->command.again, "Take the branch of a running run as it is now");
    verb->add_flag("--allow-protected", args->command.allow_protected, "The default or a protected branch is meant");
  }
  verb->callback([args, &shell] {
    args->command.run = RunId(args->run);
    const Json data = app::branch_confirm(shell.open(), args->command);
    shell.finish(data, [&] { return people_confirmed(data); });
  });
}

const Enlisted kBranch({"branch", add_branch, Chapter::steer, 30, Effect::writes});

}  // namespace
}  // namespace striatum::cli
