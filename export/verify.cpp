// SPDX-License-Identifier: Apache-2.0
#include "export/verify.hpp"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "export/case.hpp"
#include "export/findings.hpp"
#include "export/matching.hpp"
#include "export/policy_check.hpp"
#include "export/record_check.hpp"
#include "export/trust_walk.hpp"

namespace striatum::provenance {
namespace {

bool is_missing(const Error& error) { return error.kind() == git::kMissingObject; }

Oid resolve(const git::Repository& repository, const std::string& revision) {
  const std::optional<Oid> id = repository.resolve(revision.empty() ? "HEAD" : revision);
  if (!id)
    refuse(Code::not_found, "revision names no commit here: " + quote(revision.empty() ? "HEAD" : revision));
  return *id;
}

struct Range {
  std::optional<Oid> base;
  Oid head;
};

Range find_range(const git::Repository& repository, const VerifyOptions& options,
                 const std::unordered_set<Oid>& cuts) {
  const std::string& text = options.revision;
  const std::size_t dots = text.find("..");
  if (dots != std::string::npos) {
    if (text.find("..", dots + 1) != std::string::npos) {
      refuse(Code::usage, "range has not the form A..B: " + quote(text), {"git striatum verify A..B"});
    }
    return {resolve(repository, text.substr(0, dots)), resolve(repository, text.substr(dots + 2))};
  }
  const Oid head = resolve(repository, text);
  const std::vector<Oid> parents = repository.commit(head).parents;
  if (options.all || parents.empty() || cuts.count(head) != 0) return {std::nullopt, head};
  return {parents[0], head};
}

/// Parents first; among those that may come next the smallest (committer time, id).
std::vector<git::Commit> in_order(const git::Repository& repository, const Range& range) {
  std::unordered_map<Oid, git::Commit> commits;
  for (const Oid& id :
       repository.walk({range.head}, range.base ? std::vector<Oid>{*range.base} : std::vector<Oid>())) {
    commits.emplace(id, repository.commit(id));
  }
  std::unordered_map<Oid, std::size_t> waiting;
  std::unordered_map<Oid, std::vector<Oid>> children;
  for (const auto& [id, commit] : commits) {
    const std::unordered_set<Oid> parents(commit.parents.begin(), commit.parents.end());
    std::size_t& count = waiting[id];
    for (const Oid& parent : parents) {
      if (commits.count(parent) == 0) continue;
      ++count;
      children[parent].push_back(id);
    }
  }
  using Next = std::pair<Instant, Oid>;
  std::priority_queue<Next, std::vector<Next>, std::greater<>> ready;
  for (const auto& [id, count] : waiting) {
    if (count == 0) ready.push({commits.at(id).committer_time, id});
  }
  std::vector<git::Commit> out;
  while (!ready.empty()) {
    const Oid id = ready.top().second;
    ready.pop();
    for (const Oid& child : children[id]) {
      if (--waiting[child] == 0) ready.push({commits.at(child).committer_time, child});
    }
    out.push_back(std::move(commits.at(id)));
  }
  return out;
}

bool is_file(git::Mode mode) { return mode == git::Mode::regular || mode == git::Mode::executable; }

bool is_content(const git::Change& change) { return place_of(change.path) == Place::content; }

/// Steps 1 to 3 of "Changed paths".
class ChangedPaths {
 public:
  ChangedPaths(CachedObjects& objects, const git::Commit& commit) : objects_(objects), commit_(commit) {}

  /// `early`: the class is known unless only records changed, so clean merges need no proof.
  [[nodiscard]] std::vector<git::Change> all(bool early) {
    const git::Repository& repository = objects_.repository();
    std::optional<Oid> before;
    if (!commit_.parents.empty()) before = objects_.commit(commit_.parents[0]).tree;
    std::vector<git::Change> changes = repository.diff(before, commit_.tree);
    for (std::size_t i = 1; i < commit_.parents.size(); ++i) drop_inherited(changes, commit_.parents[i]);
    const bool content_only = std::all_of(changes.begin(), changes.end(), is_content);
    if (!early || !content_only) drop_clean_merges(changes);
    std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return changes;
  }

