// SPDX-License-Identifier: Apache-2.0
// What recovery reads of a run, and its own memory: which cause a sweep has acted on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/records.hpp"
#include "store/connection.hpp"

namespace striatum::store {

/// A lease that ran out, and its job as it is now. A job that is stale without one stands here too.
struct StaleLease {
  JobId job;
  WorkflowJobId workflow_job;
  JobState job_state = JobState::queued;
  bool repo_write = false;
  std::optional<LeaseId> lease;
  std::optional<std::string> owner;
  std::optional<std::string> expires_at;
  std::optional<std::string> released_at;
  std::optional<std::string> release_reason;
  std::optional<MessageId> message;
  std::optional<std::string> message_state;
  /// Nobody has claimed the job since.
  bool newest = false;

  /// The job still waits where the lapse left it.
  [[nodiscard]] bool waits() const {
    return job_state == JobState::queued || job_state == JobState::blocked || job_state == JobState::stale_lease;
  }
};
/// Every lease of a run that ever expired, by workflow job id, the first granted in front.
[[nodiscard]] std::vector<StaleLease> stale_leases(Connection& db, const RunId& run);

struct OpenBlocker {
  BlockerId id;
  std::optional<JobId> job;
  Severity severity = Severity::blocked;
  std::string created_at;
};
/// Open ones that wait for a person or block a job, the oldest first.
[[nodiscard]] std::vector<OpenBlocker> waiting_blockers(Connection& db, const RunId& run);

[[nodiscard]] bool has_open_blocker(Connection& db, const JobId& job);
void mark_process_lost(Connection& db, const std::string& process, Instant now);

/// What sweeps did about one cause (a lapsed lease, a blocker).
struct SweepAct {
  std::int64_t times = 0;
  Instant acted_at;
  /// False from the moment an effect outside the state begins until it is over.
  bool settled = false;
};
[[nodiscard]] std::optional<SweepAct> find_sweep_act(Connection& db, const std::string& cause);
/// Once more, and not settled.
void begin_sweep_act(Connection& db, const std::string& cause, const RunId& run, const std::optional<JobId>& job, Instant now);
void settle_sweep_act(Connection& db, const std::string& cause);
/// How many causes of this job were acted on.
[[nodiscard]] std::int64_t sweep_acts_on(Connection& db, const JobId& job, std::string_view kind);

}  // namespace striatum::store
