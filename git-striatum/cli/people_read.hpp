// SPDX-License-Identifier: Apache-2.0
// Texts for people of the verbs that read: answers of the read models in words and tables.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/paper.hpp"

namespace striatum::cli {

/// The lines of `people_status`, apart.
struct StatusParts {
  std::vector<std::string> facts;
  /// What to type next, at most three lines.
  std::vector<std::string> next;
};
[[nodiscard]] StatusParts status_parts(const Json& data, const Paper& paper);
/// What runs, who holds what until when, what waits for you, and the next command to type.
[[nodiscard]] std::string people_status(const Json& data, const Paper& paper);
/// The sentences of `explanation[]` and the latest events.
[[nodiscard]] std::string people_why(const Json& data, const Paper& paper);
[[nodiscard]] std::string people_doctor(const Json& data, const Paper& paper);
/// Tables of `list runs|sessions|jobs|artifacts|workflows`; `what` is the second word.
[[nodiscard]] std::string people_list(const std::string& what, const Json& data, const Paper& paper);
/// One line of `log`.
[[nodiscard]] std::string people_event(const Json& event, const Paper& paper);
[[nodiscard]] std::string people_chain(const Json& data, const Paper& paper);

}  // namespace striatum::cli
