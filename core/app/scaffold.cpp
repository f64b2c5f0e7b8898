// SPDX-License-Identifier: Apache-2.0
#include "app/scaffold.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/files.hpp"
#include "scaffold/layout.hpp"

namespace striatum::app {
namespace {

namespace fs = std::filesystem;
using scaffold::Bundle;
using scaffold::DryRun;
using scaffold::Installation;
using scaffold::Placement;
using scaffold::Scope;

void require_profile(const std::string& what, const std::string& profile, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), profile) != known.end()) return;
  refuse(Code::transition, "unknown " + what + " profile " + quote(profile) + "; expected one of: " + join(known, ", "));
}

std::vector<std::string> chosen(const std::string& profile, const std::vector<std::string>& known) {
  return profile == "all" ? known : std::vector<std::string>{profile};
}

fs::path home_of(const BundleCommand& command) {
  if (command.home && !command.home->empty()) return *command.home;
  refuse(Code::transition, "there is no home folder for scope user: HOME is not set");
}

Placement placement(const Context& ctx, const BundleCommand& command) {
  if (command.scope == Scope::user) return {home_of(command), command.scope, command.name_space};
  if (!command.target) return {ctx.place.root, command.scope, command.name_space};
  return {fs::path(os::path_join(os::current_directory(), *command.target)).lexically_normal(), command.scope,
          command.name_space};
}

void require_namespace(const std::string& name_space) {
  if (scaffold::valid_namespace(name_space)) return;
  refuse(Code::transition, "namespace " + quote(name_space) + " is no name",
         {"use lower-case letters, digits, '.', '_' and '-', a letter or digit first"});
}

/// The reply of one profile, or of all.
Json replies(const std::string& profile, Json results, Json whole) {
  if (profile != "all") return std::move(results.front());
  whole["profile"] = profile;
  whole["results"] = std::move(results);
  return whole;
}

std::vector<Installation> plan_skills(const Context& ctx, const BundleCommand& command) {
  std::vector<Installation> out;
  const Placement place = placement(ctx, command);
  const auto values = scaffold::values(ctx.program(), command.name_space, command.name_space);
  for (const std::string& profile : chosen(command.profile, scaffold::skill_profiles())) {
    out.emplace_back(scaffold::skill_bundle(profile, place), values, command.force);
  }
  return out;
}

std::vector<Installation> plan_plugins(const Context& ctx, const BundleCommand& command) {
  std::vector<Installation> out;
  const Placement place = placement(ctx, command);
  const auto values = scaffold::values(ctx.program(), command.name_space, command.name_space + "-");
  for (const std::string& profile : chosen(command.profile, scaffold::plugin_profiles())) {
    out.emplace_back(scaffold::plugin_bundle(profile, place), values, command.force);
  }
  return out;
}

/// The list of the repository's plugins, where this command keeps it.
std::optional<scaffold::Marketplace> marketplace_of(const Context& ctx, const BundleCommand& command) {
  if (!command.marketplace || command.scope == Scope::user) return std::nullopt;
  return scaffold::Marketplace(placement(ctx, command).root);
}

Json list_in(std::optional<scaffold::Marketplace>& marketplace, const Bundle& bundle, DryRun dry_run) {
  if (!marketplace || dry_run == DryRun::yes) return nullptr;
  if (bundle.profile == "gemini") return {{"skipped", true}, {"reason", "gemini has no marketplace concept"}};
  return marketplace->put(bundle.profile, bundle.name_space);
}

}  // namespace

Json skills_install(Context& ctx, const BundleCommand& command) {
  if (!command.name_space.empty()) require_namespace(command.name_space);
  auto plans = plan_skills(ctx, command);
  Json results = Json::array();
  for (Installation& plan : plans) {
    if (command.dry_run == DryRun::no) plan.write(ctx.clock.now());
    results.push_back(plan.report(command.dry_run));
  }
  return replies(command.profile, std::move(results),
                 {{"scope", scaffold::word(command.scope)},
                  {"namespace", command.name_space},
                  {"dry_run", command.dry_run == DryRun::yes}});
}

Json plugin_install(Context& ctx, const BundleCommand& command) {
  require_namespace(command.name_space);
  auto plans = plan_plugins(ctx, command);
  auto marketplace = marketplace_of(ctx, command);
  Json results = Json::array();
  for (Installation& plan : plans) {
    if (command.dry_run == DryRun::no) plan.write(ctx.clock.now());
    Json row = plan.report(command.dry_run);
    row["bundle_root"] = (plan.bundle().root / plan.bundle().base).string();
    row["marketplace"] = list_in(marketplace, plan.bundle(), command.dry_run);
    results.push_back(std::move(row));
  }
  return replies(command.profile, std::move(results), Json::object());
}

Json plugin_uninstall(Context& ctx, const BundleCommand& command) {
  require_namespace(command.name_space);
  const Placement place = placement(ctx, command);
  auto marketplace = marketplace_of(ctx, command);
  Json results = Json::array();
  for (const std::string& profile : chosen(command.profile, scaffold::plugin_profiles())) {
    results.push_back(scaffold::uninstall(scaffold::plugin_bundle(profile, place), command.force));
    if (marketplace && results.back()["status"] != "refused") marketplace->drop(profile);
  }
  return replies(command.profile, std::move(results), Json::object());
}

void check_extras(const InitExtras& extras) {
  auto skills = scaffold::skill_profiles();
  if (extras.skills && *extras.skills != "all") require_profile("skills", *extras.skills, skills);
  if (extras.plugins) require_profile("plugin", *extras.plugins, scaffold::plugin_profiles());
}

void add_extras(Context& ctx, const InitExtras& extras, Json& reply) {
  BundleCommand command;
  if (extras.skills) {
    command.profile = *extras.skills;
    command.name_space = scaffold::kSkillsNamespace;
    reply["skills"] = skills_install(ctx, command);
  }
  if (extras.plugins) {
    command.profile = *extras.plugins;
    command.name_space = scaffold::kPluginNamespace;
    reply["plugins"] = plugin_install(ctx, command);
  }
  if (extras.layout) {
    reply["ddd_layout"] = scaffold::write_layout(ctx.place.root, extras.force_layout, extras.dry_run_layout);
  }
}

}  // namespace striatum::app
