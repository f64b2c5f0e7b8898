// SPDX-License-Identifier: Apache-2.0
#include "app/suggestions.hpp"

#include "base/text.hpp"
#include "git/program.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

using store::Suggestion;
using store::SuggestionFilter;
using store::Live;

std::vector<Suggestion> branches(const Context& ctx, const SuggestionFilter& filter) {
  std::vector<Suggestion> out;
  if (!ctx.place.git) return out;
  const git::Program program(*ctx.place.git);
  const auto listed = program.run({"for-each-ref", "--format=%(refname:short)", "refs/heads/" + filter.prefix + "*",
                                   "refs/heads/" + filter.prefix + "*/**"});
  for (const std::string& name : split(listed.out, '\n')) {
    if (!name.empty() && name.starts_with(filter.prefix)) out.push_back({name, ""});
  }
  return out;
}

std::vector<Suggestion> lanes(store::Connection& db, const SuggestionFilter& filter) {
  std::vector<Suggestion> out;
  const auto snapshot = store::newest_snapshot(db, filter.run);
  if (!snapshot) return out;
  const Json head = store::workflow_head(db, *snapshot);
  const Json& known = member(head, "lanes");
  for (const auto& [name, lane] : known.items()) {
    if (name.starts_with(filter.prefix)) out.push_back({name, text_member(lane, "display_model")});
  }
  return out;
}

/// Everything `why` explains, what is open or at work first.
std::vector<Suggestion> anything(store::Connection& db, const SuggestionFilter& filter) {
  std::vector<Suggestion> out;
  for (const Live kind : {Live::run, Live::job, Live::workflow_job, Live::session, Live::blocker, Live::artifact}) {
    const auto found = store::suggestions(db, kind, filter);
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

}  // namespace

std::vector<Suggestion> suggestions(const Context& ctx, Live kind, const SuggestionFilter& filter) {
  if (kind == Live::branch) return branches(ctx, filter);
  if (!ctx.state_exists()) return {};
  store::Connection db(ctx.place.state_dir / "state.sqlite3", store::Access::read_only);
  const store::ReadUnit unit(db);
  if (kind == Live::lane) return lanes(db, filter);
  if (kind == Live::anything) return anything(db, filter);
  return store::suggestions(db, kind, filter);
}

}  // namespace striatum::app
