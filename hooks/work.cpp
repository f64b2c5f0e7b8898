// SPDX-License-Identifier: Apache-2.0
#include "hooks/work.hpp"

#include <algorithm>
#include <set>

#include "app/git_facts.hpp"
#include "app/worktree.hpp"
#include "domain/scope.hpp"
#include "export/dsse.hpp"
#include "export/paths.hpp"
#include "git/program.hpp"
#include "os/files.hpp"
#include "os/repo_files.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

using provenance::ReceiptState;

bool same_folder(const std::filesystem::path& a, const std::filesystem::path& b) {
  return a == b || os::real_path(a.string()) == os::real_path(b.string());
}

bool lies_here(app::Context& ctx, const JobId& job) {
  return same_folder(app::work_folder(ctx, job), ctx.place.work_tree);
}

std::string confirm_hint(const app::Context& ctx, const Run& run) {
  return "run `" + ctx.program() + " branch confirm --run-id " + run.id.str() + " --branch " +
         run.branch.value_or("BRANCH") + " --again`";
}

Oid commit_id(const git::Repository& repository, const std::string& hex, const std::string& what,
              const std::string& hint) {
  const auto id = Oid::parse(hex);
  if (id && repository.has(*id)) return *id;
  refuse(Code::transition, what + " " + quote(hex) + " is not in this repository", {hint});
}

// ---- earlier receipts ----------------------------------------------------------------------------------

std::optional<std::string> record(const git::Repository& repository, const Oid& tree, const std::string& path) {
  const auto entry = repository.entry(tree, path);
  if (!entry || entry->mode != git::Mode::regular) return std::nullopt;
  return repository.blob(entry->id);
}

std::optional<EarlierReceipt> read_earlier(const git::Repository& repository, const Oid& tree,
                                           const std::string& digest) {
  const auto file = record(repository, tree, provenance::receipt_path(digest));
  if (!file) return std::nullopt;
  const auto envelope = provenance::parse_committed_envelope(*file);
  if (!envelope) return std::nullopt;
  auto receipt = provenance::parse_receipt(envelope->payload);
  if (!receipt) return std::nullopt;
  const auto list = record(repository, tree, provenance::changes_path(receipt->changes.hex()));
  if (!list) return std::nullopt;
  auto changes = provenance::parse_changes(*list);
  if (!changes) return std::nullopt;
  return EarlierReceipt{sha256(envelope->payload), receipt.take(), changes.take()};
}

/// Of this run, as far as they stand in the branch: a reset or a revert takes them back.
std::vector<EarlierReceipt> earlier_receipts(store::Connection& db, const git::Repository& repository, const Run& run,
                                             const Oid& tree) {
  std::vector<EarlierReceipt> out;
  for (const store::StoredReceipt& row : store::receipts(db, run.id)) {
    if (row.state == "refused") continue;
    if (auto receipt = read_earlier(repository, tree, row.id)) out.push_back(*std::move(receipt));
  }
  return out;
}

bool applied(const std::vector<EarlierReceipt>& earlier, const JobId& job) {
  return std::any_of(earlier.begin(), earlier.end(), [&](const EarlierReceipt& receipt) {
    if (receipt.receipt.state != ReceiptState::applied) return false;
    const auto& jobs = receipt.receipt.jobs;
    return std::any_of(jobs.begin(), jobs.end(), [&](const auto& row) { return row.job_id == job; });
  });
}

// ---- jobs ----------------------------------------------------------------------------------------------

Entries parse_rows(const std::string& text) {
  Entries out;
  const Json rows = parse_json(text).value_or(Json::array());
  for (const Json& row : rows) {
    Entry entry;
    if (const auto mode = optional_text(row, "mode")) entry.mode = git::parse_mode(*mode).value_or(git::Mode::none);
    if (const auto blob = optional_text(row, "blob")) entry.blob = Oid::parse(*blob);
    out[text_member(row, "path")] = entry;
  }
  return out;
}

std::set<JobId> upstream_of(store::Connection& db, const JobId& job) {
  std::set<JobId> out;
  std::vector<JobId> open{job};
  while (!open.empty()) {
    const JobId next = open.back();
    open.pop_back();
    for (const Dependency& d : store::dependencies(db, next)) {
      if (out.insert(d.upstream).second) open.push_back(d.upstream);
    }
  }
  return out;
}

