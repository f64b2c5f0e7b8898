// SPDX-License-Identifier: Apache-2.0
// The workflow graph drawn in characters: `run graph --format ascii` and the dashboard's panel.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace striatum::domain {

enum class PanelStyle { automatic, layered, list, fancy };
enum class Orientation { top_down, left_right };
inline constexpr std::array<std::string_view, 4> kPanelStyles{"auto", "layered", "list", "fancy"};
inline constexpr std::array<std::string_view, 2> kOrientations{"tb", "lr"};

struct PanelOptions {
  PanelStyle style = PanelStyle::automatic;
  Orientation orientation = Orientation::top_down;
  std::size_t columns = 80;
  enum class Cycles { hidden, shown } cycles = Cycles::shown;
  /// Colours are escape sequences of the terminal.
  enum class Paint { plain, coloured } paint = Paint::plain;
};

/// Lines without line breaks, none wider than the panel. `states`: workflow job id to the state of its newest attempt;
/// a job without one is drawn as pending. Jobs stand in layers, one more than their deepest predecessor; those in an
/// edge loop or behind one stand in the first.
[[nodiscard]] std::vector<std::string> graph_panel(const Json& workflow, const std::map<std::string, std::string>& states,
                                                   const PanelOptions& options);

}  // namespace striatum::domain
