// SPDX-License-Identifier: Apache-2.0
#include "store/evidence.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace striatum::store {
namespace {

// The latest verdict is the one that no other follows: an ORDER BY would open a sorter for each job.
#define STRIATUM_EVIDENCE_JOB                                                                                          \
  "SELECT j.job_id, j.workflow_job_id, j.job_type, j.state, j.role_id, json_extract(j.lane_selector_json, '$.lane_id'), " \
  "j.attempt, j.max_attempts, j.fresh_session_required, (SELECT v.verdict FROM verdicts v WHERE v.job_id = j.job_id "  \
  "AND NOT EXISTS (SELECT 1 FROM verdicts l WHERE l.job_id = v.job_id "                                                \
  "AND (l.created_at, l.verdict_id) > (v.created_at, v.verdict_id))), j.rowid"

constexpr int kUpstream = 11;
constexpr int kGate = 12;

bool is_met(const EvidenceJob& upstream, const Json& required) {
  const Scalar& verdict = upstream.latest_verdict;
  return opens(required, upstream.state.text, verdict.is_null() ? Json() : Json(verdict.text));
}

bool by_name(const Need& a, const Need& b) {
  return std::tie(a.upstream->name.text, a.upstream->row) < std::tie(b.upstream->name.text, b.upstream->row);
}

}  // namespace

EvidenceJobs::EvidenceJobs(Connection& db, const RunId& run) : db_(db) {
  const std::vector<Edge> edges =
      read(db.use(STRIATUM_EVIDENCE_JOB
                  ", d.depends_on_job_id, d.gate_json FROM jobs j LEFT JOIN job_dependencies d ON d.job_id = j.job_id "
                  "WHERE j.run_id = ?1 ORDER BY j.workflow_job_id, j.attempt",
                  run));
  by_id_.reserve(jobs_.size());
  for (const EvidenceJob& job : jobs_) by_id_.emplace(job.id.text, &job);
  connect(edges);
}

std::string_view EvidenceJobs::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* copy = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

EvidenceJob EvidenceJobs::kept(Use& row) {
  const auto cell = [&](int column) {
    Scalar value = row.cell(column);
    value.text = keep(value.text);
    return value;
  };
  return {cell(0), cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7), cell(8), cell(9), row.integer(10), {}};
}

std::vector<EvidenceJobs::Edge> EvidenceJobs::read(Use row) {
  std::vector<Edge> edges;
  while (row.step()) {
    if (jobs_.empty() || jobs_.back().id.text != row.view(0)) jobs_.push_back(kept(row));
    if (row.is_null(kUpstream)) continue;
    edges.push_back({&jobs_.back(), keep(row.view(kUpstream)), &gates_.required(row.view(kGate))});
  }
  return edges;
}

void EvidenceJobs::connect(const std::vector<Edge>& edges) {
  needs_.reserve(edges.size());  // so that spans stay good
  for (auto edge = edges.begin(); edge != edges.end();) {
    EvidenceJob& job = *edge->job;
    const auto first = needs_.end();
    for (; edge != edges.end() && edge->job == &job; ++edge) {
      const EvidenceJob* upstream = find(edge->upstream);
      if (upstream == nullptr) continue;
      needs_.push_back({upstream, edge->required_verdicts, is_met(*upstream, *edge->required_verdicts)});
    }
    std::sort(first, needs_.end(), by_name);
    job.needs = {first, needs_.end()};
  }
}

const EvidenceJob* EvidenceJobs::find(std::string_view id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) return found->second;
  Use row = db_.use(STRIATUM_EVIDENCE_JOB " FROM jobs j WHERE j.job_id = ?1", id);
  if (!row.step()) return nullptr;
  const EvidenceJob& job = elsewhere_.emplace_back(kept(row));
  return by_id_.emplace(job.id.text, &job).first->second;
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
