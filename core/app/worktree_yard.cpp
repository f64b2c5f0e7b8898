// SPDX-License-Identifier: Apache-2.0
#include "app/worktree_yard.hpp"

#include "base/text.hpp"
#include "os/files.hpp"
#include "store/apply.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

namespace fs = std::filesystem;
using store::WorktreeIntent;
using store::WorktreeStep;

constexpr std::chrono::minutes kPatience{5};

std::string lock_path(const Context& ctx) { return (ctx.place.state_dir / "worktrees.lock").string(); }

/// Where a folder lies while it is judged and removed.
fs::path aside(const fs::path& folder) { return folder.string() + ".gone"; }

os::FairLock take_turn(const Context& ctx) {
  try {
    return os::FairLock::acquire(lock_path(ctx), ctx.command, kPatience);
  } catch (const Error& error) {
    if (error.kind() != "db_busy") throw;
    fail(Code::transition, "worktrees_busy", "another command works on the worktrees of this repository",
         {"try again when it has ended"});
  }
}

}  // namespace

std::string saved_ref(const WorktreeId& id) { return "refs/striatum/worktrees/" + id.str(); }

WorktreeYard::WorktreeYard(Context& ctx, os::FairLock lock) : ctx_(ctx), lock_(std::move(lock)) { recover(); }

WorktreeYard::WorktreeYard(Context& ctx) : WorktreeYard(ctx, take_turn(ctx)) {}

std::optional<WorktreeYard> WorktreeYard::enter_if_free(Context& ctx) {
  auto lock = os::FairLock::try_acquire(lock_path(ctx), ctx.command);
  if (!lock) return std::nullopt;
  return WorktreeYard(ctx, *std::move(lock));
}

std::string WorktreeYard::path_of(const WorktreeId& id) const {
  return (ctx_.place.state_dir / "worktrees" / id.str()).lexically_relative(ctx_.place.root).generic_string();
}

void WorktreeYard::announce(const WorktreeIntent& intent) {
  store::WriteUnit unit(ctx_.state(), ctx_.clock.now(), ctx_.random);
  store::set_worktree_intent(unit.db(), intent, unit.now());
  unit.commit();
}

void WorktreeYard::end(const WorktreeId& id) {
  store::WriteUnit unit(ctx_.state(), ctx_.clock.now(), ctx_.random);
  store::end_worktree_intent(unit.db(), id);
  unit.commit();
}

// ---- making ----------------------------------------------------------------------------------------------

void WorktreeYard::make(const WorktreeIntent& intent, const Oid& commit) {
  const fs::path folder = folder_of(intent.path);
  os::ensure_directory(folder.parent_path().string(), 0700);
  const auto complaint = git::add_worktree(git(), folder.string(), commit);
  if (!complaint) return;
  unmake(intent);
  refuse(Code::transition, "git made no worktree: " + *complaint, {"see what is in its way: git worktree list"});
}

void WorktreeYard::unmake(const WorktreeIntent& intent) {
  const fs::path folder = folder_of(intent.path);
  std::error_code error;
  fs::rename(folder, aside(folder), error);
  clear(intent);
}

// ---- judging ---------------------------------------------------------------------------------------------

std::vector<Oid> WorktreeYard::safe_commits(const JobWorktree& worktree) const {
  auto& db = ctx_.state().db();
  const auto repository = git::Repository::open(ctx_.place.root.string());
  std::vector<Oid> out;
  for (const std::string& ref : {"refs/heads/" + worktree.base_branch, saved_ref(worktree.id)}) {
    if (const auto tip = repository.ref(ref)) out.push_back(*tip);
  }
  std::vector<std::string> commits;
  if (const auto base = store::job_base(db, worktree.job)) commits.push_back(*base);
  if (const auto applied = store::applied_commit(db, worktree.job)) commits.push_back(*applied);
  for (const std::string& hex : commits) {
    const auto id = Oid::parse(hex);
    if (id && repository.has(*id)) out.push_back(*id);
  }
  return out;
}

git::Unsaved WorktreeYard::judge(const fs::path& folder, const JobWorktree& worktree) const {
  const auto places = git::worktree_places(folder.string());
  if (places) return git::unsaved_work(*places, safe_commits(worktree));
  git::Unsaved out;  // a folder that git knows nothing of: nobody can tell what it is worth
  if (os::is_directory(folder.string()) && !fs::is_empty(folder)) out.repositories.push_back(worktree.path + "/");
  return out;
}

git::Unsaved WorktreeYard::unsaved(const JobWorktree& worktree) const { return judge(folder_of(worktree.path), worktree); }

WorktreeYard::Aside::Aside(WorktreeYard& yard, const JobWorktree& worktree) : yard_(yard), worktree_(worktree) {
  yard_.announce({worktree_.id, WorktreeStep::remove, worktree_.path});
  const fs::path folder = yard_.folder_of(worktree_.path);
  std::error_code error;
  fs::rename(folder, aside(folder), error);
  if (!error || error == std::errc::no_such_file_or_directory) return;
  yard_.end(worktree_.id);
  fail(Code::general, "io_error", "cannot move worktree " + quote(worktree_.path) + " aside: " + error.message());
}

WorktreeYard::Aside::~Aside() {
  if (dropped_) return;
  try {
    yard_.put_back({worktree_.id, WorktreeStep::remove, worktree_.path});
  } catch (const std::exception&) {
    dropped_ = true;  // the next command puts it back
  }
}

git::Unsaved WorktreeYard::Aside::unsaved() const {
  return yard_.judge(aside(yard_.folder_of(worktree_.path)), worktree_);
}

Oid WorktreeYard::Aside::save() const {
  const auto places = git::worktree_places(aside(yard_.folder_of(worktree_.path)).string());
  if (!places) fail(Code::general, "git_failed", "git does not know worktree " + quote(worktree_.id.str()));
  return git::save_work(*places, saved_ref(worktree_.id), "Work left in " + worktree_.id.str() + " of " + worktree_.job.str());
}

// ---- after a crash ---------------------------------------------------------------------------------------

void WorktreeYard::put_back(const WorktreeIntent& intent) {
  const fs::path folder = folder_of(intent.path);
  std::error_code error;
  if (!os::exists(folder.string())) fs::rename(aside(folder), folder, error);
  end(intent.id);
}

void WorktreeYard::clear(const WorktreeIntent& intent) {
  const fs::path folder = folder_of(intent.path);
  if (ctx_.place.git) git::forget_worktree(ctx_.place.git->common_dir, folder.string());
  std::error_code error;
  fs::remove_all(aside(folder), error);
  if (error) os::fail_errno(error.value(), "removing", aside(folder).string());
  end(intent.id);
}

void WorktreeYard::recover(const WorktreeIntent& intent) {
  const auto row = store::find_worktree(ctx_.state().db(), intent.id);
  if (intent.step == WorktreeStep::remove) return put_back(intent);
  if (intent.step == WorktreeStep::drop) return clear(intent);
  if (row) return end(intent.id);
  unmake(intent);
}

void WorktreeYard::recover() {
  for (const WorktreeIntent& intent : store::worktree_intents(ctx_.state().db())) {
    try {
      recover(intent);
    } catch (const Error&) {
      continue;  // what cannot be removed now is tried again by the command after this one
    }
  }
}

}  // namespace striatum::app
