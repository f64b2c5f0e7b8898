// SPDX-License-Identifier: Apache-2.0
#include "hooks/root_commits.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "hooks/remembered_commits.hpp"

namespace striatum::hooks {
namespace {

bool is_root(const git::Repository& repository, const Oid& id) {
  return repository.has(id) && repository.commit(id).parents.empty();
}

/// The words as root commits of this repository, nullopt when they are anything else.
std::optional<std::set<Oid>> roots_in(const git::Repository& repository, const std::vector<std::string>& words) {
  std::set<Oid> out;
  for (const std::string& word : words) {
    const auto id = Oid::parse(word);
    if (!id || !is_root(repository, *id)) return std::nullopt;
    out.insert(*id);
  }
  return out.empty() ? std::nullopt : std::optional(out);
}

struct Found {
  std::set<Oid> roots;
  /// Commits that were looked at.
  std::size_t walked = 0;
};

std::optional<Found> from_ancestor(const RememberedCommits& known, const git::Repository& repository, const Oid& tip) {
  for (const RememberedCommit& one : known.all()) {
    if (!repository.has(one.id) || !repository.is_ancestor(one.id, tip)) continue;
    auto roots = roots_in(repository, one.words);
    if (!roots) continue;
    const std::vector<Oid> since = repository.walk({tip}, {one.id});
    std::copy_if(since.begin(), since.end(), std::inserter(*roots, roots->end()),
                 [&](const Oid& id) { return is_root(repository, id); });
    return Found{*std::move(roots), since.size()};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Oid> root_commits(const git::Places& places, const git::Repository& repository, const Oid& tip) {
  if (repository.shallow()) return repository.root_commits(tip);  // its cut may move
  RememberedCommits known(places, "root-commits");
  const auto found = from_ancestor(known, repository, tip);
  const std::vector<Oid> roots =
      found ? std::vector<Oid>(found->roots.begin(), found->roots.end()) : repository.root_commits(tip);
  if (found && found->walked <= RememberedCommits::kFew) return roots;
  RememberedCommit fresh{tip, {}};
  for (const Oid& root : roots) fresh.words.push_back(root.hex());
  known.add(std::move(fresh));
  return roots;
}

}  // namespace striatum::hooks
