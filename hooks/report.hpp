// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace striatum::hooks {

/// What a hook has to say. Nothing at all: git goes on and nobody reads a word.
struct HookReport {
  /// Each stops what git is about to do: a path, why.
  std::vector<std::string> refusals;
  /// What to do about it.
  std::vector<std::string> hints;
  std::vector<std::string> warnings;

  void refuse(std::string why, std::string hint) {
    refusals.push_back(std::move(why));
    hints.push_back(std::move(hint));
  }
};

}  // namespace striatum::hooks
