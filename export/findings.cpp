// SPDX-License-Identifier: Apache-2.0
#include "export/findings.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <unordered_set>

#include "base/error.hpp"

namespace striatum::provenance {
namespace {

using Entry = std::pair<git::Mode, std::optional<Oid>>;

Entry before_of(const Edge& edge) { return {edge.mode_before, edge.before}; }
Entry after_of(const Edge& edge) { return {edge.mode_after, edge.after}; }

/// Whether edges lead from one entry to another; equal entries need none.
bool leads(const std::vector<const Edge*>& edges, const Entry& from, const Entry& to) {
  std::set<Entry> seen{from};
  std::deque<Entry> queue{from};
  while (!queue.empty()) {
    const Entry at = queue.front();
    queue.pop_front();
    if (at == to) return true;
    for (const Edge* edge : edges) {
      if (before_of(*edge) == at && seen.insert(after_of(*edge)).second) queue.push_back(after_of(*edge));
    }
  }
  return false;
}

class BrokenReceipts {
 public:
  explicit BrokenReceipts(Case& judged) : judged_(judged) {
    for (const CommitCase& commit : judged.commits) collect(commit);
    for (const auto& [digest, one] : judged.receipts) {
      if (one.replaced) continue;
      for (const Edge& edge : one.changes->edges) edges_[edge.path].push_back(&edge);
    }
  }

  void run() {
    for (const auto& [digest, one] : judged_.receipts) {
      if (one.replaced) continue;
      arrived_[digest] = missing_paths(one);
      find_partial(one);
      find_wrong_artifact(one);
    }
    for (const CommitCase& commit : judged_.commits) find_tree_mismatch(commit);
  }

 private:
  struct Arrival {
    std::vector<std::string> missing;
    std::size_t paths = 0;
    [[nodiscard]] bool none() const { return paths > 0 && missing.size() == paths; }
  };

  void collect(const CommitCase& commit) {
    if (!commit.readable || commit.early) return;
    for (const PathCase& path : commit.paths) {
      changed_.insert(path.change.path);
      vouching_.insert(path.vouchers.begin(), path.vouchers.end());
    }
  }

  [[nodiscard]] Entry base_entry(const std::string& path) {
    if (!judged_.base) return {git::Mode::none, std::nullopt};
    const auto entry = judged_.objects.entry(judged_.objects.commit(*judged_.base), path);
    if (!entry || entry->mode == git::Mode::tree) return {git::Mode::none, std::nullopt};
    return {entry->mode, entry->id};
  }

  /// `first` and `last`: the receipt's edges of one path.
  [[nodiscard]] bool arrives(const Edge& first, const Edge& last) {
    if (changed_.count(last.path) != 0) return true;
    if (base_entry(last.path) == after_of(last)) return true;
    return leads(edges_.at(last.path), after_of(last), before_of(first));
  }

  Arrival missing_paths(const ConsideredReceipt& one) {
    Arrival out;
    const std::vector<Edge>& edges = one.changes->edges;
    for (std::size_t i = 0; i < edges.size();) {
      std::size_t end = i;
      while (end < edges.size() && edges[end].path == edges[i].path) ++end;
      ++out.paths;
      if (!arrives(edges[i], edges[end - 1])) out.missing.push_back(edges[i].path);
      i = end;
    }
    return out;
  }

  void find_partial(const ConsideredReceipt& one) {
    if (vouching_.count(one.digest) == 0) return;
    for (const std::string& path : arrived_[one.digest].missing) {
      judged_.find("partial", judged_.commits[one.first()], path,
                   "receipt " + one.digest.hex() + " is used, but its change of this path arrives nowhere");
    }
  }

  // ---- artifacts

  [[nodiscard]] bool artifact_is_there(const CommitCase& at, const ArtifactSubject& artifact) {
    const auto entry = judged_.objects.entry(at.commit, artifact.path);
    const bool blob = entry && entry->mode != git::Mode::tree && entry->mode != git::Mode::pointer;
    return blob && entry->id == artifact.git_blob &&
           judged_.objects.blob_sha256(entry->id) == artifact.sha256;
  }

  [[nodiscard]] static bool moved_by_hunks(const CommitCase& at, const std::string& path) {
    return std::any_of(at.paths.begin(), at.paths.end(),
                       [&](const PathCase& one) { return one.by_hunks && one.change.path == path; });
  }

