// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "verbs/held.hpp"

namespace striatum::cli {
namespace {

void add_block(CLI::App& root, Shell& shell) {
  struct Args : HeldArgs {
    std::string job;
    std::string severity;
    app::Block command;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("block", "Stop a job that cannot go on, or that a person must decide");
  add_session_id(*verb, args->session);
  add_job_id(*verb, args->job);
  add_lease_id(*verb, args->lease);
  add_text(*verb, "--kind", args->command.kind, "What blocks, in one word")->required();
  add_choice(*verb, "--severity", args->severity, {"blocked", "human_checkpoint"}, "Who can go on")->required();
  add_text(*verb, "--description", args->command.description, "What is needed")->required();
  verb->callback([args, &shell] {
    args->command.job = JobId(args->job);
    args->command.severity = from_text<Severity>(args->severity).value_or(Severity::blocked);
    shell.finish(app::block(shell.open(), args->held(), args->command));
  });
}

void add_checkpoint(CLI::App& root, Shell& shell) {
  struct Args {
    std::string blocker;
    std::string action;
    std::optional<std::string> decision;
  };
  auto args = std::make_shared<Args>();
  auto* group = root.add_subcommand("checkpoint", "Resolve human checkpoints");
  auto* verb = group->add_subcommand("resolve", "Let a job that waits for a person go on, or cancel it");
  add_text(*verb, "--blocker-id", args->blocker, "The checkpoint's blocker")->required();
  add_choice(*verb, "--action", args->action, {"continue", "cancel"}, "What becomes of the job")->required();
  add_optional(*verb, "--decision-id", args->decision, "The recorded decision behind it");
  verb->callback([args, &shell] {
    const auto action = args->action == "continue" ? app::CheckpointAction::proceed : app::CheckpointAction::cancel;
    shell.finish(app::checkpoint_resolve(shell.open(), BlockerId(args->blocker), action, args->decision));
  });
}

void add_decision(CLI::App& root, Shell& shell) {
  struct Args {
    std::string run;
    std::string outcome;
    app::RecordDecision command;
  };
  auto args = std::make_shared<Args>();
  auto& command = args->command;
  auto* group = root.add_subcommand("decision", "Record decisions of people");
  auto* verb = group->add_subcommand("record", "Write a decision into the repository and the run");
  add_text(*verb, "--run-id", args->run, "The run")->required();
  add_text(*verb, "--path", command.path, "Path of the new file inside the repository")->required();
  add_choice(*verb, "--outcome", args->outcome, {"accepted", "rejected", "accepted_with_follow_up"}, "The outcome")
      ->required();
  add_text(*verb, "--title", command.title, "Title")->required();
  add_optional(*verb, "--decision-id", command.decision_id, "Id, one word (default a new one)");
  add_optional(*verb, "--rationale", command.rationale, "Why");
  add_optional(*verb, "--follow-up", command.follow_up, "What has to follow");
  verb->callback([args, &shell] {
    args->command.run = RunId(args->run);
    args->command.outcome = from_text<DecisionOutcome>(args->outcome).value_or(DecisionOutcome::rejected);
    shell.finish(app::decision_record(shell.open(), args->command));
  });
}

const Enlisted kBlock({"block", add_block, Chapter::work, 100, Effect::writes});
const Enlisted kCheckpoint({"checkpoint", add_checkpoint, Chapter::steer, 40, Effect::writes});
const Enlisted kDecision({"decision", add_decision, Chapter::steer, 50, Effect::writes});

}  // namespace
}  // namespace striatum::cli
