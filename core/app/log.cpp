// SPDX-License-Identifier: Apache-2.0
#include "app/log.hpp"

#include "store/nouns.hpp"

namespace striatum::app {
namespace {

constexpr store::Limit kPage{1000};

}  // namespace

std::int64_t log(Context& ctx, const store::Scope& run, std::int64_t after,
                 const std::function<void(const Json&)>& visit) {
  store::Connection& db = ctx.state().db();
  if (run) (void)store::get_run(db, *run);
  for (;;) {
    const std::vector<Json> page = store::log_rows(db, run, after, kPage);
    for (const Json& row : page) visit(row);
    if (!page.empty()) after = page.back().at("event_id").get<std::int64_t>();
    if (page.size() < static_cast<std::size_t>(kPage.rows)) return after;
  }
}

}  // namespace striatum::app
