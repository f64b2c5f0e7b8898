// SPDX-License-Identifier: Apache-2.0
#include "app/worktree.hpp"

#include "app/flow.hpp"
#include "app/git_facts.hpp"
#include "app/read_model.hpp"
#include "app/worktree_yard.hpp"
#include "base/text.hpp"
#include "domain/workflow_spec.hpp"
#include "os/files.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

using store::WorktreeIntent;
using store::WorktreeStep;
using Aside = WorktreeYard::Aside;

bool ours(const Context& ctx) { return ctx.name == Name::git_striatum; }

// ---- create ----------------------------------------------------------------------------------------------

void require_per_job(store::Connection& db, const Run& run, const Job& job) {
  const Json lanes = member(store::workflow_head(db, run.snapshot), "lanes");
  const std::string lane = job.lane.value_or("");
  if (domain::lane_spec(member(lanes, lane)).worktree_per_job) return;
  refuse(Code::transition, "lane " + quote(lane) + " of job " + quote(job.id.str()) +
                               " does not say worktree_isolation: per_job",
         {"set it in the workflow's lane, or work in the work tree you are in"});
}

void require_room(store::Connection& db, const Job& job) {
  const auto active = store::active_worktree(db, job.id);
  if (!active) return;
  refuse(Code::transition, "job already has an active worktree: " + quote(active->id.str()) + " at " + active->path,
         {"git striatum worktree release --worktree-id " + active->id.str()});
}

/// What the rows allow: a live lease on repo-write work of a lane with worktrees, on a confirmed branch.
JobWorktree allowed(store::WriteUnit& unit, const Held& held, const JobId& id) {
  auto& db = unit.db();
  const Job job = store::get_job(db, id);
  const Lease lease = held_lease(unit, held.lease, held.session, id);
  if (!job.is_repo_write()) {
    refuse(Code::transition, "job " + quote(id.str()) + " is not repo-write; a worktree would serve nothing",
           {"work where you are"});
  }
  require_room(db, job);
  const Run run = store::get_run(db, job.run);
  require_per_job(db, run, job);
  if (!run.branch || !run.branch_confirmed_at) {
    refuse(Code::transition, "run " + quote(run.id.str()) + " has no confirmed branch",
           {"git striatum branch confirm --run-id " + run.id.str() + " --branch NAME"});
  }
  JobWorktree out;
  out.run = run.id;
  out.job = id;
  out.lease = lease.id;
  out.base_branch = *run.branch;
  return out;
}

Oid tip_of(const Context& ctx, const std::string& branch) {
  if (!ctx.place.git) refuse(Code::transition, "this folder is no git repository", {"git init"});
  const auto tip = git::Repository::open(ctx.place.root.string()).ref("refs/heads/" + branch);
  if (tip) return *tip;
  refuse(Code::transition, "branch " + quote(branch) + " has no commit to make a worktree at",
         {"git branch " + branch + " COMMIT"});
}

Event worktree_event(const char* type, const JobWorktree& row) {
  Event event{type, row.run};
  event.job = row.job;
  event.lease = row.lease;
  event.payload = {{"worktree_id", row.id.str()}, {"worktree_path", row.path}};
  return event;
}

/// The worktrees of earlier tries at the same work, which may hold a part of it.
Json earlier_tries(const WorktreeYard& yard, store::Connection& db, const JobWorktree& row) {
  Json out = Json::array();
  const Job job = store::get_job(db, row.job);
  for (const JobWorktree& other : store::kept_worktrees_of(db, row.run, job.workflow_job)) {
    const std::string folder = yard.folder_of(other.path).string();
    if (other.id == row.id || !os::is_directory(folder)) continue;
    out.push_back({{"worktree_id", other.id.str()}, {"job_id", other.job.str()}, {"folder", folder}});
  }
  return out;
}

Json record_created(WorktreeYard& yard, store::WriteUnit& unit, const Context& ctx, const Held& held, JobWorktree row,
                    const Oid& base) {
  auto& db = unit.db();
  (void)allowed(unit, held, row.job);  // the lease may have ended meanwhile
  store::insert_worktree(db, row, unit.now());
  store::set_job_base(db, row.job, base.hex());
  store::end_worktree_intent(db, row.id);
  Event event = worktree_event("worktree.created", row);
  event.session = held.session;
  event.payload["base_branch"] = row.base_branch;
  unit.event(event);
  Json reply{{"base_branch", row.base_branch}, {"worktree_id", row.id.str()}, {"worktree_path", row.path}};
  if (ours(ctx)) {
    reply["base"] = base.hex();
    reply["folder"] = yard.folder_of(row.path).string();
    reply["earlier"] = earlier_tries(yard, db, row);
  }
  return reply;
}

