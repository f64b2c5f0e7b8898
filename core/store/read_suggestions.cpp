// SPDX-License-Identifier: Apache-2.0
#include "store/read_suggestions.hpp"

namespace striatum::store {
namespace {

constexpr int kMost = 300;

/// Every text that begins with `prefix` is in [prefix, last_with(prefix)).
std::string last_with(const std::string& prefix) { return prefix + "\xf4\x8f\xbf\xbf"; }

/// Rows of two columns: what can be typed and what it is. `sql` takes the range of the text and two ids.
std::vector<Suggestion> ask(Connection& db, std::string_view sql, const SuggestionFilter& filter,
                           const std::optional<std::string>& second) {
  std::vector<Suggestion> out;
  Use rows = db.use(sql, filter.prefix, last_with(filter.prefix), filter.run, second);
  while (static_cast<int>(out.size()) < kMost && rows.step()) out.push_back({rows.text(0), rows.text(1)});
  return out;
}

#define STRIATUM_BEGINS(column) column " >= ?1 AND " column " < ?2"
#define STRIATUM_IN_RUN "(?3 IS NULL OR run_id = ?3)"
/// What no second text narrows down.
#define STRIATUM_ALL_THAT_BEGIN(column) STRIATUM_BEGINS(column) " AND " STRIATUM_IN_RUN " AND ?4 IS NULL"
/// The values of a column, each with how many rows have it.
#define STRIATUM_COUNTED(column, table)                                                                       \
  "SELECT " column ", count(*) || ' " table "' FROM " table " WHERE " STRIATUM_ALL_THAT_BEGIN(column) " GROUP BY " column

}  // namespace

std::vector<Suggestion> suggestions(Connection& db, Live kind, const SuggestionFilter& filter) {
  switch (kind) {
    case Live::run:
      return ask(db,
                 "SELECT r.run_id, r.state || ' ' || w.workflow_id FROM runs r JOIN workflow_snapshots w "
                 "ON w.workflow_snapshot_id = r.workflow_snapshot_id WHERE r.run_id >= ?1 AND r.run_id < ?2 "
                 "AND (?3 IS NULL OR r.run_id = ?3) AND (?4 IS NULL OR instr(?4, ' ' || r.state || ' ') > 0) "
                 "ORDER BY r.created_at DESC",
                 filter, filter.states);
    case Live::job:
      return ask(db,
                 "SELECT job_id, state || ' ' || workflow_job_id || ' ' || attempt FROM jobs "
                 "WHERE " STRIATUM_BEGINS("job_id") " AND " STRIATUM_IN_RUN
                 " AND (?4 IS NULL OR instr(?4, ' ' || state || ' ') > 0) ORDER BY job_id",
                 filter, filter.states);
    case Live::workflow_job:
      return ask(db,
                 "SELECT DISTINCT workflow_job_id, job_type FROM jobs "
                 "WHERE " STRIATUM_ALL_THAT_BEGIN("workflow_job_id"),
                 filter, std::nullopt);
    case Live::session:
      return ask(db,
                 "SELECT session_id, slug || ' ' || state FROM sessions "
                 "WHERE " STRIATUM_ALL_THAT_BEGIN("session_id") " AND state = 'active'",
                 filter, std::nullopt);
    case Live::lease:
      return ask(db,
                 "SELECT lease_id, resource_id || ' until ' || expires_at FROM leases "
                 "WHERE " STRIATUM_BEGINS("lease_id") " AND state = 'active' AND " STRIATUM_IN_RUN
                 " AND (?4 IS NULL OR owner_session_id = ?4)",
                 filter, filter.session);
    case Live::message:
      return ask(db,
                 "SELECT m.message_id, coalesce(m.job_id, m.kind) || ' ' || m.state FROM queue_messages m "
                 "LEFT JOIN leases l ON l.lease_id = m.current_lease_id "
                 "WHERE " STRIATUM_BEGINS("m.message_id") " AND m.state IN ('claimed', 'acked') AND (?3 IS NULL OR m.run_id = ?3) "
                 "AND (?4 IS NULL OR l.owner_session_id = ?4)",
                 filter, filter.session);
    case Live::blocker:
      return ask(db,
                 "SELECT blocker_id, severity || ' ' || blocker_kind FROM blockers "
                 "WHERE " STRIATUM_ALL_THAT_BEGIN("blocker_id") " AND state = 'open'",
                 filter, std::nullopt);
    case Live::artifact:
      return ask(db,
                 "SELECT artifact_id, artifact_kind || ' ' || repo_path FROM artifacts "
                 "WHERE " STRIATUM_ALL_THAT_BEGIN("artifact_id"),
                 filter, std::nullopt);
    case Live::role: return ask(db, STRIATUM_COUNTED("role_id", "jobs"), filter, std::nullopt);
    case Live::run_state: return ask(db, STRIATUM_COUNTED("state", "runs"), filter, std::nullopt);
    case Live::session_state: return ask(db, STRIATUM_COUNTED("state", "sessions"), filter, std::nullopt);
    case Live::job_state: return ask(db, STRIATUM_COUNTED("state", "jobs"), filter, std::nullopt);
    case Live::branch:
    case Live::lane:
    case Live::anything: break;
  }
  return {};
}

std::optional<SnapshotId> newest_snapshot(Connection& db, const std::optional<std::string>& run) {
  const auto id = db.text("SELECT workflow_snapshot_id FROM runs WHERE ?1 IS NULL OR run_id = ?1 ORDER BY created_at DESC LIMIT 1", run);
  if (!id) return std::nullopt;
  return SnapshotId(*id);
}

}  // namespace striatum::store
