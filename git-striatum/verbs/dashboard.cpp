// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <memory>

#include "app/board.hpp"
#include "cli/arguments.hpp"
#include "cli/frame.hpp"
#include "cli/live_screen.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "os/signals.hpp"
#include "verbs/drawing.hpp"

namespace striatum::cli {
namespace {

using std::chrono::milliseconds;

constexpr double kLeastRefresh = 0.1;
constexpr double kMostRefresh = 86400;

struct DashboardArgs {
  std::string run;
  bool all = false;
  bool once = false;
  bool graph = false;
  bool no_graph = false;
  bool graph_only = false;
  bool no_cycles = false;
  double refresh = 2;
  Drawing drawing{"auto", "tb"};
};

std::optional<int> positive(const std::optional<std::string>& text) {
  int value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size() && value > 0 ? std::optional(value) : std::nullopt;
}

/// COLUMNS and LINES, else the terminal, else 80 × 24.
os::WindowSize window(const World& world) {
  const auto now = world.window ? world.window() : std::nullopt;
  os::WindowSize size = now.value_or(os::WindowSize{});
  size.columns = positive(world.environment("COLUMNS")).value_or(size.columns);
  size.rows = positive(world.environment("LINES")).value_or(size.rows);
  return size;
}

FrameOptions frame_options(const DashboardArgs& args, const World& world, os::WindowSize size) {
  FrameOptions out;
  out.columns = static_cast<std::size_t>(size.columns);
  out.rows = static_cast<std::size_t>(size.rows);
  if (args.graph) out.panel = FrameOptions::Panel::shown;
  if (args.no_graph) out.panel = FrameOptions::Panel::hidden;
  if (args.graph_only) out.only = FrameOptions::Only::graph;
  out.graph = panel_options(args.drawing);
  if (args.no_cycles) out.graph.cycles = domain::PanelOptions::Cycles::hidden;
  const bool plain = args.once || !world.terminal || !world.environment("NO_COLOR").value_or("").empty();
  if (!plain) out.graph.paint = domain::PanelOptions::Paint::coloured;
  if (!args.once) out.refresh = args.refresh;
  return out;
}

std::vector<std::string> frame(Shell& shell, const Json& payload, const DashboardArgs& args, os::WindowSize size) {
  FrameOptions options = frame_options(args, shell.world(), size);
  if (!shell.people()) return contract_frame(payload, options);
  if (shell.colour()) options.graph.paint = domain::PanelOptions::Paint::coloured;
  Paper paper = paper_of(shell);
  paper.columns = size.columns;
  return people_frame(payload, options, paper);
}

Json payload(Shell& shell, const DashboardArgs& args) {
  Json out = app::dashboard(shell.open(), RunId(args.run));
  out["refresh_seconds"] = args.refresh;
  return out;
}

bool as_records(const Shell& shell) { return shell.json && shell.name() == app::Name::git_striatum; }

void show_once(Shell& shell, const DashboardArgs& args) {
  const Json data = payload(shell, args);
  if (as_records(shell)) return shell.finish(data);
  for (const std::string& line : frame(shell, data, args, window(shell.world()))) shell.line(line);
}

/// Until a signal ends it or nobody looks any more.
void show_live(Shell& shell, const DashboardArgs& args) {
  World& world = shell.world();
  Json data = payload(shell, args);  // refusals belong on the first screen
  const os::SignalQueue signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};
  const double seconds = std::clamp(args.refresh, kLeastRefresh, kMostRefresh);
  const milliseconds pause{static_cast<milliseconds::rep>(seconds * 1000)};
  std::optional<int> signal;
  {
    LiveScreen screen(world);
    for (;; data = payload(shell, args)) {
      const os::WindowSize size = window(world);
      screen.draw(frame(shell, data, args, size), size);
      if (world.output_gone && world.output_gone()) return;
      signal = signals.wait(pause);
      if (!signal || *signal == SIGWINCH) continue;
      if (*signal != SIGTSTP) break;
      screen.leave();
      os::stop_self();
      screen.resume();
    }
  }
  if (*signal == SIGINT) shell.line("bye");
}

/// A record a line.
void follow(Shell& shell, const DashboardArgs& args) {
  const os::SignalQueue signals{SIGINT, SIGTERM, SIGHUP};
  const milliseconds pause{static_cast<milliseconds::rep>(std::clamp(args.refresh, kLeastRefresh, kMostRefresh) * 1000)};
  do {
    shell.line(to_canonical_ascii(payload(shell, args)));
    if (shell.world().output_gone && shell.world().output_gone()) return;
  } while (!signals.wait(pause));
}

void show(Shell& shell, const DashboardArgs& args) {
  if (args.all) {
    refuse(Code::daemon_auth, "--all asks the registry, and there is no token for it here",
           {"--run-id shows a run of this repository"});
  }
  if (args.run.empty()) {
    refuse(Code::usage, "dashboard needs --run-id, or --all for all registered repositories",
           {"`git striatum list runs` has the ids"});
  }
  if (args.once) return show_once(shell, args);
  if (as_records(shell)) return follow(shell, args);
  show_live(shell, args);
}

void add_dashboard(CLI::App& root, Shell& shell) {
  auto args = std::make_shared<DashboardArgs>();
  auto* verb = root.add_subcommand("dashboard", "Watch a run: jobs, verdicts, blockers, what comes next");
  auto* run = add_text(*verb, "--run-id", args->run, "The run");
  auto* all = verb->add_flag("--all", args->all, "All registered repositories; asks the daemon's registry");
  run->excludes(all);
  add_decimal(*verb, "--refresh", args->refresh, "Seconds between two frames (default 2.0, at least 0.1)");
  verb->add_flag("--once", args->once, "Print one frame and end");
  auto* graph = verb->add_flag("--graph", args->graph, "Draw the graph, whatever the size");
  auto* none = verb->add_flag("--no-graph", args->no_graph, "Draw no graph");
  graph->excludes(none);
  verb->add_flag("--graph-only", args->graph_only, "Leave out all but the graph");
  add_drawing(*verb, args->drawing);
  verb->add_flag("--graph-no-cycles", args->no_cycles, "Leave out the revision cycles");
  verb->callback([args, &shell] { show(shell, *args); });
}

const Enlisted kDashboard({"dashboard", add_dashboard, Chapter::look, 40});

}  // namespace
}  // namespace striatum::cli
