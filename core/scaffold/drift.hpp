// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace striatum::scaffold {

/// A bundle that is not what its manifest or this program says.
struct Drift {
  /// `skills_missing`, `skills_outdated`, `plugin_missing`, `plugin_outdated`.
  std::string check;
  std::string text;
  /// Absolute path of the manifest.
  std::string id;
  Json context;
};

/// Which namespaces of skills are looked at: the default one (the contract), or whatever is installed.
enum class Namespaces { standard, any };

/// Skills, then plugins, of a repository; clients in the order of the profiles. Folders without a manifest are silent.
[[nodiscard]] std::vector<Drift> find_drift(const std::filesystem::path& root, Namespaces namespaces);

}  // namespace striatum::scaffold
