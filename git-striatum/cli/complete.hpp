// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/shell.hpp"
#include "store/read_suggestions.hpp"

namespace striatum::cli {

/// What the value of an option of a verb names, or (option "") its argument; nullopt when it is not looked up.
[[nodiscard]] std::optional<store::Live> live_value(const std::string& verb, const std::string& option);

/// The hidden verb `__complete WORD…`: the words of a command line behind the program, the last one being typed.
/// Prints what may stand there, a line each: the word, a tab, a few words on it. Never fails: a shell is no place for
/// messages.
void complete(Shell& shell, const std::vector<std::string>& words);

}  // namespace striatum::cli
