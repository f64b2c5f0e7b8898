// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace striatum::cli {

class Shell;

/// One first word of the command line and the file that registers it.
struct Family {
  std::string_view verb;
  void (*add)(CLI::App& root, Shell& shell);
  /// Stands above this verb and those that follow on the help page.
  std::string_view heading = {};
};

/// The single list of verbs, in the order of the help page.
[[nodiscard]] const std::vector<Family>& families();

}  // namespace striatum::cli
