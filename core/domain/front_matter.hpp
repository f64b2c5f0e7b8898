// SPDX-License-Identifier: Apache-2.0
// The block between `---` lines at the start of a Markdown artifact: `key: <JSON value>` a line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace striatum::domain {

/// Number of lines the block takes, both `---` included; nullopt when the text has none or it is not closed.
[[nodiscard]] std::optional<std::size_t> front_matter_end(std::string_view text);

/// As `front_matter_end` of a block that the kind's schema judges; refuses (6) one that is not closed.
std::optional<std::size_t> judged_front_matter(std::string_view text, const std::string& kind);

/// Checks the block of a Markdown artifact of this kind; refuses (6) what does not fit. No block: accepted.
/// Kinds without a schema are not checked.
void check_front_matter(std::string_view text, const std::string& kind);

/// True for kinds that get a block of their two constant lines when they have none: `synthesis`.
[[nodiscard]] bool front_matter_is_added(const std::string& kind);
/// The text with that block, a blank line behind it.
[[nodiscard]] std::string with_front_matter(std::string_view text, const std::string& kind);

}  // namespace striatum::domain
