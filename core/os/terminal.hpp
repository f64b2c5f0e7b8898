// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace striatum::os {

struct WindowSize {
  int columns = 80;
  int rows = 24;
};
/// nullopt when the descriptor is no terminal, or one that does not know.
[[nodiscard]] std::optional<WindowSize> window_size(int fd);

/// Nobody will ever read what is written there: the other end of a pipe or terminal is closed.
[[nodiscard]] bool reader_gone(int fd);

}  // namespace striatum::os