// ---- release ---------------------------------------------------------------------------------------------

std::string what_is_left(const git::Unsaved& left) {
  std::vector<std::string> parts;
  if (!left.paths.empty()) {
    const std::size_t more = left.paths.size() - 1;
    parts.push_back(quote(left.paths.front()) + (more > 0 ? " and " + std::to_string(more) + " more" : ""));
  }
  if (left.commits) parts.emplace_back("commits of its own");
  if (left.operation) parts.push_back("a " + *left.operation + " under way");
  for (const std::string& folder : left.repositories) parts.push_back("another repository in " + quote(folder));
  return join(parts, ", ");
}

Json details(const git::Unsaved& left) {
  return {{"paths", left.paths}, {"commits", left.commits}, {"repositories", left.repositories},
          {"operation", left.operation ? Json(*left.operation) : Json()}};
}

[[noreturn]] void refuse_loss(Context& ctx, const JobWorktree& row, const git::Unsaved& left) {
  const std::string release = ctx.program() + " worktree release --worktree-id " + row.id.str();
  std::vector<std::string> hints;
  if (const auto job = store::find_job(ctx.state().db(), row.job); job && job->state == JobState::completed) {
    hints.push_back(ctx.program() + " apply --run-id " + row.run.str() + " --job-id " + row.job.str());
  }
  if (left.can_be_saved()) hints.push_back(release + " --save");
  hints.push_back(release + " --discard");
  throw Error(Code::transition, "worktree " + quote(row.id.str()) + " holds work that stands nowhere else: " + what_is_left(left),
              hints)
      .with_kind("worktree_unsaved")
      .with_details(details(left));
}

void require_unlocked(const WorktreeYard& yard, const JobWorktree& row) {
  const auto places = git::worktree_places(yard.folder_of(row.path).string());
  if (!places || !os::exists(os::path_join(places->git_dir, "locked"))) return;
  refuse(Code::transition, "worktree " + quote(row.id.str()) + " is locked by `git worktree lock`",
         {"git worktree unlock " + row.path});
}

/// Ends a worktree whose rows say that it is there. Refuses what would be lost.
Json remove(Context& ctx, WorktreeYard& yard, const JobWorktree& row, Leftover leftover, Step step) {
  require_unlocked(yard, row);
  Aside aside(yard, row);
  Json saved;
  if (leftover != Leftover::discard) {
    const git::Unsaved left = aside.unsaved();
    const bool save = leftover == Leftover::save && left.can_be_saved();
    if (!left.nothing() && !save) refuse_loss(ctx, row, left);
    if (!left.nothing()) static_cast<void>(aside.save());
  }
  const bool kept = git::Repository::open(ctx.place.root.string()).ref(saved_ref(row.id)).has_value();
  if (kept) saved = saved_ref(row.id);
  Json reply{{"status", "released"}, {"state", to_text(WorktreeState::removed)}, {"worktree_id", row.id.str()}};
  if (ours(ctx)) reply["saved"] = saved;
  aside.drop([&](store::WriteUnit& unit) {
    store::end_worktree(unit.db(), row.id, unit.now());
    unit.event(worktree_event("worktree.released", row));
    remember(ctx, unit, step == Step::last ? std::optional(reply) : std::nullopt);
  });
  return reply;
}

/// 1.24 leaves abandoned worktrees where they are for ever.
bool releasable(const Context& ctx, const JobWorktree& row) {
  return row.state == WorktreeState::active || (row.state == WorktreeState::abandoned && ours(ctx));
}

// ---- prune -----------------------------------------------------------------------------------------------

