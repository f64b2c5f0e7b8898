// SPDX-License-Identifier: Apache-2.0
#include "app/lists.hpp"

#include <algorithm>

#include "app/read_model.hpp"
#include "base/error.hpp"
#include "domain/states.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

template <class Words>
void require_word(const std::string& flag, const std::optional<std::string>& word, const Words& words) {
  if (!word || std::find(words.begin(), words.end(), *word) != words.end()) return;
  std::string choices;
  for (const std::string_view choice : words) choices += (choices.empty() ? "" : ", ") + std::string(choice);
  refuse(Code::usage, flag + ' ' + quote(*word) + " is none of " + choices,
         {"leave the option out to see everything"});
}

Json items(Json rows) {
  const std::size_t count = rows.size();
  return {{"items", std::move(rows)}, {"count", count}};
}

void begin(Context& ctx, const RunId& run) {
  (void)store::get_run(ctx.state().db(), run);
  sweep(ctx, run);
}

/// `{role_id, lane_id, ordinal, display_model, workflow_job_id, line, actual_author_line}`; null for what no job
/// published.
Json take_author(Json& row, const Json& lanes) {
  Json author;
  if (row["lane_id"].is_null()) row["lane_id"] = lane_of(text_member(row, "lane_selector_json"));
  row.erase("lane_selector_json");
  for (const char* key : {"role_id", "lane_id", "ordinal", "workflow_job_id"}) {
    author[key] = std::move(row[key]);
    row.erase(key);
  }
  author["display_model"] = member(member(lanes, text_member(author, "lane_id")), "display_model");
  author["line"] = author["actual_author_line"] = std::move(row["author_line"]);
  row.erase("author_line");
  return row["job_id"].is_null() ? Json() : author;
}

}  // namespace

Json list_runs(Context& ctx, const std::optional<std::string>& state, store::Limit limit) {
  (void)ctx.state();
  require_word("--state", state, kWords<RunState>);
  return items(read(ctx, [&](store::Connection& db) { return store::list_runs(db, state, limit); }));
}

Json list_workflows(Context& ctx, store::Limit limit) {
  return items(read(ctx, [&](store::Connection& db) { return store::list_workflows(db, limit); }));
}

Json list_sessions(Context& ctx, const RunId& run, const store::SessionFilter& filter) {
  (void)ctx.state();
  require_word("--state", filter.state, kWords<SessionState>);
  begin(ctx, run);
  return items(read(ctx, [&](store::Connection& db) {
    Json rows = store::list_sessions(db, run, filter);
    Attestations attestations(db);
    for (Json& row : rows) {
      Session session;
      session.id = SessionId(text_member(row, "session_id"));
      session.run = run;
      session.lane = text_member(row, "lane_id");
      (void)attestations.describe(session, row);
      row["capabilities"] = parse_json(text_member(row, "capabilities_json")).value_or(Json::array());
      row.erase("capabilities_json");
    }
    return rows;
  }));
}

Json list_jobs(Context& ctx, const RunId& run, const store::JobFilter& filter) {
  (void)ctx.state();
  require_word("--state", filter.state, kWords<JobState>);
  begin(ctx, run);
  return items(read(ctx, [&](store::Connection& db) {
    Json rows = store::list_jobs(db, run, filter);
    for (Json& row : rows) {
      row["lane_id"] = lane_of(text_member(row, "lane_selector_json"));
      row.erase("lane_selector_json");
    }
    return rows;
  }));
}

Json list_artifacts(Context& ctx, const RunId& run, const std::optional<std::string>& kind) {
  (void)ctx.state();
  require_word("--kind", kind, kArtifactKinds);
  begin(ctx, run);
  return items(read(ctx, [&](store::Connection& db) {
    const Json lanes = member(store::workflow_head(db, store::get_run(db, run).snapshot), "lanes");
    Json rows = store::list_artifacts(db, run, kind);
    for (Json& row : rows) row["author"] = take_author(row, lanes);
    return rows;
  }));
}

}  // namespace striatum::app
