// SPDX-License-Identifier: Apache-2.0
#include "store/connection.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"

namespace striatum::store {
namespace {

struct Damage {
  const char* kind;
  const char* text;
  const char* hint;
};

Damage damage_of(int primary) {
  switch (primary) {
    case SQLITE_CORRUPT: return {"db_corrupt", "the state file is damaged", "run `git striatum doctor --deep`"};
    case SQLITE_NOTADB: return {"db_not_ours", "the state file is not a database", "move it away, then `striatum init`"};
    case SQLITE_FULL: return {"disk_full", "no space is left for the state file", "free some space and repeat the command"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {"db_busy", "the database is locked by another program", "repeat the command"};
    case SQLITE_READONLY:
    case SQLITE_PERM: return {"read_only", "the state file cannot be written", "check the owner and mode of .striatum/"};
    case SQLITE_CANTOPEN: return {"db_unreadable", "the state file cannot be opened", "check the owner and mode of .striatum/"};
    case SQLITE_NOMEM: return {"out_of_memory", "out of memory", "free some memory and repeat the command"};
    case SQLITE_IOERR: return {"io_error", "reading or writing the state file failed", "check the disk and repeat the command"};
    default: return {"storage", "the state file refused the change", "run `git striatum doctor --verbose`"};
  }
}

/// SQLite's own text may quote SQL; only its generic text for the code is passed on.
[[noreturn]] void broken(sqlite3* db, int rc) {
  const int extended = db ? sqlite3_extended_errcode(db) : rc;
  const int primary = rc & 0xFF;
  const Damage damage = damage_of(primary);
  std::string kind = damage.kind;
  if (primary == SQLITE_IOERR && db && sqlite3_system_errno(db) == ENOSPC) kind = "disk_full";
  fail(Code::general, kind,
       std::string(damage.text) + ": " + sqlite3_errstr(primary) + " (" + std::to_string(extended) + ')', {damage.hint});
}

void check(sqlite3* db, int rc) {
  if (rc != SQLITE_OK) broken(db, rc);
}

void execute_on(sqlite3* db, const char* sql) { check(db, sqlite3_exec(db, sql, nullptr, nullptr, nullptr)); }

/// A connection belongs to one thread, so that a column's value may be asked itself.
std::string_view text_of(sqlite3_value* value) {
  const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

}  // namespace

void fail_damaged() { broken(nullptr, SQLITE_CORRUPT); }

Use::~Use() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Use& Use::bind(std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  check(db_, sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Use& Use::bind(std::int64_t number) {
  check(db_, sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

Use& Use::bind(const Blob& blob) {
  check(db_, sqlite3_bind_blob64(statement_, ++bound_, blob.bytes.data(), blob.bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Use& Use::bind(std::nullopt_t) {
  check(db_, sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

bool Use::step() {
  changed_.clear();
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc != SQLITE_DONE) broken(db_, rc);
  return false;
}

int Use::run() {
  while (step()) {
  }
  return sqlite3_changes(db_);
}

bool Use::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string Use::text(int column) const { return std::string(view(column)); }

std::string_view Use::view(int column) const { return text_of(sqlite3_column_value(statement_, column)); }

std::optional<std::string> Use::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::int64_t Use::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Use::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::vector<std::string> Use::columns() const {
  std::vector<std::string> out;
  for (int i = 0; i < sqlite3_column_count(statement_); ++i) out.emplace_back(sqlite3_column_name(statement_, i));
  return out;
}

Scalar Use::cell(int column) {
  sqlite3_value* cell = sqlite3_column_value(statement_, column);
  switch (sqlite3_value_type(cell)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return Scalar::of(static_cast<std::int64_t>(sqlite3_value_int64(cell)));
    case SQLITE_FLOAT:
      return Scalar::other();
    case SQLITE_BLOB:
      return Scalar::of(*changed_.emplace_back(std::make_unique<const std::string>(to_hex(blob(column)))));
    default: {
      const std::string_view text = text_of(cell);
      if (plain_in_json(text)) return Scalar::plain(text);
      if (valid_utf8(text)) return Scalar::of(text);
      return Scalar::of(*changed_.emplace_back(std::make_unique<const std::string>(to_utf8(text))));
    }
  }
}

Use::ByName Use::by_name() const {
  ByName out;
  for (int i = 0; i < sqlite3_column_count(statement_); ++i) out[sqlite3_column_name(statement_, i)] = i;
  return out;
}

Json Use::value(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_NULL: return {};
    case SQLITE_INTEGER: return integer(column);
    case SQLITE_FLOAT: return sqlite3_column_double(statement_, column);
    case SQLITE_BLOB: return to_hex(blob(column));
    default: return to_utf8(view(column));
  }
}

Json Use::row(const ByName& columns) const {
  Json::object_t out;
  for (const auto& [name, at] : columns) out.emplace_hint(out.end(), name, value(at));
  return out;
}

Json Use::row() const { return row(by_name()); }

Json Use::rows() {
  Json out = Json::array();
  if (!step()) return out;
  // Not before: the first step prepares the statement anew when the schema has changed.
  const ByName columns = by_name();
  do out.push_back(row(columns));
  while (step());
  return out;
}

void Connection::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

void Connection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Connection::Connection(const std::filesystem::path& file, Access access) : file_(file) {
  // Before SQLite begins: nobody asks it how much memory it uses, and counting takes a lock each time.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* db = nullptr;
  const int flags = (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int rc = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
  db_.reset(db);
  check(db, rc);
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_busy_timeout(db, 10000);
  execute_on(db,
             "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; "
             "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;");
  read_only_ = sqlite3_db_readonly(db, "main") == 1;
  if (!read_only_ && access != Access::create) execute_on(db, "PRAGMA journal_mode=WAL;");
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;

Use Connection::prepare(std::string_view sql) {
  auto& cached = statements_[sql.data()];
  if (!cached || sqlite3_stmt_busy(cached.get()) != 0) {
    sqlite3_stmt* statement = nullptr;
    check(db_.get(), sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), 0, &statement, nullptr));
    if (cached) return Use(db_.get(), spare_.emplace_back(statement).get());
    cached.reset(statement);
  }
  return Use(db_.get(), cached.get());
}

void Connection::execute(const char* sql) { execute_on(db_.get(), sql); }

std::int64_t Connection::last_insert_rowid() const { return sqlite3_last_insert_rowid(db_.get()); }

void Connection::copy_to(const std::filesystem::path& file) const {
  sqlite3* opened = nullptr;
  const int rc = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  const std::unique_ptr<sqlite3, Close> copy(opened);
  check(opened, rc);
  execute_on(opened, "PRAGMA journal_mode=OFF;");
  sqlite3_backup* pages = sqlite3_backup_init(opened, "main", db_.get(), "main");
  if (pages == nullptr) broken(opened, sqlite3_errcode(opened));
  sqlite3_backup_step(pages, -1);
  check(opened, sqlite3_backup_finish(pages));
}

void Image::Free::operator()(unsigned char* bytes) const { sqlite3_free(bytes); }

Image Connection::image() const {
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(db_.get(), "main", &size, 0);
  if (bytes == nullptr) broken(db_.get(), SQLITE_NOMEM);
  return {bytes, static_cast<std::size_t>(size)};
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

void Connection::begin_immediate(int deadline_ms) {
  using namespace std::chrono;
  const auto deadline = steady_clock::now() + milliseconds(deadline_ms);
  sqlite3_busy_timeout(db_.get(), 0);
  int rc = SQLITE_BUSY;
  for (;;) {
    rc = sqlite3_exec(db_.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    if ((rc & 0xFF) != SQLITE_BUSY || steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(microseconds(500));
  }
  sqlite3_busy_timeout(db_.get(), 10000);
  check(db_.get(), rc);
  writing_ = true;
}

void Connection::fold_log() {
  sqlite3_busy_timeout(db_.get(), 0);
  // SQLITE_BUSY only says that somebody reads or writes: the next one folds.
  sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(db_.get(), 10000);
}

}  // namespace striatum::store
