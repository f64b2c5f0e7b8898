// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace striatum::domain {

/// Jobs by the step at which they become claimable, ids sorted within a step.
struct Waves {
  std::vector<std::vector<std::string>> steps;
  /// Jobs in an edge loop or behind one, sorted; they never become claimable.
  std::vector<std::string> left_over;
};

[[nodiscard]] Waves claim_waves(const Json& workflow);

/// A value as the contract's texts show it; files may hold other things than strings there.
[[nodiscard]] std::string value_text(const Json& value);

/// `{nodes, edges, cycles}`: the contract's graph object, nodes in file order.
[[nodiscard]] Json graph_object(const Json& workflow);

/// `data` of `workflow plan` without `warnings`. Throws `Error` (8) naming the jobs of an edge loop.
[[nodiscard]] Json workflow_plan(const Json& workflow);

/// The row state of a job as the graph draws it: `skipped` is `canceled`, an unknown word `pending`.
[[nodiscard]] std::string_view state_class(std::string_view job_state);

/// `states`: workflow job id to state class; where given, every node is coloured (`run graph`). Both texts
/// end in a newline.
[[nodiscard]] std::string mermaid(const Json& workflow);
[[nodiscard]] std::string mermaid(const Json& workflow, const std::map<std::string, std::string>& states);
[[nodiscard]] std::string dot(const Json& workflow);

}  // namespace striatum::domain
