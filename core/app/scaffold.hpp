// SPDX-License-Identifier: Apache-2.0
// The verbs that write for agents and people: skills, plugins, and what `init` adds on request.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/context.hpp"
#include "scaffold/profiles.hpp"

namespace striatum::app {

/// What `skills install` and `plugin install/uninstall` are told.
struct BundleCommand {
  /// One of the profiles, or `all`.
  std::string profile = "claude_code";
  scaffold::Scope scope = scaffold::Scope::project;
  std::string name_space;
  /// Of `--scope user`.
  std::optional<std::string> home;
  /// Where a plugin is put instead of the repository.
  std::optional<std::string> target;
  scaffold::Force force = scaffold::Force::no;
  scaffold::DryRun dry_run = scaffold::DryRun::no;
  bool marketplace = true;
};

/// All files of all profiles are looked at before the first is written.
[[nodiscard]] Json skills_install(Context& ctx, const BundleCommand& command);
[[nodiscard]] Json plugin_install(Context& ctx, const BundleCommand& command);
[[nodiscard]] Json plugin_uninstall(Context& ctx, const BundleCommand& command);

/// What `init` is asked to write besides the state.
struct InitExtras {
  /// Profiles.
  std::optional<std::string> skills, plugins;
  bool layout = false;
  scaffold::Force force_layout = scaffold::Force::no;
  scaffold::DryRun dry_run_layout = scaffold::DryRun::no;
};
/// Refuses (4) a profile that does not exist, before anything is written.
void check_extras(const InitExtras& extras);
/// Adds the members `skills`, `plugins`, `ddd_layout` to the reply of `init`, each where it was asked for.
void add_extras(Context& ctx, const InitExtras& extras, Json& reply);

}  // namespace striatum::app
