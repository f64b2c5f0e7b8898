// SPDX-License-Identifier: Apache-2.0
#include "store/nouns.hpp"
#include "store/state.hpp"

namespace striatum::store {
namespace {

Lease read_lease(const Use& row) {
  Lease lease;
  lease.id = row.id<LeaseId>(0);
  lease.run = row.id<RunId>(1);
  lease.job = row.id<JobId>(2);
  lease.owner = row.id<SessionId>(3);
  lease.state = from_text<LeaseState>(row.text(4)).value_or(LeaseState::expired);
  lease.expires_at = parse_instant(row.text(5)).value_or(Instant{});
  return lease;
}

void note_boot_time(Connection& db, const LeaseId& id, Instant expires_at, Seconds granted) {
  db.run(
      "INSERT INTO gs_leases (lease_id, expires_at, boot_id, boot_seconds, granted_seconds) VALUES (?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT(lease_id) DO UPDATE SET expires_at = ?2, boot_id = ?3, boot_seconds = ?4, granted_seconds = ?5",
      id, expires_at, boot_id(), boot_seconds(), granted.count);
}

}  // namespace

Lease get_lease(Connection& db, const LeaseId& id) {
  Use row = db.use(
      "SELECT lease_id, run_id, resource_id, owner_session_id, state, expires_at FROM leases WHERE lease_id = ?1", id);
  if (!row.step()) {
    refuse(Code::not_found, "could not find lease " + quote(id.str()), {"claim a job with `git striatum claim-next`"});
  }
  return read_lease(row);
}

std::optional<Lease> active_lease_of_session(Connection& db, const SessionId& session) {
  Use row = db.use(
      "SELECT lease_id, run_id, resource_id, owner_session_id, state, expires_at FROM leases "
      "WHERE owner_session_id = ?1 AND state = 'active' ORDER BY acquired_at, lease_id LIMIT 1",
      session);
  if (!row.step()) return std::nullopt;
  return read_lease(row);
}

void insert_lease(Connection& db, const Lease& lease, Seconds granted, Instant now) {
  db.run(
      "INSERT INTO leases (lease_id, run_id, resource_type, resource_id, owner_session_id, state, acquired_at, "
      "expires_at, last_heartbeat_at) VALUES (?1, ?2, 'job', ?3, ?4, 'active', ?5, ?6, ?7)",
      lease.id, lease.run, lease.job, lease.owner, now, lease.expires_at, now);
  note_boot_time(db, lease.id, lease.expires_at, granted);
}

void renew_lease(Connection& db, const LeaseId& id, Instant expires_at, Seconds granted, Instant now) {
  db.run("UPDATE leases SET expires_at = ?2, last_heartbeat_at = ?3 WHERE lease_id = ?1", id, expires_at, now);
  note_boot_time(db, id, expires_at, granted);
}

void end_lease(Connection& db, const LeaseId& id, LeaseState state, const std::string& reason, Instant now) {
  db.run("UPDATE leases SET state = ?2, released_at = ?3, release_reason = ?4 WHERE lease_id = ?1", id, to_text(state),
         now, reason);
}

void end_run_leases(Connection& db, const RunId& run, const std::string& reason, Instant now) {
  db.run(
      "UPDATE leases SET state = 'released', released_at = ?2, release_reason = ?3 WHERE run_id = ?1 AND "
      "state = 'active'",
      run, now, reason);
}

bool is_overdue(Connection& db, const Lease& lease, Instant now) {
  if (!(lease.expires_at < now)) return false;
  Use row = db.use(
      "SELECT boot_seconds, granted_seconds FROM gs_leases WHERE lease_id = ?1 AND expires_at = ?2 AND boot_id = ?3",
      lease.id, lease.expires_at, boot_id());
  if (!row.step()) return true;
  return boot_seconds() - row.integer(0) > row.integer(1);
}

std::vector<Lease> overdue_leases(Connection& db, const RunId& run, Instant now) {
  std::vector<Lease> late;
  Use row = db.use(
      "SELECT lease_id, run_id, resource_id, owner_session_id, state, expires_at FROM leases INDEXED BY gs_leases_due "
      "WHERE run_id = ?1 AND state = 'active' AND expires_at < ?2 ORDER BY resource_id",
      run, now);
  while (row.step()) {
    Lease lease = read_lease(row);
    if (is_overdue(db, lease, now)) late.push_back(std::move(lease));
  }
  return late;
}

std::optional<Supervisor> attached_supervisor(Connection& db, const SessionId& session) {
  Use row = db.use(
      "SELECT supervisor_id, run_id, pid, pid_start_time, command_json FROM process_supervisors "
      "WHERE session_id = ?1 AND state = 'attached' ORDER BY started_at DESC LIMIT 1",
      session);
  if (!row.step()) return std::nullopt;
  Supervisor out;
  out.id = row.text(0);
  out.run = row.id<RunId>(1);
  if (!row.is_null(2)) out.pid = row.integer(2);
  out.pid_start_time = row.optional_text(3);
  out.command = parse_json(row.text(4)).value_or(Json());
  return out;
}

Json mark_supervisors_lost(Connection& db, const SessionId& session, Instant now) {
  Json rows = db.rows("SELECT supervisor_id, pid FROM process_supervisors WHERE session_id = ?1 AND state = 'attached'",
                      session);
  db.run(
      "UPDATE process_supervisors SET state = 'lost', ended_at = ?2, stop_reason = 'lease expired while attached' "
      "WHERE session_id = ?1 AND state = 'attached'",
      session, now);
  return rows;
}

Json abandon_worktrees(Connection& db, const LeaseId& lease) {
  Json rows = db.rows("SELECT worktree_id, worktree_path FROM job_worktrees WHERE lease_id = ?1 AND state = 'active'",
                      lease);
  db.run("UPDATE job_worktrees SET state = 'abandoned' WHERE lease_id = ?1 AND state = 'active'", lease);
  return rows;
}

void insert_packet(Connection& db, const PacketId& id, const Lease& lease, const MessageId& message,
                   const std::string& packet, Instant now) {
  db.run(
      "INSERT INTO work_packets (packet_id, run_id, job_id, message_id, lease_id, session_id, packet_json, "
      "packet_sha256, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      id, lease.run, lease.job, message, lease.id, lease.owner, packet, sha256(packet).hex(), now);
}

}  // namespace striatum::store
