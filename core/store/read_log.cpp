// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "store/read.hpp"

namespace striatum::store {
namespace {

// The chain row of an event is its own, or that of the adopted range it lies in.
#define STRIATUM_LOG                                                                                            \
  "SELECT c.seq, e.event_id, e.event_type, e.run_id, e.actor_session_id AS session_id, e.job_id, e.created_at, " \
  "e.payload_json AS payload, c.hash FROM events e LEFT JOIN gs_event_chain c "                                 \
  "ON c.event_id = (SELECT min(n.event_id) FROM gs_event_chain n WHERE n.event_id >= e.event_id) "              \
  "AND (c.event_id = e.event_id OR c.adopted_json IS NOT NULL) WHERE e.event_id > ?1 "

}  // namespace

std::vector<Json> log_rows(Connection& db, const Scope& scope, std::int64_t after, Limit limit) {
  Use row = scope ? db.use(STRIATUM_LOG "AND e.run_id = ?3 ORDER BY e.event_id LIMIT ?2", after, limit.rows, *scope)
                  : db.use(STRIATUM_LOG "ORDER BY e.event_id LIMIT ?2", after, limit.rows);
  std::vector<Json> out;
  while (row.step()) {
    Json entry = row.row();
    const std::int64_t id = entry.at("event_id").get<std::int64_t>();
    if (id <= std::exchange(after, id)) fail_damaged();  // else who reads page by page would never come to the end
    entry["payload"] = parse_json(text_member(entry, "payload")).value_or(Json());
    out.push_back(std::move(entry));
  }
  return out;
}

bool is_exported_path(Connection& db, const std::string& path) {
  // The newest first: a file that is written again was mostly written a short while ago.
  return db.exists(
      "SELECT 1 FROM events WHERE event_type IN ('evidence.exported', 'run_summary.exported', 'decision.recorded') "
      "AND json_extract(payload_json, '$.path') = ?1 ORDER BY event_id DESC LIMIT 1",
      path);
}

}  // namespace striatum::store
