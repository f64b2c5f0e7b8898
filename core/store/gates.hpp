// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace striatum::store {

/// What the gates of dependencies ask for. Gate texts repeat, so each is parsed once.
class Gates {
 public:
  /// The verdicts that open it, as long as this object lives; null when any end of the work does.
  [[nodiscard]] const Json& required(std::string_view gate);

 private:
  std::map<std::string, Json, std::less<>> known_;
};

/// Whether an upstream job in that state, with that latest verdict (or null), opens it. A gate that cannot be understood stays
/// shut.
[[nodiscard]] bool opens(const Json& required, std::string_view state, const Json& verdict);

}  // namespace striatum::store
