// SPDX-License-Identifier: Apache-2.0
// Who an artifact says it is by: author lines, operator labels.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace striatum::domain {

/// Why a (lower-case, trimmed) operator label is refused, as the end of a sentence; nullopt when it is fine.
[[nodiscard]] std::optional<std::string> broken_label_rule(std::string_view label, const std::vector<std::string>& lanes);

/// `author: operator`, with `[self-declared: LABEL]` when the operator gave one.
[[nodiscard]] std::string operator_line(const std::optional<std::string>& label);
/// `author: ROLE-MODEL-NNN` of an attested session.
[[nodiscard]] std::string attested_line(std::string_view role, std::string_view model, int ordinal);

/// The author lines of a Markdown text, canonical (`author: …`): in its front matter, and in the first 40 lines
/// after it up to a `## ` heading.
[[nodiscard]] std::vector<std::string> author_lines(std::string_view text);

/// Whether an author line is the expected one; the canonical form has lost the underscores of a label.
[[nodiscard]] bool names_author(std::string_view line, std::string_view expected);

}  // namespace striatum::domain
