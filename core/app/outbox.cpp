// SPDX-License-Identifier: Apache-2.0
#include "app/outbox.hpp"

#include "base/crypto.hpp"

namespace striatum::app {
namespace {

constexpr mode_t kMode = 0644;
constexpr int kBusyDeadlineMs = 10'000;

std::optional<std::string> digest_of(const os::FileBytes& file) {
  return file.access == os::Access::ok ? std::optional(sha256(file.bytes).hex()) : std::nullopt;
}

store::PendingFile pending(const Context& ctx, const std::string& path, std::string bytes) {
  const std::string folder = ctx.place.work_tree.string();
  return {folder, path, std::move(bytes), digest_of(os::RepoFiles(folder).read(path))};
}

void settle(const store::PendingFile& file) {
  if (!os::is_directory(file.folder)) return;
  const os::RepoFiles files(file.folder);
  const os::FileBytes there = files.read(file.path);
  const bool untouched = there.access == os::Access::absent ? !file.replaces : digest_of(there) == file.replaces;
  if (untouched) static_cast<void>(files.write_atomically(file.path, file.bytes, kMode));
}

}  // namespace

OutFile::OutFile(const Context& ctx, const std::string& path, std::string bytes, os::Existing existing)
    : row_(pending(ctx, path, std::move(bytes))),
      staged_(os::RepoFiles(row_.folder).stage(path, row_.bytes, kMode, existing)) {}

void OutFile::announce(store::WriteUnit& unit) const { store::insert_pending_file(unit.db(), row_, unit.now()); }

void OutFile::publish(Context& ctx) {
  // Somebody was faster: the other bytes are theirs.
  static_cast<void>(staged_.publish());
  try {
    store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
    store::delete_pending_file(unit.db(), row_);
    unit.commit();
  } catch (const Error&) {  // the work is done; the next command finds the file in place and forgets it
  }
}

void settle_files(store::WriteUnit& unit) {
  auto file = store::first_pending_file(unit.db());
  if (!file) return;
  for (; file; file = store::first_pending_file(unit.db())) {
    settle(*file);
    store::delete_pending_file(unit.db(), *file);
  }
  // Done for good, whatever becomes of the change that follows: a file that its owner removes later stays away.
  unit.db().execute("COMMIT");
  unit.db().begin_immediate(kBusyDeadlineMs);
}

}  // namespace striatum::app
