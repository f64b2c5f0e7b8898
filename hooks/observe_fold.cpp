// SPDX-License-Identifier: Apache-2.0
#include "hooks/observe_fold.hpp"

#include "hooks/baseline.hpp"
#include "hooks/observed.hpp"
#include "hooks/spool.hpp"
#include "store/meta.hpp"

namespace striatum::hooks {
namespace {

constexpr const char* kNoted = "hooks_noted";

/// Where the last fold ended: `{spool, heads{worktree: commit}}`.
struct Noted {
  std::size_t spool = 0;
  Json heads = Json::object();

  explicit Noted(const std::optional<std::string>& stored) {
    const Json json = parse_json(stored.value_or("")).value_or(Json());
    if (!json.is_object()) return;
    spool = json.value("spool", std::size_t{0});
    if (json.contains("heads") && json["heads"].is_object()) heads = json["heads"];
  }
  [[nodiscard]] std::string text() const { return to_canonical_utf8({{"spool", spool}, {"heads", heads}}); }
};

/// An event of the repository, of no run.
Event repository_event(std::string type) {
  Event out(std::move(type), RunId(""));
  out.run.reset();
  return out;
}

Event commit_event(const Observed& observed) {
  Event out = repository_event("gs.commit");
  out.payload = {{"commit", observed.commit.id.hex()}, {"seen", to_text(observed.seen)}};
  return out;
}

std::optional<Event> line_event(const SpoolLine& line) {
  if (line.kind != SpoolLine::Kind::skipped) return std::nullopt;
  Event out = repository_event("gs.hook_skipped");
  out.payload = {{"hook", line.first}};
  if (line.session) out.payload["session_id"] = *line.session;
  return out;
}

std::vector<Event> new_commits(const git::Places& places, const std::optional<std::string>& noted, const std::string& head) {
  const git::Program git(places);
  const auto repository = git::Repository::open(places);
  Interest interest{{head}, {}};
  const auto before = noted ? Oid::parse(*noted) : std::nullopt;
  if (before && repository.has(*before)) interest.exclude.push_back(*noted);
  std::vector<Observed> observed = observe(places, git, repository, interest);
  std::vector<Event> out;
  for (auto commit = observed.rbegin(); commit != observed.rend(); ++commit) out.push_back(commit_event(*commit));
  return out;
}

void fold(app::Context& ctx, const git::Places& places) {
  auto& db = ctx.state().db();
  Noted noted(store::meta(db, kNoted));
  const auto head = git::quick_head_commit(places);
  const std::string key = places.git_dir == places.common_dir ? "." : places.git_dir.substr(places.git_dir.rfind('/') + 1);
  const auto last = optional_text(noted.heads, key.c_str());
  const bool moved = head && last != head->hex();
  if (!moved && spool_size(places) == noted.spool) return;
  std::vector<Event> events;
  if (moved) events = new_commits(places, last, head->hex());
  const SpoolRest rest = read_spool_from(places, noted.spool);
  for (const SpoolLine& line : rest.lines) {
    if (auto event = line_event(line)) events.push_back(std::move(*event));
  }
  if (head) noted.heads[key] = head->hex();
  noted.spool = turn_spool(places) ? 0 : rest.end;
  store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
  for (const Event& event : events) unit.event(event);
  store::set_meta(unit.db(), kNoted, noted.text());
  unit.commit();
}

}  // namespace

void fold_observations(app::Context& ctx) {
  if (!ctx.place.git || !has_baseline(*ctx.place.git)) return;
  try {
    fold(ctx, *ctx.place.git);
  } catch (const Error&) {
    return;  // a look at the past is no reason to refuse the verb
  }
}

}  // namespace striatum::hooks
