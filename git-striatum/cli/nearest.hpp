// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace striatum::cli {

/// The candidate that was probably meant by `word`: a few typing errors away, or beginning with it. Empty when none is.
[[nodiscard]] std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace striatum::cli
