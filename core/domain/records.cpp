// SPDX-License-Identifier: Apache-2.0
#include "domain/records.hpp"

#include <algorithm>

namespace striatum {

bool Job::is_repo_write() const {
  return member(write_scope, "repo_write") == true || text_member(write_scope, "mode") == "repo_write";
}

bool Dependency::satisfied() const {
  if (upstream_state != JobState::completed) return false;
  if (required_verdicts.empty()) return true;
  return latest_verdict && std::find(required_verdicts.begin(), required_verdicts.end(), to_text(*latest_verdict)) !=
                               required_verdicts.end();
}

}  // namespace striatum
