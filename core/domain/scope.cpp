// SPDX-License-Identifier: Apache-2.0
#include "domain/scope.hpp"

#include <algorithm>

#include "domain/repo_path.hpp"

namespace striatum::domain {

bool in_scope(const WriteScope& scope, std::string_view path) {
  const auto holds = [&](const std::string& parent) { return inside(path, parent); };
  return std::any_of(scope.allowed_paths.begin(), scope.allowed_paths.end(), holds) &&
         std::none_of(scope.forbidden_paths.begin(), scope.forbidden_paths.end(), holds);
}

bool overlap(const WriteScope& a, const WriteScope& b) {
  return std::any_of(a.allowed_paths.begin(), a.allowed_paths.end(), [&](const std::string& mine) {
    return std::any_of(b.allowed_paths.begin(), b.allowed_paths.end(),
                       [&](const std::string& other) { return inside(mine, other) || inside(other, mine); });
  });
}

}  // namespace striatum::domain
