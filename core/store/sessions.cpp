// SPDX-License-Identifier: Apache-2.0
#include "store/nouns.hpp"

namespace striatum::store {
namespace {

constexpr std::string_view kSessionSelect =
    "SELECT session_id, run_id, role_id, lane_id, slug, ordinal, capabilities_json, state, operator_label, closed_at, "
    "close_reason FROM sessions WHERE session_id = ?1";

Session read_session(const Use& row) {
  Session session;
  session.id = row.id<SessionId>(0);
  session.run = row.id<RunId>(1);
  session.role = row.text(2);
  session.lane = row.text(3);
  session.slug = row.text(4);
  session.ordinal = static_cast<int>(row.integer(5));
  session.capabilities = string_list(parse_json(row.text(6)).value_or(Json::array()));
  session.state = from_text<SessionState>(row.text(7)).value_or(SessionState::lost);
  session.operator_label = row.optional_text(8);
  session.closed_at = row.optional_text(9);
  session.close_reason = row.optional_text(10);
  return session;
}

}  // namespace

std::optional<Session> find_session(Connection& db, const SessionId& id) {
  Use row = db.use(kSessionSelect, id);
  if (!row.step()) return std::nullopt;
  return read_session(row);
}

Session get_session(Connection& db, const SessionId& id) {
  if (auto session = find_session(db, id)) return *session;
  refuse(Code::not_found, "could not find session " + quote(id.str()),
         {"register one with `git striatum register-session`"});
}

int next_ordinal(Connection& db, const RunId& run, const std::string& role, const std::string& lane) {
  return static_cast<int>(db.integer(
      "SELECT coalesce(max(ordinal), 0) + 1 FROM sessions WHERE run_id = ?1 AND role_id = ?2 AND lane_id = ?3", run,
      role, lane));
}

bool has_active_session(Connection& db, const RunId& run, const std::string& role) {
  return db.exists("SELECT 1 FROM sessions WHERE run_id = ?1 AND state = 'active' AND role_id = ?2", run, role);
}

void insert_session(Connection& db, const NewSession& row, Instant now) {
  const Session& session = row.session;
  db.run(
      "INSERT INTO sessions (session_id, run_id, role_id, lane_id, slug, ordinal, capabilities_json, "
      "parent_session_id, fresh_context, state, registered_at, last_heartbeat_at, non_fresh_reason, operator_label) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'active', ?10, ?11, ?12, ?13)",
      session.id, session.run, session.role, session.lane, session.slug, session.ordinal,
      to_spaced_ascii(nlohmann::ordered_json(session.capabilities)), row.parent, row.fresh_context, now, now,
      row.non_fresh_reason, session.operator_label);
}

void close_session(Connection& db, const SessionId& id, const std::string& reason, Instant now) {
  db.run("UPDATE sessions SET state = 'closed', closed_at = ?2, close_reason = ?3 WHERE session_id = ?1", id, now,
         reason);
}

void touch_session(Connection& db, const SessionId& id, Instant now) {
  db.run("UPDATE sessions SET last_heartbeat_at = ?2 WHERE session_id = ?1", id, now);
}

std::vector<Session> closable_sessions(Connection& db, const RunId& run) {
  std::vector<Session> out;
  Use row = db.use(
      "SELECT session_id, run_id, role_id, lane_id, slug, ordinal, capabilities_json, state, operator_label, "
      "closed_at, close_reason FROM sessions s WHERE run_id = ?1 AND state = 'active' AND NOT EXISTS "
      "(SELECT 1 FROM leases l WHERE l.owner_session_id = s.session_id AND l.state = 'active') "
      "ORDER BY registered_at, role_id, lane_id, ordinal",
      run);
  while (row.step()) out.push_back(read_session(row));
  return out;
}

bool wants_fresh_reviewers(Connection& db, const RunId& run) {
  return db.exists(
      "SELECT 1 FROM jobs WHERE run_id = ?1 AND job_type = 'review' AND fresh_session_required = 1 LIMIT 1", run);
}

bool has_packet(Connection& db, const RunId& run, const SessionId& session) {
  return db.exists("SELECT 1 FROM work_packets WHERE run_id = ?1 AND session_id = ?2 LIMIT 1", run, session);
}

}  // namespace striatum::store
