// SPDX-License-Identifier: Apache-2.0
// One frame of the dashboard: lines of text from the payload of `app::dashboard`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/people_read.hpp"
#include "domain/graph_panel.hpp"

namespace striatum::cli {

struct FrameOptions {
  std::size_t columns = 80;
  std::size_t rows = 24;
  /// `automatic`: where there is room for it and an edge to draw. Never without an edge.
  enum class Panel { automatic, shown, hidden } panel = Panel::automatic;
  enum class Only { everything, graph } only = Only::everything;
  domain::PanelOptions graph;
  /// Seconds between two frames; nullopt for a single one.
  std::optional<double> refresh;
};

/// As release 1.24 lays it out, at least 60 columns wide.
[[nodiscard]] std::vector<std::string> contract_frame(const Json& payload, FrameOptions options);

/// For people: what runs, who holds what until when, what waits for them, what to type next; never more lines than the
/// terminal has.
[[nodiscard]] std::vector<std::string> people_frame(const Json& payload, FrameOptions options, const Paper& paper);

/// Cut at `columns`, escape sequences not counted.
[[nodiscard]] std::string cut_painted(const std::string& line, std::size_t columns);

}  // namespace striatum::cli
