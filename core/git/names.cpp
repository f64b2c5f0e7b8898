// SPDX-License-Identifier: Apache-2.0
#include "git/names.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace striatum::git {
namespace {

bool valid_component(const std::string& part) {
  return !part.empty() && !part.starts_with('.') && !part.ends_with(".lock");
}

bool forbidden_byte(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
         std::string_view(" ~^:?*[\\").find(c) != std::string_view::npos;
}

}  // namespace

bool valid_branch_name(std::string_view name) {
  if (name.empty() || name == "HEAD" || name == "@" || name.starts_with('-') || name.ends_with('.') ||
      name.find("..") != std::string_view::npos || name.find("@{") != std::string_view::npos ||
      std::any_of(name.begin(), name.end(), forbidden_byte)) {
    return false;
  }
  const auto parts = split(name, '/');
  return std::all_of(parts.begin(), parts.end(), valid_component);
}

}  // namespace striatum::git
