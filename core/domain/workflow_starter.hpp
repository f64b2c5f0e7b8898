// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace striatum::domain {

enum class StarterStyle { minimal, review, code_change };

/// `minimal`, `review`, `code-change`; nullopt for another word.
[[nodiscard]] std::optional<StarterStyle> starter_style(std::string_view word);
[[nodiscard]] std::string_view word(StarterStyle style);

struct StarterFile {
  std::string path;  ///< relative to the new folder
  std::string text;
};

/// The files of a new workflow folder, in the order in which they are reported. `slug` names the folder.
[[nodiscard]] std::vector<StarterFile> starter_files(StarterStyle style, const std::string& slug,
                                                     Instant today);

}  // namespace striatum::domain
