// SPDX-License-Identifier: Apache-2.0
// Ids as people see and type them: `run_1a2b3c4d` for the 32 digits that are stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace striatum::cli {

/// The beginning of an id, alone or inside a job's: `run_1a2b`, `job_run_1a2b_draft`.
struct ShortId {
  std::string before;
  std::string start;
  std::string after;
};

/// nullopt for anything that is not at least four digits of an id, or is a whole one.
[[nodiscard]] std::optional<ShortId> short_id(std::string_view text);

/// Every whole id in the text cut to eight digits. Parts of file names and values of variables stay.
[[nodiscard]] std::string shorten_ids(std::string_view text);

}  // namespace striatum::cli
