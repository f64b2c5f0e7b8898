// SPDX-License-Identifier: Apache-2.0
// What stands in a hook file: our stub, or our block inside a script of the user's.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace striatum::hooks {

/// Which installations get a hook.
enum class Part {
  usual,  ///< every repository that people commit in
  every,  ///< with --all: git runs these for each pick of a rebase too, which they more than double
  server  ///< bare repositories
};

struct HookSpec {
  std::string_view name;
  Part part;
  /// Asks the program only while `<common dir>/striatum/active` is there.
  bool gated;
  /// git writes to its standard input.
  bool reads_input;
  /// Its exit code can stop what git is about to do.
  bool can_stop;
};

/// The git hooks we answer to, in the order git runs them.
inline constexpr std::array<HookSpec, 10> kHooks{{
    {"pre-commit", Part::usual, true, false, true},
    {"pre-merge-commit", Part::usual, true, false, true},
    {"pre-applypatch", Part::usual, true, false, true},
    {"prepare-commit-msg", Part::every, true, false, true},
    {"commit-msg", Part::usual, true, false, true},
    {"post-commit", Part::every, true, false, false},
    {"post-rewrite", Part::usual, true, true, false},
    {"pre-push", Part::usual, false, true, true},
    {"pre-receive", Part::server, false, true, true},
    {"update", Part::server, false, false, true},
}};

struct StubTarget {
  /// Absolute path of git-striatum.
  std::string program;
  /// A missing program stops what the hook could stop.
  bool closed = false;
  bool operator==(const StubTarget&) const = default;
};

/// A whole file for an absent hook.
[[nodiscard]] std::string stub(const HookSpec& hook, const StubTarget& target);
/// The script with our block behind its first line; what the block reads from standard input the script reads again.
[[nodiscard]] std::string chained(const HookSpec& hook, const StubTarget& target, std::string_view script);
/// One shell command for git's own configuration (`hook.<name>.command`), to which git adds the arguments.
[[nodiscard]] std::string configured_command(const HookSpec& hook, const StubTarget& target);
/// The target that such a command names; nullopt when it is none of ours.
[[nodiscard]] std::optional<StubTarget> configured_target(const HookSpec& hook, std::string_view command);

/// What a file holds of ours.
struct HookFile {
  enum class Kind {
    foreign,  ///< nothing of ours
    ours,     ///< exactly our stub
    chained,  ///< exactly our block, at its place
    broken,   ///< our marks, but not as we write them
  } kind = Kind::foreign;
  StubTarget target;
  /// The bytes without our block (`chained`).
  std::string rest;
};
/// Every form that was ever written is known: a new form is added, an old one never taken out.
[[nodiscard]] HookFile read_hook_file(const HookSpec& hook, std::string_view bytes);

/// `#!/bin/sh` and the like: a script that our block can stand in.
[[nodiscard]] bool is_shell_script(std::string_view bytes);

}  // namespace striatum::hooks
