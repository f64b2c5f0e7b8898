// SPDX-License-Identifier: Apache-2.0
#include "app/outbox.hpp"

#include <limits>

#include "os/files.hpp"
#include "store/outbox.hpp"

namespace striatum::app {
namespace {

constexpr mode_t kMode = 0644;
constexpr int kBusyDeadlineMs = 10'000;

/// Tells whether a file is still the one that was there before; nullopt where no file is.
std::optional<std::string> identity(const os::FileStat& file) {
  if (file.access != os::Access::ok || file.type != os::FileType::regular) return std::nullopt;
  return std::to_string(file.inode) + ' ' + std::to_string(file.size) + ' ' + std::to_string(file.changed_ns);
}

void settle(const store::PendingFile& file, const std::string& copy) {
  const auto bytes = os::read_file(copy, std::numeric_limits<std::size_t>::max() - 1);
  if (!bytes || !os::is_directory(file.folder)) return;
  const os::RepoFiles files(file.folder);
  const os::FileStat there = files.stat(file.path);
  const bool untouched = there.access == os::Access::absent ? !file.replaces : identity(there) == file.replaces;
  if (untouched) static_cast<void>(files.write_atomically(file.path, *bytes, kMode));
}

}  // namespace

OutFile::OutFile(const Context& ctx, const std::string& path, os::Existing existing)
    : folder_(ctx.place.work_tree.string()),
      path_(path),
      staged_(os::RepoFiles(folder_).stage(path, kMode, existing)) {}

void OutFile::append(std::string_view bytes) {
  digest_.add(bytes);
  staged_.append(bytes);
}

Sha256 OutFile::finish() {
  staged_.sync();
  return digest_.finish();
}

void OutFile::announce(store::WriteUnit& unit) {
  copy_ = staged_.copy_to(unit.db().file().parent_path().string());
  const auto there = identity(os::RepoFiles(folder_).stat(path_));
  store::insert_pending_file(unit.db(), {folder_, path_, copy_, there}, unit.now());
}

void OutFile::publish(Context& ctx) {
  // Somebody was faster: the other bytes are theirs.
  static_cast<void>(staged_.publish());
  try {
    store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
    store::delete_pending_file(unit.db(), copy_);
    unit.commit();
    os::remove_file((ctx.place.state_dir / copy_).string());
  } catch (const Error&) {  // the work is done; the next command finds the file in place and forgets it
  }
}

void settle_files(store::WriteUnit& unit) {
  const auto files = store::pending_files(unit.db());
  if (files.empty()) return;
  for (const store::PendingFile& file : files) {
    const std::string copy = (unit.db().file().parent_path() / file.copy).string();
    const bool ours = os::is_temporary_name(file.copy);
    if (ours) settle(file, copy);
    store::delete_pending_file(unit.db(), file.copy);
    if (ours) os::remove_file(copy);
  }
  // Done for good, whatever becomes of the change that follows: a file that its owner removes later stays away.
  unit.db().execute("COMMIT");
  unit.db().begin_immediate(kBusyDeadlineMs);
}

}  // namespace striatum::app
