// SPDX-License-Identifier: Apache-2.0
#include "scaffold/drift.hpp"

#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "os/files.hpp"
#include "scaffold/profiles.hpp"

namespace striatum::scaffold {
namespace {

/// How the findings and the repair of one kind of bundle are worded.
struct Kind {
  const char* noun;
  const char* missing;
  const char* outdated;
  const char* verb;
  std::string_view standard_namespace;
};
constexpr Kind kSkillsKind{"skills", "skills_missing", "skills_outdated", "skills install", kSkillsNamespace};
constexpr Kind kPluginKind{"plugin", "plugin_missing", "plugin_outdated", "plugin install", kPluginNamespace};

/// Written from another text than this program has.
bool from_other_text(const Entry& entry) {
  if (entry.template_name.empty() || entry.template_sha256.empty()) return false;
  const auto all = templates();
  const auto known = [&](const Template& t) { return t.name == entry.template_name; };
  return std::none_of(all.begin(), all.end(), known) || template_sha256(entry.template_name) != entry.template_sha256;
}

struct Findings {
  std::vector<std::string> missing;
  /// Templates.
  std::vector<std::string> changed;
  /// Files that come from those and that a plain install would keep: their owner changed them.
  std::vector<std::string> edited;
};

Findings examine(const os::RepoFiles& files, const Bundle& bundle, const Manifest& manifest) {
  Findings out;
  for (const Entry& entry : manifest.files) {
    const auto found = files.read(bundle.below_root(entry.path));
    if (found.access != os::Access::ok) out.missing.push_back(entry.path);
    if (!from_other_text(entry)) continue;
    out.changed.push_back(entry.template_name);
    if (found.access == os::Access::ok && sha256(found.bytes).hex() != entry.sha256) out.edited.push_back(entry.path);
  }
  return out;
}

std::string recovery_command(const Kind& kind, const Bundle& bundle, bool force) {
  std::string out = "striatum --repo " + bundle.root.string() + ' ' + kind.verb + " --profile " + bundle.profile;
  if (bundle.name_space != kind.standard_namespace) out += " --namespace '" + bundle.name_space + "'";
  return force ? out + " --force" : out;
}

void report(const os::RepoFiles& files, const Kind& kind, const Bundle& bundle, const Manifest& manifest,
            std::vector<Drift>& out) {
  const Findings found = examine(files, bundle, manifest);
  const std::string id = bundle.manifest_path();
  const std::string who = std::string(kind.noun) + " of profile " + bundle.profile;
  if (!found.missing.empty()) {
    const std::string command = recovery_command(kind, bundle, false);
    out.push_back({kind.missing, who + " lack files: " + join(found.missing, ", ") + "; run `" + command + "`", id,
                   {{"profile", bundle.profile},
                    {"manifest_path", id},
                    {"missing", found.missing},
                    {"recovery_command", command}}});
  }
  const bool other_version = !manifest.version.empty() && manifest.version != running_version();
  if (!other_version && found.changed.empty()) return;
  const std::string command = recovery_command(kind, bundle, !found.edited.empty());
  std::string text = who + " are outdated: written by version " + manifest.version + ", this is " +
                     std::string(running_version()) + ", changed templates: " + std::to_string(found.changed.size()) +
                     "; run `" + command + "`";
  if (!found.edited.empty()) text += ", which overwrites what was edited: " + join(found.edited, ", ");
  out.push_back({kind.outdated, std::move(text), id,
                 {{"profile", bundle.profile},
                  {"manifest_path", id},
                  {"manifest_version", manifest.version},
                  {"running_version", running_version()},
                  {"templates_changed", found.changed},
                  {"recovery_command", command}}});
}

/// Names in front of and behind the namespace in a manifest's path.
struct Shape {
  std::string folder, tail;
};

Shape shape_of(const std::string& profile) {
  if (profile == "claude_code") return {".claude/skills", "workflow"};
  if (profile == "codex") return {".codex/agents", "workflow.manifest.json"};
  return {"", profile == "gemini" ? "STRIATUM_GEMINI_GUIDE.manifest.json" : "STRIATUM_AGENT_GUIDE.manifest.json"};
}

std::set<std::string> installed_namespaces(const os::RepoFiles& files, const std::string& profile) {
  std::set<std::string> out;
  const Shape shape = shape_of(profile);
  for (const auto& entry : files.list(shape.folder).entries) {
    if (!entry.name.ends_with(shape.tail)) continue;
    const std::string name_space = entry.name.substr(0, entry.name.size() - shape.tail.size());
    if (name_space.empty() || valid_namespace(name_space)) out.insert(name_space);
  }
  return out;
}

void add_skills(const os::RepoFiles& files, const std::filesystem::path& root, Namespaces namespaces,
                std::vector<Drift>& out) {
  for (const std::string& profile : skill_profiles()) {
    const auto names = namespaces == Namespaces::any ? installed_namespaces(files, profile)
                                                     : std::set<std::string>{std::string(kSkillsNamespace)};
    for (const std::string& name : names) {
      const Bundle bundle = skill_bundle(profile, {root, Scope::project, name});
      const auto manifest = read_manifest(files, bundle.manifest, bundle.manifest_schema);
      if (manifest) report(files, kSkillsKind, bundle, *manifest, out);
    }
  }
}

void add_plugins(const os::RepoFiles& files, const std::filesystem::path& root, std::vector<Drift>& out) {
  for (const std::string& profile : plugin_profiles()) {
    Bundle bundle = plugin_bundle(profile, {root, Scope::project, std::string(kPluginNamespace)});
    const auto manifest = read_manifest(files, bundle.below_root(bundle.manifest), bundle.manifest_schema);
    if (!manifest) continue;
    if (valid_namespace(manifest->name_space)) bundle.name_space = manifest->name_space;
    report(files, kPluginKind, bundle, *manifest, out);
  }
}

}  // namespace

std::vector<Drift> find_drift(const std::filesystem::path& root, Namespaces namespaces) {
  std::vector<Drift> out;
  if (!os::is_directory(root.string())) return out;
  const os::RepoFiles files(root.string());
  add_skills(files, root, namespaces, out);
  add_plugins(files, root, out);
  return out;
}

}  // namespace striatum::scaffold
