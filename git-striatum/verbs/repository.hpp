// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/shell.hpp"
#include "git/discover.hpp"

namespace striatum::cli {

/// The git repository of `--repo` or of the current folder, for verbs that need no state. Refuses (3) when there is
/// none.
[[nodiscard]] git::Places places_of(const Shell& shell);

}  // namespace striatum::cli
