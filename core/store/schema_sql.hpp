// SPDX-License-Identifier: Apache-2.0
// The tables of the state file: names, columns and constraints are those of the shared file format, version 14.
#pragma once

#include <array>

#include "store/schema.hpp"

namespace striatum::store {

/// The shared tables as they are today; what a new file gets. The upgrades lead to the same (test_schema.cpp).
inline constexpr const char* kSharedTables = R"sql(
CREATE TABLE schema_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO schema_meta (key, value) VALUES ('schema_version', '1');
CREATE TABLE workflow_snapshots (
  workflow_snapshot_id TEXT PRIMARY KEY, workflow_id TEXT NOT NULL, workflow_version TEXT, source_path TEXT,
  content_sha256 TEXT NOT NULL, workflow_json TEXT NOT NULL, loaded_at TEXT NOT NULL);
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY,
  workflow_snapshot_id TEXT NOT NULL REFERENCES workflow_snapshots(workflow_snapshot_id),
  repo_root TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('needs_branch_confirmation', 'ready', 'running', 'blocked', 'completed',
                                       'failed', 'canceled')),
  branch_name TEXT, branch_base TEXT, branch_confirmed_at TEXT, branch_confirmed_by TEXT,
  created_at TEXT NOT NULL, started_at TEXT, completed_at TEXT, stop_reason TEXT, paused_at TEXT, paused_reason TEXT,
  cross_repo_run_id TEXT);
CREATE INDEX idx_runs_state ON runs(state);
CREATE INDEX idx_runs_cross_repo_run_id ON runs(cross_repo_run_id) WHERE cross_repo_run_id IS NOT NULL;
CREATE TABLE sessions (
  session_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id), role_id TEXT NOT NULL,
  lane_id TEXT NOT NULL, slug TEXT NOT NULL, ordinal INTEGER NOT NULL,
  capabilities_json TEXT NOT NULL DEFAULT '[]', parent_session_id TEXT REFERENCES sessions(session_id),
  first_class INTEGER NOT NULL DEFAULT 1 CHECK (first_class IN (0, 1)),
  fresh_context INTEGER NOT NULL DEFAULT 0 CHECK (fresh_context IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('active', 'expired', 'stopped', 'lost', 'closed')),
  registered_at TEXT NOT NULL, last_heartbeat_at TEXT, expires_at TEXT, non_fresh_reason TEXT, closed_at TEXT,
  close_reason TEXT, operator_label TEXT, UNIQUE (run_id, slug), UNIQUE (run_id, role_id, lane_id, ordinal));
CREATE TABLE jobs (
  job_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id), workflow_job_id TEXT NOT NULL,
  title TEXT NOT NULL,
  job_type TEXT NOT NULL CHECK (job_type IN ('draft', 'review', 'ledger', 'synthesis', 'build', 'test',
                                             'human_checkpoint', 'generic')),
  role_id TEXT NOT NULL, lane_selector_json TEXT NOT NULL DEFAULT '{}',
  capability_requirements_json TEXT NOT NULL DEFAULT '[]',
  state TEXT NOT NULL CHECK (state IN ('blocked', 'queued', 'claimed', 'running', 'stale_lease', 'waiting_human',
                                       'completed', 'failed', 'canceled', 'skipped')),
  attempt INTEGER NOT NULL DEFAULT 1, max_attempts INTEGER NOT NULL DEFAULT 1,
  fresh_session_required INTEGER NOT NULL DEFAULT 0 CHECK (fresh_session_required IN (0, 1)),
  write_scope_json TEXT NOT NULL DEFAULT '{}', expected_artifacts_json TEXT NOT NULL DEFAULT '[]',
  idempotency_key TEXT NOT NULL, created_at TEXT NOT NULL, ready_at TEXT, started_at TEXT, completed_at TEXT,
  current_message_id TEXT, current_lease_id TEXT,
  UNIQUE (run_id, workflow_job_id, attempt), UNIQUE (run_id, idempotency_key));
CREATE INDEX idx_jobs_run_state ON jobs(run_id, state, role_id);
CREATE TABLE job_dependencies (
  job_id TEXT NOT NULL REFERENCES jobs(job_id), depends_on_job_id TEXT NOT NULL REFERENCES jobs(job_id),
  gate_json TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (job_id, depends_on_job_id));
