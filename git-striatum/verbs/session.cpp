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

void add_register_session(CLI::App& root, Shell& shell) {
  struct Args {
    std::string run;
    std::optional<std::string> parent;
    app::RegisterSession command;
  };
  auto args = std::make_shared<Args>();
  auto& command = args->command;
  auto* verb = root.add_subcommand("register-session", "Register a session in a role and a lane");
  add_text(*verb, "--run-id", args->run, "The run")->required();
  add_text(*verb, "--role", command.role, "A role of the workflow")->required();
  add_text(*verb, "--lane", command.lane, "A lane of the workflow")->required();
  add_list(*verb, "--capability", command.capabilities, "What the session can do (repeatable)");
  verb->add_flag("--fresh", command.fresh, "The session starts without earlier context");
  add_optional(*verb, "--parent-session-id", args->parent, "The session it comes from");
  verb->add_flag("--force-non-fresh", command.force_non_fresh, "Register a reviewer beside an active author");
  add_optional(*verb, "--reason", command.reason, "Why a non-fresh reviewer is right");
  add_optional(*verb, "--operator-label", command.operator_label, "A short name for author lines");
  verb->callback([args, &shell] {
    args->command.run = RunId(args->run);
    if (args->parent) args->command.parent = SessionId(*args->parent);
    const Json data = app::register_session(shell.open(), args->command);
    shell.finish(data, [&] { return people_registered(data); });
  });
}

void add_session(CLI::App& root, Shell& shell) {
  struct Args {
    std::string session;
    std::string reason;
  };
  auto args = std::make_shared<Args>();
  auto* group = root.add_subcommand("session", "Manage sessions");
  auto* verb = group->add_subcommand("close", "Close a session that holds no lease");
  add_text(*verb, "--session-id", args->session, "The session")->required();
  add_text(*verb, "--reason", args->reason, "Why")->required();
  verb->callback(
      [args, &shell] { shell.finish(app::session_close(shell.open(), SessionId(args->session), args->reason)); });
}

const Enlisted kRegisterSession({"register-session", add_register_session, Chapter::work, 10, Effect::writes});
const Enlisted kSession({"session", add_session, Chapter::work, 20, Effect::writes});

}  // namespace
}  // namespace striatum::cli
