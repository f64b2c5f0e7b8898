// SPDX-License-Identifier: Apache-2.0
#include "store/outbox.hpp"

namespace striatum::store {

void insert_pending_file(Connection& db, const PendingFile& file, Instant now) {
  db.run("INSERT OR REPLACE INTO gs_outbox (folder, path, copy, replaces, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
         file.folder, file.path, file.copy, file.replaces, now);
}

std::vector<PendingFile> pending_files(Connection& db) {
  std::vector<PendingFile> out;
  Use row = db.use("SELECT folder, path, copy, replaces FROM gs_outbox");
  while (row.step()) out.push_back({row.text(0), row.text(1), row.text(2), row.optional_text(3)});
  return out;
}

bool is_pending_copy(Connection& db, std::string_view name) {
  return db.exists("SELECT 1 FROM gs_outbox WHERE copy = ?1", name);
}

void delete_pending_file(Connection& db, std::string_view copy) {
  db.run("DELETE FROM gs_outbox WHERE copy = ?1", copy);
}

}  // namespace striatum::store
