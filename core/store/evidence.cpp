// SPDX-License-Identifier: Apache-2.0
#include "store/evidence.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace striatum::store {
namespace {

#define STRIATUM_EVIDENCE_JOB                                                                                             \
  "SELECT j.job_id, j.workflow_job_id, j.job_type, j.state, j.role_id, json_extract(j.lane_selector_json, '$.lane_id'), " \
  "j.attempt, j.max_attempts, j.fresh_session_required, j.rowid FROM jobs j "

bool is_met(const EvidenceJob& upstream, const Json& required) {
  const Scalar& verdict = upstream.latest_verdict;
  return opens(required, upstream.state.text(), verdict.is_null() ? Json() : Json(verdict.text()));
}

bool by_name(const Need& a, const Need& b) {
  const auto place = [](const Need& need) { return std::pair(need.upstream->name.text(), need.upstream->row); };
  return place(a) < place(b);
}

}  // namespace

EvidenceJobs::EvidenceJobs(Connection& db, const RunId& run) : db_(db) {
  Use row = db.use(STRIATUM_EVIDENCE_JOB "WHERE j.run_id = ?1 ORDER BY j.workflow_job_id, j.attempt", run);
  while (row.step()) jobs_.push_back(kept(row));
  by_id_.reserve(jobs_.size());
  for (EvidenceJob& job : jobs_) by_id_.emplace(job.id.text(), &job);
  // The latest comes last.
  read_verdicts(db.use("SELECT job_id, verdict FROM verdicts WHERE run_id = ?1 ORDER BY created_at, verdict_id", run));
  read_needs();
  hand_out_needs();
}

std::string_view EvidenceJobs::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* copy = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

EvidenceJob EvidenceJobs::kept(Use& row) {
  return {cell(row, 0), cell(row, 1), cell(row, 2), cell(row, 3), cell(row, 4), cell(row, 5),
          cell(row, 6), cell(row, 7), cell(row, 8), {},           row.integer(9), {}};
}

Scalar EvidenceJobs::cell(Use& row, int column) {
  const Scalar value = row.cell(column);
  return value.with(keep(value.text()));
}

void EvidenceJobs::read_verdicts(Use row) {
  while (row.step()) {
    const auto job = by_id_.find(row.view(0));
    if (job != by_id_.end()) job->second->latest_verdict = cell(row, 1);
  }
}

void EvidenceJobs::read_needs() {
  if (jobs_.empty()) return;
  // Ids of one run begin alike, so that hardly anything else lies between its first and its last.
  const auto [first, last] = std::minmax_element(
      jobs_.begin(), jobs_.end(), [](const EvidenceJob& a, const EvidenceJob& b) { return a.id.text() < b.id.text(); });
  Use row = db_.use(
      "SELECT job_id, depends_on_job_id, gate_json FROM job_dependencies WHERE job_id BETWEEN ?1 AND ?2 ORDER BY job_id",
      first->id.text(), last->id.text());
  while (row.step()) {
    const auto known = by_id_.find(row.view(0));
    if (known == by_id_.end()) continue;
    EvidenceJob* const job = known->second;
    const EvidenceJob* const upstream = find(row.view(1));
    if (upstream == nullptr) continue;
    const Json& required = gates_.required(row.view(2));
    needs_.push_back({job, upstream, &required, is_met(*upstream, required)});
  }
}

void EvidenceJobs::hand_out_needs() {
  for (auto first = needs_.begin(); first != needs_.end();) {
    EvidenceJob& job = *first->job;
    const auto end = std::find_if(first, needs_.end(), [&](const Need& need) { return need.job != &job; });
    std::sort(first, end, by_name);
    job.needs = {first, end};
    first = end;
  }
}

const EvidenceJob* EvidenceJobs::find(std::string_view id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) return found->second;
  Use row = db_.use(STRIATUM_EVIDENCE_JOB "WHERE j.job_id = ?1", id);
  if (!row.step()) return nullptr;
  EvidenceJob& job = elsewhere_.emplace_back(kept(row));
  by_id_.emplace(job.id.text(), &job);
  read_verdicts(
      db_.use("SELECT job_id, verdict FROM verdicts WHERE job_id = ?1 ORDER BY created_at, verdict_id", job.id.text()));
  return &job;
}

Use evidence_sessions(Connection& db, const RunId& run) {
  return db.use(
      "SELECT session_id, role_id, lane_id, slug, ordinal, state, registered_at, closed_at, close_reason, "
      "non_fresh_reason, operator_label FROM sessions WHERE run_id = ?1 ORDER BY registered_at, session_id",
      run);
}

Use evidence_verdicts(Connection& db, const RunId& run) {
  return db.use(
      "SELECT verdict_id, job_id, session_id, verdict, findings_artifact_id, posture, rationale FROM verdicts "
      "WHERE run_id = ?1 ORDER BY created_at, rowid",
      run);
}

Use evidence_blockers(Connection& db, const RunId& run) {
  return db.use(
      "SELECT blocker_id, job_id, session_id, severity, blocker_kind, state, description FROM blockers "
      "WHERE run_id = ?1 ORDER BY created_at, rowid",
      run);
}

Use evidence_artifacts(Connection& db, const RunId& run) {
  return db.use(
      "SELECT a.artifact_id, a.job_id, a.session_id, a.logical_name, a.artifact_kind, a.repo_path, a.content_sha256, "
      "a.author_line, s.role_id, s.lane_id, s.ordinal FROM artifacts a "
      "LEFT JOIN sessions s ON s.session_id = a.session_id WHERE a.run_id = ?1 ORDER BY a.repo_path, a.content_sha256",
      run);
}

}  // namespace striatum::store