CREATE TABLE queue_messages (
  message_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id), job_id TEXT REFERENCES jobs(job_id),
  kind TEXT NOT NULL CHECK (kind IN ('work', 'coordinator_message', 'agent_message', 'blocker',
                                     'human_checkpoint', 'commit_request')),
  state TEXT NOT NULL CHECK (state IN ('pending', 'claimed', 'acked', 'blocked', 'completed', 'released', 'expired',
                                       'canceled', 'dead')),
  priority INTEGER NOT NULL DEFAULT 0, target_session_id TEXT REFERENCES sessions(session_id),
  target_role_id TEXT, target_lane_id TEXT, dedupe_key TEXT, payload_json TEXT NOT NULL DEFAULT '{}',
  visible_after TEXT, claim_count INTEGER NOT NULL DEFAULT 0, max_claims INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, claimed_at TEXT, acked_at TEXT, completed_at TEXT,
  current_lease_id TEXT);
CREATE INDEX idx_queue_claimable ON queue_messages(
  run_id, state, target_session_id, target_role_id, target_lane_id, visible_after, priority, created_at);
CREATE UNIQUE INDEX uq_active_work_message_per_job ON queue_messages(job_id)
  WHERE kind = 'work' AND state IN ('pending', 'claimed', 'acked');
CREATE TABLE leases (
  lease_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  resource_type TEXT NOT NULL CHECK (resource_type IN ('job')), resource_id TEXT NOT NULL,
  owner_session_id TEXT NOT NULL REFERENCES sessions(session_id),
  state TEXT NOT NULL CHECK (state IN ('active', 'released', 'expired')),
  acquired_at TEXT NOT NULL, expires_at TEXT NOT NULL, last_heartbeat_at TEXT, released_at TEXT,
  release_reason TEXT);
CREATE UNIQUE INDEX uq_active_resource_lease ON leases(resource_type, resource_id)
  WHERE state = 'active';
CREATE TABLE work_packets (
  packet_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  job_id TEXT NOT NULL REFERENCES jobs(job_id), message_id TEXT NOT NULL REFERENCES queue_messages(message_id),
  lease_id TEXT NOT NULL REFERENCES leases(lease_id), session_id TEXT NOT NULL REFERENCES sessions(session_id),
  packet_json TEXT NOT NULL, packet_sha256 TEXT NOT NULL, created_at TEXT NOT NULL,
  UNIQUE (message_id, lease_id));
CREATE INDEX idx_work_packets_run_session ON work_packets(run_id, session_id);
CREATE TABLE artifacts (
  artifact_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id), job_id TEXT REFERENCES jobs(job_id),
  session_id TEXT REFERENCES sessions(session_id), logical_name TEXT NOT NULL,
  artifact_kind TEXT NOT NULL, repo_path TEXT NOT NULL, content_sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  publish_mode TEXT NOT NULL CHECK (publish_mode IN ('create', 'replace_same_job', 'append_version')),
  created_at TEXT NOT NULL, author_line TEXT,
  UNIQUE (run_id, job_id, logical_name), UNIQUE (run_id, repo_path, content_sha256));
CREATE TRIGGER artifacts_no_update BEFORE UPDATE ON artifacts
BEGIN SELECT RAISE(ABORT, 'the artifacts table is append-only'); END;
CREATE TRIGGER artifacts_no_delete BEFORE DELETE ON artifacts
BEGIN SELECT RAISE(ABORT, 'the artifacts table is append-only'); END;
CREATE TABLE verdicts (
  verdict_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  job_id TEXT NOT NULL REFERENCES jobs(job_id), session_id TEXT NOT NULL REFERENCES sessions(session_id),
  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'accept_with_findings', 'needs_revision', 'reject')),
  rationale TEXT, findings_artifact_id TEXT REFERENCES artifacts(artifact_id), created_at TEXT NOT NULL,
  posture TEXT NOT NULL DEFAULT 'neutral',
  UNIQUE (job_id, session_id));
CREATE INDEX idx_verdicts_posture ON verdicts(posture);
CREATE TABLE blockers (
  blocker_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id), job_id TEXT REFERENCES jobs(job_id),
  session_id TEXT REFERENCES sessions(session_id),
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'blocked', 'human_checkpoint')),
  blocker_kind TEXT NOT NULL, description TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'resolved', 'canceled')),
  created_at TEXT NOT NULL, resolved_at TEXT, payload_json TEXT NOT NULL DEFAULT '{}');
CREATE TABLE command_requests (
  request_id TEXT PRIMARY KEY, run_id TEXT REFERENCES runs(run_id),
  session_id TEXT REFERENCES sessions(session_id), command_name TEXT NOT NULL, payload_sha256 TEXT NOT NULL,
  response_json TEXT, state TEXT NOT NULL CHECK (state IN ('started', 'completed', 'failed')),
  created_at TEXT NOT NULL, completed_at TEXT);
