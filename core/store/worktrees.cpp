// SPDX-License-Identifier: Apache-2.0
#include "store/worktrees.hpp"

#include "base/error.hpp"

namespace striatum::store {
namespace {

JobWorktree read_worktree(const Use& row) {
  JobWorktree out;
  out.id = row.id<WorktreeId>(0);
  out.run = row.id<RunId>(1);
  out.job = row.id<JobId>(2);
  out.lease = row.id<LeaseId>(3);
  out.base_branch = row.text(4);
  out.path = row.text(5);
  out.state = from_text<WorktreeState>(row.text(6)).value_or(WorktreeState::removed);
  return out;
}

std::vector<JobWorktree> read_all(Use rows) {
  std::vector<JobWorktree> out;
  while (rows.step()) out.push_back(read_worktree(rows));
  return out;
}

}  // namespace

std::optional<JobWorktree> find_worktree(Connection& db, const WorktreeId& id) {
  Use row = db.use(
      "SELECT worktree_id, run_id, job_id, lease_id, base_branch, worktree_path, state FROM job_worktrees "
      "WHERE worktree_id = ?1",
      id);
  return row.step() ? std::optional(read_worktree(row)) : std::nullopt;
}

JobWorktree get_worktree(Connection& db, const WorktreeId& id) {
  if (auto found = find_worktree(db, id)) return *std::move(found);
  refuse(Code::not_found, "could not find worktree " + quote(id.str()), {"git striatum worktree list"});
}

std::optional<JobWorktree> active_worktree(Connection& db, const JobId& job) {
  Use row = db.use(
      "SELECT worktree_id, run_id, job_id, lease_id, base_branch, worktree_path, state FROM job_worktrees "
      "WHERE job_id = ?1 AND state = 'active'",
      job);
  return row.step() ? std::optional(read_worktree(row)) : std::nullopt;
}

std::vector<JobWorktree> kept_worktrees(Connection& db, const std::optional<RunId>& run) {
  return read_all(db.use(
      "SELECT worktree_id, run_id, job_id, lease_id, base_branch, worktree_path, state FROM job_worktrees "
      "WHERE state IN ('active', 'abandoned') AND (?1 IS NULL OR run_id = ?1) ORDER BY created_at, rowid",
      run));
}

std::vector<JobWorktree> kept_worktrees_of(Connection& db, const RunId& run, const WorkflowJobId& job) {
  return read_all(db.use(
      "SELECT w.worktree_id, w.run_id, w.job_id, w.lease_id, w.base_branch, w.worktree_path, w.state "
      "FROM job_worktrees w JOIN jobs j ON j.job_id = w.job_id WHERE w.run_id = ?1 AND j.workflow_job_id = ?2 "
      "AND w.state IN ('active', 'abandoned') ORDER BY w.created_at, w.rowid",
      run, job));
}

Json list_worktrees(Connection& db, const std::optional<RunId>& run) {
  return db.rows(
      "SELECT w.*, j.workflow_job_id FROM job_worktrees w JOIN jobs j ON j.job_id = w.job_id "
      "WHERE ?1 IS NULL OR w.run_id = ?1 ORDER BY w.created_at, w.rowid",
      run);
}

bool has_active_lease(Connection& db, const LeaseId& lease) {
  return db.exists("SELECT 1 FROM leases WHERE lease_id = ?1 AND state = 'active'", lease);
}

void insert_worktree(Connection& db, const JobWorktree& worktree, Instant now) {
  db.run(
      "INSERT INTO job_worktrees (worktree_id, run_id, job_id, lease_id, base_branch, worktree_path, state, created_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      worktree.id, worktree.run, worktree.job, worktree.lease, worktree.base_branch, worktree.path,
      to_text(worktree.state), now);
}

void end_worktree(Connection& db, const WorktreeId& id, Instant now) {
  db.run(
      "UPDATE job_worktrees SET state = 'removed', released_at = coalesce(released_at, ?2), removed_at = ?2 "
      "WHERE worktree_id = ?1",
      id, now);
}

void set_worktree_intent(Connection& db, const WorktreeIntent& intent, Instant now) {
  db.run(
      "INSERT INTO gs_worktree_intents (worktree_id, step, worktree_path, created_at) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT(worktree_id) DO UPDATE SET step = ?2",
      intent.id, to_text(intent.step), intent.path, now);
}

void end_worktree_intent(Connection& db, const WorktreeId& id) {
  db.run("DELETE FROM gs_worktree_intents WHERE worktree_id = ?1", id);
}

std::vector<WorktreeIntent> worktree_intents(Connection& db) {
  std::vector<WorktreeIntent> out;
  Use row = db.use("SELECT worktree_id, step, worktree_path FROM gs_worktree_intents ORDER BY created_at, worktree_id");
  while (row.step()) {
    out.push_back({row.id<WorktreeId>(0), from_text<WorktreeStep>(row.text(1)).value_or(WorktreeStep::remove), row.text(2)});
  }
  return out;
}

}  // namespace striatum::store
