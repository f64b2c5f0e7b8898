// SPDX-License-Identifier: Apache-2.0
#include "verbs/drawing.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/arguments.hpp"

namespace striatum::cli {
namespace {

template <class Words>
std::vector<std::string> choices(const Words& words) {
  return {words.begin(), words.end()};
}

template <class Enum, class Words>
Enum value_of(const std::string& word, const Words& words) {
  return static_cast<Enum>(std::find(words.begin(), words.end(), word) - words.begin());
}

}  // namespace

void add_drawing(CLI::App& verb, Drawing& drawing) {
  add_choice(verb, "--graph-style", drawing.style, choices(domain::kPanelStyles),
             "How boxes are drawn (default " + drawing.style + "); what does not fit falls back to a plainer style");
  add_choice(verb, "--graph-orient", drawing.orientation, choices(domain::kOrientations),
             "Top to bottom, or left to right where there is room (default tb)");
}

domain::PanelOptions panel_options(const Drawing& drawing) {
  domain::PanelOptions out;
  out.style = value_of<domain::PanelStyle>(drawing.style, domain::kPanelStyles);
  out.orientation = value_of<domain::Orientation>(drawing.orientation, domain::kOrientations);
  return out;
}

}  // namespace striatum::cli
