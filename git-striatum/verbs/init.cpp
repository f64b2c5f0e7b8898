// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/verbs.hpp"
#include "cli/shell.hpp"
#include "verbs/families.hpp"

namespace striatum::cli {

void add_init(CLI::App& root, Shell& shell) {
  auto* verb = root.add_subcommand("init", "Create the state of this repository");
  verb->callback([&shell] { shell.finish(app::init(shell.open())); });
}

}  // namespace striatum::cli
