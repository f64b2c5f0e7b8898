// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

namespace CLI {
class App;
}

namespace striatum::cli {

/// The tree of verbs and options, as the manual pages, completions and their tests read it:
/// `{name, help, options[{name, short, value, required, many, choices[], help}], positionals[{name, required, help}],
/// verbs[…]}`, in the order of registration; `value` is null for a flag.
[[nodiscard]] Json dump(const CLI::App& app);

}  // namespace striatum::cli