/// The work of a job, from what `complete` stored; where release 1.24 did that, from the work tree as it is now.
TakenJob take_job(app::Context& ctx, const git::Repository& repository, const Run& run, const Job& job) {
  const auto stored = store::job_snapshot(ctx.state().db(), job.id);
  const auto base = stored.base_commit ? stored.base_commit : run.branch_base;
  TakenJob out;
  out.job = job;
  out.scope = domain::write_scope(job.write_scope);
  if (!base) {
    refuse(Code::transition, "no base is known of job " + quote(job.id.str()) + ", which another program claimed",
           {confirm_hint(ctx, run)});
  }
  out.base = commit_id(repository, *base, "the base of job " + quote(job.id.str()) + ", commit", confirm_hint(ctx, run));
  out.base_tree = repository.commit(out.base).tree;
  out.recorded = stored.digest;
  out.isolated = app::own_folder(ctx, job.id).has_value();
  std::string rows = stored.rows.value_or("[]");
  out.digest = stored.digest.value_or("");
  if (!stored.digest) {
    const auto now = app::take_snapshot(ctx, job, base);
    rows = now ? now->rows : "[]";
    out.digest = now ? now->digest : sha256(rows).hex();
  }
  out.rows = parse_rows(rows);
  out.upstream = upstream_of(ctx.state().db(), job.id);
  return out;
}

bool is_newest(store::Connection& db, const Job& job) {
  const auto newest = store::newest_attempt(db, job.run, job.workflow_job);
  return newest && newest->id == job.id;
}

/// Finished repo-write work that no receipt in the branch covers, newest attempts only.
std::vector<Job> unapplied(store::Connection& db, const Run& run, const std::vector<EarlierReceipt>& earlier) {
  std::vector<Job> out;
  for (Job& job : store::completed_jobs(db, run.id)) {
    if (!job.is_repo_write() || job.is_review() || applied(earlier, job.id) || !is_newest(db, job)) continue;
    out.push_back(std::move(job));
  }
  return out;
}

/// This work tree, if finished work lies in it, or the only one that holds some.
std::filesystem::path only_folder(app::Context& ctx, const Run& run, const std::vector<Job>& jobs) {
  std::vector<std::pair<std::filesystem::path, JobId>> found;
  for (const Job& job : jobs) {
    const auto folder = app::work_folder(ctx, job.id);
    if (same_folder(folder, ctx.place.work_tree)) return ctx.place.work_tree;
    found.emplace_back(folder, job.id);
  }
  if (found.size() <= 1) return found.empty() ? ctx.place.work_tree : found.front().first;
  std::vector<std::string> hints;
  for (const auto& [folder, job] : found) {
    hints.push_back(ctx.program() + " apply --run-id " + run.id.str() + " --job-id " + job.str());
  }
  fail(Code::transition, "several_worktrees", "finished work of run " + quote(run.id.str()) + " lies in " +
                               std::to_string(found.size()) + " worktrees; one apply takes from one", hints);
}

void require_takable(const app::Context& ctx, store::Connection& db, const Run& run, const JobId& id) {
  const Job job = store::get_job(db, id);
  if (job.run != run.id) {
    refuse(Code::transition, "job " + quote(id.str()) + " belongs to another run than " + quote(run.id.str()),
           {"give --run-id " + job.run.str()});
  }
  if (!job.is_repo_write() || job.is_review()) {
    refuse(Code::transition, "job " + quote(id.str()) + " does not write the repository; there is nothing to apply",
           {"leave out --job-id to apply all finished work of the run"});
  }
  if (job.state != JobState::completed) {
    refuse(Code::transition, "job " + quote(id.str()) + " is " + std::string(to_text(job.state)) + ", not completed",
           {"run `" + ctx.program() + " why " + id.str() + "` to see what it waits for"});
  }
  if (is_newest(db, job)) return;
  const auto newest = store::newest_attempt(db, run.id, job.workflow_job);
  refuse(Code::transition, "job " + quote(id.str()) + " was superseded by " + quote(newest->id.str()),
         {"give --job-id " + newest->id.str()});
}

