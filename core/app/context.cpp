// SPDX-License-Identifier: Apache-2.0
#include "app/context.hpp"

#include "base/crypto.hpp"
#include "os/files.hpp"
#include "store/nouns.hpp"
#include "store/outbox.hpp"

namespace striatum::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStateFolder = ".striatum";

bool holds_state(const fs::path& dir) { return os::exists((dir / "state.sqlite3").string()); }

fs::path resolved(const std::string& path) {
  std::error_code ignored;
  fs::path absolute = fs::weakly_canonical(fs::absolute(path.empty() ? "." : path), ignored);
  return ignored ? fs::absolute(path) : absolute;
}

Place plain_place(const fs::path& root) {
  Place place;
  place.root = root;
  place.state_dir = root / kStateFolder;
  place.work_tree = root;
  place.git = git::discover(root.string(), git::Environment::ignore);
  return place;
}

Place bare_place(const git::Places& places) {
  Place place;
  place.root = places.common_dir;
  place.state_dir = fs::path(places.common_dir) / "striatum";
  place.work_tree = places.work_tree.empty() ? places.common_dir : places.work_tree;
  place.git = places;
  return place;
}

}  // namespace

Name name_of(std::string_view program) {
  const std::string last = fs::path(program).filename().string();
  return last == "striatum" || last == "striatumd" ? Name::striatum : Name::git_striatum;
}

Place locate(const std::optional<std::string>& repo, Name name) {
  if (repo) return plain_place(resolved(*repo));
  const fs::path here = resolved(".");
  const auto places = git::discover(here.string());
  if (holds_state(here / kStateFolder) || !places) {
    Place place = plain_place(here);
    place.git = places;
    return place;
  }
  if (places->bare || places->main_work_tree.empty()) return bare_place(*places);
  const fs::path top = places->main_work_tree;
  const bool create_here = name == Name::striatum && !holds_state(top / kStateFolder);
  Place place = plain_place(create_here ? here : top);
  place.git = places;
  if (places->linked) place.work_tree = places->work_tree;
  return place;
}

std::optional<fs::path> copies_dir(const Place& place) {
  if (!place.git) return std::nullopt;
  return fs::path(place.git->common_dir) / "striatum" / "backup";
}

std::optional<fs::path> left_copy(const Place& place) {
  const auto dir = copies_dir(place);
  return dir && holds_state(*dir) ? std::optional(*dir / "state.sqlite3") : std::nullopt;
}

void refuse_lost_state(Code code) {
  refuse(code, "the state of this repository is gone, but a copy from its last run start or end is left",
         {"take the copy: `git striatum init --restore`", "begin anew: `git striatum init --forget`"});
}

store::State& Context::state() {
  if (state_) return *state_;
  try {
    state_ = std::make_unique<store::State>(place.state_dir, command);
  } catch (const Error& error) {
    if (error.code() == Code::not_found && name == Name::git_striatum && left_copy(place)) refuse_lost_state(Code::not_found);
    throw;
  }
  os::sweep_temporaries(place.state_dir.string(),
                        [&](const std::string& file) { return store::is_pending_copy(state_->db(), file); });
  if (const auto dir = copies_dir(place)) {
    state_->keep_copies_in(*dir);
    // What killed commands left where private indexes, the mark of an active run and copies are made.
    os::sweep_temporaries(place.git->git_dir);
    os::sweep_temporaries(dir->parent_path().string());
    os::sweep_temporaries(dir->string());
    std::error_code none;
    for (const auto& worktree : fs::directory_iterator(fs::path(place.git->common_dir) / "worktrees", none)) {
      os::sweep_temporaries(worktree.path().string());
    }
  }
  return *state_;
}

bool Context::state_exists() const { return holds_state(place.state_dir); }

std::optional<Json> repeated(Context& ctx, store::Connection& db) {
  if (!ctx.request) return std::nullopt;
  const auto stored = store::find_request(db, ctx.request->id);
  if (!stored) return std::nullopt;
  if (stored->payload_sha256 != ctx.request->payload_sha256) {
    refuse(Code::transition, "request id " + quote(ctx.request->id) + " was used for another call",
           {"take a new id for a new call"});
  }
  if (!stored->response) return std::nullopt;
  return parse_json(*stored->response);
}

void remember(Context& ctx, store::WriteUnit& unit, const std::optional<Json>& reply) {
  if (!ctx.request) return;
  const auto text = reply ? std::optional(to_canonical_ascii(*reply)) : std::nullopt;
  store::store_request(unit.db(), ctx.request->id, ctx.request->verb, ctx.request->payload_sha256, text, unit.now());
}

}  // namespace striatum::app
