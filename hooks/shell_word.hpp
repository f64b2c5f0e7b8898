// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace striatum::hooks {

/// A word of a command that people are shown to type, quoted where the shell would read it otherwise.
[[nodiscard]] std::string shell_word(const std::string& text);

}  // namespace striatum::hooks
