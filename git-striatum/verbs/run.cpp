// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/board.hpp"
#include "app/status.hpp"
#include "app/verbs.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/people_read.hpp"
#include "cli/people_work.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "domain/graph.hpp"
#include "verbs/drawing.hpp"

namespace striatum::cli {
namespace {

struct RunArgs {
  std::string workflow;
  std::string run;
  std::string job;
  std::string reason;
  std::string path;
};

void add_run_id(CLI::App& verb, RunArgs& args) {
  add_text(verb, "--run-id", args.run, "The run")->required();
}

void add_prepare(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<RunArgs>();
  auto* verb = group.add_subcommand("prepare", "Check a workflow and prepare a run of it");
  add_text(*verb, "--workflow", args->workflow, "Path of workflow.json")->required();
  verb->callback([args, &shell] {
    const Json data = app::run_prepare(shell.open(), args->workflow, shell.remarks());
    shell.finish(data, [&] { return people_prepared(data); });
  });
}

void add_start(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<RunArgs>();
  auto* verb = group.add_subcommand("start", "Start a run whose branch is confirmed");
  add_run_id(*verb, *args);
  verb->callback([args, &shell] {
    const Json data = app::run_start(shell.open(), RunId(args->run));
    shell.finish(data, [&] { return people_status(app::status(shell.open(), RunId(args->run)), paper_of(shell)); });
  });
}

void add_pause(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<RunArgs>();
  auto* verb = group.add_subcommand("pause", "Hand out no more work of a run");
  add_run_id(*verb, *args);
  add_text(*verb, "--reason", args->reason, "Why (default operator_paused)");
  verb->callback([args, &shell] { shell.finish(app::run_pause(shell.open(), RunId(args->run), args->reason)); });
}

void add_resume(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<RunArgs>();
  auto* verb = group.add_subcommand("resume", "Hand out work of a paused run again");
  add_run_id(*verb, *args);
  verb->callback([args, &shell] { shell.finish(app::run_resume(shell.open(), RunId(args->run))); });
}

void add_cancel(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<RunArgs>();
  auto* verb = group.add_subcommand("cancel", "End a run and its open jobs");
  add_run_id(*verb, *args);
  add_text(*verb, "--reason", args->reason, "Why (default operator_canceled)");
  verb->callback([args, &shell] { shell.finish(app::run_cancel(shell.open(), RunId(args->run), args->reason)); });
}

void add_retry_job(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<RunArgs>();
  auto* verb = group.add_subcommand("retry-job", "Queue a failed, canceled or blocked job once more");
  add_run_id(*verb, *args);
  add_text(*verb, "--job-id", args->job, "The job")->required();
  verb->callback(
      [args, &shell] { shell.finish(app::run_retry_job(shell.open(), RunId(args->run), JobId(args->job))); });
}

void add_summary(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<RunArgs>();
  auto* verb = group.add_subcommand("summary", "Write an account of a run for people into the repository");
  add_run_id(*verb, *args);
  add_text(*verb, "--path", args->path, "Path of the Markdown file inside the repository")->required();
  verb->callback([args, &shell] {
    const Json data = app::run_summary(shell.open(), RunId(args->run), args->path);
    shell.finish(data, [&] { return "wrote " + printable(text_member(data, "path")) + "\n"; });
  });
}

struct GraphArgs {
  std::string run;
  std::string format = "mermaid";
  Drawing drawing{"layered", "tb"};
};

void draw_run(Shell& shell, const GraphArgs& args) {
  const RunId run(args.run);
  if (args.format == "json") {
    const app::RunGraph graph = app::run_graph(shell.open(), run);
    if (!graph.warning.empty()) shell.remark(graph.warning);
    return shell.finish(graph.data);
  }
  const app::DrawnRun drawn = app::drawn_run(shell.open(), run);
  if (args.format == "mermaid") {
    if (!drawn.warning.empty()) shell.remark(drawn.warning);
    const std::string source = domain::mermaid(drawn.workflow, drawn.states);
    return shell.finish_text(source, {{"format", "mermaid"}, {"source", source}});
  }
  const std::string text = join(domain::graph_panel(drawn.workflow, drawn.states, panel_options(args.drawing)), "\n") + "\n";
  shell.finish_text(text, text);
}

void add_graph(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<GraphArgs>();
  auto* verb = group.add_subcommand("graph", "Draw a run's workflow with the states of its jobs");
  add_text(*verb, "--run-id", args->run, "The run")->required();
  add_choice(*verb, "--format", args->format, {"mermaid", "json", "ascii"}, "Notation (default mermaid)");
  add_drawing(*verb, args->drawing);
  verb->callback([args, &shell] { draw_run(shell, *args); });
}

void add_run(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("run", "Prepare, start and steer runs");
  add_prepare(*group, shell);
  add_start(*group, shell);
  add_pause(*group, shell);
  add_resume(*group, shell);
  add_cancel(*group, shell);
  add_retry_job(*group, shell);
  add_summary(*group, shell);
  add_graph(*group, shell);
}

const Enlisted kRun({"run", add_run, Chapter::steer, 20, Effect::writes});

}  // namespace
}  // namespace striatum::cli
