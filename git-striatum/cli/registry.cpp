// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.hpp"

#include <algorithm>
#include <tuple>

namespace striatum::cli {
namespace {

std::vector<Family>& enlisted() {
  static std::vector<Family> list;
  return list;
}

}  // namespace

Enlisted::Enlisted(const Family& family) {
  const auto before = [](const Family& a, const Family& b) {
    return std::tie(a.chapter, a.place) < std::tie(b.chapter, b.place);
  };
  auto& list = enlisted();
  list.insert(std::upper_bound(list.begin(), list.end(), family, before), family);
}

std::string_view to_text(Chapter chapter) {
  switch (chapter) {
    case Chapter::set_up: return "Set up a repository";
    case Chapter::steer: return "Plan and steer runs";
    case Chapter::work: return "Work on a job, as an agent";
    case Chapter::look: return "Look";
    case Chapter::commit: return "Commit and verify";
    case Chapter::by_git: return "Run by git";
  }
  return {};
}

const std::vector<Family>& families() { return enlisted(); }

const Family* find_family(std::string_view verb) {
  const auto& all = families();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Family& family) { return family.verb == verb; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace striatum::cli
