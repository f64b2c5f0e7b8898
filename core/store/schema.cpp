// SPDX-License-Identifier: Apache-2.0
#include "store/schema.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "store/schema_sql.hpp"

namespace striatum::store {
namespace {

namespace fs = std::filesystem;

int user_version(Connection& db) { return static_cast<int>(db.integer("PRAGMA user_version")); }

int own_version(Connection& db) {
  if (!db.exists("SELECT 1 FROM sqlite_master WHERE name = 'gs_meta'")) return 0;
  return std::stoi(db.text("SELECT value FROM gs_meta WHERE key = 'schema'").value_or("0"));
}

void refuse_newer(int version) {
  if (version <= kSchemaVersion) return;
  refuse(Code::schema,
         "the state file is newer than this installation supports: user_version=" + std::to_string(version) +
             ", this program knows " + std::to_string(kSchemaVersion),
         {"install a newer git-striatum"});
}

bool current(Connection& db) {
  const int version = user_version(db);
  refuse_newer(version);
  return version == kSchemaVersion && own_version(db) == static_cast<int>(kOwnSteps.size());
}

void keep_copy(Connection& db, int version) {
  const fs::path copy = db.file().string() + ".bak-v" + std::to_string(version);
  if (fs::exists(copy)) return;
  db.copy_to(copy);
  ::chmod(copy.c_str(), 0600);
}

void bring_shared_tables_up(Connection& db) {
  const int version = user_version(db);
  if (version == 0) db.execute(kSharedTables);
  for (int done = version; done > 0 && done < kSchemaVersion; ++done) {
    db.execute(kUpgrades[static_cast<std::size_t>(done) - 1]);
  }
  db.execute(("PRAGMA user_version=" + std::to_string(kSchemaVersion)).c_str());
}

void run_own_steps(Connection& db) {
  const auto first = static_cast<std::size_t>(own_version(db));
  for (std::size_t step = first; step < kOwnSteps.size(); ++step) db.execute(kOwnSteps[step]);
  db.run("INSERT INTO gs_meta (key, value) VALUES ('schema', ?1) ON CONFLICT(key) DO UPDATE SET value = ?1",
         std::to_string(kOwnSteps.size()));
  db.run("INSERT OR IGNORE INTO gs_meta (key, value) VALUES ('store_id', lower(hex(randomblob(16))))");
}

/// A first step is completed by the next command when the process dies in between: 0 bytes is version 0.
void create_empty(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    fail(Code::general, errno == ENOSPC ? "disk_full" : "io_error",
         "cannot create the state file: " + std::string(std::strerror(errno)));
  }
  ::close(fd);
}

}  // namespace

void restart_chain(Connection& db) {
  db.execute(
      "BEGIN IMMEDIATE; DELETE FROM gs_event_chain; "
      "UPDATE gs_meta SET value = lower(hex(randomblob(16))) WHERE key = 'store_id'; COMMIT");
}

void create_state(const fs::path& file) {
  create_empty(file);
  Connection db(file, Access::create);
  migrate(db);
}

void migrate(Connection& db) {
  if (current(db)) return;
  if (db.read_only()) {
    fail(Code::general, "read_only", "the state file needs an upgrade but cannot be written",
         {"run any command once where .striatum/ can be written"});
  }
  const int before = user_version(db);
  if (before > 0 && before < kSchemaVersion) keep_copy(db, before);
  db.execute("PRAGMA foreign_keys=OFF");  // a table rebuild would otherwise break its references
  db.begin_immediate(10000);
  try {
    if (!current(db)) {
      bring_shared_tables_up(db);
      run_own_steps(db);
    }
    db.execute("COMMIT");
  } catch (...) {
    if (db.in_transaction()) db.execute("ROLLBACK");
    throw;
  }
  db.execute("PRAGMA foreign_keys=ON");
}

}  // namespace striatum::store
