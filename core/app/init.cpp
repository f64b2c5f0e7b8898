// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "app/verbs.hpp"
#include "base/text.hpp"
#include "os/files.hpp"
#include "os/repo_files.hpp"
#include "store/schema.hpp"

namespace striatum::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIgnoreLine = ".striatum/";

/// The file with the contract's line, in its own line ending; nullopt when the line is there.
std::optional<std::string> with_ignore_line(const std::string& text) {
  const bool crlf = text.find("\r\n") != std::string::npos;
  for (const std::string& line : split(text, '\n')) {
    if (line == kIgnoreLine || line == std::string(kIgnoreLine) + '\r') return std::nullopt;
  }
  const std::string end = crlf ? "\r\n" : "\n";
  std::string out = text;
  if (!out.empty() && out.back() != '\n') out += end;
  return out + std::string(kIgnoreLine) + end;
}

/// By the name `striatum`: the repository's own .gitignore carries the line.
void ignore_in_repository(const fs::path& root) {
  const os::RepoFiles files(root.string());
  const auto found = files.read(".gitignore");
  if (found.access != os::Access::ok && found.access != os::Access::absent) {
    fail(Code::general, "gitignore_refused", "'.gitignore' is no plain file here; nothing was changed",
         {"replace it by a file, then repeat `init`"});
  }
  const auto text = with_ignore_line(found.bytes);
  if (!text) return;
  const mode_t mode = found.access == os::Access::ok ? found.mode : 0644;
  if (files.write_atomically(".gitignore", *text, mode) != os::Access::ok) {
    fail(Code::general, "gitignore_refused", "'.gitignore' cannot be written", {"check its owner and mode"});
  }
}

/// By `git striatum`: the state folder ignores itself, no tracked file changes.
void ignore_itself(const fs::path& state_dir) {
  const std::string file = (state_dir / ".gitignore").string();
  if (!os::exists(file)) os::write_atomically(file, "*\n", 0600);
}

void require_folder(const fs::path& path, const char* what) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored)) || fs::is_directory(path, ignored)) return;
  fail(Code::general, "not_a_folder", quote(path.string()) + " is in the way of the " + what, {"move it away"});
}

std::string must_read(const fs::path& copy) {
  auto bytes = os::read_file(copy.string());
  if (!bytes) {
    refuse(Code::not_found, "the copy of the state is gone: " + quote(copy.string()),
           {"go on without it: `init` makes a new state"});
  }
  return std::move(*bytes);
}

/// A restored state goes on under a new store id: what came after the copy is gone from its log. It gets that id
/// before it gets its place, as nobody would give it one later.
void restore(Context& ctx, const fs::path& copy, const fs::path& file) {
  const os::TemporaryFolder beside(file.parent_path().string());
  const fs::path draft = fs::path(beside.path()) / file.filename();
  os::write_atomically(draft.string(), must_read(copy), 0600);
  {
    store::State state(beside.path(), ctx.command);
    store::restart_chain(state.db());
    state.db().fold_log();
  }
  std::error_code gone;
  if (fs::file_size(draft.string() + "-wal", gone) > 0 && !gone) {
    fail(Code::general, "io_error", "the copy of the state could not be prepared", {"repeat the command"});
  }
  os::write_atomically(file.string(), must_read(draft), 0600);
}

void create(Context& ctx, const fs::path& file, Lost lost) {
  const auto copy = left_copy(ctx.place);
  if (copy && lost == Lost::restore) return restore(ctx, *copy, file);
  if (lost == Lost::restore) refuse(Code::not_found, "no copy of the state is left to restore", {"run `git striatum init`"});
  if (copy && lost == Lost::ask && ctx.name == Name::git_striatum) {
    refuse_lost_state(Code::transition);
  }
  store::create_state(file);
}

}  // namespace

Json init(Context& ctx, Lost lost) {
  if (ctx.name == Name::git_striatum && !ctx.place.git) {
    refuse(Code::not_found, "this folder is no git repository", {"run `git init`"});
  }
  const fs::path root = ctx.place.root;
  require_folder(root, "repository");
  require_folder(ctx.place.state_dir, "state folder");
  store::refuse_link(ctx.place.state_dir);
  const fs::path file = ctx.place.state_dir / "state.sqlite3";
  if (ctx.state_exists()) (void)ctx.state();  // a newer or damaged file is refused before anything is written
  os::ensure_directory(root.string(), 0777);
  os::ensure_directory(ctx.place.state_dir.string(), 0700);
  if (ctx.name == Name::striatum && !(ctx.place.git && ctx.place.git->bare)) {
    ignore_in_repository(root);
  } else {
    ignore_itself(ctx.place.state_dir);
  }
  if (!ctx.state_exists()) create(ctx, file, lost);
  (void)ctx.state();
  return {{"state_dir", ctx.place.state_dir.string()}, {"db", file.string()}};
}

}  // namespace striatum::app
