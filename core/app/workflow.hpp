// SPDX-License-Identifier: Apache-2.0
// `workflow validate | plan | graph | init`: the verbs that need no state file.
#pragma once

#include <string>

#include "base/json.hpp"
#include "base/time.hpp"
#include "domain/workflow.hpp"
#include "domain/workflow_starter.hpp"

namespace striatum::app {

/// Reads and validates a workflow file. `repo_root`: where lane commands are looked up; empty for nowhere.
/// Every failure, a missing file included, is an `Error` (8).
[[nodiscard]] domain::Workflow load_workflow(const std::string& path, const std::string& repo_root,
                                             bool strict);

struct WorkflowAnswer {
  Json data;
  /// A line for standard error, or empty.
  std::string warning;
};

/// `{workflow_id, valid, warnings?}`.
[[nodiscard]] WorkflowAnswer validate_workflow(const std::string& path, const std::string& repo_root,
                                               bool strict);
[[nodiscard]] WorkflowAnswer plan_workflow(const std::string& path, const std::string& repo_root);

enum class GraphFormat { mermaid, json, dot };

/// `json`: `{workflow_id, workflow_version, graph}`; else `{format, source}`, where `source` is the text.
[[nodiscard]] WorkflowAnswer graph_workflow(const std::string& path, GraphFormat format);

/// Creates the folder `path` with a starter workflow and answers `{status, path, workflow_path, style,
/// files}`. Refuses (8) whatever exists already; on failure nothing is left behind.
[[nodiscard]] Json init_workflow(const std::string& path, domain::StarterStyle style, Instant now);

}  // namespace striatum::app
