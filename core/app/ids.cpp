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

}  // namespace striatum::app
