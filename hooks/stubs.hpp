// SPDX-License-Identifier: Apache-2.0
// What stands in a hook file: our stub, or our block inside a script of the user's.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace striatum::hooks {

/// The git hooks we answer to.
inline constexpr std::array<std::string_view, 2> kHookNames{"pre-commit", "commit-msg"};

struct StubTarget {
  /// Absolute path of git-striatum.
  std::string program;
  /// A missing program stops the commit.
  bool closed = false;
  bool operator==(const StubTarget&) const = default;
};

/// A whole file for an absent hook.
[[nodiscard]] std::string stub(std::string_view hook, const StubTarget& target);
/// The script with our block behind its first line.
[[nodiscard]] std::string chained(std::string_view hook, const StubTarget& target, std::string_view script);

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
[[nodiscard]] HookFile read_hook_file(std::string_view hook, std::string_view bytes);

/// `#!/bin/sh` and the like: a script that our block can stand in.
[[nodiscard]] bool is_shell_script(std::string_view bytes);
/// husky, lefthook, pre-commit; nullopt for a script that no manager generated.
[[nodiscard]] std::optional<std::string> manager_of(std::string_view bytes, std::string_view folder);
/// What to put into that manager's configuration; without one, the line for a script.
[[nodiscard]] std::string snippet(std::string_view hook, const std::optional<std::string>& manager);

}  // namespace striatum::hooks