CREATE TABLE process_executions (
  process_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  job_id TEXT NOT NULL REFERENCES jobs(job_id), session_id TEXT NOT NULL REFERENCES sessions(session_id),
  lease_id TEXT NOT NULL REFERENCES leases(lease_id), packet_id TEXT NOT NULL REFERENCES work_packets(packet_id),
  adapter TEXT NOT NULL, command_json TEXT NOT NULL, cwd TEXT NOT NULL, scratch_path TEXT NOT NULL,
  stdin_mode TEXT NOT NULL CHECK (stdin_mode IN ('packet', 'none')),
  stdio_mode TEXT NOT NULL CHECK (stdio_mode IN ('suppressed', 'inherit')), pid INTEGER,
  state TEXT NOT NULL CHECK (state IN ('starting', 'running', 'exited', 'failed', 'timed_out', 'lost')),
  exit_code INTEGER, started_at TEXT NOT NULL, ended_at TEXT);
CREATE INDEX idx_process_executions_run_job ON process_executions(run_id, job_id, started_at);
CREATE TABLE process_supervisors (
  supervisor_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  session_id TEXT NOT NULL REFERENCES sessions(session_id), adapter TEXT NOT NULL, command_json TEXT NOT NULL,
  cwd TEXT NOT NULL, scratch_path TEXT NOT NULL, stdin_pipe_path TEXT, pid INTEGER,
  state TEXT NOT NULL CHECK (state IN ('starting', 'attached', 'detached', 'lost', 'stopped')),
  started_at TEXT NOT NULL, heartbeat_at TEXT, ended_at TEXT, stop_reason TEXT, pid_start_time TEXT);
CREATE UNIQUE INDEX uq_active_supervisor_per_session ON process_supervisors(session_id)
  WHERE state IN ('starting', 'attached', 'detached');
CREATE INDEX idx_process_supervisors_run ON process_supervisors(run_id, state);
CREATE TABLE process_supervisor_pointers (
  supervisor_id TEXT PRIMARY KEY, daemon_supervisor_id TEXT NOT NULL, run_id TEXT NOT NULL REFERENCES runs(run_id),
  session_id TEXT NOT NULL REFERENCES sessions(session_id), pid INTEGER, pid_start_time TEXT,
  state TEXT NOT NULL CHECK (state IN ('starting', 'attached', 'detached', 'lost', 'stopped')),
  updated_at TEXT NOT NULL, metadata_json TEXT NOT NULL);
CREATE UNIQUE INDEX uq_active_daemon_supervisor_pointer_per_session
  ON process_supervisor_pointers(session_id) WHERE state IN ('starting', 'attached', 'detached');
CREATE INDEX idx_process_supervisor_pointers_run ON process_supervisor_pointers(run_id, state);
CREATE TABLE job_worktrees (
  worktree_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  job_id TEXT NOT NULL REFERENCES jobs(job_id), lease_id TEXT NOT NULL REFERENCES leases(lease_id),
  base_branch TEXT NOT NULL, worktree_path TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'released', 'removed', 'abandoned')),
  created_at TEXT NOT NULL, released_at TEXT, removed_at TEXT);
CREATE UNIQUE INDEX uq_active_job_worktree ON job_worktrees(job_id) WHERE state = 'active';
CREATE INDEX idx_job_worktrees_run ON job_worktrees(run_id, state);
CREATE TABLE events (
  event_id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT REFERENCES runs(run_id), event_type TEXT NOT NULL,
  actor_session_id TEXT REFERENCES sessions(session_id), job_id TEXT REFERENCES jobs(job_id),
  message_id TEXT REFERENCES queue_messages(message_id), artifact_id TEXT REFERENCES artifacts(artifact_id),
  lease_id TEXT REFERENCES leases(lease_id), payload_json TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL);
CREATE INDEX idx_events_run_time ON events(run_id, event_id);
CREATE INDEX idx_events_job ON events(job_id, event_id);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the events table is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the events table is append-only'); END;
)sql";

