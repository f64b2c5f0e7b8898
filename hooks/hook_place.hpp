// SPDX-License-Identifier: Apache-2.0
// Where git looks for the hooks of one worktree, and what stands there.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "git/program.hpp"
#include "hooks/stubs.hpp"

namespace striatum::hooks {

/// What stands at a hook's path.
struct Present {
  enum class Kind { absent, file, other } kind = Kind::absent;
  std::string bytes;
  mode_t mode = 0;

  [[nodiscard]] bool executable() const { return (mode & 0111) != 0; }
};
[[nodiscard]] Present look(const std::string& path);

struct HookPlace {
  git::Program git;
  /// Of the work tree; empty for a bare repository itself.
  std::string top;
  std::string folder;

  [[nodiscard]] std::string path(const HookSpec& hook) const;
  /// The repository holds a file of this name: it belongs to everybody who works on it.
  [[nodiscard]] bool tracked(const HookSpec& hook) const;
};
[[nodiscard]] HookPlace hook_place(const git::Places& places);
[[nodiscard]] HookPlace hook_place(const std::string& work_tree);

/// The hooks that this repository needs: those of commits where somebody commits, those of a server where it is bare.
/// Where git keeps no log of HEAD, post-commit is among them.
[[nodiscard]] std::vector<HookSpec> needed_hooks(const git::Places& places, const git::Program& git);

/// `hook.striatum-pre-commit`.
[[nodiscard]] std::string configured_section(const HookSpec& hook);

/// The trust at HEAD says that what cannot be checked is to be refused.
[[nodiscard]] bool policy_closed(const git::Places& places);

}  // namespace striatum::hooks
