// SPDX-License-Identifier: Apache-2.0
// The two options that say how a graph is drawn in characters.
#pragma once

#include <string>

#include "domain/graph_panel.hpp"

namespace CLI {
class App;
}

namespace striatum::cli {

struct Drawing {
  std::string style;
  std::string orientation;
};

/// `--graph-style` and `--graph-orient`, whose defaults `drawing` holds.
void add_drawing(CLI::App& verb, Drawing& drawing);
[[nodiscard]] domain::PanelOptions panel_options(const Drawing& drawing);

}  // namespace striatum::cli
