// SPDX-License-Identifier: Apache-2.0
// `<common dir>/striatum/NAME`: what walks through the history found out, so that the next one need not go all the way.
// A line is a commit and words about it, the newest first. A cache: it may be absent, old or nonsense.
#pragma once

#include <string>
#include <vector>

#include "domain/oid.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

struct RememberedCommit {
  Oid id;
  std::vector<std::string> words;
};

class RememberedCommits {
 public:
  /// Fewer commits than this are looked through faster than a file is written.
  static constexpr std::size_t kFew = 100;

  RememberedCommits(const git::Places& places, const std::string& name);

  [[nodiscard]] const std::vector<RememberedCommit>& all() const { return commits_; }
  /// Puts one in front, and lets the oldest of too many go. What cannot be written is found out again next time.
  void add(RememberedCommit commit);

 private:
  std::string folder_;
  std::string file_;
  std::vector<RememberedCommit> commits_;
};

}  // namespace striatum::hooks
