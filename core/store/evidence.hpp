// SPDX-License-Identifier: Apache-2.0
// What the evidence of one run shows. Rows are many, so that they are read one by one or kept without a string for each
// text; `title` and the like are not among them.
#pragma once

#include <deque>
#include <memory_resource>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/scalar.hpp"
#include "store/connection.hpp"
#include "store/gates.hpp"

namespace striatum::store {

struct EvidenceJob;
/// A job that another one waits or waited for.
struct Need {
  EvidenceJob* job = nullptr;
  const EvidenceJob* upstream = nullptr;
  /// The verdicts that open the gate; null when any end of the work does.
  const Json* required_verdicts = nullptr;
  bool met = false;
};
struct EvidenceJob {
  Scalar id, name, type, state, role, lane, attempt, max_attempts, fresh_session_required, latest_verdict;
  std::int64_t row = 0;
  /// By the upstream jobs' names.
  std::span<const Need> needs;
};

/// The jobs of a run and what each waits or waited for, read once; owns all texts of the jobs.
class EvidenceJobs {
 public:
  EvidenceJobs(Connection& db, const RunId& run);
  EvidenceJobs(const EvidenceJobs&) = delete;
  EvidenceJobs& operator=(const EvidenceJobs&) = delete;

  /// By workflow job id, the first attempt first.
  [[nodiscard]] const std::pmr::deque<EvidenceJob>& all() const { return jobs_; }
  /// Of this run or, as nothing in the state forbids it, of another; null when there is none.
  [[nodiscard]] const EvidenceJob* find(std::string_view id);

 private:
  [[nodiscard]] std::string_view keep(std::string_view text);
  [[nodiscard]] EvidenceJob kept(Use& row);
  [[nodiscard]] Scalar cell(Use& row, int column);
  /// Of known jobs, the latest last.
  void read_verdicts(Use row);
  /// Those of one job beside one another.
  void read_needs();
  void hand_out_needs();

  Connection& db_;
  /// Jobs, texts and nodes of the map, which go all at once.
  std::pmr::monotonic_buffer_resource memory_;
  Gates gates_;
  std::pmr::deque<EvidenceJob> jobs_{&memory_}, elsewhere_;
  std::pmr::unordered_map<std::string_view, EvidenceJob*> by_id_{&memory_};
  std::vector<Need> needs_;
};

[[nodiscard]] Use evidence_sessions(Connection& db, const RunId& run);
[[nodiscard]] Use evidence_verdicts(Connection& db, const RunId& run);
[[nodiscard]] Use evidence_blockers(Connection& db, const RunId& run);
/// With what tells of the author: `author_line` and columns of the session.
[[nodiscard]] Use evidence_artifacts(Connection& db, const RunId& run);

}  // namespace striatum::store