/// Step N-2 of the array leads from version N-1 to N. Forward only; a released step never changes.
inline constexpr std::array<const char*, kSchemaVersion - 1> kUpgrades{
    // 2: job worktrees
    R"sql(
CREATE TABLE IF NOT EXISTS job_worktrees (
  worktree_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  job_id TEXT NOT NULL REFERENCES jobs(job_id), lease_id TEXT NOT NULL REFERENCES leases(lease_id),
  base_branch TEXT NOT NULL, worktree_path TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'released', 'removed', 'abandoned')),
  created_at TEXT NOT NULL, released_at TEXT, removed_at TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS uq_active_job_worktree ON job_worktrees(job_id) WHERE state = 'active';
CREATE INDEX IF NOT EXISTS idx_job_worktrees_run ON job_worktrees(run_id, state);
)sql",
    // 3: packets of a session
    "CREATE INDEX IF NOT EXISTS idx_work_packets_run_session ON work_packets(run_id, session_id);",
    // 4: supervisors
    R"sql(
CREATE TABLE IF NOT EXISTS process_supervisors (
  supervisor_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  session_id TEXT NOT NULL REFERENCES sessions(session_id), adapter TEXT NOT NULL, command_json TEXT NOT NULL,
  cwd TEXT NOT NULL, scratch_path TEXT NOT NULL, stdin_pipe_path TEXT, pid INTEGER,
  state TEXT NOT NULL CHECK (state IN ('starting', 'attached', 'detached', 'lost', 'stopped')),
  started_at TEXT NOT NULL, heartbeat_at TEXT, ended_at TEXT, stop_reason TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS uq_active_supervisor_per_session ON process_supervisors(session_id)
  WHERE state IN ('starting', 'attached', 'detached');
CREATE INDEX IF NOT EXISTS idx_process_supervisors_run ON process_supervisors(run_id, state);
)sql",
    // 5: the program checks artifact kinds, the table no longer does
    R"sql(
DROP TRIGGER IF EXISTS artifacts_no_update;
DROP TRIGGER IF EXISTS artifacts_no_delete;
CREATE TABLE gs_rebuild_artifacts (
  artifact_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id), job_id TEXT REFERENCES jobs(job_id),
  session_id TEXT REFERENCES sessions(session_id), logical_name TEXT NOT NULL,
  artifact_kind TEXT NOT NULL, repo_path TEXT NOT NULL, content_sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  publish_mode TEXT NOT NULL CHECK (publish_mode IN ('create', 'replace_same_job', 'append_version')),
  created_at TEXT NOT NULL,
  UNIQUE (run_id, job_id, logical_name), UNIQUE (run_id, repo_path, content_sha256));
INSERT INTO gs_rebuild_artifacts SELECT artifact_id, run_id, job_id, session_id, logical_name, artifact_kind,
  repo_path, content_sha256, size_bytes, publish_mode, created_at FROM artifacts;
DROP TABLE artifacts;
ALTER TABLE gs_rebuild_artifacts RENAME TO artifacts;
CREATE TRIGGER artifacts_no_update BEFORE UPDATE ON artifacts
BEGIN SELECT RAISE(ABORT, 'the artifacts table is append-only'); END;
CREATE TRIGGER artifacts_no_delete BEFORE DELETE ON artifacts
BEGIN SELECT RAISE(ABORT, 'the artifacts table is append-only'); END;
)sql",
    // 6
    "ALTER TABLE sessions ADD COLUMN non_fresh_reason TEXT; ALTER TABLE artifacts ADD COLUMN author_line TEXT;",
    // 7: sessions can be closed
    R"sql(
CREATE TABLE gs_rebuild_sessions (
  session_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id), role_id TEXT NOT NULL,
  lane_id TEXT NOT NULL, slug TEXT NOT NULL, ordinal INTEGER NOT NULL,
  capabilities_json TEXT NOT NULL DEFAULT '[]', parent_session_id TEXT REFERENCES sessions(session_id),
  first_class INTEGER NOT NULL DEFAULT 1 CHECK (first_class IN (0, 1)),
  fresh_context INTEGER NOT NULL DEFAULT 0 CHECK (fresh_context IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('active', 'expired', 'stopped', 'lost', 'closed')),
  registered_at TEXT NOT NULL, last_heartbeat_at TEXT, expires_at TEXT, non_fresh_reason TEXT, closed_at TEXT,
  close_reason TEXT, UNIQUE (run_id, slug), UNIQUE (run_id, role_id, lane_id, ordinal));
INSERT INTO gs_rebuild_sessions SELECT session_id, run_id, role_id, lane_id, slug, ordinal, capabilities_json,
  parent_session_id, first_class, fresh_context, state, registered_at, last_heartbeat_at, expires_at,
  non_fresh_reason, NULL, NULL FROM sessions;
