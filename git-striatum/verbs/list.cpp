// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/lists.hpp"
#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/people_read.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

struct ListArgs {
  std::string run;
  std::int64_t limit = 100;
  std::optional<std::string> run_state;
  std::optional<std::string> kind;
  store::SessionFilter sessions;
  store::JobFilter jobs;
};

void finish_list(Shell& shell, const std::string& what, const Json& data) {
  shell.finish(data, [&] { return people_list(what, data, paper_of(shell)); });
}

void add_run_id(CLI::App& verb, ListArgs& args) { add_text(verb, "--run-id", args.run, "The run")->required(); }

void add_limit(CLI::App& verb, ListArgs& args) {
  add_integer(verb, "--limit", args.limit, "At most this many, the oldest first (default 100)");
}

/// `--limit` as the parser of 1.24 checked it.
store::Limit limit(const ListArgs& args, const CLI::App* verb) {
  if (args.limit < 1) throw UsageError{verb, "argument --limit: must be a positive integer"};
  return {args.limit};
}

void add_list(CLI::App& root, Shell& shell) {
  auto args = std::make_shared<ListArgs>();
  auto* group = root.add_subcommand("list", "List runs, sessions, jobs, artifacts or workflows");

  auto* runs = group->add_subcommand("runs", "List runs");
  add_optional(*runs, "--state", args->run_state, "In this state");
  add_limit(*runs, *args);
  runs->callback([args, runs, &shell] {
    const store::Limit most = limit(*args, runs);
    finish_list(shell, "runs", app::list_runs(shell.open(), args->run_state, most));
  });

  auto* sessions = group->add_subcommand("sessions", "List the sessions of a run");
  add_run_id(*sessions, *args);
  add_optional(*sessions, "--state", args->sessions.state, "In this state");
  add_optional(*sessions, "--role", args->sessions.role, "Of this role");
  add_optional(*sessions, "--lane", args->sessions.lane, "On this lane");
  sessions->callback([args, &shell] {
    finish_list(shell, "sessions", app::list_sessions(shell.open(), RunId(args->run), args->sessions));
  });

  auto* jobs = group->add_subcommand("jobs", "List the jobs of a run");
  add_run_id(*jobs, *args);
  add_optional(*jobs, "--state", args->jobs.state, "In this state");
  add_optional(*jobs, "--workflow-job-id", args->jobs.name, "The attempts of this job");
  jobs->callback(
      [args, &shell] { finish_list(shell, "jobs", app::list_jobs(shell.open(), RunId(args->run), args->jobs)); });

  auto* artifacts = group->add_subcommand("artifacts", "List the artifacts of a run");
  add_run_id(*artifacts, *args);
  add_optional(*artifacts, "--kind", args->kind, "Of this kind");
  artifacts->callback([args, &shell] {
    finish_list(shell, "artifacts", app::list_artifacts(shell.open(), RunId(args->run), args->kind));
  });

  auto* workflows = group->add_subcommand("workflows", "List the workflow snapshots");
  add_limit(*workflows, *args);
  workflows->callback([args, workflows, &shell] {
    const store::Limit most = limit(*args, workflows);
    finish_list(shell, "workflows", app::list_workflows(shell.open(), most));
  });
}

const Enlisted kList({"list", add_list, Chapter::look, 30});

}  // namespace
}  // namespace striatum::cli
