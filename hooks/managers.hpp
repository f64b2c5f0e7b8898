// SPDX-License-Identifier: Apache-2.0
// Other programs that own the hooks folder. They read their own configuration, so ours goes there: a person adds the
// snippet, and we say whether it stands where it counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hooks/stubs.hpp"

namespace striatum::hooks {

enum class Manager { husky, lefthook, pre_commit };
[[nodiscard]] std::string_view to_text(Manager manager);

/// Who wrote the hook with these bytes in this folder; nullopt: no manager that we know.
[[nodiscard]] std::optional<Manager> manager_of(std::string_view bytes, std::string_view folder);

/// What to put where, to be read by a person; without a manager, the line for a script. Each runs ours only where the
/// program is installed: a colleague without it can still commit.
[[nodiscard]] std::string snippet(const HookSpec& hook, const std::optional<Manager>& manager);

/// Whether a manager's configuration runs ours, as far as its text proves it.
struct Proof {
  bool holds = false;
  /// Why not, or what is in doubt.
  std::string reason;
};
/// `folder`: of the hooks; `top`: of the work tree; `script`: the manager's own hook file.
[[nodiscard]] Proof prove(const HookSpec& hook, Manager manager, const std::string& folder, const std::string& top,
                          std::string_view script);

/// A shell script of the user's in which the printed line stands where nothing before it can end the script.
[[nodiscard]] bool own_script_runs_ours(const HookSpec& hook, std::string_view script);

// ---- by text alone, for tests
[[nodiscard]] Proof husky_proof(const HookSpec& hook, std::string_view script);
[[nodiscard]] Proof lefthook_proof(const HookSpec& hook, std::string_view yaml);
[[nodiscard]] Proof pre_commit_proof(const HookSpec& hook, std::string_view yaml);

}  // namespace striatum::hooks
