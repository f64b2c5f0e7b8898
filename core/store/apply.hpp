// SPDX-License-Identifier: Apache-2.0
// What `apply` reads of a run, and its own rows: intents and receipts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/records.hpp"
#include "store/connection.hpp"

namespace striatum::store {

// ---- reading a run
/// Completed jobs of a run, the one that was completed first in front.
[[nodiscard]] std::vector<Job> completed_jobs(Connection& db, const RunId& run);
/// Jobs that work on the repository now or wait for a person with a stale lease.
[[nodiscard]] std::vector<Job> working_jobs(Connection& db, const RunId& run);
/// The row with the highest attempt of a workflow job.
[[nodiscard]] std::optional<Job> newest_attempt(Connection& db, const RunId& run, const WorkflowJobId& name);
/// Newest attempts of the review jobs that some attempt of this workflow job leads to.
[[nodiscard]] std::vector<Job> reviews_behind(Connection& db, const RunId& run, const WorkflowJobId& name);
[[nodiscard]] std::vector<Job> attempts_of(Connection& db, const RunId& run, const WorkflowJobId& name);
/// Paths that review jobs of the run published.
[[nodiscard]] std::vector<std::string> reviewed_paths(Connection& db, const RunId& run);
/// Newest publication of a path first.
struct Publication {
  ArtifactId id;
  JobId job;
  std::string path;
  std::string sha256;
};
[[nodiscard]] std::vector<Publication> publications(Connection& db, const RunId& run);
/// Sessions that published, judged or blocked on a job.
[[nodiscard]] std::vector<SessionId> sessions_at(Connection& db, const JobId& job);
/// The newest publication of a path in a run that is running or blocked on this branch, or on any.
[[nodiscard]] std::optional<Publication> active_publication(Connection& db, const std::string& path,
                                                            const std::optional<std::string>& branch);
/// The chain's hash at a place, 32 bytes; nullopt when the chain is shorter.
[[nodiscard]] std::optional<std::string> chain_hash(Connection& db, std::int64_t seq);
/// Runs whose work is not ended.
[[nodiscard]] bool any_active_run(Connection& db);
[[nodiscard]] std::string workflow_sha256(Connection& db, const SnapshotId& id);

struct GivenVerdict {
  VerdictId id;
  JobId job;
  SessionId session;
  std::string verdict;
  std::string posture;
  std::optional<std::string> lane;
  std::optional<std::string> findings_sha256;
};
/// Oldest first.
[[nodiscard]] std::vector<GivenVerdict> verdicts_of(Connection& db, const JobId& job);
/// Who worked on a job last.
struct Worker {
  SessionId session;
  LeaseId lease;
};
[[nodiscard]] std::optional<Worker> last_worker(Connection& db, const JobId& job);
/// Active leases on jobs, of all runs; `folder`: the worktree made for the job, as its row has it.
struct LiveLease {
  SessionId session;
  JobId job;
  std::optional<std::string> folder;
  /// May lie in the past: nobody has swept it yet.
  Instant expires_at;
};
[[nodiscard]] std::vector<LiveLease> live_leases(Connection& db);

/// The commit that applied a job last.
[[nodiscard]] std::optional<std::string> applied_commit(Connection& db, const JobId& job);
void set_applied(Connection& db, const JobId& job, const std::string& receipt);

// ---- intents: an apply that is under way
struct Intent {
  std::string id;
  RunId run;
  std::string branch;
  Json detail;
};
void open_intent(Connection& db, const Intent& intent, Instant now);
void set_intent_detail(Connection& db, const std::string& id, const Json& detail);
/// `state`: `done` or `void`.
void end_intent(Connection& db, const std::string& id, std::string_view state, Instant now);
[[nodiscard]] std::vector<Intent> open_intents(Connection& db);
[[nodiscard]] bool is_open_intent(Connection& db, const std::string& id);

// ---- receipts
struct StoredReceipt {
  /// SHA-256 of the payload, hex.
  std::string id;
  RunId run;
  std::vector<std::string> jobs;
  /// `applied`, `proposed` or `refused`.
  std::string state;
  std::optional<std::string> denial_reason;
  std::string issued_at;
  std::optional<std::string> commit;
  /// The envelope as committed; of a refused receipt the payload alone.
  std::string envelope;
  std::string changes_sha256;
  std::optional<std::string> base_tree;
  std::optional<std::string> applied_tree;
  std::string key_id;
  std::string signature;
  std::optional<std::string> evidence_path;
};
void insert_receipt(Connection& db, const StoredReceipt& receipt, Instant now);
/// Oldest first; of one run, or of all.
[[nodiscard]] std::vector<StoredReceipt> receipts(Connection& db, const std::optional<RunId>& run);

}  // namespace striatum::store
