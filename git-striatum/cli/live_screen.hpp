// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/shell.hpp"

namespace striatum::cli {

/// The terminal's second screen, without cursor and line wrapping; what was on the first one comes back with the end of
/// the object. Without a terminal frames are printed one behind the other.
class LiveScreen {
 public:
  explicit LiveScreen(World& world);
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;
  ~LiveScreen();

  /// One write a frame, held back by the terminal until it is whole; lines that do not fit are left out.
  void draw(const std::vector<std::string>& lines, os::WindowSize size);
  /// The first screen again until `resume`.
  void leave();
  void resume();

 private:
  World& world_;
  bool entered_ = false;
};

}  // namespace striatum::cli
