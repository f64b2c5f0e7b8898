// SPDX-License-Identifier: Apache-2.0
#include "store/state.hpp"

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <fstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/files.hpp"
#include "store/schema.hpp"

namespace striatum::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFoldSize = std::uintmax_t{1} << 20;
constexpr std::uintmax_t kMaxCopySize = std::uintmax_t{8} << 20;
constexpr int kBusyDeadlineMs = 10'000;
constexpr std::int64_t kForeignBootSeconds = 60;

/// Magic numbers of file systems whose locks or shared memory do not reach every host (linux/magic.h).
constexpr std::array<long, 6> kNetworkFileSystems{
    0x6969,      // NFS
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2
    0x01021997,  // 9p
    0x5346414F,  // AFS
    0x00C36400,  // Ceph
};

void refuse_unsafe_place(const fs::path& dir) {
  struct statfs place {};
  if (::statfs(dir.c_str(), &place) != 0) return;
  for (const long magic : kNetworkFileSystems) {
    if (static_cast<unsigned long>(place.f_type) != static_cast<unsigned long>(magic)) continue;
    fail(Code::general, "unsafe_filesystem", "the state file lies on a network file system, where locks cannot be trusted",
         {"move the repository to a local disk"});
  }
}

fs::path existing_state(const fs::path& dir) {
  refuse_link(dir);
  fs::path file = dir / "state.sqlite3";
  struct stat found {};
  if (::stat(file.c_str(), &found) == 0) return file;
  if (errno != ENOENT && errno != ENOTDIR) os::fail_errno(errno, "opening", file.string());
  refuse(Code::not_found, "striatum state is not initialized here; run `striatum init`",
         {"run `git striatum init`, or name the repository with --repo"});
}

Connection open_connection(const fs::path& dir) {
  const fs::path file = existing_state(dir);
  refuse_unsafe_place(dir);
  const Access access = ::access(file.c_str(), W_OK) == 0 ? Access::read_write : Access::read_only;
  return {file, access};
}

/// A host and a container on one mount have different boot ids and do not see each other's locks.
void note_writer(Connection& db, Instant now) {
  const std::string boot = boot_id();
  const Json last = parse_json(db.text("SELECT value FROM gs_meta WHERE key = 'last_writer'").value_or("")).value_or(Json());
  const auto at = parse_instant(text_member(last, "at"));
  const std::string other = text_member(last, "boot_id");
  if (!boot.empty() && !other.empty() && other != boot && at && (now - *at).count < kForeignBootSeconds &&
      (now - *at).count >= 0) {
    fail(Code::general, "unsafe_filesystem", "another machine wrote this state file within the last minute",
         {"use the state from one machine only; after a restart wait a minute"});
  }
  db.run("INSERT INTO gs_meta (key, value) VALUES ('last_writer', ?1) ON CONFLICT(key) DO UPDATE SET value = ?1",
         to_canonical_ascii({{"boot_id", boot}, {"at", to_text(now)}}));
}

}  // namespace

std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string text;
  std::getline(in, text);
  return text;
}

std::int64_t boot_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec;
}

void refuse_link(const fs::path& dir) {
  std::error_code ignored;
  if (!fs::is_symlink(fs::symlink_status(dir, ignored))) return;
  fail(Code::general, "unsafe_state_folder", "the state folder " + quote(dir.string()) + " is a symbolic link",
       {"remove the link, then run `git striatum init`"});
}

State::State(const fs::path& dir, std::string command)
    : dir_(dir), command_(std::move(command)), db_(open_connection(dir)) {
  migrate(db_);
}

void State::fold_if_large() {
  std::error_code ignored;
  const auto size = fs::file_size(db_.file().string() + "-wal", ignored);
  if (!ignored && size > kFoldSize && !db_.read_only()) db_.fold_log();
}

void State::save_copy() {
  std::error_code ignored;
  const auto size = fs::file_size(db_.file(), ignored);
  if (copies_.empty() || ignored || size > kMaxCopySize) return;
  try {
    os::ensure_directory(copies_.string(), 0700);
    os::write_atomically((copies_ / "state.sqlite3").string(), db_.image().view(), 0600);
  } catch (const Error&) {  // a copy is a courtesy; the verb has done its work
  }
}

WriteUnit::WriteUnit(State& state, Instant now, Random& random) : state_(state), now_(now), random_(random) {
  if (db().read_only()) {
    fail(Code::general, "read_only", "the state file cannot be written", {"check the owner and mode of .striatum/"});
  }
  Adoption adoption(db());
  lock_ = os::FairLock::acquire(state.lock_path().string(), state.command());
  db().begin_immediate(kBusyDeadlineMs);
  open_ = true;
  try {
    note_writer(db(), now_);
    adoption.finish(db(), now_, random_);
  } catch (...) {
    db().execute("ROLLBACK");
    throw;
  }
}

WriteUnit::~WriteUnit() {
  if (!open_) return;
  try {
    if (db().in_transaction()) db().execute("ROLLBACK");
  } catch (...) {  // the connection or the memory is gone; closing it rolls back
  }
}

std::int64_t WriteUnit::event(const Event& event) { return append_event(db(), event, now_, random_); }

void WriteUnit::commit() {
  db().execute("COMMIT");
  open_ = false;
  if (fold_) {
    db().fold_log();
  } else {
    state_.fold_if_large();
  }
  lock_.reset();
  if (copy_) state_.save_copy();
}

ReadUnit::ReadUnit(Connection& db) : db_(db) { db_.execute("BEGIN"); }

ReadUnit::~ReadUnit() {
  try {
    if (db_.in_transaction()) db_.execute("COMMIT");
  } catch (...) {  // nothing was written
  }
}

}  // namespace striatum::store