DROP TABLE sessions;
ALTER TABLE gs_rebuild_sessions RENAME TO sessions;
)sql",
    // 8: executions can time out or get lost
    R"sql(
CREATE TABLE gs_rebuild_executions (
  process_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(run_id),
  job_id TEXT NOT NULL REFERENCES jobs(job_id), session_id TEXT NOT NULL REFERENCES sessions(session_id),
  lease_id TEXT NOT NULL REFERENCES leases(lease_id), packet_id TEXT NOT NULL REFERENCES work_packets(packet_id),
  adapter TEXT NOT NULL, command_json TEXT NOT NULL, cwd TEXT NOT NULL, scratch_path TEXT NOT NULL,
  stdin_mode TEXT NOT NULL CHECK (stdin_mode IN ('packet', 'none')),
  stdio_mode TEXT NOT NULL CHECK (stdio_mode IN ('suppressed', 'inherit')), pid INTEGER,
  state TEXT NOT NULL CHECK (state IN ('starting', 'running', 'exited', 'failed', 'timed_out', 'lost')),
  exit_code INTEGER, started_at TEXT NOT NULL, ended_at TEXT);
INSERT INTO gs_rebuild_executions SELECT process_id, run_id, job_id, session_id, lease_id, packet_id, adapter,
  command_json, cwd, scratch_path, stdin_mode, stdio_mode, pid, state, exit_code, started_at, ended_at
  FROM process_executions;
DROP TABLE process_executions;
ALTER TABLE gs_rebuild_executions RENAME TO process_executions;
CREATE INDEX idx_process_executions_run_job ON process_executions(run_id, job_id, started_at);
)sql",
    // 9
    "ALTER TABLE blockers ADD COLUMN payload_json TEXT NOT NULL DEFAULT '{}';",
    // 10
    "ALTER TABLE verdicts ADD COLUMN posture TEXT NOT NULL DEFAULT 'neutral';"
    "CREATE INDEX IF NOT EXISTS idx_verdicts_posture ON verdicts(posture);",
    // 11
    "ALTER TABLE runs ADD COLUMN paused_at TEXT; ALTER TABLE runs ADD COLUMN paused_reason TEXT;",
    // 12
    "ALTER TABLE sessions ADD COLUMN operator_label TEXT;"
    "ALTER TABLE process_supervisors ADD COLUMN pid_start_time TEXT;",
    // 13: where a daemon holds the supervisor
    R"sql(
CREATE TABLE IF NOT EXISTS process_supervisor_pointers (
  supervisor_id TEXT PRIMARY KEY, daemon_supervisor_id TEXT NOT NULL, run_id TEXT NOT NULL REFERENCES runs(run_id),
  session_id TEXT NOT NULL REFERENCES sessions(session_id), pid INTEGER, pid_start_time TEXT,
  state TEXT NOT NULL CHECK (state IN ('starting', 'attached', 'detached', 'lost', 'stopped')),
  updated_at TEXT NOT NULL, metadata_json TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS uq_active_daemon_supervisor_pointer_per_session
  ON process_supervisor_pointers(session_id) WHERE state IN ('starting', 'attached', 'detached');
CREATE INDEX IF NOT EXISTS idx_process_supervisor_pointers_run ON process_supervisor_pointers(run_id, state);
)sql",
    // 14
    "ALTER TABLE runs ADD COLUMN cross_repo_run_id TEXT;"
    "CREATE INDEX IF NOT EXISTS idx_runs_cross_repo_run_id ON runs(cross_repo_run_id)"
    " WHERE cross_repo_run_id IS NOT NULL;",
};

