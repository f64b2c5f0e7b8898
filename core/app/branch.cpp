// SPDX-License-Identifier: Apache-2.0
#include "app/git_facts.hpp"
#include "app/verbs.hpp"
#include "domain/workflow_spec.hpp"
#include "git/program.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

void check_modes(const BranchConfirm& command) {
  if (command.strict && (command.create || command.use_current)) {
    refuse(Code::workflow, "--strict goes with neither --create nor --use-current", {"give one of the three"});
  }
  if (command.create && command.use_current) {
    refuse(Code::workflow, "--create and --use-current exclude each other", {"give one of the two"});
  }
}

std::string_view mode_of(const BranchConfirm& command) {
  if (command.create) return "create";
  if (command.use_current) return "use_current";
  return command.strict ? "strict" : "records_only";
}

/// Contract's order: what git says is checked, and git switched, before the run is looked at.
void check_current(const BranchConfirm& command, const std::optional<std::string>& current) {
  const std::string now = current ? quote(*current) : "none";
  if (command.use_current && !current) {
    refuse(Code::workflow, "--use-current needs a current git branch, and there is none here",
           {"check out a branch: `git switch NAME`"});
  }
  if (command.use_current && *current != command.branch) {
    refuse(Code::workflow,
           "--use-current was given for " + quote(command.branch) + ", but the current git branch is " + now,
           {"give --branch " + *current});
  }
  if (command.strict && (!current || *current != command.branch)) {
    refuse(Code::workflow, "--strict wants " + quote(command.branch) + " checked out; the current git branch is " + now,
           {"check it out: `git switch " + command.branch + "`"});
  }
}

bool check_out(const Context& ctx, const std::string& branch) {
  const std::string doing = "git cannot check out branch " + quote(branch) + ": ";
  if (!ctx.place.git) refuse(Code::workflow, doing + "this folder is no git repository", {"run `git init`"});
  const auto result = git::checkout_or_create(git::Program(ctx.place.work_tree.string()), branch);
  if (!result.ok) refuse(Code::workflow, doing + result.complaint.substr(0, 200), {"choose another --branch"});
  return result.created;
}

void refuse_confirmed(const Run& run, const BranchConfirm& command) {
  const bool waiting = run.state == RunState::needs_branch_confirmation || run.state == RunState::ready;
  const bool begun = run.state == RunState::running || run.state == RunState::blocked || run.state == RunState::completed;
  if (waiting || (command.again && begun)) return;
  refuse(Code::transition, "run " + quote(run.id.str()) + " is not waiting for branch confirmation; it is " +
                               std::string(to_text(run.state)),
         {"a run that has begun takes its branch as it is now with --again"});
}

bool allow_dirty(store::Connection& db, const Run& run) {
  return domain::branch_spec(member(store::workflow_head(db, run.snapshot), "branch")).allow_dirty;
}

Json confirm_rows(Context& ctx, store::WriteUnit& unit, const BranchConfirm& command, bool created) {
  const Run run = store::get_run(unit.db(), command.run);
  refuse_confirmed(run, command);
  const auto current = current_branch(ctx);
  store::confirm_branch(unit.db(), run.id, command.branch, unit.now());
  const auto tip = ctx.place.git ? commit_of(ctx, "refs/heads/" + command.branch) : std::nullopt;
  if (tip) store::set_branch_base(unit.db(), run.id, *tip, is_strict(run));
  Event event{"run.branch_confirmed", run.id};
  event.payload = {{"branch", command.branch}, {"mode", mode_of(command)}, {"created", created}};
  if (command.again) event.payload["again"] = true;
  if (is_strict(run) && tip) event.payload["branch_base"] = *tip;
  unit.event(event);
  const bool differs = current && *current != command.branch;
  return {{"run_id", run.id.str()},
          {"state", to_text(run.state == RunState::needs_branch_confirmation ? RunState::ready : run.state)},
          {"branch", command.branch},
          {"requested_branch", command.branch},
          {"current_git_branch", nullable(current)},
          {"records_only", true},
          {"warning", differs ? Json("the current git branch is not the one this branch confirmation records") : Json()},
          {"created", created},
          {"mode", mode_of(command)}};
}

/// Strict runs are looked up before git is touched.
void strict_checks(Context& ctx, const BranchConfirm& command) {
  auto& db = ctx.state().db();
  const auto run = store::find_run(db, command.run);
  if (!run) {
    if (ctx.name == Name::git_striatum) (void)store::get_run(db, command.run);
    return;
  }
  if (!is_strict(*run)) return;
  refuse_confirmed(*run, command);
  BranchRequest request{command.branch, command.create, command.allow_protected, allow_dirty(db, *run) || command.again};
  require_confirmable(ctx, request);
}

}  // namespace

Json branch_confirm(Context& ctx, const BranchConfirm& command) {
  check_modes(command);
  // A repeated request must not switch branches once more.
  if (const auto reply = ctx.request ? repeated(ctx, ctx.state().db()) : std::nullopt) return *reply;
  strict_checks(ctx, command);
  check_current(command, current_branch(ctx));
  const bool created = command.create && check_out(ctx, command.branch);
  return write(ctx, [&](store::WriteUnit& unit) { return confirm_rows(ctx, unit, command, created); });
}

}  // namespace striatum::app
