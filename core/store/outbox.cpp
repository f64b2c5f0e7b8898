// SPDX-License-Identifier: Apache-2.0
#include "store/outbox.hpp"

namespace striatum::store {

void insert_pending_file(Connection& db, const PendingFile& file, Instant now) {
  db.run("INSERT OR REPLACE INTO gs_outbox (folder, path, bytes, replaces, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
         file.folder, file.path, Blob{file.bytes}, file.replaces, now);
}

std::optional<PendingFile> first_pending_file(Connection& db) {
  Use row = db.use("SELECT folder, path, bytes, replaces FROM gs_outbox LIMIT 1");
  if (!row.step()) return std::nullopt;
  return PendingFile{row.text(0), row.text(1), row.blob(2), row.optional_text(3)};
}

void delete_pending_file(Connection& db, const PendingFile& file) {
  db.run("DELETE FROM gs_outbox WHERE folder = ?1 AND path = ?2", file.folder, file.path);
}

}  // namespace striatum::store
