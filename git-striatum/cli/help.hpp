// SPDX-License-Identifier: Apache-2.0
// What `-h` prints, and the usage line before an error of the command line.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace striatum::cli {

/// The command as it is typed: `git striatum run start`.
[[nodiscard]] std::string path_of(const CLI::App& app, const std::string& program);
/// `usage: …`, folded at `columns`.
[[nodiscard]] std::string usage_of(const CLI::App& app, const std::string& program, int columns);
/// Usage, what the command does, its commands (the root's under headings) and its options.
[[nodiscard]] std::string help_of(const CLI::App& app, const std::string& program, int columns);

}  // namespace striatum::cli
