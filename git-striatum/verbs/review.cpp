// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "verbs/held.hpp"

namespace striatum::cli {
namespace {

const std::vector<std::string> kVerdicts{"accept", "accept_with_findings", "needs_revision", "reject"};
const std::vector<std::string> kAccepting{"accept", "accept_with_findings"};

Verdict verdict_of(const std::string& word) { return from_text<Verdict>(word).value_or(Verdict::reject); }

struct VerdictArgs : HeldArgs {
  std::string job;
  std::string verdict;
  std::optional<std::string> findings;
  std::optional<std::string> rationale;

  [[nodiscard]] app::GiveVerdict command() const {
    const auto artifact = findings ? std::optional(ArtifactId(*findings)) : std::nullopt;
    return {JobId(job), verdict_of(verdict), artifact, rationale};
  }
};

void add_verdict(CLI::App& root, Shell& shell) {
  auto args = std::make_shared<VerdictArgs>();
  auto* verb = root.add_subcommand("verdict", "Give the verdict of a review job");
  add_session_id(*verb, args->session);
  add_job_id(*verb, args->job);
  add_lease_id(*verb, args->lease);
  add_choice(*verb, "--verdict", args->verdict, kVerdicts, "The verdict")->required();
  add_optional(*verb, "--findings-artifact-id", args->findings, "The artifact with the findings");
  add_optional(*verb, "--rationale", args->rationale, "Why");
  verb->callback([args, &shell] { shell.finish(app::verdict(shell.open(), args->held(), args->command())); });
}

void add_override_verdict(CLI::App& root, Shell& shell) {
  auto args = std::make_shared<VerdictArgs>();
  auto* verb = root.add_subcommand("override-verdict", "Accept in place of a review that did not");
  add_session_id(*verb, args->session);
  add_job_id(*verb, args->job);
  add_choice(*verb, "--verdict", args->verdict, kAccepting, "The verdict")->required();
  add_optional(*verb, "--rationale", args->rationale, "Why")->required();
  add_optional(*verb, "--findings-artifact-id", args->findings, "The artifact with the findings");
  verb->callback([args, &shell] {
    shell.finish(app::override_verdict(shell.open(), SessionId(args->session), args->command()));
  });
}

void add_submit_review(CLI::App& root, Shell& shell) {
  struct Args : VerdictArgs {
    app::SubmitReview command;
  };
  auto args = std::make_shared<Args>();
  args->command.artifact.logical_name = "review";
  args->command.artifact.kind = "finding";
  auto* verb = root.add_subcommand("submit-review", "Publish a review and give its verdict in one step");
  add_session_id(*verb, args->session);
  add_job_id(*verb, args->job);
  add_lease_id(*verb, args->lease);
  add_text(*verb, "--path", args->command.artifact.path, "Path of the review inside the repository")->required();
  add_choice(*verb, "--verdict", args->verdict, kVerdicts, "The verdict")->required();
  add_text(*verb, "--logical-name", args->command.artifact.logical_name, "Its name in the workflow (default review)");
  add_text(*verb, "--kind", args->command.artifact.kind, "Artifact kind (default finding)");
  add_optional(*verb, "--rationale", args->rationale, "Why");
  verb->callback([args, &shell] {
    auto& command = args->command;
    command.artifact.job = JobId(args->job);
    command.verdict = verdict_of(args->verdict);
    command.rationale = args->rationale;
    shell.finish(app::submit_review(shell.open(), args->held(), command));
  });
}

const Enlisted kVerdict({"verdict", add_verdict, Chapter::work, 90, Effect::writes});
const Enlisted kOverrideVerdict({"override-verdict", add_override_verdict, Chapter::steer, 60, Effect::writes});
const Enlisted kSubmitReview({"submit-review", add_submit_review, Chapter::work, 80, Effect::writes});

}  // namespace
}  // namespace striatum::cli
