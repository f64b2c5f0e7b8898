// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>

#include "app/recovery.hpp"
#include "app/recovery_sweep.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/people_recovery.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "os/files.hpp"
#include "os/pid_file.hpp"
#include "os/signals.hpp"

namespace striatum::cli {
namespace {

using Ordered = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr double kMostSeconds = 86400;

struct SweepArgs {
  std::string run;
  app::SweepFlags flags;
  bool dry_run = false;
  double interval = 60;
  bool to_the_end = false;
  bool on_and_on = false;
  std::optional<std::int64_t> max_sweeps;
};

void add_run_id(CLI::App& verb, std::string& run) { add_text(verb, "--run-id", run, "The run")->required(); }

// ---- stale-leases, requeue-stale, cancel-job

void add_stale_leases(CLI::App& group, Shell& shell) {
  auto run = std::make_shared<std::string>();
  auto* verb = group.add_subcommand("stale-leases", "List the leases of a run that lapsed");
  add_run_id(*verb, *run);
  verb->callback([run, &shell] {
    const Json data = app::stale_leases(shell.open(), RunId(*run));
    shell.finish(data, [&] { return people_stale_leases(data, paper_of(shell)); });
  });
}

void add_requeue_stale(CLI::App& group, Shell& shell) {
  struct Args {
    std::string run;
    std::string job;
    bool inspected = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = group.add_subcommand("requeue-stale", "Queue a job again whose lease lapsed; not one that writes the repository");
  add_run_id(*verb, args->run);
  add_text(*verb, "--job-id", args->job, "The job")->required();
  if (shell.name() == app::Name::git_striatum) {
    verb->add_flag("--inspected", args->inspected, "Also one that writes the repository: what it left behind was looked at");
  }
  verb->callback([args, &shell] {
    const auto inspected = args->inspected ? app::Inspected::yes : app::Inspected::no;
    const Json data = app::requeue_stale(shell.open(), RunId(args->run), JobId(args->job), inspected);
    shell.finish(data, [&] { return people_requeued(data); });
  });
}

void add_cancel_job(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<app::CancelJob>();
  auto texts = std::make_shared<std::array<std::string, 2>>();
  auto cascade = std::make_shared<bool>(false);
  auto* verb = group.add_subcommand("cancel-job", "End a job that is not over");
  add_run_id(*verb, texts->at(0));
  add_text(*verb, "--job-id", texts->at(1), "The job")->required();
  add_text(*verb, "--reason", args->reason, "Why")->required();
  verb->add_flag("--cascade", *cascade, "Cancel what can only be reached through it as well");
  verb->callback([args, texts, cascade, &shell] {
    args->run = RunId(texts->at(0));
    args->job = JobId(texts->at(1));
    if (*cascade) args->cascade = app::CancelJob::Cascade::yes;
    const Json data = app::cancel_job(shell.open(), *args);
    shell.finish(data, [&] { return people_canceled(data); });
  });
}

// ---- auto, watch

void add_policy_options(CLI::App& verb, SweepArgs& args) {
  add_run_id(verb, args.run);
  verb.add_flag("--autonomous-review-requeue", args.flags.review_requeue,
                "Queue lapsed jobs again that do not write the repository");
  verb.add_flag("--autonomous-process-reconcile", args.flags.process_reconcile, "Mark processes lost that are gone");
  add_optional_integer(verb, "--max-requeue", args.flags.max_requeue, "At most so many in one sweep (default 8)");
  add_optional_integer(verb, "--checkpoint-timeout", args.flags.checkpoint_timeout,
                       "Seconds after which a checkpoint is escalated (default 14400)");
  add_optional_integer(verb, "--eligible-after", args.flags.eligible_after,
                       "Seconds after which a blocker is named (default 600)");
}

void add_auto(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<SweepArgs>();
  auto* verb = group.add_subcommand("auto", "Sweep a run once by its recovery policy");
  add_policy_options(*verb, *args);
  verb->add_flag("--dry-run", args->dry_run, "Say what would be done; nothing is written");
  verb->callback([args, &shell] {
    app::Context& ctx = shell.open();
    const RunId run(args->run);
    const auto policy = app::sweep_policy(ctx, run, args->flags);
    const auto dry = args->dry_run ? app::DryRun::yes : app::DryRun::no;
    const Json data = app::recovery_auto(ctx, run, policy, dry);
    shell.finish(data, [&] { return people_sweep(data); });
  });
}

/// One record of a watch: with --json its bare object, else the line.
void record(Shell& shell, const Ordered& object, const std::string& line) {
  shell.line(shell.json ? to_spaced_ascii(object) : line);
}

/// For people: when, and what there is to say.
std::string sweep_text(const Ordered& sweep) {
  return sweep.at("swept_at").get<std::string>() + "  " + std::string(trim(people_sweep(Json(sweep))));
}

std::string sweep_line(const Ordered& sweep) {
  const auto count = [&](const char* key) { return std::string(key) + "=" + std::to_string(sweep.at(key).size()); };
  return "swept_at=" + sweep.at("swept_at").get<std::string>() + " " + count("actions") + " " + count("escalations") + " " +
         count("still_stuck");
}

void collide(Shell& shell, const std::string& run, long holder) {
  const std::string message = "another recovery watch is active, pid " + std::to_string(holder) + ", on run " + run;
  record(shell, {{"event", "watch_collision"}, {"run_id", run}, {"pid", holder}, {"message", message}},
         "recovery watch refused: " + message);
  refuse(Code::transition, "run " + quote(run) + " is watched already, by process " + std::to_string(holder),
         {"stop that one first, or leave it to it"});
}

/// One sweep; nullopt when the state was busy all the time, which the next one may find different.
std::optional<Ordered> sweep_once(Shell& shell, const RunId& run, const app::SweepPolicy& policy) {
  try {
    return app::recovery_sweep(shell.open(), run, policy, app::DryRun::no);
  } catch (const Error& error) {
    if (error.kind() != "db_busy") throw;
    shell.remark(error.message());
    return std::nullopt;
  }
}

struct Watched {
  std::string reason = "clean";
  std::int64_t sweeps = 0;
};

/// Sweeps until something ends it; `out` is right at every moment, also when a sweep fails.
void watch(Shell& shell, const SweepArgs& args, const os::SignalQueue& signals, Watched& out) {
  app::Context& ctx = shell.open();
  const RunId run(args.run);
  const auto policy = app::sweep_policy(ctx, run, args.flags);
  const milliseconds pause{static_cast<milliseconds::rep>(std::clamp(args.interval, 0.0, kMostSeconds) * 1000)};
  for (;;) {
    if (const auto sweep = sweep_once(shell, run, policy)) {
      ++out.sweeps;
      record(shell, *sweep, shell.people() ? sweep_text(*sweep) : sweep_line(*sweep));
    }
    if (shell.world().output_gone && shell.world().output_gone()) return;
    if (!args.on_and_on && app::run_ended(ctx, run)) out.reason = "run_terminal";
    else if (args.max_sweeps && out.sweeps >= *args.max_sweeps) out.reason = "max_sweeps_reached";
    else if (signals.wait(pause)) out.reason = "signal";
    else continue;
    return;
  }
}

void run_watch(Shell& shell, const SweepArgs& args) {
  app::Context& ctx = shell.open();
  ctx.request.reset();  // a watch is no call to be repeated
  (void)app::run_ended(ctx, RunId(args.run));
  const os::SignalQueue signals{SIGINT, SIGTERM, SIGHUP};
  const auto folder = ctx.place.state_dir / "scratch";
  os::ensure_directory(folder.string(), 0700);
  const os::PidFile::Claim claim = os::PidFile::claim((folder / ("recovery-watch-" + args.run + ".pid")).string());
  if (!claim.file) collide(shell, args.run, claim.holder);
  Watched watched;
  const auto finish = [&] {
    const std::string at = to_text(shell.now());
    record(shell,
           {{"event", "watch_exit"}, {"run_id", args.run}, {"reason", watched.reason}, {"swept_total", watched.sweeps}, {"exited_at", at}},
           "recovery watch exit: reason=" + watched.reason + " swept=" + std::to_string(watched.sweeps));
  };
  try {
    watch(shell, args, signals, watched);
  } catch (const Error&) {
    finish();
    throw;
  }
  finish();
}

void add_watch(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<SweepArgs>();
  auto* verb = group.add_subcommand("watch", "Sweep a run again and again; one watch a run");
  add_policy_options(*verb, *args);
  add_decimal(*verb, "--interval-seconds", args->interval, "Pause between two sweeps (default 60)");
  auto* to_the_end = verb->add_flag("--exit-on-terminal", args->to_the_end, "End with the run (the default)");
  auto* on = verb->add_flag("--no-exit-on-terminal", args->on_and_on, "Go on after the end of the run");
  on->excludes(to_the_end);
  add_optional_integer(*verb, "--max-sweeps", args->max_sweeps, "End after so many");
  verb->callback([args, &shell] { run_watch(shell, *args); });
}

void add_recovery(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("recovery", "Get stuck work going: lapsed leases, waiting checkpoints, jobs to give up");
  add_stale_leases(*group, shell);
  add_requeue_stale(*group, shell);
  add_cancel_job(*group, shell);
  add_auto(*group, shell);
  add_watch(*group, shell);
}

const Enlisted kRecovery({"recovery", add_recovery, Chapter::look, 70, Effect::writes});

}  // namespace
}  // namespace striatum::cli
