// SPDX-License-Identifier: Apache-2.0
// What texts for people are written on: moments count from now, lines fit, colours only where they are wanted.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"

namespace striatum::cli {

struct Paper {
  Instant now;
  int columns = 80;
  bool colour = false;
};

class Shell;
[[nodiscard]] Paper paper_of(Shell& shell);

/// How many columns a line may take.
[[nodiscard]] std::size_t room(const Paper& paper);
/// The text, ending in … where it is wider than that.
[[nodiscard]] std::string cut(const std::string& text, std::size_t columns);
/// The text in the colour of a state.
[[nodiscard]] std::string painted(const std::string& text, const std::string& state, const Paper& paper);
/// A line of its own, in bold.
[[nodiscard]] std::string heading(const std::string& text, const Paper& paper);

struct Title {
  std::string text;
  /// May be cut before others are: not typed again by anybody.
  bool elastic = false;
};
/// Rows as long as the titles; what does not fit is cut, elastic columns first, then the last one.
[[nodiscard]] std::string table(const std::vector<Title>& titles, const std::vector<std::vector<std::string>>& rows,
                                const Paper& paper);

}  // namespace striatum::cli
