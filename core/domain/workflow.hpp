// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "domain/workflow_spec.hpp"

namespace striatum::domain {

/// Takes a line for people that is no part of the reply.
using Remark = std::function<void(const std::string&)>;

struct WorkflowChecks {
  /// Also refuse edge loops, jobs behind them, and job types that no job row can have.
  bool strict = false;
  /// Is there a file at this path below the repository? Unset: lane commands are not looked up.
  std::function<bool(const std::string&)> command_exists;
  /// Told of jobs that still carry `needs`, also when a later check fails. Unset: nobody is.
  Remark remark = nullptr;
};

/// A workflow document that passed validation.
class Workflow {
 public:
  /// `source` names the file, for messages and for its suffix: YAML names are refused. Throws `Error` (8)
  /// with the first problem; `details` hold `{"path": …}` when the problem belongs to one field.
  [[nodiscard]] static Workflow parse(std::string_view text, std::string_view source,
                                      const WorkflowChecks& checks = {});

  [[nodiscard]] const Json& document() const { return document_; }
  /// Lint of `workflow validate` and `workflow plan`; nothing stops on it.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  /// Any JSON value: only its presence is checked.
  [[nodiscard]] const Json& id() const { return member(document_, "workflow_id"); }
  [[nodiscard]] const Json& version() const { return member(document_, "workflow_version"); }
  [[nodiscard]] const Json& jobs() const { return member(document_, "jobs"); }
  [[nodiscard]] const Json& edges() const { return member(document_, "edges"); }
  [[nodiscard]] const Json& cycles() const { return member(document_, "cycles"); }
  [[nodiscard]] BranchSpec branch() const { return branch_spec(member(document_, "branch")); }
  /// `advisory` unless declared.
  [[nodiscard]] std::string provenance_mode() const;

 private:
  Workflow() = default;
  Json document_;
  std::vector<std::string> warnings_;
};

/// Throws `Error` (8) for a file name that ends in `.yaml` or `.yml`.
void refuse_yaml_name(std::string_view source);

/// Throws `Error` (8) for the first job whose type no job row can have.
void refuse_unknown_job_types(const Json& document);

/// What standard error is told of jobs that still carry `needs`; their ids have to be valid. Empty when there are none.
[[nodiscard]] std::string needs_warning(const Json& workflow);

}  // namespace striatum::domain
