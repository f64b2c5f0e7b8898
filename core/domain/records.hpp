// SPDX-License-Identifier: Apache-2.0
// The nouns of the model as the state holds them, one struct a noun.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "domain/states.hpp"

namespace striatum {

struct Run {
  RunId id;
  SnapshotId snapshot;
  std::string repo_root;
  RunState state = RunState::needs_branch_confirmation;
  std::optional<std::string> branch;
  std::optional<std::string> branch_confirmed_at;
  std::optional<std::string> paused_at;
  std::optional<std::string> paused_reason;
  /// Frozen at `run prepare`; false for runs that release 1.24 prepared.
  bool strict = false;
  /// Commit that the branch stood at when it was confirmed; unknown for runs of release 1.24.
  std::optional<std::string> branch_base;
};

struct Session {
  SessionId id;
  RunId run;
  std::string role;
  std::string lane;
  std::string slug;
  int ordinal = 0;
  std::vector<std::string> capabilities;
  SessionState state = SessionState::active;
  std::optional<std::string> operator_label;
  std::optional<std::string> closed_at;
  std::optional<std::string> close_reason;
};

struct Job {
  JobId id;
  RunId run;
  WorkflowJobId workflow_job;
  std::string title;
  std::string type;
  std::string role;
  std::optional<std::string> lane;
  JobState state = JobState::blocked;
  int attempt = 1;
  int max_attempts = 1;
  bool fresh_session_required = false;
  Json write_scope;
  Json expected_artifacts;
  /// `{inputs, objective, task_prompt}` as the packet shows them.
  Json requirements;
  std::optional<MessageId> message;
  std::optional<LeaseId> lease;

  [[nodiscard]] bool is_review() const { return type == "review"; }
  /// `write_scope.repo_write` is true or its mode is `repo_write`.
  [[nodiscard]] bool is_repo_write() const;
};

struct Message {
  MessageId id;
  RunId run;
  std::optional<JobId> job;
  MessageState state = MessageState::pending;
};

struct Lease {
  LeaseId id;
  RunId run;
  JobId job;
  SessionId owner;
  LeaseState state = LeaseState::active;
  Instant expires_at;
};

struct Artifact {
  ArtifactId id;
  std::optional<JobId> job;
  std::string logical_name;
  std::string kind;
  std::string path;
  std::string sha256;
};

struct VerdictRecord {
  VerdictId id;
  JobId job;
  SessionId session;
  Verdict verdict = Verdict::accept;
  std::optional<ArtifactId> findings;
  std::string created_at;
};

struct Blocker {
  BlockerId id;
  RunId run;
  std::optional<JobId> job;
  Severity severity = Severity::blocked;
  std::string kind;
  BlockerState state = BlockerState::open;
};

/// What one job waits for: the upstream job, and the verdicts that open the gate when it is a review.
struct Dependency {
  JobId upstream;
  JobState upstream_state = JobState::blocked;
  WorkflowJobId upstream_name;
  std::vector<std::string> required_verdicts;
  std::optional<Verdict> latest_verdict;

  [[nodiscard]] bool satisfied() const;
};

}  // namespace striatum