 private:
  void drop_inherited(std::vector<git::Change>& changes, const Oid& parent) {
    if (changes.empty()) return;
    std::unordered_set<std::string> differing;
    for (git::Change& change : objects_.repository().diff(objects_.commit(parent).tree, commit_.tree)) {
      differing.insert(std::move(change.path));
    }
    std::erase_if(changes, [&](const git::Change& change) { return differing.count(change.path) == 0; });
  }

  void drop_clean_merges(std::vector<git::Change>& changes) {
    if (commit_.parents.size() != 2) return;
    const bool judged = std::any_of(changes.begin(), changes.end(), is_content);
    if (!judged) return;
    const std::vector<Oid> bases = objects_.repository().merge_bases(commit_.parents[0], commit_.parents[1]);
    if (bases.size() != 1) return;
    std::erase_if(changes, [&](const git::Change& change) {
      return is_content(change) && merges_cleanly(change, bases[0]);
    });
  }

  [[nodiscard]] bool merges_cleanly(const git::Change& change, const Oid& base) {
    if (!is_file(change.mode_before) || !is_file(change.mode_after)) return false;
    const auto ancestor = objects_.entry(objects_.commit(base), change.path);
    const auto theirs = objects_.entry(objects_.commit(commit_.parents[1]), change.path);
    if (!ancestor || !theirs || !is_file(ancestor->mode) || !is_file(theirs->mode)) return false;
    const git::Mode wanted = change.mode_before == ancestor->mode ? theirs->mode : change.mode_before;
    if (change.mode_after != wanted || !is_text(ancestor->id) || !is_text(*change.before) ||
        !is_text(theirs->id) || !is_text(*change.after)) {
      return false;
    }
    const auto merged = objects_.repository().merge_blobs(ancestor->id, *change.before, theirs->id);
    return merged && git::hash_blob(*merged) == *change.after;
  }

  [[nodiscard]] bool is_text(const Oid& blob) { return is_text_blob(objects_.repository(), blob); }

  CachedObjects& objects_;
  const git::Commit& commit_;
};

bool adds_receipt(const std::vector<git::Change>& changes) {
  const std::string folder = std::string(kProvenanceFolder) + "/receipts/";
  return std::any_of(changes.begin(), changes.end(), [&](const git::Change& change) {
    return !change.before && change.path.starts_with(folder) && change.path.ends_with(".dsse.json");
  });
}

class Verification {
 public:
  Verification(const git::Repository& repository, const VerifyOptions& options)
      : repository_(repository),
        options_(options),
        anchors_(options.roots.empty() ? options.pinned : options.roots),
        case_(repository),
        walk_(repository, anchors_) {
    for (const Oid& cut : repository.shallow_roots()) cuts_.insert(cut);
    for (const std::string& anchor : anchors_) {
      if (!fingerprint_to_hex(anchor))
        refuse(Code::usage, "root is no key's fingerprint (SHA256:…): " + quote(anchor));
    }
  }

  Report run() {
    const Range range = find_range(repository_, options_, cuts_);
    case_.base = range.base;
    case_.head = range.head;
    for (git::Commit& commit : in_order(repository_, range))
      case_.commits.emplace_back().commit = std::move(commit);
    walk_trust();
    read_changes();
    if (adopted_)
      check_and_match();
    else
      leave_uncovered();
    find_unmet_policy(case_, adopted_, walk_.findings());
    return report();
  }

 private:
  void walk_trust() {
    if (options_.base_trusted) trust_given_commit();
    if (case_.base) walk_.walk_base(*case_.base);
    for (CommitCase& one : case_.commits) {
      const bool cut = cuts_.count(one.commit.id) != 0;
      one.readable = !cut && walk_one(one.commit);
      if (!one.readable) walk_.skip_range_commit(one.commit, cut);
    }
    in_force_ = highest({walk_.after_base(), walk_.after(case_.head)});
    adopted_ = in_force_ != nullptr;
    for (CommitCase& one : case_.commits) one.trust = walk_.judging(one.commit);
    mark_early();
  }

  void trust_given_commit() {
    const Oid id = resolve(repository_, *options_.base_trusted);
    const bool related =
        repository_.is_ancestor(id, case_.head) || (case_.base && repository_.is_ancestor(id, *case_.base));
    if (!related)
      refuse(Code::usage,
             "trusted commit is no ancestor of what is verified: " + quote(*options_.base_trusted));
    walk_.trust_commit(id);
  }

