// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>

namespace striatum::test {

/// draft (writes src/ and docs/) → review → report, one revision cycle of one round, one job at a time.
inline void write_workflow(const std::string& path) {
  std::ofstream(path) << R"({
 "schema_version": "striatum.workflow.v1", "workflow_id": "flow", "workflow_version": "1", "name": "Flow",
 "branch": {"mode": "confirm", "suggested_name": "work", "allow_dirty": false},
 "coordinator": {"role_id": "author", "lane_id": "local"},
 "lanes": {"local": {"adapter": "process", "display_model": "M", "command": ["cat"], "capabilities": ["write", "review"]}},
 "roles": {"author": {}, "reviewer": {}}, "context_docs": [],
 "parallelism": {"mode": "declared", "max_active_jobs": 1, "require_disjoint_write_scopes": true},
 "jobs": [
  {"id": "draft", "type": "build", "role_id": "author", "lane_id": "local",
   "write_scope": {"mode": "repo_write", "repo_write": true, "allowed_paths": ["src", "docs"],
                   "forbidden_paths": [".striatum", "docs/review"]},
   "expected_artifacts": [{"logical_name": "handoff", "kind": "handoff", "path": "docs/HANDOFF.md", "required": true}]},
  {"id": "review", "type": "review", "role_id": "reviewer", "lane_id": "local", "fresh_session_required": true,
   "write_scope": {"mode": "review_only_artifact", "repo_write": false, "allowed_paths": ["docs/review"]},
   "expected_artifacts": [{"logical_name": "review", "kind": "finding", "path": "docs/review/REVIEW.md", "required": true}]},
  {"id": "report", "type": "synthesis", "role_id": "author", "lane_id": "local",
   "write_scope": {"mode": "repo_write", "repo_write": true, "allowed_paths": ["docs"]},
   "expected_artifacts": [{"logical_name": "summary", "kind": "synthesis", "path": "docs/SUMMARY.md", "required": true}]}],
 "edges": [{"from": "draft", "to": "review", "on": "completed"}, {"from": "review", "to": "report", "on": "completed"}],
 "cycles": [{"from": "review", "to": "draft", "on_verdict": "needs_revision", "max_iterations": 1}]
})";
}

}  // namespace striatum::test
