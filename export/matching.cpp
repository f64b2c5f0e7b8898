// SPDX-License-Identifier: Apache-2.0
#include "export/matching.hpp"

#include <algorithm>
#include <deque>
#include <tuple>
#include <unordered_map>

namespace striatum::provenance {
namespace {

using git::Mode;

/// A mode and a hunk digest: what a hunk is vouched as.
using HunkKey = std::pair<Mode, Sha256>;
using Counts = std::map<HunkKey, std::size_t>;
/// A path's content at one end of an edge.
using Entry = std::pair<Mode, std::optional<Oid>>;

enum class Kind { full, bare };
enum class Pool { applied, all };

Entry before_of(const git::Change& change) { return {change.mode_before, change.before}; }
Entry after_of(const git::Change& change) { return {change.mode_after, change.after}; }
Entry before_of(const Edge& edge) { return {edge.mode_before, edge.before}; }
Entry after_of(const Edge& edge) { return {edge.mode_after, edge.after}; }

const Sha256& digest_of(const HunkDigest& hunk, Kind kind) {
  return kind == Kind::full ? hunk.full : hunk.bare;
}

void count_hunks(Counts& counts, Mode mode, const std::vector<HunkDigest>& hunks, Kind kind) {
  for (const HunkDigest& hunk : hunks) ++counts[{mode, digest_of(hunk, kind)}];
}

/// One use of an edge.
struct Instance {
  const Edge* edge = nullptr;
  const ConsideredReceipt* receipt = nullptr;
  bool used = false;

  [[nodiscard]] bool in(Pool pool) const { return pool == Pool::all || receipt->applied(); }
};

/// Where one hunk digest of a path is vouched.
struct Source {
  const ConsideredReceipt* receipt = nullptr;
  bool cumulative = false;
  std::size_t count = 0;
};

/// Digests that receipts hold for one path, and how often each was used.
class HunkStock {
 public:
  void add(const ConsideredReceipt& receipt, const Edge& edge, Kind kind, bool cumulative) {
    Counts counts;
    count_hunks(counts, edge.mode_after, edge.hunks, kind);
    for (const auto& [key, count] : counts) sources_[key].push_back({&receipt, cumulative, count});
  }

  /// `usable`: whether a source counts now.
  template <class Usable>
  [[nodiscard]] std::size_t available(const HunkKey& key, const Usable& usable) const {
    const auto found = sources_.find(key);
    if (found == sources_.end()) return 0;
    std::size_t sum = 0;
    std::size_t most = 0;
    for (const Source& one : found->second) {
      if (!usable(one)) continue;
      if (one.cumulative)
        most = std::max(most, one.count);
      else
        sum += one.count;
    }
    const auto used = used_.find(key);
    const std::size_t gone = used == used_.end() ? 0 : used->second;
    return std::max(sum, most) - std::min(gone, std::max(sum, most));
  }

  template <class Usable>
  [[nodiscard]] bool enough(const Counts& counts, const Usable& usable) const {
    return std::all_of(counts.begin(), counts.end(),
                       [&](const auto& one) { return available(one.first, usable) >= one.second; });
  }

  template <class Usable>
  void add_vouchers(const Counts& wanted, const Usable& usable, std::set<Sha256>& vouchers) const {
    for (const auto& [key, count] : wanted) {
      const auto found = sources_.find(key);
      if (found == sources_.end()) continue;
      for (const Source& one : found->second) {
        if (usable(one)) vouchers.insert(one.receipt->digest);
      }
    }
  }

  void take(const Counts& counts) {
    for (const auto& [key, count] : counts) used_[key] += count;
  }

 private:
  std::map<HunkKey, std::vector<Source>> sources_;
  Counts used_;
};

/// What receipts hold for one path.
class Stock {
 public:
  void add_instance(const ConsideredReceipt& receipt, const Edge& edge) {
    arcs_[before_of(edge)].push_back(instances_.size());
    instances_.push_back({&edge, &receipt, false});
    add_hunks(receipt, edge, false);
  }
  void add_cumulative(const ConsideredReceipt& receipt, const Edge& edge) { add_hunks(receipt, edge, true); }

  bool try_exact(PathCase& path, Pool pool) {
    const auto chain = shortest_chain(before_of(path.change), after_of(path.change), pool);
    if (!chain) return false;
    Counts full, bare;
    for (const std::size_t index : *chain) {
      const Edge& edge = *instances_[index].edge;
      count_hunks(full, edge.mode_after, edge.hunks, Kind::full);
      count_hunks(bare, edge.mode_after, edge.hunks, Kind::bare);
    }
    const auto usable = [&](const Source& one) { return counts_in(one, pool); };
    if (!full_.enough(full, usable) || !bare_.enough(bare, usable)) return false;
    for (const std::size_t index : *chain) {
      instances_[index].used = true;
      path.vouchers.insert(instances_[index].receipt->digest);
    }
    spent_.clear();
    full_.take(full);
    bare_.take(bare);
    return true;
  }

