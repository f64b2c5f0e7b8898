// SPDX-License-Identifier: Apache-2.0
#include "app/ids.hpp"

#include "base/text.hpp"
#include "store/read.hpp"

namespace striatum::app {

std::string whole_id(Context& ctx, const std::string& start) {
  const Json found = read(ctx, [&](store::Connection& db) { return store::ids_beginning(db, start); });
  if (found.empty()) return start;
  if (found.size() == 1) return text_member(found.front(), "id");
  std::vector<std::string> ids;
  for (const Json& row : found) ids.push_back(text_member(row, "id"));
  refuse(Code::not_found, "several ids begin with " + quote(start), {"type more of it: " + join(ids, ", ")});
}

std::optional<std::string> run_at_hand(Context& ctx) {
  const Json runs = read(ctx, [](store::Connection& db) { return store::runs_at_hand(db); });
  return runs.size() == 1 ? std::optional(text_member(runs.front(), "run_id")) : std::nullopt;
}

}  // namespace striatum::app
