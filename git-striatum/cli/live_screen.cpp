// SPDX-License-Identifier: Apache-2.0
#include "cli/live_screen.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/frame.hpp"

namespace striatum::cli {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHold = "\x1b[?2026h\x1b[H";
constexpr std::string_view kShow = "\x1b[J\x1b[?2026l";

}  // namespace

LiveScreen::LiveScreen(World& world) : world_(world) { resume(); }

LiveScreen::~LiveScreen() {
  try {
    leave();
  } catch (const Error&) {  // a terminal that takes no more bytes needs none
  }
}

void LiveScreen::resume() {
  if (!world_.terminal || entered_) return;
  world_.write(1, kEnter);
  entered_ = true;
}

void LiveScreen::leave() {
  if (!entered_) return;
  entered_ = false;
  world_.write(1, kLeave);
}

void LiveScreen::draw(const std::vector<std::string>& lines, os::WindowSize size) {
  if (!entered_) return world_.write(1, join(lines, "\n") + "\n");
  std::string frame(kHold);
  const std::size_t rows = std::min(lines.size(), static_cast<std::size_t>(std::max(size.rows, 1)));
  for (std::size_t i = 0; i < rows; ++i) {
    frame += (i == 0 ? "" : "\r\n") + cut_painted(lines[i], static_cast<std::size_t>(std::max(size.columns, 1))) + "\x1b[K";
  }
  world_.write(1, frame + std::string(kShow));
}

}  // namespace striatum::cli
