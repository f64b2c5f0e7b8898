// SPDX-License-Identifier: Apache-2.0
// Which files each client gets, and where.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scaffold/bundle.hpp"

namespace striatum::scaffold {

inline constexpr std::string_view kSkillsNamespace = "striatum-";
inline constexpr std::string_view kPluginNamespace = "striatum";
inline constexpr std::string_view kSkillsSchema = "striatum.skills.manifest.v1";
inline constexpr std::string_view kPluginsSchema = "striatum.plugins.manifest.v1";

/// In the order in which `all` takes them.
[[nodiscard]] const std::vector<std::string>& skill_profiles();
[[nodiscard]] const std::vector<std::string>& plugin_profiles();

enum class Scope { project, user };
[[nodiscard]] std::string_view word(Scope scope);

/// Where and under which name a client's files are put.
struct Placement {
  /// The repository or the home folder.
  std::filesystem::path root;
  Scope scope = Scope::project;
  std::string name_space;
};

/// `profile` has to be one of `skill_profiles()`.
[[nodiscard]] Bundle skill_bundle(const std::string& profile, const Placement& place);
/// `profile` has to be one of `plugin_profiles()`.
[[nodiscard]] Bundle plugin_bundle(const std::string& profile, const Placement& place);

/// May a name be put in front of files and into texts? Lower-case letters, digits, `.`, `_`, `-`, not first a mark.
[[nodiscard]] bool valid_namespace(std::string_view text);

/// What templates are filled with. `program`: how the program is typed; `skill_prefix`: what skills are named with.
[[nodiscard]] Values values(const std::string& program, const std::string& name_space, const std::string& skill_prefix);

/// `.striatum/plugins/marketplace.json` of a repository: the list of its plugins.
class Marketplace {
 public:
  /// Refuses (4) what is there and is no such list: it is not ours to replace.
  explicit Marketplace(const std::filesystem::path& root);
  /// `{path, appended:true}` or `{path, updated:true}`.
  [[nodiscard]] Json put(const std::string& profile, const std::string& name_space);
  /// Takes the entries of a profile out; the file goes when it holds nothing else.
  void drop(const std::string& profile);

 private:
  void save() const;
  [[nodiscard]] nlohmann::ordered_json& plugins();
  std::filesystem::path root_;
  nlohmann::ordered_json document_;
  bool was_there_ = false;
};

}  // namespace striatum::scaffold
