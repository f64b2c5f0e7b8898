// SPDX-License-Identifier: Apache-2.0
#include "git/trees.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace striatum::git {
namespace {

constexpr std::size_t kDepthLimit = 2048;

[[noreturn]] void fail_too_deep(const Oid& tree) { fail_malformed("tree (too deep)", tree); }

bool is_tree(const RawEntry& entry) { return entry.mode == "40000" || entry.kind() == Mode::tree; }

/// git's order of entries: by name, where a folder's name ends in a slash.
int compare_names(const RawEntry& a, const RawEntry& b) {
  const std::size_t common = std::min(a.name.size(), b.name.size());
  if (const int order = a.name.compare(0, common, b.name, 0, common); order != 0) return order;
  const auto next = [&](const RawEntry& entry) {
    if (entry.name.size() > common) return static_cast<unsigned char>(entry.name[common]);
    return static_cast<unsigned char>(is_tree(entry) ? '/' : '\0');
  };
  return static_cast<int>(next(a)) - static_cast<int>(next(b));
}

/// Walks two trees side by side and goes down only where their ids differ.
class TreeDiff {
 public:
  TreeDiff(LoadTree load, std::vector<Change>& into) : load_(std::move(load)), into_(into) {}

  void run(const std::optional<Oid>& before, const std::optional<Oid>& after) {
    if (before == after) return;
    if (++depth_ > kDepthLimit) fail_too_deep(before.value_or(after.value_or(Oid{})));
    const Side left = load(before);
    const Side right = load(after);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < left.entries->size() || j < right.entries->size()) {
      const RawEntry* a = i < left.entries->size() ? &(*left.entries)[i] : nullptr;
      const RawEntry* b = j < right.entries->size() ? &(*right.entries)[j] : nullptr;
      const int order = !a ? 1 : !b ? -1 : compare_names(*a, *b);
      if (order <= 0) ++i;
      if (order >= 0) ++j;
      emit(order <= 0 ? a : nullptr, order >= 0 ? b : nullptr);
    }
    --depth_;
  }

 private:
  /// Keeps the tree alive while its entries are walked.
  struct Side {
    TreeRef tree;
    std::shared_ptr<std::vector<RawEntry>> sorted;
    const std::vector<RawEntry>* entries = nullptr;
  };

  [[nodiscard]] Side load(const std::optional<Oid>& id) const {
    Side side{load_(id.value_or(empty_tree_oid())), nullptr, nullptr};
    side.entries = &side.tree->entries;
    const auto before = [](const RawEntry& a, const RawEntry& b) { return compare_names(a, b) < 0; };
    if (!std::is_sorted(side.entries->begin(), side.entries->end(), before)) {
      side.sorted = std::make_shared<std::vector<RawEntry>>(*side.entries);
      std::sort(side.sorted->begin(), side.sorted->end(), before);
      side.entries = side.sorted.get();
    }
    return side;
  }

  void emit(const RawEntry* a, const RawEntry* b) {
    if (a && b && a->id == b->id && a->mode == b->mode) return;
    if (a && b && is_tree(*a) != is_tree(*b)) {  // a name that ends in a slash, which only a forger writes
      emit(a, nullptr);
      emit(nullptr, b);
      return;
    }
    const std::size_t length = path_.size();
    path_ += (a ? a : b)->name;
    if (is_tree(*(a ? a : b))) {
      path_ += '/';
      run(a ? std::optional(a->id) : std::nullopt, b ? std::optional(b->id) : std::nullopt);
    } else {
      Change change;
      change.path = path_;
      if (a) {
        change.mode_before = a->kind();
        change.before = a->id;
      }
      if (b) {
        change.mode_after = b->kind();
        change.after = b->id;
      }
      if (change.mode_before != change.mode_after || change.before != change.after) into_.push_back(change);
    }
    path_.resize(length);
  }

  LoadTree load_;
  std::vector<Change>& into_;
  std::string path_;
  std::size_t depth_ = 0;
};

void each_below(const LoadEntries& load, const Oid& tree, const std::string& prefix, const EmitEntry& emit,
                std::size_t depth) {
  if (depth > kDepthLimit) fail_too_deep(tree);
  for (const TreeEntry& entry : load(tree)) {
    if (entry.mode == Mode::tree) {
      each_below(load, entry.id, prefix + entry.name + '/', emit, depth + 1);
    } else {
      emit(prefix + entry.name, entry);
    }
  }
}

}  // namespace

void fail_malformed(std::string_view type, const Oid& id) {
  fail(Code::general, "malformed_object", "no valid " + std::string(type) + " object: " + quote(id.hex()));
}

void sort_by_path(std::vector<Change>& changes) {
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.path < b.path; });
}

void each_below(const LoadEntries& load, const Oid& tree, const std::string& prefix, const EmitEntry& emit) {
  each_below(load, tree, prefix, emit, 0);
}

std::vector<Change> tree_changes(LoadTree load, const std::optional<Oid>& before, const std::optional<Oid>& after) {
  std::vector<Change> changes;
  TreeDiff(std::move(load), changes).run(before, after);
  sort_by_path(changes);
  return changes;
}

}  // namespace striatum::git