/// Our own tables. Each step is numbered in gs_meta; a released step never changes.
inline constexpr std::array kOwnSteps{
    R"sql(
CREATE TABLE gs_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- One row for every event we wrote, and one for every range of events that another program wrote.
CREATE TABLE gs_event_chain (
  seq INTEGER PRIMARY KEY, event_id INTEGER NOT NULL UNIQUE, adopted_json TEXT, adopted_at TEXT,
  salt BLOB NOT NULL, body_commit BLOB NOT NULL, hash BLOB NOT NULL);
-- What a verb needs of a workflow without parsing the whole snapshot.
CREATE TABLE gs_workflows (workflow_snapshot_id TEXT PRIMARY KEY, head_json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE gs_workflow_jobs (
  workflow_snapshot_id TEXT NOT NULL, workflow_job_id TEXT NOT NULL, spec_json TEXT NOT NULL,
  PRIMARY KEY (workflow_snapshot_id, workflow_job_id)) WITHOUT ROWID;
CREATE TABLE gs_runs (run_id TEXT PRIMARY KEY, strict INTEGER NOT NULL, branch_base TEXT) WITHOUT ROWID;
CREATE TABLE gs_jobs (
  job_id TEXT PRIMARY KEY, base_commit TEXT, snapshot TEXT, snapshot_json TEXT, reviewed_json TEXT,
  applied_receipt TEXT) WITHOUT ROWID;
-- Boot time of a grant: it may delay an expiry after a jump of the wall clock, never hasten it.
CREATE TABLE gs_leases (
  lease_id TEXT PRIMARY KEY, expires_at TEXT NOT NULL, boot_id TEXT NOT NULL, boot_seconds INTEGER NOT NULL,
  granted_seconds INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE gs_apply_intents (
  intent_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, branch TEXT NOT NULL, state TEXT NOT NULL,
  detail_json TEXT NOT NULL, created_at TEXT NOT NULL, ended_at TEXT);
CREATE UNIQUE INDEX gs_apply_intents_open ON gs_apply_intents(branch) WHERE state = 'open';
CREATE TABLE gs_apply_receipts (
  apply_receipt_id TEXT PRIMARY KEY, repository_id TEXT, run_id TEXT NOT NULL, job_id TEXT NOT NULL,
  jobs_json TEXT NOT NULL,
  patch_artifact_id TEXT, patch_digest_sha256 TEXT NOT NULL, base_tree_sha256 TEXT, applied_tree_sha256 TEXT,
  signing_key_id TEXT NOT NULL, signature TEXT NOT NULL, evidence_artifact_path TEXT, state TEXT NOT NULL,
  denial_reason TEXT, created_at TEXT NOT NULL, issued_at TEXT NOT NULL, commit_id TEXT, envelope_json TEXT);
CREATE INDEX gs_apply_receipts_run ON gs_apply_receipts(run_id, created_at);
-- Files that committed rows speak of and that may not have their names yet.
CREATE TABLE gs_outbox (
  folder TEXT NOT NULL, path TEXT NOT NULL, bytes BLOB NOT NULL, replaces TEXT, created_at TEXT NOT NULL,
  PRIMARY KEY (folder, path)) WITHOUT ROWID;
CREATE INDEX gs_queue_claim ON queue_messages(run_id, state, target_role_id, target_lane_id, priority DESC, created_at);
CREATE INDEX gs_leases_due ON leases(run_id, expires_at) WHERE state = 'active';
CREATE INDEX gs_leases_owner ON leases(owner_session_id) WHERE state = 'active';
CREATE INDEX gs_dependencies_upstream ON job_dependencies(depends_on_job_id);
CREATE INDEX gs_sessions_run_state ON sessions(run_id, state);
CREATE INDEX gs_blockers_run ON blockers(run_id, state);
CREATE INDEX gs_blockers_job ON blockers(job_id);
CREATE INDEX gs_messages_job ON queue_messages(job_id);
CREATE INDEX gs_leases_resource ON leases(resource_id);
CREATE INDEX gs_artifacts_job ON artifacts(job_id);
CREATE INDEX gs_verdicts_run ON verdicts(run_id);
CREATE INDEX gs_jobs_name ON jobs(workflow_job_id);
CREATE INDEX gs_packets_lease ON work_packets(lease_id);
)sql",
    // 2: a worktree that git is making or removing
    R"sql(
CREATE TABLE gs_worktree_intents (
  worktree_id TEXT PRIMARY KEY, step TEXT NOT NULL, worktree_path TEXT NOT NULL, created_at TEXT NOT NULL) WITHOUT ROWID;
)sql",
    // 3: what recovery sweeps did about a cause, so that each is acted on once
    R"sql(
CREATE TABLE gs_sweep_acts (
  cause TEXT PRIMARY KEY, run_id TEXT NOT NULL, job_id TEXT, times INTEGER NOT NULL, acted_at TEXT NOT NULL,
  settled INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX gs_sweep_acts_job ON gs_sweep_acts(job_id);
)sql",
    // 4: what waits for its name lies beside the state file, not in it
    R"sql(
DROP TABLE gs_outbox;
CREATE TABLE gs_outbox (
  folder TEXT NOT NULL, path TEXT NOT NULL, copy TEXT NOT NULL, replaces TEXT, created_at TEXT NOT NULL,
  PRIMARY KEY (folder, path)) WITHOUT ROWID;
)sql",
};

}  // namespace striatum::store