std::vector<std::string> superseded(store::Connection& db, const std::vector<TakenJob>& jobs,
                                    const std::vector<EarlierReceipt>& earlier) {
  std::vector<std::string> out;
  for (const TakenJob& taken : jobs) {
    for (const Job& attempt : store::attempts_of(db, taken.job.run, taken.job.workflow_job)) {
      if (attempt.attempt < taken.job.attempt && !applied(earlier, attempt.id)) out.push_back(attempt.id.str());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// ---- reviews and artifacts -----------------------------------------------------------------------------

std::vector<RequiredReview> reviews_of(store::Connection& db, const std::vector<TakenJob>& jobs) {
  std::vector<RequiredReview> out;
  for (const TakenJob& taken : jobs) {
    for (const Job& review : store::reviews_behind(db, taken.job.run, taken.job.workflow_job)) {
      const auto same = [&](const RequiredReview& r) { return r.job.id == review.id; };
      auto known = std::find_if(out.begin(), out.end(), same);
      if (known == out.end()) {
        const auto stored = store::job_snapshot(db, review.id).reviewed;
        out.push_back({review, {}, store::verdicts_of(db, review.id),
                       stored ? parse_json(*stored).value_or(Json()) : Json()});
        known = out.end() - 1;
      }
      known->of.push_back(taken.job.id);
    }
  }
  return out;
}

bool holds(const std::string& folder, const store::Publication& row) {
  if (!os::is_directory(folder)) return false;
  const auto read = os::RepoFiles(folder).read(row.path);
  return read.access == os::Access::ok && sha256(read.bytes).hex() == row.sha256;
}

/// Where a published file still is as it was published: here, or where the reviewer or the job before worked.
std::string folder_of(const app::Context& ctx, const store::Publication& row) {
  std::string here = ctx.place.work_tree.string();
  if (holds(here, row)) return here;
  for (const git::Worktree& tree : git::worktrees(git::Program(here))) {
    if (!tree.bare && holds(tree.path, row)) return tree.path;
  }
  return here;
}

/// As `git add` would take it in its own work tree; stored in the repository.
Entry stored_entry(const std::string& folder, const std::string& path) {
  const os::FileBytes file = os::RepoFiles(folder).read(path);
  const git::Program git = git::Program(folder).durable();
  const auto blob = Oid::parse(git.line({"hash-object", "-w", "--stdin", "--path", path}, file.bytes));
  return {(file.mode & 0100) != 0 ? git::Mode::executable : git::Mode::regular, blob};
}

PublishedFile published_file(const app::Context& ctx, store::Publication row, bool superseded) {
  PublishedFile out{std::move(row), ctx.place.work_tree.string(), std::nullopt, superseded};
  if (!superseded) out.folder = folder_of(ctx, out.row);
  if (!same_folder(out.folder, ctx.place.work_tree)) out.elsewhere = stored_entry(out.folder, out.row.path);
  return out;
}

/// Publications of the jobs taken, of their earlier attempts, and of the reviews behind them: newest of each path.
std::vector<PublishedFile> artifacts_of(app::Context& ctx, const Work& work) {
  std::set<JobId> newest;
  for (const TakenJob& taken : work.jobs) newest.insert(taken.job.id);
  for (const RequiredReview& review : work.reviews) newest.insert(review.job.id);
  const std::set<std::string> older(work.superseded.begin(), work.superseded.end());
  std::vector<PublishedFile> out;
  std::set<std::string> seen;
  for (store::Publication& row : store::publications(ctx.state().db(), work.run.id)) {
    const bool superseded = older.count(row.job.str()) != 0;
    if ((!superseded && newest.count(row.job) == 0) || !seen.insert(row.path).second) continue;
    PublishedFile file = published_file(ctx, std::move(row), superseded);
    if (!superseded || holds(file.folder, file.row)) out.push_back(std::move(file));
  }
  std::sort(out.begin(), out.end(),
            [](const PublishedFile& a, const PublishedFile& b) { return a.row.path < b.row.path; });
  return out;
}

/// What other finished jobs of the run wait to have applied.
void note_others(app::Context& ctx, Work& work, const std::vector<Job>& unapplied_jobs) {
  auto& db = ctx.state().db();
  for (Job& job : store::working_jobs(db, work.run.id)) {
    if (lies_here(ctx, job.id)) work.others.push_back(std::move(job));
  }
  for (const Job& job : unapplied_jobs) {
    const auto mine = [&](const TakenJob& taken) { return taken.job.id == job.id; };
    if (std::any_of(work.jobs.begin(), work.jobs.end(), mine) || !lies_here(ctx, job.id)) continue;
    for (const auto& [path, entry] : parse_rows(store::job_snapshot(db, job.id).rows.value_or("[]"))) {
      work.waiting.emplace(path, job.id);
    }
  }
  for (const store::Publication& row : store::publications(db, work.run.id)) work.waiting.emplace(row.path, row.job);
}

}  // namespace

Entry entry_at(const git::Repository& repository, const Oid& root_tree, const std::string& path) {
  const auto entry = repository.entry(root_tree, path);
  if (!entry || entry->mode == git::Mode::tree) return {};
  return {entry->mode, entry->id};
}

Entries Work::expected() const {
  Entries out;
  for (const TakenJob& taken : jobs) {
    for (const auto& [path, entry] : taken.rows) out[path] = entry;
  }
  return out;
}

std::vector<const EarlierReceipt*> Work::open_proposals() const {
  std::set<JobId> taken;
  for (const TakenJob& job : jobs) taken.insert(job.job.id);
  for (const std::string& id : superseded) taken.insert(JobId(id));
  std::vector<const EarlierReceipt*> out;
  for (const EarlierReceipt& receipt : earlier) {
    if (receipt.receipt.state != ReceiptState::proposed) continue;
    const auto& rows = receipt.receipt.jobs;
    if (std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return taken.count(row.job_id) != 0; })) {
      out.push_back(&receipt);
    }
  }
  return out;
}