  [[nodiscard]] bool walk_one(const git::Commit& commit) {
    try {
      walk_.walk_range_commit(commit);
    } catch (const Error& error) {
      if (!is_missing(error)) throw;
      return false;
    }
    return true;
  }

  /// Proper ancestors of an adopting commit, or of the policy's `since`.
  void mark_early() {
    if (!adopted_) return;
    std::unordered_set<Oid> early;
    for (auto one = case_.commits.rbegin(); one != case_.commits.rend(); ++one) {
      const bool marks = walk_.adopting().count(one->commit.id) != 0 || early.count(one->commit.id) != 0;
      if (marks) early.insert(one->commit.parents.begin(), one->commit.parents.end());
    }
    if (const std::optional<Oid>& since = in_force_->policy.since) add_before(*since, early);
    for (CommitCase& one : case_.commits) one.early = early.count(one.commit.id) != 0;
  }

  void add_before(const Oid& since, std::unordered_set<Oid>& early) {
    if (!repository_.has(since)) {
      case_.warnings.push_back(
          {"since_unknown", std::nullopt, std::string(kPolicyPath), "no commit " + since.hex()});
      return;
    }
    for (const Oid& id :
         repository_.walk({since}, case_.base ? std::vector<Oid>{*case_.base} : std::vector<Oid>())) {
      if (id != since) early.insert(id);
    }
  }

  void read_changes() {
    for (CommitCase& one : case_.commits) {
      if (!one.readable) continue;
      try {
        read_changes_of(one);
      } catch (const Error& error) {
        if (!is_missing(error)) throw;
        one.readable = false;
      }
    }
  }

  void read_changes_of(CommitCase& one) {
    for (git::Change& change : ChangedPaths(case_.objects, one.commit).all(one.early)) {
      if (place_of(change.path) != Place::content) {
        one.others.push_back(std::move(change));
        continue;
      }
      PathCase path;
      path.utf8 = valid_utf8(change.path);
      if (!one.early) path.hunks = case_.objects.hunks(change);
      path.change = std::move(change);
      one.paths.push_back(std::move(path));
    }
    one.adds_receipt = adds_receipt(one.others);
  }

  void leave_uncovered() {
    for (CommitCase& one : case_.commits) {
      if (!one.readable) continue;
      one.cls = Class::uncovered;
      for (PathCase& path : one.paths) {
        path.cls = Class::uncovered;
        const std::vector<UncoveredHunk> rows = uncovered_rows(one.commit.id, path);
        uncovered_.insert(uncovered_.end(), rows.begin(), rows.end());
      }
    }
  }

  void check_and_match() {
    for (std::size_t i = 0; i < case_.commits.size(); ++i) {
      if (case_.commits[i].readable && !case_.commits[i].early) check_records_of(i);
    }
    std::erase_if(case_.additions, [&](const Addition& one) { return !case_.commits[one.commit].readable; });
    check_additions(case_);
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < case_.commits.size(); ++i) {
      if (case_.commits[i].readable && !class_without_matching(case_.commits[i])) candidates.push_back(i);
    }
    uncovered_ = match_paths(case_, candidates);
    for (const std::size_t i : candidates) take_weakest(case_.commits[i]);
    find_broken_receipts(case_);
  }

  void check_records_of(std::size_t position) {
    try {
      check_records(case_, position);
    } catch (const Error& error) {
      if (!is_missing(error)) throw;
      case_.commits[position].readable = false;
    }
  }

  /// True when the class does not hang on matching.
  bool class_without_matching(CommitCase& one) {
    const bool human = !one.early && check_commit_signature(one) && !one.adds_receipt;
    if (one.paths.empty() && !one.others.empty()) {
      one.cls = Class::provenance_only;
    } else if (one.early) {
      one.cls = Class::before_adoption;
    } else if (one.paths.empty()) {
      one.cls = Class::exact;
    } else if (human) {
      one.cls = Class::human;
    }
    if (!one.cls) return false;
    for (PathCase& path : one.paths) path.cls = one.cls;
    return true;
  }

