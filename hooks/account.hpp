// SPDX-License-Identifier: Apache-2.0
// The redacted account of work that goes into the repository with a receipt (docs/format/records.md, section 8).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "app/context.hpp"
#include "domain/records.hpp"

namespace striatum::hooks {

struct Account {
  /// Canonical JSON and one newline.
  std::string bytes;
  /// How many values were replaced, by kind.
  std::map<std::string, std::int64_t> replaced;
};

/// Of these jobs of a run, or of all: only listed fields pass, each with the shape its name promises.
[[nodiscard]] Account account_of(store::Connection& db, const Run& run, const std::optional<std::set<JobId>>& jobs,
                                 const std::string& exported_at);

}  // namespace striatum::hooks