bool Work::in_scope(const std::string& path) const {
  return std::any_of(jobs.begin(), jobs.end(),
                     [&](const TakenJob& taken) { return domain::in_scope(taken.scope, path); });
}

Oid branch_tip(const app::Context& ctx, const git::Repository& repository, const Run& run) {
  const std::string confirm = ctx.program() + " branch confirm --run-id " + run.id.str() + " --branch NAME";
  if (!run.branch || !run.branch_confirmed_at) {
    refuse(Code::branch, "run " + quote(run.id.str()) + " has no confirmed branch", {"run `" + confirm + "`"});
  }
  if (const auto tip = repository.ref("refs/heads/" + *run.branch)) return *tip;
  refuse(Code::branch, "branch " + quote(*run.branch) + " of run " + quote(run.id.str()) + " does not exist",
         {"bring it back: `git branch " + *run.branch + " COMMIT`"});
}

void enter_work_folder(app::Context& ctx, const git::Repository& repository, const RunId& run_id,
                       const std::optional<JobId>& job) {
  auto& db = ctx.state().db();
  const Run run = store::get_run(db, run_id);
  std::filesystem::path folder = ctx.place.work_tree;
  if (job) {
    folder = app::work_folder(ctx, *job);
  } else {
    const Oid tree = repository.commit(branch_tip(ctx, repository, run)).tree;
    folder = only_folder(ctx, run, unapplied(db, run, earlier_receipts(db, repository, run, tree)));
  }
  if (same_folder(folder, ctx.place.work_tree)) return;
  ctx.place.work_tree = folder;
  ctx.place.git = git::discover(folder.string(), git::Environment::ignore);
}

Work load_work(app::Context& ctx, const git::Repository& repository, const RunId& run_id,
               const std::optional<JobId>& job, const Oid& tip) {
  auto& db = ctx.state().db();
  Work work;
  work.run = store::get_run(db, run_id);
  work.ref = "refs/heads/" + work.run.branch.value_or("");
  if (!work.run.branch_base) {
    refuse(Code::transition, "no base of branch " + quote(work.run.branch.value_or("")) + " is known for run " +
                                 quote(run_id.str()),
           {confirm_hint(ctx, work.run)});
  }
  work.branch_base = commit_id(repository, *work.run.branch_base, "the confirmed base", confirm_hint(ctx, work.run));
  work.branch_base_tree = repository.commit(work.branch_base).tree;
  work.workflow_sha256 = store::workflow_sha256(db, work.run.snapshot);
  work.earlier = earlier_receipts(db, repository, work.run, repository.commit(tip).tree);
  if (job) require_takable(ctx, db, work.run, *job);
  const std::vector<Job> all = unapplied(db, work.run, work.earlier);
  for (const Job& candidate : all) {
    if (job ? candidate.id == *job : lies_here(ctx, candidate.id)) work.jobs.push_back(take_job(ctx, repository, work.run, candidate));
  }
  work.superseded = superseded(db, work.jobs, work.earlier);
  work.reviews = reviews_of(db, work.jobs);
  work.artifacts = artifacts_of(ctx, work);
  note_others(ctx, work, all);
  work.last = is_terminal(work.run.state) && work.jobs.size() == all.size();
  return work;
}

}  // namespace striatum::hooks