  /// Whether a trusted person signed the commit; a trusted key's wrong signature is a finding.
  bool check_commit_signature(CommitCase& one) {
    if (!one.trust) return false;
    const CommitSignature signature = read_commit_signature(one.commit, one.trust.get());
    if (signature.kind == CommitSignature::Kind::bad) {
      case_.find("bad_signature", one, std::nullopt,
                 "the commit's signature by " + signature.key->fingerprint() + " does not verify");
    }
    return signed_by_role(one.commit, signature, *one.trust, "human");
  }

  void take_weakest(CommitCase& one) {
    one.cls = Class::exact;
    for (const PathCase& path : one.paths) one.cls = std::max(*one.cls, *path.cls);
    if (one.cls != Class::uncovered) return;
    if (read_commit_signature(one.commit, one.trust.get()).kind == CommitSignature::Kind::foreign) {
      case_.warn("foreign_signature", one, std::nullopt, "only SSH signatures of commits count");
    }
  }

  // ---- report

  Report report() {
    Report out;
    out.base = case_.base;
    out.head = case_.head;
    out.anchor = !options_.roots.empty()    ? Anchor::given
                 : !options_.pinned.empty() ? Anchor::pinned
                                            : Anchor::self_asserted;
    out.anchors = anchors_;
    if (in_force_) {
      out.policy_version = in_force_->policy.version;
      out.policy_tree = in_force_->tree;
    }
    if (in_force_ && anchors_.empty()) add_own_roots(out.anchors);
    out.anchor_optional = options_.self_asserted;
    out.unreadable = walk_.untraced();
    for (const CommitCase& one : case_.commits) {
      if (one.readable)
        out.commits.push_back(judged_commit(one));
      else
        ++out.unreadable;
    }
    out.uncovered = std::move(uncovered_);
    out.findings = walk_.findings();
    append(out.findings, case_.findings);
    out.warnings = walk_.warnings();
    append(out.warnings, case_.warnings);
    sort_by_commit(out.findings);
    sort_by_commit(out.warnings);
    for (auto& [digest, one] : case_.receipts) out.receipts.emplace(digest, std::move(one.receipt));
    return out;
  }

  void add_own_roots(std::vector<std::string>& anchors) const {
    for (const TrustedKey& key : in_force_->keys) {
      if (key.has_role("root")) anchors.push_back(key.fingerprint);
    }
  }

  static void append(std::vector<Finding>& list, std::vector<Finding>& more) {
    list.insert(list.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  void sort_by_commit(std::vector<Finding>& list) const {
    std::unordered_map<Oid, std::size_t> position;
    for (std::size_t i = 0; i < case_.commits.size(); ++i) position[case_.commits[i].commit.id] = i + 1;
    const auto rank = [&](const Finding& one) {
      const auto found = one.commit ? position.find(*one.commit) : position.end();
      return found == position.end() ? std::size_t{0} : found->second;
    };
    std::stable_sort(list.begin(), list.end(), [&](const Finding& a, const Finding& b) {
      return std::pair(rank(a), a.path) < std::pair(rank(b), b.path);
    });
  }

  static JudgedCommit judged_commit(const CommitCase& one) {
    JudgedCommit out;
    out.id = one.commit.id;
    out.cls = *one.cls;
    out.subject = one.commit.message.substr(0, one.commit.message.find('\n'));
    out.receipts.assign(one.receipts.begin(), one.receipts.end());
    if (one.early) return out;
    for (const PathCase& path : one.paths) {
      JudgedPath row{
          shown_path(path.change.path), *path.cls, 0, 0, {path.vouchers.begin(), path.vouchers.end()}};
      for (const HunkDigest& hunk : path.hunks.hunks) {
        row.added += hunk.added;
        row.removed += hunk.removed;
      }
      out.paths.push_back(std::move(row));
    }
    return out;
  }

  const git::Repository& repository_;
  const VerifyOptions& options_;
  std::vector<std::string> anchors_;
  std::unordered_set<Oid> cuts_;
  Case case_;
  TrustWalk walk_;
  TrustRef in_force_;
  bool adopted_ = false;
  std::vector<UncoveredHunk> uncovered_;
};

}  // namespace

Report verify(const git::Repository& repository, const VerifyOptions& options) {
  return Verification(repository, options).run();
}

}  // namespace striatum::provenance
