// SPDX-License-Identifier: Apache-2.0
#include "hooks/remembered_commits.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "hooks/baseline.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

constexpr std::size_t kMostKnown = 8;

}  // namespace

RememberedCommits::RememberedCommits(const git::Places& places, const std::string& name)
    : folder_(own_folder(places)), file_(os::path_join(folder_, name)) {
  for (const std::string& line : split(os::read_file(file_).value_or(""), '\n')) {
    std::vector<std::string> words = split(line, ' ');
    const auto id = Oid::parse(words.front());
    words.erase(words.begin());
    if (id) commits_.push_back({*id, std::move(words)});
  }
}

void RememberedCommits::add(RememberedCommit commit) {
  commits_.insert(commits_.begin(), std::move(commit));
  if (commits_.size() > kMostKnown) commits_.resize(kMostKnown);
  std::string text;
  for (const RememberedCommit& one : commits_) {
    text += one.id.hex();
    for (const std::string& word : one.words) text += " " + word;
    text += "\n";
  }
  try {
    os::ensure_directory(folder_, 0700);
    os::write_atomically(file_, text, 0600);
  } catch (const Error&) {
    return;
  }
}

}  // namespace striatum::hooks
