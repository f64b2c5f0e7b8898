// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.hpp"

namespace CLI {
class App;
}

namespace striatum::cli {

/// The tree of verbs and options, as the manual pages, completions and their tests read it:
/// `{name, help, options[{name, short, value, value_optional, required, many, live, choices[], help}],
/// positionals[{name, required, live, help}], verbs[…]}`, in the order of registration; `value` is null for a flag;
/// `live`: `__complete` knows what can be typed. `verb`: the words that lead to `app`.
[[nodiscard]] Json dump(const CLI::App& app, const std::string& verb);

}  // namespace striatum::cli
