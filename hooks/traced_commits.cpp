// SPDX-License-Identifier: Apache-2.0
#include "hooks/traced_commits.hpp"

#include <algorithm>
#include <memory>

#include "hooks/remembered_commits.hpp"

namespace striatum::hooks {
namespace {

using provenance::TracedTrust;

/// How many commits the tip has more than the first one known with the same trust, traced to the same anchors.
std::optional<std::size_t> distance(const RememberedCommits& known, const std::vector<std::string>& anchors,
                                    const git::Repository& repository, const Oid& tip) {
  for (const RememberedCommit& one : known.all()) {
    if (one.words != anchors || !repository.has(one.id) || !repository.is_ancestor(one.id, tip)) continue;
    if (const auto commits = provenance::commits_with_same_trust(repository, one.id, tip)) return commits;
  }
  return std::nullopt;
}

/// nullopt where what stands is not even well formed.
std::optional<TracedTrust> standing_trust(const git::Repository& repository, const Oid& tip) {
  const auto id = provenance::trust_id(repository, repository.commit(tip).tree);
  if (!id) return TracedTrust{nullptr, std::nullopt};
  auto trust = provenance::read_trust(repository, *id);
  if (!trust) return std::nullopt;
  return TracedTrust{std::make_shared<const provenance::Trust>(trust.take()), id};
}

}  // namespace

TracedTrust trust_in_force(const git::Places& places, const git::Repository& repository, const Oid& tip,
                           std::vector<std::string> anchors) {
  std::sort(anchors.begin(), anchors.end());
  RememberedCommits known(places, "traced-trust");
  const auto newer = distance(known, anchors, repository, tip);
  const auto standing = newer ? standing_trust(repository, tip) : std::nullopt;
  TracedTrust out = standing ? *standing : provenance::trace_trust(repository, tip, anchors);
  const bool sure = out.untraced == 0 && out.as_it_stands();
  if (sure && (!standing || *newer > RememberedCommits::kFew)) known.add({tip, std::move(anchors)});
  return out;
}

}  // namespace striatum::hooks
