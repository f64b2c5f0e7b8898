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
[[nodiscard]] domain::Workflow load_workflow(const std::string& path, const std::string& repo_root, bool strict,
                                             const domain::Remark& remark = {});

/// `{workflow_id, valid, warnings?}`.
[[nodiscard]] Json validate_workflow(const std::string& path, const std::string& repo_root, bool strict,
                                     const domain::Remark& remark = {});
[[nodiscard]] Json plan_workflow(const std::string& path, const std::string& repo_root,
                                 const domain::Remark& remark = {});

enum class GraphFormat { mermaid, json, dot };

/// `json`: `{workflow_id, workflow_version, graph}`; else `{format, source}`, where `source` is the text.
[[nodiscard]] Json graph_workflow(const std::string& path, GraphFormat format, const domain::Remark& remark = {});

/// Creates the folder `path` with a starter workflow and answers `{status, path, workflow_path, style,
/// files}`. Refuses (8) whatever exists already; on failure nothing is left behind.
[[nodiscard]] Json init_workflow(const std::string& path, domain::StarterStyle style, Instant now);

}  // namespace striatum::app
