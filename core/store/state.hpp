// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/ports.hpp"
#include "domain/event.hpp"
#include "os/lock_file.hpp"
#include "store/chain.hpp"
#include "store/connection.hpp"

namespace striatum::store {

/// The state folder of one repository: `<dir>/state.sqlite3`, its write lock, its copies.
class State {
 public:
  /// Opens and, when needed, upgrades the file. Code 3 when there is none, 9 when it is newer than us,
  /// 1 with kind `unsafe_filesystem` where locks cannot be trusted (docs/design/0002-state.md).
  /// `command` is what other writers are told about the holder of the lock.
  State(const std::filesystem::path& dir, std::string command);

  [[nodiscard]] Connection& db() { return db_; }
  [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }
  [[nodiscard]] const std::string& command() const { return command_; }
  [[nodiscard]] std::filesystem::path lock_path() const { return dir_ / "write.lock"; }
  /// Folds the log when it has grown past 1 MiB; never waits.
  void fold_if_large();
  /// Where copies of the file are kept; none by default.
  void keep_copies_in(std::filesystem::path dir) { copies_ = std::move(dir); }
  /// Replaces the copy by the file as it is now, while it is small enough to cost no time worth speaking of.
  /// A copy that cannot be written is no reason to fail: the change itself is already safe.
  void save_copy();

 private:
  std::filesystem::path dir_;
  std::string command_;
  std::filesystem::path copies_;
  Connection db_;
};

/// Refuses (1, `unsafe_state_folder`) a state folder that is a symbolic link: a hostile repository can hold one, and
/// every write would land elsewhere.
void refuse_link(const std::filesystem::path& dir);

/// One write transaction: the lock, BEGIN IMMEDIATE, adoption of foreign events; rolled back unless committed.
class WriteUnit {
 public:
  WriteUnit(State& state, Instant now, Random& random);
  ~WriteUnit();
  WriteUnit(const WriteUnit&) = delete;
  WriteUnit& operator=(const WriteUnit&) = delete;

  [[nodiscard]] Connection& db() { return state_.db(); }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] std::string new_id(std::string_view prefix) { return striatum::new_id(random_, prefix); }
  /// Appends to the log and its chain; returns the event id.
  std::int64_t event(const Event& event);
  void commit();
  /// After commit the log is folded into the file (run end, apply).
  void fold_after_commit() { fold_ = true; }
  /// After commit a copy of the file is kept (run start, run end).
  void copy_after_commit() { copy_ = true; }

 private:
  State& state_;
  Instant now_;
  Random& random_;
  bool open_ = false;
  bool fold_ = false;
  bool copy_ = false;
  std::optional<os::FairLock> lock_;
};

/// One snapshot for several reads.
class ReadUnit {
 public:
  explicit ReadUnit(Connection& db);
  ~ReadUnit();
  ReadUnit(const ReadUnit&) = delete;
  ReadUnit& operator=(const ReadUnit&) = delete;

 private:
  Connection& db_;
};

/// Identity of this start of the machine; empty where the system does not tell.
[[nodiscard]] std::string boot_id();
/// Seconds since the machine started, suspended time included.
[[nodiscard]] std::int64_t boot_seconds();

}  // namespace striatum::store
