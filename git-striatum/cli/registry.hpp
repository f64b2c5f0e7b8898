// SPDX-License-Identifier: Apache-2.0
// Which verbs there are. Each verb file enters its own, so that a new verb is a new file and nothing else here.
#pragma once

#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace striatum::cli {

class Shell;

/// The parts of the help page, in its order.
enum class Chapter { set_up, steer, work, look, commit, by_git };

[[nodiscard]] std::string_view to_text(Chapter chapter);

/// What a verb does to the state; `apply` looks after interrupted applies by itself and counts as reading.
enum class Effect { reads, writes };

/// One first word of the command line and the function that registers it: options in, reply out.
struct Family {
  std::string_view verb;
  void (*add)(CLI::App& root, Shell& shell);
  Chapter chapter;
  int place;  ///< in its chapter; tens, so that another fits between
  Effect effect = Effect::reads;
};

/// Enters a family into the list before main() begins.
class Enlisted {
 public:
  explicit Enlisted(const Family& family);
};

/// All verbs, in the order of the help page.
[[nodiscard]] const std::vector<Family>& families();

/// The one of this first word, or null.
[[nodiscard]] const Family* find_family(std::string_view verb);

}  // namespace striatum::cli
