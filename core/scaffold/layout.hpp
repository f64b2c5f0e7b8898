// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/json.hpp"
#include "scaffold/bundle.hpp"

namespace striatum::scaffold {

/// The seven documents of a project that keeps its domain model in writing. A file that is there is only replaced by
/// force, nothing is ever written outside of the folder, and one file that cannot be written does not stop the others.
/// `{layout:"ddd", files[{path, status, reason?, prior_sha256?}], dry_run}`.
[[nodiscard]] Json write_layout(const std::filesystem::path& root, Force force, DryRun dry_run);

}  // namespace striatum::scaffold
