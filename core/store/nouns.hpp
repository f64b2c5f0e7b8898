// SPDX-License-Identifier: Apache-2.0
// Loading and changing the nouns of the model: one statement a function, no rule. `find_*` gives nullopt for an
// unknown id, `get_*` refuses it (code 3, or the code given).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "domain/records.hpp"
#include "store/connection.hpp"

namespace striatum::store {

// ---- runs and workflows
struct NewRun {
  RunId id;
  SnapshotId snapshot;
  std::string repo_root;
  std::optional<std::string> branch;
  bool strict = false;
};
void insert_snapshot(Connection& db, const SnapshotId& id, const Json& workflow, const std::string& source_path,
                     Instant now);
void insert_run(Connection& db, const NewRun& run, Instant now);
[[nodiscard]] Run get_run(Connection& db, const RunId& id);
[[nodiscard]] std::optional<Run> find_run(Connection& db, const RunId& id);
void set_run_state(Connection& db, const RunId& id, RunState state);
void confirm_branch(Connection& db, const RunId& id, const std::string& branch, Instant now);
/// `public_column`: also into runs.branch_base, which only strict runs use.
void set_branch_base(Connection& db, const RunId& id, const std::string& commit, bool public_column);
void start_run(Connection& db, const RunId& id, Instant now);
void end_run(Connection& db, const RunId& id, RunState state, const std::optional<std::string>& reason, Instant now);
void revive_run(Connection& db, const RunId& id);
void pause_run(Connection& db, const RunId& id, const std::string& reason, Instant now);
void resume_run(Connection& db, const RunId& id);

/// The workflow without its jobs and edges, and one job of it; no parsing of the whole document.
/// Snapshots that release 1.24 wrote are split on first use, when `db` may be written.
[[nodiscard]] Json workflow_head(Connection& db, const SnapshotId& id);
[[nodiscard]] Json workflow_job(Connection& db, const SnapshotId& id, const WorkflowJobId& job);
/// What graphs and boards show of the document: of its jobs neither prompts nor paths.
[[nodiscard]] Json workflow_outline(Connection& db, const SnapshotId& id);

// ---- sessions
struct NewSession {
  Session session;
  std::optional<SessionId> parent;
  bool fresh_context = false;
  std::optional<std::string> non_fresh_reason;
};
[[nodiscard]] Session get_session(Connection& db, const SessionId& id);
[[nodiscard]] std::optional<Session> find_session(Connection& db, const SessionId& id);
[[nodiscard]] int next_ordinal(Connection& db, const RunId& run, const std::string& role, const std::string& lane);
[[nodiscard]] bool has_active_session(Connection& db, const RunId& run, const std::string& role);
void insert_session(Connection& db, const NewSession& session, Instant now);
void close_session(Connection& db, const SessionId& id, const std::string& reason, Instant now);
void touch_session(Connection& db, const SessionId& id, Instant now);
/// Active sessions of a run that hold no active lease, in the order in which a run's end closes them.
[[nodiscard]] std::vector<Session> closable_sessions(Connection& db, const RunId& run);
/// True when some review job of the run wants a session without history.
[[nodiscard]] bool wants_fresh_reviewers(Connection& db, const RunId& run);
[[nodiscard]] bool has_packet(Connection& db, const RunId& run, const SessionId& session);

// ---- jobs
[[nodiscard]] std::optional<Job> find_job(Connection& db, const JobId& id);
[[nodiscard]] Job get_job(Connection& db, const JobId& id, Code unknown = Code::not_found);
[[nodiscard]] std::optional<Job> find_attempt(Connection& db, const RunId& run, const WorkflowJobId& name, int attempt);
struct NewJob {
  Job job;
  std::string idempotency_key;
};
void insert_job(Connection& db, const NewJob& job, Instant now);
void set_job_state(Connection& db, const JobId& id, JobState state);
/// The lease is gone; `completed_at` is set for completed and failed jobs.
void end_job(Connection& db, const JobId& id, JobState state, Instant now);
void claim_job(Connection& db, const JobId& id, const LeaseId& lease, Instant now);
void start_job(Connection& db, const JobId& id, Instant now);
void queue_job(Connection& db, const JobId& id, const MessageId& message, Instant now);
/// Back to the queue with its old message.
void requeue_job(Connection& db, const JobId& id, JobState state);
/// The job points at no message any more.
void forget_message(Connection& db, const JobId& id);
void bump_attempt(Connection& db, const JobId& id, int attempt);
void insert_dependency(Connection& db, const JobId& job, const JobId& upstream, const Json& gate);
void move_dependants(Connection& db, const JobId& from, const JobId& to);
[[nodiscard]] std::vector<Dependency> dependencies(Connection& db, const JobId& job);
/// Jobs that wait for this one, in the order they were made, those of one moment by workflow job id.
[[nodiscard]] std::vector<Job> dependants(Connection& db, const JobId& job);
/// Jobs of a run that wait for nothing, in the order in which `run start` queues them.
[[nodiscard]] std::vector<JobId> root_jobs(Connection& db, const RunId& run);
[[nodiscard]] std::vector<Job> jobs_in(Connection& db, const RunId& run, const std::vector<JobState>& states);
[[nodiscard]] bool any_job_in(Connection& db, const RunId& run, const std::vector<JobState>& states);
/// What `run cancel` does to the jobs that wait or work; stale and waiting_human ones stay.
void cancel_open_jobs(Connection& db, const RunId& run, Instant now);
/// Rows of a job beyond its first attempt: what a cycle has used of its budget.
[[nodiscard]] int extra_attempts(Connection& db, const RunId& run, const WorkflowJobId& name);

// ---- messages
[[nodiscard]] Message get_message(Connection& db, const MessageId& id);
void insert_work_message(Connection& db, const MessageId& id, const Job& job, Instant now);
void insert_note(Connection& db, const MessageId& id, const RunId& run, const std::string& payload, Instant now);
void set_message_state(Connection& db, const MessageId& id, MessageState state, Instant now);
void claim_message(Connection& db, const MessageId& id, const LeaseId& lease, Instant now);
void ack_message(Connection& db, const MessageId& id, Instant now);
void complete_message(Connection& db, const MessageId& id, Instant now);
/// Pending again, without a lease.
void release_message(Connection& db, const MessageId& id, MessageState state, Instant now);
/// Blocked by a `block` call, which leaves updated_at as it was.
void block_message(Connection& db, const MessageId& id);
void cancel_open_messages(Connection& db, const JobId& job, Instant now);
struct Candidate {
  MessageId message;
  JobId job;
};
/// The oldest pending message for this role whose lane is open (`lane` null) or equal. `allow_fresh` false leaves
/// out jobs that need a fresh session. `skip` candidates are passed over first (strict mode's own conditions).
[[nodiscard]] std::vector<Candidate> candidates(Connection& db, const RunId& run, const std::string& role,
                                                const std::string& lane, bool allow_fresh, int limit);

// ---- leases
[[nodiscard]] Lease get_lease(Connection& db, const LeaseId& id);
[[nodiscard]] std::optional<Lease> active_lease_of_session(Connection& db, const SessionId& session);
void insert_lease(Connection& db, const Lease& lease, Seconds granted, Instant now);
void renew_lease(Connection& db, const LeaseId& id, Instant expires_at, Seconds granted, Instant now);
void end_lease(Connection& db, const LeaseId& id, LeaseState state, const std::string& reason, Instant now);
/// Releases every active lease of a run.
void end_run_leases(Connection& db, const RunId& run, const std::string& reason, Instant now);
/// Active leases of a run that are overdue, by job id.
[[nodiscard]] std::vector<Lease> overdue_leases(Connection& db, const RunId& run, Instant now);
[[nodiscard]] bool is_overdue(Connection& db, const Lease& lease, Instant now);
/// Jobs of a run that hold an active lease now.
[[nodiscard]] std::vector<Job> leased_jobs(Connection& db, const RunId& run);
struct Supervisor {
  std::string id;
  RunId run;
  std::optional<std::int64_t> pid;
  std::optional<std::string> pid_start_time;
  /// The recorded argv, or null when it cannot be read.
  Json command;
};
[[nodiscard]] std::optional<Supervisor> attached_supervisor(Connection& db, const SessionId& session);
/// The attached supervisors of a session become `lost`: their `{supervisor_id, pid}`.
[[nodiscard]] Json mark_supervisors_lost(Connection& db, const SessionId& session, Instant now);
/// The active worktrees of a lease become `abandoned`: their `{worktree_id, worktree_path}`.
[[nodiscard]] Json abandon_worktrees(Connection& db, const LeaseId& lease);

// ---- packets
void insert_packet(Connection& db, const PacketId& id, const Lease& lease, const MessageId& message,
                   const std::string& packet, Instant now);

// ---- artifacts and decisions
struct NewArtifact {
  ArtifactId id;
  RunId run;
  std::optional<JobId> job;
  std::optional<SessionId> session;
  std::string logical_name;
  std::string kind;
  std::string path;
  std::string sha256;
  std::int64_t size = 0;
  std::optional<std::string> author_line;
};
void insert_artifact(Connection& db, const NewArtifact& artifact, Instant now);
[[nodiscard]] std::optional<Artifact> find_artifact(Connection& db, const ArtifactId& id);
[[nodiscard]] std::optional<Artifact> find_artifact_named(Connection& db, const RunId& run, const JobId& job,
                                                          const std::string& logical_name);
[[nodiscard]] std::optional<Artifact> find_artifact_bytes(Connection& db, const RunId& run, const std::string& path,
                                                          const std::string& sha256);
[[nodiscard]] std::vector<Artifact> artifacts_of(Connection& db, const JobId& job);
/// A run-level decision by its id (its logical name).
[[nodiscard]] std::optional<Artifact> find_decision(Connection& db, const RunId& run, const std::string& decision_id);
[[nodiscard]] bool decision_path_taken(Connection& db, const RunId& run, const std::string& path);

// ---- verdicts
struct NewVerdict {
  VerdictId id;
  RunId run;
  JobId job;
  SessionId session;
  Verdict verdict = Verdict::accept;
  std::optional<std::string> rationale;
  std::optional<ArtifactId> findings;
  std::string posture;
  Instant created_at;
};
void insert_verdict(Connection& db, const NewVerdict& verdict);
[[nodiscard]] std::optional<VerdictRecord> latest_verdict(Connection& db, const JobId& job);
[[nodiscard]] bool has_verdict(Connection& db, const JobId& job, const SessionId& session);

// ---- blockers
struct NewBlocker {
  BlockerId id;
  RunId run;
  JobId job;
  SessionId session;
  Severity severity = Severity::blocked;
  std::string kind;
  std::string description;
  /// An object as text.
  std::string payload = "{}";
};
void insert_blocker(Connection& db, const NewBlocker& blocker, Instant now);
[[nodiscard]] Blocker get_blocker(Connection& db, const BlockerId& id);
void resolve_blocker(Connection& db, const BlockerId& id, Instant now);
[[nodiscard]] int resolve_routing_checkpoints(Connection& db, const JobId& job, Instant now);
void delete_open_blockers(Connection& db, const JobId& job);

// ---- git facts of jobs (gs_jobs)
void set_job_base(Connection& db, const JobId& job, const std::string& commit);
[[nodiscard]] std::optional<std::string> job_base(Connection& db, const JobId& job);
/// `rows`: canonical `[{path, mode, blob}]`; `digest`: its SHA-256.
void set_job_snapshot(Connection& db, const JobId& job, const std::string& digest, const std::string& rows);
struct JobSnapshot {
  std::optional<std::string> base_commit;
  std::optional<std::string> digest;
  std::optional<std::string> rows;
  std::optional<std::string> reviewed;
  std::optional<std::string> applied_receipt;
};
[[nodiscard]] JobSnapshot job_snapshot(Connection& db, const JobId& job);
/// `reviewed`: canonical `[{job_id, snapshot}]` that the job's latest verdict was given on.
void set_job_reviewed(Connection& db, const JobId& job, const std::string& reviewed);

// ---- repeated calls
struct StoredRequest {
  std::string payload_sha256;
  std::optional<std::string> response;
};
[[nodiscard]] std::optional<StoredRequest> find_request(Connection& db, const std::string& id);
void store_request(Connection& db, const std::string& id, const std::string& command, const std::string& payload_sha256,
                   const std::optional<std::string>& response, Instant now);

}  // namespace striatum::store
