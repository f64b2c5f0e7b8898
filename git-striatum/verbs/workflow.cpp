// SPDX-License-Identifier: Apache-2.0
#include "app/workflow.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/git_facts.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

struct WorkflowArgs {
  std::string path;
  std::string format = "mermaid";
  std::string style = "review";
};

void add_path(CLI::App& verb, WorkflowArgs& args, const std::string& help) {
  add_text(verb, "path", args.path, help)->required();
}

std::string warning_lines(const Json& data) {
  std::string out;
  for (const std::string& warning : string_list(member(data, "warnings"))) {
    out += "warning: " + printable(warning) + '\n';
  }
  return out;
}

std::string id_text(const Json& id) { return printable(id.is_string() ? id.get<std::string>() : id.dump()); }

std::string validated_text(const Json& data) {
  return "workflow " + id_text(data.at("workflow_id")) + " is valid\n" + warning_lines(data);
}

std::string plan_text(const Json& data) {
  std::string out = "workflow " + id_text(data.at("workflow_id")) + '\n';
  for (const Json& step : data.at("claim_order")) {
    out += "step " + std::to_string(step.at("step").get<int>()) + '\n';
    for (const Json& node : step.at("claimable")) {
      out += "  " + id_text(node.at("job_id")) + "  " + id_text(node.at("type")) + "  " +
             id_text(node.at("role_id"));
      if (!node.at("lane_id").is_null()) out += '/' + id_text(node.at("lane_id"));
      out += '\n';
    }
  }
  for (const Json& cycle : data.at("cycles")) {
    out += "needs_revision: " + id_text(cycle.at("from")) + " -> " + id_text(cycle.at("to")) + ", at most " +
           cycle.at("max_iterations").dump() + " times\n";
  }
  return out + warning_lines(data);
}

std::string created_text(const Json& data) {
  std::string out = "created " + printable(data.at("path").get<std::string>()) + '\n';
  for (const std::string& file : string_list(data.at("files"))) out += "  " + file + '\n';
  return out;
}

void add_validate(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<WorkflowArgs>();
  auto* verb = group.add_subcommand("validate", "Check a workflow file; the first problem is told");
  add_path(*verb, *args, "Path of workflow.json");
  verb->callback([args, &shell] {
    const app::Context& ctx = shell.open();
    const Json data =
        app::validate_workflow(args->path, ctx.place.root.string(), app::default_strict(ctx), shell.remarks());
    shell.finish(data, [&] { return validated_text(data); });
  });
}

void add_plan(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<WorkflowArgs>();
  auto* verb = group.add_subcommand("plan", "Show which jobs become claimable when");
  add_path(*verb, *args, "Path of workflow.json");
  verb->callback([args, &shell] {
    const Json data = app::plan_workflow(args->path, shell.open().place.root.string(), shell.remarks());
    shell.finish(data, [&] { return plan_text(data); });
  });
}

app::GraphFormat graph_format(const std::string& word) {
  if (word == "json") return app::GraphFormat::json;
  return word == "dot" ? app::GraphFormat::dot : app::GraphFormat::mermaid;
}

void add_graph(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<WorkflowArgs>();
  auto* verb = group.add_subcommand("graph", "Draw a workflow");
  add_path(*verb, *args, "Path of workflow.json");
  add_choice(*verb, "--format", args->format, {"mermaid", "json", "dot"}, "Notation (default mermaid)");
  verb->callback([args, &shell] {
    (void)shell.open();
    const Json data = app::graph_workflow(args->path, graph_format(args->format), shell.remarks());
    if (!data.contains("source")) return shell.finish(data);
    shell.finish_text(data.at("source").get<std::string>(), data);
  });
}

void add_scaffold(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<WorkflowArgs>();
  auto* verb = group.add_subcommand("init", "Create a folder with a starter workflow");
  add_path(*verb, *args, "Folder to create");
  add_choice(*verb, "--style", args->style, {"minimal", "review", "code-change"},
             "What the starter holds (default review)");
  verb->callback([args, &shell] {
    (void)shell.open();
    const auto style = domain::starter_style(args->style).value_or(domain::StarterStyle::review);
    const Json data = app::init_workflow(args->path, style, shell.now());
    shell.finish(data, [&] { return created_text(data); });
  });
}

void add_workflow(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("workflow", "Check, plan, draw and create workflow files");
  add_validate(*group, shell);
  add_plan(*group, shell);
  add_graph(*group, shell);
  add_scaffold(*group, shell);
}

const Enlisted kWorkflow({"workflow", add_workflow, Chapter::steer, 10});

}  // namespace
}  // namespace striatum::cli
