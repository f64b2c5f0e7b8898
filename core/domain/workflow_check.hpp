// SPDX-License-Identifier: Apache-2.0
// Validation of workflow.json, split by topic; workflow_check.cpp holds the order. Only workflow.cpp calls
// it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/workflow.hpp"

namespace striatum::domain {

/// Keys of the top-level objects as written; JSON objects here are sorted, and the first problem is the first
/// in the file.
using KeyOrder = std::map<std::string, std::vector<std::string>, std::less<>>;

class WorkflowChecker {
 public:
  WorkflowChecker(const Json& document, const KeyOrder& order, const WorkflowChecks& checks)
      : document_(document), order_(order), checks_(checks) {}

  /// The warnings. Throws at the first problem.
  [[nodiscard]] std::vector<std::string> run();

 private:
  void check_top_level() const;
  // workflow_check_policy.cpp
  void check_repositories();
  void check_provenance() const;
  void check_branch() const;
  // workflow_check_lanes.cpp
  void check_lanes();
  void check_profiles();
  void check_profile(const std::string& id, const Json& body);
  void check_lane(const std::string& id, const Json& lane);
  void check_command(const std::string& id, const Json& lane);
  // workflow_check_jobs.cpp
  void check_jobs();
  void check_job(const Json& job, const std::string& path);
  void check_job_links(const Json& job, const std::string& id, const std::string& path);
  void check_job_artifacts(const Json& job, const std::string& id, const std::string& path) const;
  void check_reviewer_fields(const Json& job, const std::string& id) const;
  void check_artifact_owners() const;
  void check_required_postures() const;
  // workflow_check_edges.cpp
  void check_edges();
  void check_needs() const;
  void warn_of_needs() const;
  void check_cycles();
  void check_parallel_groups() const;
  void check_repository_limits() const;
  void check_revision_policy() const;
  void check_strict() const;

  /// The members of a top-level object in file order.
  [[nodiscard]] std::vector<std::string> keys_of(std::string_view field) const;
  [[nodiscard]] const Json& top(std::string_view field) const { return member(document_, field); }
  /// The repository alias of a job, empty in single-repository workflows.
  [[nodiscard]] std::string repository_of(const Json& job) const;

  const Json& document_;
  const KeyOrder& order_;
  const WorkflowChecks& checks_;
  std::vector<std::string> warnings_;
  bool cross_repository_ = false;
  std::map<std::string, const Json*> jobs_;
  std::map<std::string, std::vector<std::string>> successors_;
  std::map<std::string, std::set<std::string>> predecessors_;
};

/// Throws `Error` (8); `path` is the field path of the contract, or empty.
[[noreturn]] void invalid(std::string message, std::string path = {});

/// A value inside a message: strings quoted, others as short JSON.
[[nodiscard]] std::string shown(const Json& value);

/// The member as a non-empty string; refuses otherwise.
[[nodiscard]] std::string required_text(const Json& object, std::string_view key, std::string_view what,
                                        std::string path = {});

/// Components of a path without `.` and empty ones; an absolute path other than `/` starts with `/`.
[[nodiscard]] std::vector<std::string> path_parts(std::string_view path);
/// Equal to, or below, `parent`, by whole components and without touching a disk. `..` is a name like others.
[[nodiscard]] bool lies_inside(std::string_view path, std::string_view parent);
[[nodiscard]] bool has_parent_component(std::string_view path);

/// `document` holds this key.
[[nodiscard]] bool has(const Json& object, std::string_view key);

/// Everything that `start` leads to along `links`, `start` not included unless a loop comes back to it.
[[nodiscard]] std::set<std::string> reachable(const std::map<std::string, std::vector<std::string>>& links,
                                              const std::string& start);

}  // namespace striatum::domain
