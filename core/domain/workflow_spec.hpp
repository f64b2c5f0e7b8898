// SPDX-License-Identifier: Apache-2.0
// Typed views of the pieces of workflow.json. Each takes its fragment alone, so that one job of a large
// stored workflow can be read without the rest. Nothing here throws on wrong types: a field of another type
// counts as absent, because what is stored was validated by the reference's looser rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"

namespace striatum::domain {

struct ExpectedArtifact {
  std::string logical_name;
  std::string kind;
  std::string path;
  bool required = false;  ///< literally `true` in the file
};

struct WriteScope {
  std::string mode;
  bool repo_write = false;  ///< the literal field
  std::vector<std::string> allowed_paths;
  /// `.striatum` when the scope names none.
  std::vector<std::string> forbidden_paths;
};

struct JobSpec {
  WorkflowJobId id;
  std::string title;  ///< the id when absent
  std::string type;   ///< `generic` when absent
  std::string role_id;
  std::optional<std::string> lane_id;
  std::optional<std::string> parallel_group;
  std::optional<std::string> repository;
  WriteScope write_scope;
  std::vector<ExpectedArtifact> expected_artifacts;
  bool fresh_session_required = false;  ///< the literal field
  bool needs_fresh_session = false;     ///< the field, or `reviewer_context_policy` fresh on a review job
  bool repo_write = false;              ///< the field or the mode of the write scope
  bool require_attested_lane = false;
  bool apply_gate = false;
  std::int64_t max_attempts = 1;
  std::string review_posture;  ///< `neutral` when absent
};

struct LaneSpec {
  std::string adapter;
  std::string display_model;
  std::vector<std::string> command;
  std::vector<std::string> capabilities;
  std::optional<std::int64_t> adapter_timeout_seconds;
  std::optional<std::string> harness_profile_id;
  bool worktree_per_job = false;
};

struct BranchSpec {
  std::string mode;  ///< `auto` or `confirm`
  std::optional<std::string> suggested_name;
  bool allow_dirty = false;
};

struct EdgeSpec {
  std::string from;
  std::string to;
};

struct CycleSpec {
  std::string from;
  std::string to;
  std::string on_verdict;
  std::int64_t max_iterations = 1;
};

struct ParallelismSpec {
  std::optional<std::int64_t> max_active_jobs;
  bool require_disjoint_write_scopes = false;
};

[[nodiscard]] JobSpec job_spec(const Json& job);
[[nodiscard]] LaneSpec lane_spec(const Json& lane);
/// Numbers are cut, `true` is 1, digits in a text count; nullopt for anything else.
[[nodiscard]] std::optional<std::int64_t> whole_number(const Json& value);
/// A number or flag where a table of the contract wants text is stored as SQLite would convert it; null is none.
[[nodiscard]] std::optional<std::string> stored_text(const Json& value);
[[nodiscard]] BranchSpec branch_spec(const Json& branch);
[[nodiscard]] EdgeSpec edge_spec(const Json& edge);
[[nodiscard]] CycleSpec cycle_spec(const Json& cycle);
[[nodiscard]] ParallelismSpec parallelism_spec(const Json& parallelism);
[[nodiscard]] WriteScope write_scope(const Json& scope);
[[nodiscard]] std::vector<ExpectedArtifact> expected_artifacts(const Json& list);

/// A job whose result changes the work tree: `write_scope.repo_write` is true or the mode is `repo_write`.
[[nodiscard]] bool is_repo_write(const Json& job);
/// The eight types that a job row can have.
[[nodiscard]] bool is_job_type(std::string_view type);
[[nodiscard]] bool is_artifact_kind(std::string_view kind);
/// One of the nine plain postures, or `custom:` and a name that is not blank.
[[nodiscard]] bool is_review_posture(std::string_view posture);
[[nodiscard]] const std::vector<std::string>& plain_review_postures();

/// The four levels a lane can ask for, weakest first; nullopt for any other word.
[[nodiscard]] std::optional<int> enforcement_rank(std::string_view level);
/// What the lane's adapter does about `constraint` = `value`.
[[nodiscard]] std::string_view provided_enforcement(std::string_view adapter, std::string_view constraint,
                                                    std::string_view value);

/// Work packet blocks.
[[nodiscard]] Json adapter_constraints(const Json& lane);
/// nullopt unless the job is a review that declares a reviewer field.
[[nodiscard]] std::optional<Json> review_policy(const Json& job);
/// The profile's body with `profile_id`.
[[nodiscard]] Json harness_profile(const std::string& id, const Json& body);

}  // namespace striatum::domain
