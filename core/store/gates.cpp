// SPDX-License-Identifier: Apache-2.0
#include "store/gates.hpp"

#include <algorithm>

namespace striatum::store {

const Json& Gates::required(std::string_view gate) {
  static const Json kNothing;
  // The commonest gate asks for no verdict; an escape could hide that one does.
  if (gate.find("requires_verdict") == std::string_view::npos && gate.find('\\') == std::string_view::npos) return kNothing;
  const auto known = known_.find(gate);
  if (known != known_.end()) return known->second;
  return known_[std::string(gate)] = member(parse_json(gate).value_or(Json()), "requires_verdict");
}

bool opens(const Json& required, std::string_view state, const Json& verdict) {
  if (state != "completed") return false;
  if (required.is_null()) return true;
  if (!required.is_array()) return false;
  return required.empty() || std::find(required.begin(), required.end(), verdict) != required.end();
}

}  // namespace striatum::store