Json pruned(Context& ctx, WorktreeYard& yard, const JobWorktree& row, Rehearsal rehearsal) {
  Json item{{"worktree_id", row.id.str()}, {"job_id", row.job.str()}, {"worktree_path", row.path}, {"action", "kept"},
            {"reason", nullptr}};
  if (row.state == WorktreeState::active && store::has_active_lease(ctx.state().db(), row.lease)) {
    item["reason"] = "a session holds its lease";
    return item;
  }
  try {
    const git::Unsaved left = yard.unsaved(row);
    if (!left.nothing()) refuse_loss(ctx, row, left);
    require_unlocked(yard, row);
    if (rehearsal == Rehearsal::no) static_cast<void>(remove(ctx, yard, row, Leftover::refuse, Step::interim));
    item["action"] = rehearsal == Rehearsal::no ? "removed" : "would_remove";
  } catch (const Error& error) {
    if (error.code() != Code::transition) throw;
    item["reason"] = error.message();
    item["hints"] = error.hints();
  }
  return item;
}

}  // namespace

std::optional<std::filesystem::path> own_folder(Context& ctx, const JobId& job) {
  const auto row = store::active_worktree(ctx.state().db(), job);
  if (!row) return std::nullopt;
  const std::filesystem::path folder = ctx.place.root / row->path;
  return os::is_directory(folder.string()) ? std::optional(folder) : std::nullopt;
}

std::filesystem::path work_folder(Context& ctx, const JobId& job) {
  return own_folder(ctx, job).value_or(ctx.place.work_tree);
}

Json worktree_create(Context& ctx, const Held& held, const JobId& job) {
  if (auto earlier = repeated(ctx, ctx.state().db())) return *earlier;
  WorktreeYard yard(ctx);
  JobWorktree row;
  Oid base;
  {
    store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
    row = allowed(unit, held, job);
    base = tip_of(ctx, row.base_branch);
    row.id = WorktreeId(unit.new_id("wt"));
    row.path = yard.path_of(row.id);
    store::set_worktree_intent(unit.db(), {row.id, WorktreeStep::create, row.path}, unit.now());
    unit.commit();
  }
  const WorktreeIntent intent{row.id, WorktreeStep::create, row.path};
  yard.make(intent, base);
  try {
    return write(ctx, [&](store::WriteUnit& unit) { return record_created(yard, unit, ctx, held, row, base); });
  } catch (const Error&) {
    yard.unmake(intent);
    throw;
  }
}

Json worktree_release(Context& ctx, const WorktreeId& id, Leftover leftover) {
  if (auto earlier = repeated(ctx, ctx.state().db())) return *earlier;
  WorktreeYard yard(ctx);
  const JobWorktree row = store::get_worktree(ctx.state().db(), id);
  if (!releasable(ctx, row)) {
    return write(ctx, [&](store::WriteUnit&) -> Json {
      return {{"status", "already_released"}, {"state", to_text(row.state)}, {"worktree_id", id.str()}};
    });
  }
  // A contract without a word for a refusal, and work that must not be lost: it goes into a ref.
  const bool quiet = !ours(ctx) && leftover == Leftover::refuse;
  return remove(ctx, yard, row, quiet ? Leftover::save : leftover, Step::last);
}

Json worktree_list(Context& ctx, const std::optional<RunId>& run) {
  Json rows = read(ctx, [&](store::Connection& db) { return store::list_worktrees(db, run); });
  if (ours(ctx)) {
    for (Json& row : rows) {
      const std::string folder = (ctx.place.root / text_member(row, "worktree_path")).string();
      row["folder"] = folder;
      row["on_disk"] = os::is_directory(folder);
    }
  }
  return {{"worktrees", std::move(rows)}};
}

Json worktree_prune(Context& ctx, const std::optional<RunId>& run, Rehearsal rehearsal) {
  if (auto earlier = repeated(ctx, ctx.state().db())) return *earlier;
  WorktreeYard yard(ctx);
  Json items = Json::array();
  for (const JobWorktree& row : store::kept_worktrees(ctx.state().db(), run)) {
    items.push_back(pruned(ctx, yard, row, rehearsal));
  }
  const std::size_t count = items.size();
  return write(ctx, [&](store::WriteUnit&) -> Json { return {{"items", std::move(items)}, {"count", count}}; });
}

void recover_worktrees(Context& ctx) {
  if (store::worktree_intents(ctx.state().db()).empty()) return;
  static_cast<void>(WorktreeYard::enter_if_free(ctx));
}

}  // namespace striatum::app
