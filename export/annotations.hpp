// SPDX-License-Identifier: Apache-2.0
// What a verification says to the machines that run it: a summary others can check, and remarks at lines of a change.
#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"
#include "export/receipt.hpp"
#include "export/verify.hpp"

namespace striatum::provenance {

/// A SLSA verification summary v1 (in-toto Statement) and one newline.
[[nodiscard]] std::string verification_summary(const Report& report, Instant now, const ToolName& tool);

/// GitHub workflow commands, a line each: findings as errors, what the policy lets pass uncovered and warnings as
/// notices.
[[nodiscard]] std::string github_annotations(const Report& report);
/// A text between these lines is no command to GitHub, whatever stands in it; `token` must not be guessable.
[[nodiscard]] std::string github_quoted(std::string_view text, std::string_view token);

/// A GitLab code quality report (JSON array) and one newline.
[[nodiscard]] std::string gitlab_report(const Report& report);

}  // namespace striatum::provenance
