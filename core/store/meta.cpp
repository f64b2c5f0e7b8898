// SPDX-License-Identifier: Apache-2.0
#include "store/meta.hpp"

namespace striatum::store {

std::optional<std::string> meta(Connection& db, const std::string& key) {
  return db.text("SELECT value FROM gs_meta WHERE key = ?1", key);
}

void set_meta(Connection& db, const std::string& key, const std::string& value) {
  db.run("INSERT INTO gs_meta (key, value) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2", key, value);
}

}  // namespace striatum::store
