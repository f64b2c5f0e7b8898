// SPDX-License-Identifier: Apache-2.0
#include "domain/graph_panel.hpp"

#include <algorithm>

#include "base/columns.hpp"
#include "base/text.hpp"
#include "domain/graph.hpp"
#include "domain/workflow_spec.hpp"

namespace striatum::domain {
namespace {

constexpr std::size_t kMargin = 4;       ///< columns beside the boxes
constexpr std::size_t kArrowRoom = 6;    ///< between two layers that stand side by side
constexpr std::size_t kLayeredSlot = 12;
constexpr std::size_t kFancySlot = 14;   ///< also the least for a layer that stands beside others

/// A stretch of a line; a colour of none is the terminal's own.
struct Span {
  std::string text;
  std::string_view colour;
};
using Line = std::vector<Span>;

struct Box {
  std::string id;
  std::string_view state;
};
using Layers = std::vector<std::vector<Box>>;

struct Look {
  std::string_view letter;
  std::string_view colour;
};

Look look_of(std::string_view state) {
  if (state == "completed") return {"C", "32"};
  if (state == "queued") return {"Q", "39"};
  if (state == "running" || state == "claimed" || state == "acked") return {"R", "34"};
  if (state == "blocked") return {"B", "33"};
  if (state == "stale_lease") return {"S", "33"};
  if (state == "waiting_human") return {"H", "33"};
  if (state == "failed") return {"F", "31"};
  if (state == "canceled") return {"X", "31"};
  return {"P", "2"};
}

Layers layers_of(const Json& workflow, const std::map<std::string, std::string>& states) {
  Waves waves = claim_waves(workflow);
  if (!waves.left_over.empty()) {
    if (waves.steps.empty()) waves.steps.emplace_back();
    auto& first = waves.steps.front();
    first.insert(first.end(), waves.left_over.begin(), waves.left_over.end());
    std::sort(first.begin(), first.end());
  }
  Layers out;
  for (const auto& step : waves.steps) {
    auto& layer = out.emplace_back();
    for (const std::string& id : step) {
      const auto found = states.find(id);
      layer.push_back({id, found == states.end() ? "pending" : state_class(found->second)});
    }
  }
  return out;
}

std::size_t widest(const Layers& layers) {
  std::size_t out = 1;
  for (const auto& layer : layers) out = std::max(out, layer.size());
  return out;
}

/// `id L`, filled to `room`; a long id is cut in favour of its letter.
std::string caption(const Box& box, std::size_t room) {
  const std::string id = cut_columns(box.id, room - 2, "…");
  return fill_columns(id + " " + std::string(look_of(box.state).letter), room);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string layer_name(std::size_t number) { return "L" + std::to_string(number); }

/// One drawing of a box, `width` wide: its lines from top to bottom.
std::vector<Line> drawn(const Box& box, std::size_t width, PanelStyle style) {
  const std::string_view colour = look_of(box.state).colour;
  const std::size_t room = width - 4;
  if (style == PanelStyle::layered) return {{{"[" + caption(box, room) + "]", colour}}};
  const std::string rule = repeated("─", width - 2);
  return {{{"┌" + rule + "┐", {}}}, {{"│ ", {}}, {caption(box, room), colour}, {" │", {}}}, {{"└" + rule + "┘", {}}}};
}

/// A bar in the middle of each slot.
Line connectors(std::size_t count, std::size_t slot, std::size_t indent) {
  const std::size_t left = (slot - 1) / 2;
  const std::string one = std::string(left, ' ') + "│" + std::string(slot - 1 - left, ' ');
  std::string line(indent, ' ');
  for (std::size_t i = 0; i < count; ++i) line += (i == 0 ? "" : " ") + one;
  return {{line, {}}};
}

std::vector<Line> rows(const Layers& layers, PanelStyle style, std::size_t slot) {
  std::vector<Line> out;
  for (std::size_t number = 0; number < layers.size(); ++number) {
    const std::string name = layer_name(number) + " ";
    const std::size_t height = style == PanelStyle::layered ? 1 : 3;
    for (std::size_t i = 0; i < height; ++i) {
      Line line{{i == height / 2 ? name : std::string(name.size(), ' '), {}}};
      for (std::size_t b = 0; b < layers[number].size(); ++b) {
        if (b > 0) line.push_back({" ", {}});
        const Line part = drawn(layers[number][b], slot, style)[i];
        line.insert(line.end(), part.begin(), part.end());
      }
      out.push_back(std::move(line));
    }
    if (number + 1 < layers.size()) out.push_back(connectors(layers[number].size(), slot, name.size()));
  }
  return out;
}

std::vector<Line> columns(const Layers& layers, PanelStyle style, std::size_t width) {
  const Span arrow{style == PanelStyle::fancy ? "  ─→  " : "  ->  ", {}};
  const std::size_t height = style == PanelStyle::layered ? 2 : 4;  // the box and a gap
  std::vector<Line> out(1 + height * widest(layers));
  for (std::size_t number = 0; number < layers.size(); ++number) {
    if (number > 0) std::for_each(out.begin(), out.end(), [&](Line& line) { line.push_back(arrow); });
    out[0].push_back({fill_columns(layer_name(number), width), {}});
    for (std::size_t i = 1; i < out.size(); ++i) {
      const std::size_t box = (i - 1) / height;
      const std::size_t part = (i - 1) % height;
      const bool gap = box >= layers[number].size() || part + 1 == height;
      Line cell = gap ? Line{{std::string(width, ' '), {}}} : drawn(layers[number][box], width, style)[part];
      if (!gap && style == PanelStyle::layered) cell.push_back({"  ", {}});
      out[i].insert(out[i].end(), cell.begin(), cell.end());
    }
  }
  return out;
}

std::vector<Line> lists(const Layers& layers) {
  std::vector<Line> out;
  for (std::size_t number = 0; number < layers.size(); ++number) {
    Line line{{"  " + layer_name(number), {}}};
    for (const Box& box : layers[number]) {
      const Look look = look_of(box.state);
      line.push_back({"  ", {}});
      line.push_back({box.id + " [" + std::string(look.letter) + "]", look.colour});
    }
    out.push_back(std::move(line));
  }
  return out;
}

void add_cycles(std::vector<Line>& out, const Json& workflow, PanelStyle style) {
  const Json graph = graph_object(workflow);
  const Json& cycles = graph.at("cycles");
  if (cycles.empty()) return;
  const bool list = style == PanelStyle::list;
  if (!list) out.emplace_back();
  out.push_back({{list ? "Cycles:" : "Cycles (needs_revision):", {}}});
  for (const Json& cycle : cycles) {
    const std::string from = text_member(cycle, "from");
    const std::string to = text_member(cycle, "to");
    const std::string most = value_text(cycle.at("max_iterations"));
    const std::string arrow = style == PanelStyle::fancy ? " ╌╌▶ " : " ~~> ";
    out.push_back({{list ? "  cycle: " + from + " -> " + to + ", max " + most : from + arrow + to + "  max " + most, {}}});
  }
}

/// What there is room for.
PanelStyle fitting(PanelStyle wanted, std::size_t slot) {
  if (wanted == PanelStyle::list || slot < kLayeredSlot) return PanelStyle::list;
  return wanted == PanelStyle::fancy && slot >= kFancySlot ? PanelStyle::fancy : PanelStyle::layered;
}

std::string heading(PanelStyle style, bool beside) {
  if (style == PanelStyle::list) return "Graph (layers):";
  return std::string("Graph (") + (beside ? "lr, " : "") + std::string(kPanelStyles[static_cast<std::size_t>(style)]) + "):";
}

/// Made safe for a terminal, cut at the panel's width, then painted: an escape sequence takes no column.
std::string finished(Line line, const PanelOptions& options) {
  std::size_t total = 0;
  for (Span& span : line) {
    span.text = printable(span.text);
    total += columns_of(span.text);
  }
  const bool cut = total > options.columns;
  std::size_t room = cut ? options.columns - 1 : total;
  std::string out;
  for (const Span& span : line) {
    const std::string text = head_columns(span.text, room);
    room -= columns_of(text);
    const bool painted = options.paint == PanelOptions::Paint::coloured && !span.colour.empty() && !text.empty();
    out += painted ? "\x1b[" + std::string(span.colour) + "m" + text + "\x1b[0m" : text;
  }
  return cut ? out + "_" : out;
}

}  // namespace

std::vector<std::string> graph_panel(const Json& workflow, const std::map<std::string, std::string>& states,
                                     const PanelOptions& options) {
  const Layers layers = layers_of(workflow, states);
  if (layers.empty()) return {"Graph: (no jobs declared)"};
  const std::size_t room = options.columns - kMargin;
  const std::size_t slot = room / widest(layers);
  const PanelStyle style = fitting(options.style, slot);
  const std::size_t beside_slot = room / layers.size();
  const bool beside = options.orientation == Orientation::left_right && style != PanelStyle::list && beside_slot >= kFancySlot;
  std::vector<Line> lines{{{heading(style, beside), {}}}};
  std::vector<Line> body;
  if (style == PanelStyle::list) body = lists(layers);
  else if (beside) body = columns(layers, style, beside_slot - kArrowRoom);
  else body = rows(layers, style, slot);
  std::move(body.begin(), body.end(), std::back_inserter(lines));
  if (options.cycles == PanelOptions::Cycles::shown) add_cycles(lines, workflow, style);
  std::vector<std::string> out;
  for (Line& line : lines) out.push_back(finished(std::move(line), options));
  return out;
}

}  // namespace striatum::domain