  [[nodiscard]] bool superseded(const ConsideredReceipt& one, const std::string& path) const {
    return std::any_of(judged_.receipts.begin(), judged_.receipts.end(), [&](const auto& item) {
      const ConsideredReceipt& other = item.second;
      if (&other == &one || other.replaced || other.receipt.issued_at < one.receipt.issued_at) return false;
      const auto& artifacts = other.receipt.artifacts;
      const auto& edges = other.changes->edges;
      return std::any_of(artifacts.begin(), artifacts.end(), [&](const auto& a) { return a.path == path; }) ||
             std::any_of(edges.begin(), edges.end(), [&](const Edge& e) { return e.path == path; });
    });
  }

  void find_wrong_artifact(const ConsideredReceipt& one) {
    const CommitCase& at = judged_.commits[one.first()];
    for (const ArtifactSubject& artifact : one.receipt.artifacts) {
      if (artifact_is_there(at, artifact) || moved_by_hunks(at, artifact.path) ||
          superseded(one, artifact.path))
        continue;
      judged_.find("malformed", at, one.path,
                   "its artifact is not in the tree as published: " + artifact.path);
      return;
    }
  }

  // ---- trees

  /// The receipts of a commit that take part: not those that follow a proposal.
  [[nodiscard]] std::vector<const ConsideredReceipt*> taking_part(const CommitCase& commit) const {
    std::vector<const ConsideredReceipt*> out;
    for (const Sha256& digest : commit.receipts) {
      const ConsideredReceipt& one = judged_.receipts.at(digest);
      if (!one.follows_proposal) out.push_back(&one);
    }
    return out;
  }

  void find_tree_mismatch(const CommitCase& commit) {
    const std::vector<const ConsideredReceipt*> receipts = taking_part(commit);
    if (receipts.empty() || !commit.readable) return;
    std::set<std::string> paths;
    for (const ConsideredReceipt* one : receipts) {
      for (const Edge& edge : one->changes->edges) paths.insert(edge.path);
    }
    for (const PathCase& path : commit.paths) {
      if (path.cls != Class::uncovered || paths.count(path.change.path) == 0) continue;
      judged_.find("tree_mismatch", commit, shown_path(path.change.path),
                   "a receipt added here takes this path, but not as it is");
      return;
    }
    if (find_nothing_arrives(commit, receipts)) return;
    if (tree_differs(commit, receipts, paths)) {
      judged_.find("tree_mismatch", commit, std::nullopt,
                   "the content-tree is not the one the receipt names");
    }
  }

  bool find_nothing_arrives(const CommitCase& commit, const std::vector<const ConsideredReceipt*>& receipts) {
    for (const ConsideredReceipt* one : receipts) {
      const bool first_here = &judged_.commits[one->first()] == &commit;
      if (!first_here || !arrived_[one->digest].none()) continue;
      judged_.find("tree_mismatch", commit, std::nullopt,
                   "no path of receipt " + one->digest.hex() + " arrives");
      return true;
    }
    return false;
  }

  bool tree_differs(const CommitCase& commit, const std::vector<const ConsideredReceipt*>& receipts,
                    const std::set<std::string>& paths) {
    if (commit.commit.parents.size() != 1) return false;
    std::set<std::string> judged_paths;
    for (const PathCase& path : commit.paths) {
      if (path.by_hunks) return false;
      judged_paths.insert(path.change.path);
    }
    if (judged_paths != paths) return false;
    const git::Repository& repository = judged_.objects.repository();
    const Oid parent_tree = repository.content_tree(judged_.objects.commit(commit.commit.parents[0]).tree);
    const auto built_here = [&](const ConsideredReceipt* one) {
      return one->receipt.base_content_tree == parent_tree;
    };
    if (std::none_of(receipts.begin(), receipts.end(), built_here)) return false;
    const Oid tree = repository.content_tree(commit.commit.tree);
    return std::none_of(receipts.begin(), receipts.end(),
                        [&](const ConsideredReceipt* one) { return one->receipt.content_tree == tree; });
  }

  Case& judged_;
  std::unordered_set<std::string> changed_;
  std::set<Sha256> vouching_;
  std::unordered_map<std::string, std::vector<const Edge*>> edges_;
  std::map<Sha256, Arrival> arrived_;
};

}  // namespace

void find_broken_receipts(Case& judged) { BrokenReceipts(judged).run(); }

}  // namespace striatum::provenance
