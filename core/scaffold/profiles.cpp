// SPDX-License-Identifier: Apache-2.0
#include "scaffold/profiles.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace striatum::scaffold {
namespace {

constexpr const char* kSkills[] = {"workflow", "scaffold", "claim-loop", "supervise", "recover"};
constexpr const char* kCommands[] = {"claim-next", "status", "why", "dashboard", "doctor"};

std::string skill_template(const std::string& skill) { return "claude_code/" + skill + ".md.tmpl"; }

Bundle empty(const std::string& profile, const Placement& place, std::string_view schema) {
  Bundle out;
  out.profile = profile;
  out.scope = word(place.scope);
  out.name_space = place.name_space;
  out.manifest_schema = schema;
  out.root = place.root;
  return out;
}

/// The folder of a plugin below the root.
std::string plugin_base(const std::string& profile, const Placement& place) {
  if (place.scope == Scope::project) return ".striatum/plugins/" + profile;
  if (profile == "gemini") return ".gemini/extensions/" + place.name_space;
  return (profile == "codex" ? ".codex/plugins/" : ".claude/plugins/") + place.name_space;
}

void add_client_files(Bundle& bundle) {
  const std::string from = "plugin/" + bundle.profile + "/";
  if (bundle.profile == "gemini") {
    bundle.files = {{"gemini-extension.json", from + "gemini-extension.json.tmpl"}, {"GEMINI.md", from + "GEMINI.md.tmpl"}};
  } else {
    const std::string folder = bundle.profile == "codex" ? ".codex-plugin/" : ".claude-plugin/";
    bundle.files = {{folder + "plugin.json", from + "plugin.json.tmpl"}};
  }
}

void add_skills(Bundle& bundle) {
  for (const char* skill : kSkills) {
    bundle.files.push_back({"skills/" + bundle.name_space + "-" + skill + "/SKILL.md", skill_template(skill)});
  }
}

void add_commands(Bundle& bundle) {
  const bool toml = bundle.profile == "gemini";
  for (const std::string command : kCommands) {
    bundle.files.push_back({"commands/" + command + (toml ? ".toml" : ".md"),
                            toml ? "plugin/gemini/commands/" + command + ".toml.tmpl"
                                 : "plugin/commands/" + command + ".md.tmpl"});
  }
}

}  // namespace

const std::vector<std::string>& skill_profiles() {
  static const std::vector<std::string> kProfiles{"claude_code", "codex", "gemini", "generic"};
  return kProfiles;
}

const std::vector<std::string>& plugin_profiles() {
  static const std::vector<std::string> kProfiles{"claude_code", "codex", "gemini"};
  return kProfiles;
}

std::string_view word(Scope scope) { return scope == Scope::user ? "user" : "project"; }

Bundle skill_bundle(const std::string& profile, const Placement& place) {
  Bundle out = empty(profile, place, kSkillsSchema);
  const std::string& ns = place.name_space;
  if (profile == "generic" || profile == "gemini") {
    const std::string guide = profile == "gemini" ? "STRIATUM_GEMINI_GUIDE" : "STRIATUM_AGENT_GUIDE";
    out.manifest = ns + guide + ".manifest.json";
    out.files = {{ns + guide + ".md", profile + "/" + guide + ".md.tmpl"}};
    return out;
  }
  const bool codex = profile == "codex";
  const std::string folder = codex ? ".codex/agents/" : ".claude/skills/";
  out.manifest = folder + ns + (codex ? "workflow.manifest.json" : "workflow/.manifest.json");
  for (const std::string skill : kSkills) {
    out.files.push_back({folder + ns + skill + (codex ? ".md" : "/SKILL.md"), skill_template(skill)});
  }
  return out;
}

Bundle plugin_bundle(const std::string& profile, const Placement& place) {
  Bundle out = empty(profile, place, kPluginsSchema);
  out.base = plugin_base(profile, place);
  out.manifest = ".manifest.json";
  add_client_files(out);
  add_skills(out);
  add_commands(out);
  if (profile == "gemini") {
    out.files.push_back({"agents/striatum-recover.md", "plugin/gemini/striatum-recover.md.tmpl"});
  } else {
    out.files.push_back({"hooks/hooks.json", "plugin/hooks.json.tmpl"});
    out.files.push_back({".mcp.json", "plugin/mcp.json.tmpl"});
  }
  out.files.push_back({"README.md", "plugin/" + profile + "/README.md.tmpl"});
  return out;
}

bool valid_namespace(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 64 && plain(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return plain(c) || c == '.' || c == '_' || c == '-';
  });
}

Values values(const std::string& program, const std::string& name_space, const std::string& skill_prefix) {
  return {{"striatum", program},
          {"ns", name_space},
          {"skill", skill_prefix},
          {"version", std::string(running_version())}};
}

}  // namespace striatum::scaffold
