// SPDX-License-Identifier: Apache-2.0
// store: the only place that knows SQL and sqlite3.h. It knows domain nouns and os locks; no rule lives here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/scalar.hpp"
#include "base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace striatum::store {

/// Rows that a sound file cannot hold: the refusal that SQLite's own finding of damage gets.
[[noreturn]] void fail_damaged();

/// Bytes bound and read as BLOB.
struct Blob {
  std::string bytes;
};

/// One run of a prepared statement: bind, step, read; resets it when it goes out of scope.
class Use {
 public:
  Use(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  ~Use();
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  Use(Use&& other) noexcept
      : db_(other.db_), statement_(other.statement_), bound_(other.bound_), changed_(std::move(other.changed_)) {
    other.statement_ = nullptr;
  }

  /// Binds the next parameter, ?1 first.
  Use& bind(std::string_view text);
  Use& bind(const std::string& text) { return bind(std::string_view(text)); }
  Use& bind(const char* text) { return bind(std::string_view(text)); }
  Use& bind(std::int64_t number);
  Use& bind(int number) { return bind(static_cast<std::int64_t>(number)); }
  Use& bind(bool flag) { return bind(static_cast<std::int64_t>(flag)); }
  Use& bind(const Blob& blob);
  Use& bind(std::nullopt_t);
  Use& bind(Instant when) { return bind(to_text(when)); }
  template <class Tag>
  Use& bind(const Id<Tag>& id) {
    return bind(id.str());
  }
  template <class T>
  Use& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind(std::nullopt);
  }

  /// True when a row is there to be read.
  bool step();
  /// Steps to the end; returns the number of rows changed.
  int run();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// The same, good until the next step.
  [[nodiscard]] std::string_view view(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string blob(int column) const;
  template <class AnyId>
  [[nodiscard]] AnyId id(int column) const {
    return AnyId(text(column));
  }
  template <class AnyId>
  [[nodiscard]] std::optional<AnyId> optional_id(int column) const {
    if (is_null(column)) return std::nullopt;
    return AnyId(text(column));
  }
  [[nodiscard]] std::vector<std::string> columns() const;
  /// With SQLite's own type.
  [[nodiscard]] Json value(int column) const;
  /// What `row` would hold by the column's name, good until the next step.
  [[nodiscard]] Scalar cell(int column);
  /// The whole row by column name, with SQLite's own types.
  [[nodiscard]] Json row() const;
  /// All rows that are left.
  [[nodiscard]] Json rows();

 private:
  /// Where each column of the row at hand stands, good while there are rows; of two by one name the later.
  using ByName = std::map<std::string_view, int>;
  [[nodiscard]] ByName by_name() const;
  [[nodiscard]] Json row(const ByName& columns) const;

  sqlite3* db_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  /// Texts of cells that are not shown as they are stored.
  std::vector<std::unique_ptr<const std::string>> changed_;
};

/// The bytes of a database file.
class Image {
 public:
  Image(unsigned char* bytes, std::size_t size) : bytes_(bytes), size_(size) {}
  [[nodiscard]] std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.get()), size_}; }

 private:
  struct Free {
    void operator()(unsigned char* bytes) const;
  };
  std::unique_ptr<unsigned char, Free> bytes_;
  std::size_t size_;
};

/// `create`: writable, and what is written goes straight into the file, as nothing in it needs a log yet.
enum class Access { read_write, read_only, create };

/// An open SQLite database with a cache of prepared statements.
/// Throws Error with kinds db_corrupt, db_not_ours, disk_full, db_busy, read_only, io_error.
class Connection {
 public:
  Connection(const std::filesystem::path& file, Access access);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) = delete;

  /// `sql` must be a literal or outlive the connection: the cache is keyed by its address.
  template <class... Args>
  Use use(std::string_view sql, const Args&... args) {
    Use statement = prepare(sql);
    (statement.bind(args), ...);
    return statement;
  }
  /// Several statements without parameters or results.
  void execute(const char* sql);
  /// True when a row with these parameters exists.
  template <class... Args>
  bool exists(std::string_view sql, const Args&... args) {
    return use(sql, args...).step();
  }
  /// The first column of all rows.
  template <class AnyId, class... Args>
  std::vector<AnyId> ids(std::string_view sql, const Args&... args) {
    std::vector<AnyId> out;
    Use row = use(sql, args...);
    while (row.step()) out.push_back(row.id<AnyId>(0));
    return out;
  }
  /// All rows as JSON objects by column name.
  template <class... Args>
  Json rows(std::string_view sql, const Args&... args) {
    return use(sql, args...).rows();
  }
  /// The first row as JSON object, or null.
  template <class... Args>
  Json row(std::string_view sql, const Args&... args) {
    Use statement = use(sql, args...);
    return statement.step() ? statement.row() : Json();
  }
  /// First column of the first row.
  template <class... Args>
  std::optional<std::string> text(std::string_view sql, const Args&... args) {
    Use statement = use(sql, args...);
    if (!statement.step()) return std::nullopt;
    return statement.optional_text(0);
  }
  template <class... Args>
  std::int64_t integer(std::string_view sql, const Args&... args) {
    Use statement = use(sql, args...);
    return statement.step() ? statement.integer(0) : 0;
  }
  template <class... Args>
  int run(std::string_view sql, const Args&... args) {
    return use(sql, args...).run();
  }

  [[nodiscard]] std::int64_t last_insert_rowid() const;
  [[nodiscard]] bool read_only() const { return read_only_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  /// BEGIN IMMEDIATE, trying every half millisecond until `deadline_ms` have passed.
  void begin_immediate(int deadline_ms);
  /// Moves the write-ahead log into the file and empties it; skipped when somebody else is at work.
  void fold_log();
  /// Writes what is committed now, page by page, into the new database file `file`, and syncs it.
  void copy_to(const std::filesystem::path& file) const;
  /// The same in memory, for a small file: its pages as they would lie there.
  [[nodiscard]] Image image() const;
  [[nodiscard]] bool in_transaction() const;
  /// True between begin_immediate and the end of that transaction.
  [[nodiscard]] bool writing() const { return writing_ && in_transaction(); }

 private:
  Use prepare(std::string_view sql);
  struct Close {
    void operator()(sqlite3* db) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::filesystem::path file_;
  bool read_only_ = false;
  bool writing_ = false;
  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
  /// Second copies of statements that were in use while they were asked for again.
  std::vector<std::unique_ptr<sqlite3_stmt, Finalize>> spare_;
};

}  // namespace striatum::store
