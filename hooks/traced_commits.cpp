// SPDX-License-Identifier: Apache-2.0
#include "hooks/traced_commits.hpp"

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "hooks/baseline.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

using provenance::TracedTrust;

constexpr std::size_t kMostKnown = 8;
/// Fewer commits are looked through faster than a file is written.
constexpr std::size_t kFewCommits = 100;

class TracedCommits {
 public:
  TracedCommits(const git::Places& places, std::vector<std::string> anchors)
      : folder_(own_folder(places)), file_(os::path_join(folder_, "traced-trust")), anchors_(std::move(anchors)) {
    std::sort(anchors_.begin(), anchors_.end());
    lines_ = split(os::read_file(file_).value_or(""), '\n');
    std::erase(lines_, "");
  }

  /// How many commits the tip has more than the first one known with the same trust.
  [[nodiscard]] std::optional<std::size_t> distance(const git::Repository& repository, const Oid& tip) const {
    for (const std::string& line : lines_) {
      const auto commit = Oid::parse(line.substr(0, line.find(' ')));
      if (!commit || line != line_of(*commit) || !repository.has(*commit) || !repository.is_ancestor(*commit, tip)) continue;
      if (const auto commits = provenance::commits_with_same_trust(repository, *commit, tip)) return commits;
    }
    return std::nullopt;
  }

  void add(const Oid& tip) {
    lines_.insert(lines_.begin(), line_of(tip));
    if (lines_.size() > kMostKnown) lines_.resize(kMostKnown);
    try {
      os::ensure_directory(folder_, 0700);
      os::write_atomically(file_, join(lines_, "\n") + "\n", 0600);
    } catch (const Error&) {
      return;  // the next one walks again
    }
  }

 private:
  /// A commit and the anchors it was traced to; the newest stands first.
  [[nodiscard]] std::string line_of(const Oid& commit) const {
    std::vector<std::string> words{commit.hex()};
    words.insert(words.end(), anchors_.begin(), anchors_.end());
    return join(words, " ");
  }

  std::string folder_;
  std::string file_;
  std::vector<std::string> anchors_;
  std::vector<std::string> lines_;
};

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
                           const std::vector<std::string>& anchors) {
  TracedCommits known(places, anchors);
  const auto distance = known.distance(repository, tip);
  const auto standing = distance ? standing_trust(repository, tip) : std::nullopt;
  TracedTrust out = standing ? *standing : provenance::trace_trust(repository, tip, anchors);
  const bool sure = out.untraced == 0 && out.as_it_stands();
  if (sure && (!standing || *distance > kFewCommits)) known.add(tip);
  return out;
}

}  // namespace striatum::hooks
