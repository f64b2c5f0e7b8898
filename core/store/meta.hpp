// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "store/connection.hpp"

namespace striatum::store {

/// A text that this program keeps for itself beside the tables; nullopt: never set.
[[nodiscard]] std::optional<std::string> meta(Connection& db, const std::string& key);
void set_meta(Connection& db, const std::string& key, const std::string& value);

}  // namespace striatum::store
