// SPDX-License-Identifier: Apache-2.0
#include "store/nouns.hpp"

namespace striatum::store {

Message get_message(Connection& db, const MessageId& id) {
  Use row = db.use("SELECT message_id, run_id, job_id, state FROM queue_messages WHERE message_id = ?1", id);
  if (!row.step()) {
    refuse(Code::not_found, "could not find message " + quote(id.str()),
           {"use the message_id that `git striatum claim-next` gave"});
  }
  Message message;
  message.id = id;
  message.run = row.id<RunId>(1);
  message.job = row.optional_id<JobId>(2);
  message.state = from_text<MessageState>(row.text(3)).value_or(MessageState::dead);
  return message;
}

void insert_work_message(Connection& db, const MessageId& id, const Job& job, Instant now) {
  db.run(
      "INSERT INTO queue_messages (message_id, run_id, job_id, kind, state, target_role_id, target_lane_id, max_claims, "
      "created_at, updated_at) VALUES (?1, ?2, ?3, 'work', 'pending', ?4, ?5, ?6, ?7, ?8)",
      id, job.run, job.id, job.role, job.lane, job.max_attempts, now, now);
}

void insert_note(Connection& db, const MessageId& id, const RunId& run, const std::string& payload, Instant now) {
  db.run(
      "INSERT INTO queue_messages (message_id, run_id, kind, state, payload_json, created_at, updated_at) "
      "VALUES (?1, ?2, 'agent_message', 'completed', ?3, ?4, ?5)",
      id, run, payload, now, now);
}

void set_message_state(Connection& db, const MessageId& id, MessageState state, Instant now) {
  db.run("UPDATE queue_messages SET state = ?2, updated_at = ?3 WHERE message_id = ?1", id, to_text(state), now);
}

void claim_message(Connection& db, const MessageId& id, const LeaseId& lease, Instant now) {
  db.run(
      "UPDATE queue_messages SET state = 'claimed', current_lease_id = ?2, claimed_at = ?3, updated_at = ?3, "
      "claim_count = claim_count + 1 WHERE message_id = ?1",
      id, lease, now);
}

void ack_message(Connection& db, const MessageId& id, Instant now) {
  db.run("UPDATE queue_messages SET state = 'acked', acked_at = ?2, updated_at = ?2 WHERE message_id = ?1", id, now);
}

void complete_message(Connection& db, const MessageId& id, Instant now) {
  db.run(
      "UPDATE queue_messages SET state = 'completed', completed_at = ?2, updated_at = ?2, current_lease_id = NULL "
      "WHERE message_id = ?1",
      id, now);
}

void release_message(Connection& db, const MessageId& id, MessageState state, Instant now) {
  db.run("UPDATE queue_messages SET state = ?2, current_lease_id = NULL, updated_at = ?3 WHERE message_id = ?1", id,
         to_text(state), now);
}

void block_message(Connection& db, const MessageId& id) {
  db.run("UPDATE queue_messages SET state = 'blocked', current_lease_id = NULL WHERE message_id = ?1", id);
}

void cancel_open_messages(Connection& db, const JobId& job, Instant now) {
  db.run(
      "UPDATE queue_messages SET state = 'canceled', updated_at = ?2 WHERE job_id = ?1 AND kind = 'work' AND state IN "
      "('pending', 'claimed', 'acked')",
      job, now);
}

// Two probes of the index gs_queue_claim, jobs open to any lane and those of this lane; each stops after `limit`
// rows, so the cost does not grow with the queue.
std::vector<Candidate> candidates(Connection& db, const RunId& run, const std::string& role, const std::string& lane,
                                  bool allow_fresh, int limit) {
  std::vector<Candidate> out;
  Use row = db.use(
      "SELECT message_id, job_id FROM ("
      "SELECT * FROM (SELECT m.message_id, m.job_id, m.priority, m.created_at, 0 AS side, m.rowid AS age "
      "FROM queue_messages m INDEXED BY gs_queue_claim CROSS JOIN jobs j ON j.job_id = m.job_id WHERE m.run_id = ?1 "
      "AND m.state = 'pending' AND m.kind = 'work' AND m.target_role_id = ?2 AND m.target_lane_id IS NULL AND "
      "(?4 OR j.fresh_session_required = 0) ORDER BY m.priority DESC, m.created_at, m.rowid LIMIT ?5) "
      "UNION ALL "
      "SELECT * FROM (SELECT m.message_id, m.job_id, m.priority, m.created_at, 1 AS side, m.rowid AS age "
      "FROM queue_messages m INDEXED BY gs_queue_claim CROSS JOIN jobs j ON j.job_id = m.job_id WHERE m.run_id = ?1 "
      "AND m.state = 'pending' AND m.kind = 'work' AND m.target_role_id = ?2 AND m.target_lane_id = ?3 AND "
      "(?4 OR j.fresh_session_required = 0) ORDER BY m.priority DESC, m.created_at, m.rowid LIMIT ?5)) "
      "ORDER BY priority DESC, created_at, side, age LIMIT ?5",
      run, role, lane, allow_fresh, limit);
  while (row.step()) out.push_back({row.id<MessageId>(0), row.id<JobId>(1)});
  return out;
}

}  // namespace striatum::store
