// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/verbs.hpp"
#include "cli/people_work.hpp"
#include "cli/shell.hpp"
#include "verbs/families.hpp"

namespace striatum::cli {

void add_init(CLI::App& root, Shell& shell) {
  struct Args {
    bool restore = false;
    bool forget = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("init", "Create the state of this repository");
  if (shell.name() == app::Name::git_striatum) {
    auto* restore = verb->add_flag("--restore", args->restore, "Take the copy that is left of a lost state");
    verb->add_flag("--forget", args->forget, "Begin anew where a state was lost")->excludes(restore);
  }
  verb->callback([args, &shell] {
    const app::Lost lost = args->restore ? app::Lost::restore : args->forget ? app::Lost::forget : app::Lost::ask;
    const Json data = app::init(shell.open(), lost);
    shell.finish(data, [&] { return people_init(data); });
  });
}

}  // namespace striatum::cli