  bool try_hunks(PathCase& path, Kind kind, Pool pool) {
    if (path.hunks.hunks.empty()) return false;
    Counts full, bare;
    if (kind == Kind::full) count_hunks(full, path.change.mode_after, path.hunks.hunks, Kind::full);
    count_hunks(bare, path.change.mode_after, path.hunks.hunks, Kind::bare);
    const auto usable = [&](const Source& one) { return counts_in(one, pool); };
    if (!full_.enough(full, usable) || !bare_.enough(bare, usable)) return false;
    if (kind == Kind::full)
      full_.add_vouchers(full, usable, path.vouchers);
    else
      bare_.add_vouchers(bare, usable, path.vouchers);
    full_.take(full);
    bare_.take(bare);
    path.by_hunks = true;
    return true;
  }

  [[nodiscard]] std::size_t available(const HunkKey& key, Kind kind, Pool pool) const {
    const auto usable = [&](const Source& one) { return counts_in(one, pool); };
    return (kind == Kind::full ? full_ : bare_).available(key, usable);
  }

 private:
  void add_hunks(const ConsideredReceipt& receipt, const Edge& edge, bool cumulative) {
    full_.add(receipt, edge, Kind::full, cumulative);
    bare_.add(receipt, edge, Kind::bare, cumulative);
  }

  [[nodiscard]] bool counts_in(const Source& one, Pool pool) const {
    if (pool == Pool::applied && !one.receipt->applied()) return false;
    return !one.cumulative || !spent(one.receipt->receipt.run_id);
  }

  /// Some edge of the run was used as often as it is there.
  [[nodiscard]] bool spent(const RunId& run) const {
    const auto known = spent_.find(run);
    if (known != spent_.end()) return known->second;
    std::map<std::pair<Entry, Entry>, bool> all_used;
    for (const Instance& one : instances_) {
      if (one.receipt->receipt.run_id != run) continue;
      const auto [at, added] =
          all_used.emplace(std::pair(before_of(*one.edge), after_of(*one.edge)), one.used);
      if (!added) at->second = at->second && one.used;
    }
    const bool result =
        std::any_of(all_used.begin(), all_used.end(), [](const auto& one) { return one.second; });
    return spent_.emplace(run, result).first->second;
  }

  /// Breadth first over unused edges, in their order; indexes of instances.
  [[nodiscard]] std::optional<std::vector<std::size_t>> shortest_chain(const Entry& from, const Entry& to,
                                                                       Pool pool) const {
    std::map<Entry, std::pair<Entry, std::size_t>> reached;
    std::deque<Entry> queue{from};
    while (!queue.empty() && reached.count(to) == 0) {
      const Entry at = queue.front();
      queue.pop_front();
      const auto arcs = arcs_.find(at);
      if (arcs == arcs_.end()) continue;
      for (const std::size_t index : arcs->second) {
        const Instance& one = instances_[index];
        const Entry next = after_of(*one.edge);
        if (one.used || !one.in(pool) || next == from) continue;
        if (reached.emplace(next, std::pair(at, index)).second) queue.push_back(next);
      }
    }
    if (reached.count(to) == 0) return std::nullopt;
    std::vector<std::size_t> chain;
    for (Entry at = to; at != from; at = reached.at(at).first) chain.push_back(reached.at(at).second);
    return chain;
  }

  std::vector<Instance> instances_;
  std::map<Entry, std::vector<std::size_t>> arcs_;
  HunkStock full_;
  HunkStock bare_;
  mutable std::map<RunId, bool> spent_;
};

UncoveredHunk hunk_row(const Oid& commit, const PathCase& path, std::size_t index) {
  const HunkDigest& hunk = path.hunks.hunks[index];
  return {commit,     shown_path(path.change.path), path.hunks.kind,
          hunk.added, hunk.removed,                 path.hunks.lines[index]};
}

/// One row for a whole path.
UncoveredHunk total_row(const Oid& commit, const PathCase& path) {
  UncoveredHunk row{commit, shown_path(path.change.path), path.hunks.kind, 0, 0};
  if (!path.hunks.lines.empty()) row.line = path.hunks.lines.front();
  for (const HunkDigest& hunk : path.hunks.hunks) {
    row.added += hunk.added;
    row.removed += hunk.removed;
  }
  return row;
}

class Matcher {
 public:
  Matcher(Case& judged, const std::vector<std::size_t>& candidates)
      : judged_(judged), candidates_(candidates) {
    fill_stocks();
    fill_reviews();
  }

