// SPDX-License-Identifier: Apache-2.0
#include "app/export_file.hpp"

#include "app/artifact.hpp"
#include "os/repo_files.hpp"
#include "store/read.hpp"

namespace striatum::app {
namespace {

constexpr std::size_t kLong = std::size_t{1} << 15;

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

OutFile stage(const Context& ctx, const std::string& path, const std::string& normal) {
  OutFile out(ctx, normal, os::Existing::replace);
  if (out.access() == os::Access::ok) return out;
  refuse(Code::artifact, "export path " + quote(path) + " is not a plain file inside the repository",
         {"choose another --path"});
}

}  // namespace

ExportFile::ExportFile(Context& ctx, std::string path)
    : ctx_(ctx), path_(std::move(path)), plain_(plain_path(path_)), file_(stage(ctx, path_, plain_)) {}

void ExportFile::append(std::string_view text) {
  if (!writing_ && text.size() < kLong) return file_.append(text);
  if (!writing_) writing_.emplace([this](std::string_view piece) { file_.append(piece); });
  writing_->put(text);
}

Json ExportFile::publish(const RunId& run, const std::string& event_type) {
  if (writing_) writing_->finish();
  const std::string digest = file_.finish().hex();
  Json reply = write_with_file(ctx_, [&](store::WriteUnit& unit, std::optional<OutFile>& out) -> Json {
    require_replaceable(ctx_, unit.db(), path_, plain_);
    Event event{event_type, run};
    event.payload = {{"path", path_}, {"sha256", digest}};
    unit.event(event);
    out.emplace(std::move(file_));
    return {{"status", "exported"}, {"run_id", run.str()}, {"path", path_}, {"sha256", digest}};
  });
  ctx_.state().db().fold_log();
  return reply;
}

}  // namespace striatum::app
