// SPDX-License-Identifier: Apache-2.0
// The verbs that change a run. Each returns the reply's `data`; a refusal is an `Error`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/states.hpp"
#include "domain/workflow.hpp"

namespace striatum::app {

// ---- init (init.cpp)
/// What `init` does where the state is gone and a copy of it is left.
enum class Lost { ask, restore, forget };
/// Creates the state folder and file and what keeps git from tracking them. Safe to repeat.
[[nodiscard]] Json init(Context& ctx, Lost lost);

// ---- run (run.cpp)
/// `workflow`: path relative to the current folder.
[[nodiscard]] Json run_prepare(Context& ctx, const std::string& workflow, const domain::Remark& remark = {});
[[nodiscard]] Json run_start(Context& ctx, const RunId& run);
[[nodiscard]] Json run_pause(Context& ctx, const RunId& run, const std::string& reason);
[[nodiscard]] Json run_resume(Context& ctx, const RunId& run);
[[nodiscard]] Json run_cancel(Context& ctx, const RunId& run, const std::string& reason);
[[nodiscard]] Json run_retry_job(Context& ctx, const RunId& run, const JobId& job);

// ---- branch (branch.cpp)
struct BranchConfirm {
  RunId run;
  std::string branch;
  bool create = false;
  bool use_current = false;
  bool strict = false;
  /// Ours: take the branch of a running run as it is now, as its new base.
  bool again = false;
  /// Ours: the default branch or a protected one is meant.
  bool allow_protected = false;
};
[[nodiscard]] Json branch_confirm(Context& ctx, const BranchConfirm& command);

// ---- session (session.cpp)
struct RegisterSession {
  RunId run;
  std::string role;
  std::string lane;
  std::vector<std::string> capabilities;
  bool fresh = false;
  std::optional<SessionId> parent;
  bool force_non_fresh = false;
  std::optional<std::string> reason;
  std::optional<std::string> operator_label;
};
[[nodiscard]] Json register_session(Context& ctx, const RegisterSession& command);
[[nodiscard]] Json session_close(Context& ctx, const SessionId& session, const std::string& reason);

// ---- work (claim.cpp, lease.cpp, job.cpp, artifact.cpp)
[[nodiscard]] Json claim_next(Context& ctx, const SessionId& session, Seconds lease);
/// What a verb that acts under a lease names.
struct Held {
  SessionId session;
  LeaseId lease;
};
[[nodiscard]] Json ack(Context& ctx, const Held& held, const MessageId& message);
[[nodiscard]] Json heartbeat(Context& ctx, const Held& held, Seconds extend);
enum class Requeue { no, yes };
[[nodiscard]] Json release(Context& ctx, const Held& held, const MessageId& message, const std::string& reason,
                           Requeue requeue);
/// `body`: one JSON object as text; kept as given.
[[nodiscard]] Json send(Context& ctx, const SessionId& session, const std::string& kind, const std::string& body);
struct Publish {
  JobId job;
  std::string kind;
  std::string logical_name;
  /// Relative to the repository.
  std::string path;
};
[[nodiscard]] Json publish_artifact(Context& ctx, const Held& held, const Publish& command);
[[nodiscard]] Json complete(Context& ctx, const Held& held, const JobId& job, const std::optional<std::string>& summary);

// ---- review (review.cpp)
struct GiveVerdict {
  JobId job;
  Verdict verdict = Verdict::accept;
  std::optional<ArtifactId> findings;
  std::optional<std::string> rationale;
};
[[nodiscard]] Json verdict(Context& ctx, const Held& held, const GiveVerdict& command);
struct SubmitReview {
  Publish artifact;
  Verdict verdict = Verdict::accept;
  std::optional<std::string> rationale;
};
[[nodiscard]] Json submit_review(Context& ctx, const Held& held, const SubmitReview& command);
[[nodiscard]] Json override_verdict(Context& ctx, const SessionId& session, const GiveVerdict& command);

// ---- blockers, decisions (blocker.cpp, decision.cpp)
struct Block {
  JobId job;
  std::string kind;
  Severity severity = Severity::blocked;
  std::string description;
};
[[nodiscard]] Json block(Context& ctx, const Held& held, const Block& command);
enum class CheckpointAction { proceed, cancel };
[[nodiscard]] Json checkpoint_resolve(Context& ctx, const BlockerId& blocker, CheckpointAction action,
                                      const std::optional<std::string>& decision_id);
struct RecordDecision {
  RunId run;
  std::string path;
  DecisionOutcome outcome = DecisionOutcome::accepted;
  std::string title;
  std::optional<std::string> decision_id;
  std::optional<std::string> rationale;
  std::optional<std::string> follow_up;
};
[[nodiscard]] Json decision_record(Context& ctx, const RecordDecision& command);

}  // namespace striatum::app
