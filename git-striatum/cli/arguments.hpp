// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace striatum::cli {

/// A command line in the one form that is parsed: verb words, `--option` `value` pairs, `--`, positionals.
struct Line {
  std::vector<std::string> words;
  /// What is called, and its words: `run start`.
  const CLI::App* app = nullptr;
  std::string verb;
  /// Final values by option name, `--json` and `--request-id` left out; positionals under "".
  Json arguments = Json::object();
};

/// Thrown for a line that cannot be understood: usage and message go to standard error, exit 2.
struct UsageError {
  const CLI::App* app;
  std::string message;
  /// What was probably meant, to be typed; may be empty.
  std::string meant = {};
};

/// Thrown where `-h` or `--help` stands: what comes behind it on the line does not matter.
struct HelpAsked {
  const CLI::App* app;
};

/// Reads a line as release 1.24 did: unique prefixes of long options, `--option=value`, options and positionals in
/// any order, negative numbers as values, `--` before positionals; a word that looks like an option is no value.
[[nodiscard]] Line normalise(const CLI::App& root, const std::vector<std::string>& args);

/// Options of verbs, with the meaning every verb gives them: the last one given wins.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& target, const std::string& help);
CLI::Option* add_optional(CLI::App& app, const std::string& name, std::optional<std::string>& target,
                          const std::string& help);
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& target,
                        const std::vector<std::string>& choices, const std::string& help);
/// A choice whose word may be left out; then `bare` is meant. What is no choice is the verb's to refuse.
CLI::Option* add_choice_or_bare(CLI::App& app, const std::string& name, std::optional<std::string>& target,
                                const std::vector<std::string>& choices, const std::string& bare,
                                const std::string& help);
/// A whole number with an optional sign, as 1.24 read it: blanks around, single underscores between digits.
CLI::Option* add_integer(CLI::App& app, const std::string& name, std::int64_t& target, const std::string& help);
CLI::Option* add_optional_integer(CLI::App& app, const std::string& name, std::optional<std::int64_t>& target,
                                  const std::string& help);
/// A finite number.
CLI::Option* add_decimal(CLI::App& app, const std::string& name, double& target, const std::string& help);
CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& target, const std::string& help);

}  // namespace striatum::cli