  std::vector<UncoveredHunk> run() {
    pass(Class::exact, [&](PathCase& p) {
      return by_review(p) || with_stock(p, [&](Stock& s) { return s.try_exact(p, Pool::applied); });
    });
    pass(Class::carried, [&](PathCase& p) {
      return with_stock(p, [&](Stock& s) { return s.try_hunks(p, Kind::full, Pool::applied); });
    });
    pass(Class::adapted, [&](PathCase& p) {
      return with_stock(p, [&](Stock& s) { return s.try_hunks(p, Kind::bare, Pool::applied); });
    });
    pass(Class::proposed, [&](PathCase& p) {
      return with_stock(p, [&](Stock& s) {
        return s.try_exact(p, Pool::all) || s.try_hunks(p, Kind::full, Pool::all) ||
               s.try_hunks(p, Kind::bare, Pool::all);
      });
    });
    return mark_uncovered();
  }

 private:
  struct ReviewUse {
    const ConsideredReview* review = nullptr;
    std::size_t uses = 0;
  };

  void fill_stocks() {
    std::vector<std::tuple<std::size_t, Sha256, const ConsideredReceipt*>> uses;
    for (const auto& [digest, one] : judged_.receipts) {
      if (one.replaced) continue;
      for (const std::size_t position : one.additions) uses.emplace_back(position, digest, &one);
      for (const Edge& edge : one.changes->cumulative) stocks_[edge.path].add_cumulative(one, edge);
    }
    std::sort(uses.begin(), uses.end());
    for (const auto& [position, digest, one] : uses) {
      for (const Edge& edge : one->changes->edges) stocks_[edge.path].add_instance(*one, edge);
    }
  }

  void fill_reviews() {
    for (const auto& [digest, review] : judged_.reviews)
      reviews_[review.review.finding_path].push_back({&review, 0});
    for (auto& [path, list] : reviews_) {
      std::stable_sort(list.begin(), list.end(), [](const ReviewUse& a, const ReviewUse& b) {
        return a.review->additions.front() < b.review->additions.front();
      });
    }
  }

  bool by_review(PathCase& path) {
    const auto found = reviews_.find(path.change.path);
    if (found == reviews_.end() || path.change.mode_after != Mode::regular) return false;
    for (ReviewUse& one : found->second) {
      if (path.change.after != one.review->review.finding_blob || one.uses >= one.review->additions.size())
        continue;
      ++one.uses;
      path.vouchers.insert(one.review->digest);
      return true;
    }
    return false;
  }

  template <class Test>
  bool with_stock(const PathCase& path, const Test& test) {
    const auto found = stocks_.find(path.change.path);
    return found != stocks_.end() && test(found->second);
  }

  template <class Test>
  void pass(Class cls, const Test& test) {
    for (const std::size_t position : candidates_) {
      for (PathCase& path : judged_.commits[position].paths) {
        if (!path.cls && path.utf8 && test(path)) path.cls = cls;
      }
    }
  }

  std::vector<UncoveredHunk> mark_uncovered() {
    std::vector<UncoveredHunk> out;
    for (const std::size_t position : candidates_) {
      CommitCase& commit = judged_.commits[position];
      for (PathCase& path : commit.paths) {
        if (path.cls) continue;
        path.cls = Class::uncovered;
        const std::vector<UncoveredHunk> rows = uncovered_of(commit, path);
        out.insert(out.end(), rows.begin(), rows.end());
      }
    }
    return out;
  }

  [[nodiscard]] std::vector<UncoveredHunk> uncovered_of(const CommitCase& commit,
                                                        const PathCase& path) const {
    const auto stock = stocks_.find(path.change.path);
    if (stock == stocks_.end() || !path.utf8) return uncovered_rows(commit.commit.id, path);
    std::vector<UncoveredHunk> out;
    Counts full_seen, bare_seen;
    for (std::size_t i = 0; i < path.hunks.hunks.size(); ++i) {
      const HunkDigest& hunk = path.hunks.hunks[i];
      const HunkKey full{path.change.mode_after, hunk.full};
      const HunkKey bare{path.change.mode_after, hunk.bare};
      const bool covered = stock->second.available(full, Kind::full, Pool::all) > full_seen[full]++;
      const bool adapted = stock->second.available(bare, Kind::bare, Pool::all) > bare_seen[bare]++;
      if (!covered && !adapted) out.push_back(hunk_row(commit.commit.id, path, i));
    }
    if (out.empty()) out.push_back(total_row(commit.commit.id, path));
    return out;
  }

  Case& judged_;
  const std::vector<std::size_t>& candidates_;
  std::unordered_map<std::string, Stock> stocks_;
  std::unordered_map<std::string, std::vector<ReviewUse>> reviews_;
};

}  // namespace

std::vector<UncoveredHunk> uncovered_rows(const Oid& commit, const PathCase& path) {
  std::vector<UncoveredHunk> out;
  for (std::size_t i = 0; i < path.hunks.hunks.size(); ++i) out.push_back(hunk_row(commit, path, i));
  if (out.empty()) out.push_back(total_row(commit, path));
  return out;
}

std::vector<UncoveredHunk> match_paths(Case& judged, const std::vector<std::size_t>& candidates) {
  return Matcher(judged, candidates).run();
}

}  // namespace striatum::provenance
