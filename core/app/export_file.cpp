// SPDX-License-Identifier: Apache-2.0
#include "app/export_file.hpp"

#include "app/artifact.hpp"
#include "app/outbox.hpp"
#include "base/crypto.hpp"
#include "os/repo_files.hpp"
#include "store/read.hpp"

namespace striatum::app {
namespace {

/// Refuses (6) what is no file of ours. `path` is as typed, `normal` without `./` and the like.
void require_replaceable(const Context& ctx, store::Connection& db, const std::string& path, const std::string& normal) {
  const os::FileStat there = os::RepoFiles(ctx.place.work_tree.string()).stat(normal);
  if (there.access == os::Access::absent) return;
  const bool plain = there.access == os::Access::ok && there.type == os::FileType::regular;
  if (plain && (store::is_exported_path(db, path) || store::is_exported_path(db, normal))) return;
  refuse(Code::artifact,
         "export path " + quote(path) +
             (plain ? " holds a file that is no earlier export" : " is not a plain file inside the repository"),
         {"choose another --path"});
}

OutFile stage(const Context& ctx, const Export& file, const std::string& normal) {
  OutFile out(ctx, normal, file.text, os::Existing::replace);
  if (out.access() == os::Access::ok) return out;
  refuse(Code::artifact, "export path " + quote(file.path) + " is not a plain file inside the repository",
         {"choose another --path"});
}

}  // namespace

Json write_export(Context& ctx, const Export& file) {
  const std::string plain = plain_path(file.path);
  return write_with_file(ctx, [&](store::WriteUnit& unit, std::optional<OutFile>& out) -> Json {
    require_replaceable(ctx, unit.db(), file.path, plain);
    const std::string digest = sha256(file.text).hex();
    Event event{file.event_type, file.run};
    event.payload = {{"path", file.path}, {"sha256", digest}};
    unit.event(event);
    unit.fold_after_commit();
    out.emplace(stage(ctx, file, plain));
    return {{"status", "exported"}, {"run_id", file.run.str()}, {"path", file.path}, {"sha256", digest}};
  });
}

}  // namespace striatum::app
