// SPDX-License-Identifier: Apache-2.0
// status, why, doctor: what is going on.
#include <CLI/CLI.hpp>
#include <memory>

#include "app/doctor.hpp"
#include "app/status.hpp"
#include "app/why.hpp"
#include "cli/arguments.hpp"
#include "cli/people_read.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "hooks/baseline.hpp"
#include "hooks/status.hpp"

namespace striatum::cli {
namespace {

store::Scope scope(const std::optional<std::string>& run) {
  return run ? store::Scope(RunId(*run)) : std::nullopt;
}

/// Commits that went around the hooks, where hooks are installed. The contract's name prints the contract alone.
void add_around(Shell& shell, Json& data) {
  const auto& git = shell.open().place.git;
  if (shell.name() == app::Name::striatum || !git || !hooks::has_baseline(*git)) return;
  data["around"] = hooks::around_json(*git);
}

std::string around_text(const Json& data) {
  if (!data.contains("around") || data["around"].empty()) return {};
  return std::to_string(data["around"].size()) + " commits went around the hooks: git striatum hooks status\n";
}

void add_status(CLI::App& root, Shell& shell) {
  auto run = std::make_shared<std::optional<std::string>>();
  auto* verb = root.add_subcommand("status", "Show what runs, what waits and what blocks");
  add_optional(*verb, "--run-id", *run, "This run alone");
  verb->callback([run, &shell] {
    Json data = app::status(shell.open(), scope(*run));
    add_around(shell, data);
    shell.finish(data, [&] { return people_status(data, paper_of(shell)) + around_text(data); });
  });
}

void add_why(CLI::App& root, Shell& shell) {
  auto id = std::make_shared<std::string>();
  auto* verb = root.add_subcommand("why", "Explain a run, job, message, blocker, artifact, verdict or session");
  add_text(*verb, "id", *id, "Its id; a workflow job id or session slug will do")->required();
  verb->callback([id, &shell] {
    const Json data = app::why(shell.open(), *id);
    shell.finish(data, [&] { return people_why(data, paper_of(shell)); });
  });
}

void add_doctor(CLI::App& root, Shell& shell) {
  struct Args {
    std::optional<std::string> run;
    bool verbose = false;
    bool deep = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("doctor", "Look for things in the state that do not fit together");
  add_optional(*verb, "--run-id", args->run, "This run alone");
  verb->add_flag("--verbose", args->verbose, "Add a record of each problem");
  verb->add_flag("--deep", args->deep, "Check the whole file, the log's chain, and state against log");
  verb->callback([args, &shell] {
    const Json data = app::doctor(shell.open(), {scope(args->run), args->verbose, args->deep});
    shell.finish(data, [&] { return people_doctor(data, paper_of(shell)); });
  });
}

const Enlisted kStatus({"status", add_status, Chapter::look, 10});
const Enlisted kWhy({"why", add_why, Chapter::look, 20});
const Enlisted kDoctor({"doctor", add_doctor, Chapter::look, 60});

}  // namespace
}  // namespace striatum::cli
