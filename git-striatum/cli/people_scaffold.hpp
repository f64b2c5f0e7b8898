// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.hpp"

namespace striatum::cli {

/// The reply of `skills install`, `plugin install` and `plugin uninstall`, of one profile or of all.
[[nodiscard]] std::string people_bundles(const Json& data);
/// The member `ddd_layout` of the reply of `init`.
[[nodiscard]] std::string people_layout(const Json& layout);

}  // namespace striatum::cli
