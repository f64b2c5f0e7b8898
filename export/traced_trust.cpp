// SPDX-License-Identifier: Apache-2.0
#include "export/traced_trust.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace striatum::provenance {
namespace {

std::optional<Oid> standing_at(const git::Repository& repository, const Oid& commit) {
  return trust_id(repository, repository.commit(commit).tree);
}

}  // namespace

bool TracedTrust::as_it_stands() const {
  return standing == (in_force ? std::optional<Oid>(in_force->tree) : std::nullopt);
}

TracedTrust trace_trust(const git::Repository& repository, const Oid& tip, const std::vector<std::string>& anchors) {
  TrustWalk walk(repository, anchors);
  walk.walk_base(tip);
  return {walk.after_base(), standing_at(repository, tip), walk.findings(), walk.untraced()};
}

std::optional<std::size_t> commits_with_same_trust(const git::Repository& repository, const Oid& known, const Oid& tip) {
  try {
    const auto standing = standing_at(repository, known);
    const std::vector<Oid> since = repository.walk({tip}, {known});
    const bool same = std::all_of(since.begin(), since.end(), [&](const Oid& commit) {
      return standing_at(repository, commit) == standing;
    });
    return same ? std::optional(since.size()) : std::nullopt;
  } catch (const Error& error) {
    if (error.kind() != git::kMissingObject) throw;
    return std::nullopt;
  }
}

}  // namespace striatum::provenance
