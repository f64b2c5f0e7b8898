// SPDX-License-Identifier: Apache-2.0
#include "store/read.hpp"

namespace striatum::store {

Json run_row(Connection& db, const std::string& id) { return db.row("SELECT * FROM runs WHERE run_id = ?1", id); }

Json job_row(Connection& db, const std::string& id) { return db.row("SELECT * FROM jobs WHERE job_id = ?1", id); }

Json find_job_row(Connection& db, const std::string& id_or_name) {
  return db.row("SELECT * FROM jobs WHERE job_id = ?1 OR workflow_job_id = ?1 ORDER BY rowid LIMIT 1", id_or_name);
}

Json message_row(Connection& db, const std::string& id) {
  return db.row("SELECT * FROM queue_messages WHERE message_id = ?1", id);
}

Json blocker_row(Connection& db, const std::string& id) {
  return db.row(
      "SELECT b.*, j.workflow_job_id, j.state AS job_state FROM blockers b LEFT JOIN jobs j ON j.job_id = b.job_id "
      "WHERE b.blocker_id = ?1",
      id);
}

Json artifact_row(Connection& db, const std::string& id) {
  return db.row("SELECT * FROM artifacts WHERE artifact_id = ?1", id);
}

Json verdict_row(Connection& db, const std::string& id) {
  return db.row("SELECT * FROM verdicts WHERE verdict_id = ?1", id);
}

Json latest_verdict_row(Connection& db, const std::string& job) {
  return db.row("SELECT * FROM verdicts WHERE job_id = ?1 ORDER BY created_at DESC, verdict_id DESC LIMIT 1", job);
}

Json session_row(Connection& db, const std::string& id_or_slug) {
  return db.row("SELECT * FROM sessions WHERE session_id = ?1 OR slug = ?1 ORDER BY rowid LIMIT 1", id_or_slug);
}

Json execution_row(Connection& db, const std::string& id) {
  return db.row("SELECT * FROM process_executions WHERE process_id = ?1", id);
}

Json jobs_of_run(Connection& db, const std::string& run) {
  return db.rows("SELECT * FROM jobs WHERE run_id = ?1 ORDER BY workflow_job_id, attempt, rowid", run);
}

Json jobs_of_session(Connection& db, const std::string& session) {
  return db.rows(
      "SELECT * FROM jobs WHERE job_id IN (SELECT resource_id FROM leases WHERE owner_session_id = ?1 "
      "UNION SELECT job_id FROM verdicts WHERE session_id = ?1) ORDER BY workflow_job_id, attempt, rowid",
      session);
}

Json blockers_of_job(Connection& db, const std::string& job) {
  return db.rows("SELECT * FROM blockers WHERE job_id = ?1 ORDER BY created_at, rowid", job);
}

Json verdicts_on_artifact(Connection& db, const std::string& artifact) {
  return db.rows("SELECT * FROM verdicts WHERE findings_artifact_id = ?1 ORDER BY created_at, rowid", artifact);
}

Json events_of_execution(Connection& db, const std::string& job, const std::string& process) {
  return db.rows(
      "SELECT event_id, event_type, payload_json FROM events WHERE job_id = ?1 "
      "AND json_extract(payload_json, '$.process_id') = ?2 ORDER BY event_id",
      job, process);
}

Json events_about(Connection& db, About about, const std::string& id) {
#define STRIATUM_EVENTS "SELECT event_id, event_type, payload_json FROM events WHERE "
  switch (about) {
    case About::run: return db.rows(STRIATUM_EVENTS "run_id = ?1 ORDER BY event_id", id);
    case About::job: return db.rows(STRIATUM_EVENTS "job_id = ?1 ORDER BY event_id", id);
    case About::session: return db.rows(STRIATUM_EVENTS "actor_session_id = ?1 ORDER BY event_id", id);
    case About::artifact: return db.rows(STRIATUM_EVENTS "artifact_id = ?1 ORDER BY event_id", id);
  }
#undef STRIATUM_EVENTS
  return Json::array();
}

Json ids_beginning(Connection& db, const std::string& start) {
#define STRIATUM_IDS(column, table) \
  db.rows("SELECT " column " AS id FROM " table " WHERE " column " >= ?1 AND " column " < ?2 ORDER BY 1 LIMIT 3", start, end)
  const std::string end = start + 'g';  // behind every hexadecimal digit
  const std::string noun = start.substr(0, start.find('_'));
  if (noun == "run") return STRIATUM_IDS("run_id", "runs");
  if (noun == "sess") return STRIATUM_IDS("session_id", "sessions");
  if (noun == "msg") return STRIATUM_IDS("message_id", "queue_messages");
  if (noun == "lease") return STRIATUM_IDS("lease_id", "leases");
  if (noun == "art") return STRIATUM_IDS("artifact_id", "artifacts");
  if (noun == "verdict") return STRIATUM_IDS("verdict_id", "verdicts");
  if (noun == "wt") return STRIATUM_IDS("worktree_id", "job_worktrees");
  if (noun == "blk") return STRIATUM_IDS("blocker_id", "blockers");
  return Json::array();
#undef STRIATUM_IDS
}

}  // namespace striatum::store
