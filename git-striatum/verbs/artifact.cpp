// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "verbs/held.hpp"

namespace striatum::cli {
namespace {

void add_publish_artifact(CLI::App& root, Shell& shell) {
  struct Args : HeldArgs {
    std::string job;
    app::Publish command;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("publish-artifact", "Publish a file of the work under its hash");
  add_session_id(*verb, args->session);
  add_job_id(*verb, args->job);
  add_lease_id(*verb, args->lease);
  add_text(*verb, "--kind", args->command.kind, "Artifact kind")->required();
  add_text(*verb, "--logical-name", args->command.logical_name, "Its name in the workflow")->required();
  add_text(*verb, "--path", args->command.path, "Path inside the repository")->required();
  verb->callback([args, &shell] {
    args->command.job = JobId(args->job);
    shell.finish(app::publish_artifact(shell.open(), args->held(), args->command));
  });
}

void add_complete(CLI::App& root, Shell& shell) {
  struct Args : HeldArgs {
    std::string job;
    std::optional<std::string> summary;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("complete", "Complete a job whose artifacts are published");
  add_session_id(*verb, args->session);
  add_job_id(*verb, args->job);
  add_lease_id(*verb, args->lease);
  add_optional(*verb, "--summary", args->summary, "One line about the result");
  verb->callback([args, &shell] {
    shell.finish(app::complete(shell.open(), args->held(), JobId(args->job), args->summary));
  });
}

const Enlisted kPublishArtifact({"publish-artifact", add_publish_artifact, Chapter::work, 60, Effect::writes});
const Enlisted kComplete({"complete", add_complete, Chapter::work, 70, Effect::writes});

}  // namespace
}  // namespace striatum::cli
