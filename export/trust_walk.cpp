// SPDX-License-Identifier: Apache-2.0
#include "export/trust_walk.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "export/paths.hpp"

namespace striatum::provenance {
namespace {

std::int64_t version_of(const TrustRef& trust) { return trust ? trust->policy.version : 0; }

bool is_missing(const Error& error) { return error.kind() == git::kMissingObject; }

std::vector<std::string> root_keys(const Trust& trust) {
  std::vector<std::string> out;
  for (const TrustedKey& key : trust.keys) {
    if (key.has_role("root")) out.push_back(key.fingerprint);
  }
  return out;
}

bool holds(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

TrustRef highest(const std::vector<TrustRef>& list) {
  TrustRef best;
  for (const TrustRef& one : list) {
    if (one && version_of(one) > version_of(best)) best = one;
  }
  return best;
}

TrustWalk::TrustWalk(const git::Repository& repository, std::vector<std::string> anchors)
    : repository_(repository), anchors_(std::move(anchors)) {
  for (const Oid& cut : repository.shallow_roots()) cuts_.insert(cut);
}

void TrustWalk::find(std::string kind, const Oid& commit, std::string detail) {
  auto& list = in_range_ ? range_findings_ : base_findings_;
  list.push_back({std::move(kind), commit, std::string(kTrustFolder), std::move(detail)});
}

/// Most commits share the `.provenance` folder of their parent, so one tree object is read for each of them.
TrustWalk::TrustId TrustWalk::trust_id_in(const Oid& root_tree) {
  const std::optional<git::TreeEntry> folder = repository_.entry(root_tree, ".provenance");
  if (!folder || folder->mode != git::Mode::tree) return std::nullopt;
  const auto known = trust_by_provenance_.find(folder->id);
  if (known != trust_by_provenance_.end()) return known->second;
  const TrustId id = trust_id(repository_, root_tree);
  trust_by_provenance_.emplace(folder->id, id);
  return id;
}

TrustWalk::TrustId TrustWalk::trust_id_of(const Oid& commit) {
  const auto known = trust_ids_.find(commit);
  if (known != trust_ids_.end()) return known->second;
  const TrustId id = trust_id_in(repository_.commit(commit).tree);
  trust_ids_.emplace(commit, id);
  return id;
}

const Parsed<TrustRef>& TrustWalk::read(const Oid& trust_tree) {
  const auto known = states_.find(trust_tree);
  if (known != states_.end()) return known->second;
  Parsed<Trust> trust = read_trust(repository_, trust_tree);
  Parsed<TrustRef> state = trust ? Parsed<TrustRef>(TrustRef(std::make_shared<const Trust>(trust.take())))
                                 : Parsed<TrustRef>(Problem{trust.problem()});
  return states_.emplace(trust_tree, std::move(state)).first->second;
}

TrustRef TrustWalk::state_or_none(const TrustId& id) {
  if (!id) return nullptr;
  const Parsed<TrustRef>& state = read(*id);
  return state ? *state : nullptr;
}

void TrustWalk::trust_commit(const Oid& commit) {
  trusted_ = commit;
  after_[commit] = state_or_none(trust_id_of(commit));
}

TrustRef TrustWalk::provisional(const git::Commit& commit, bool in_range) {
  const TrustRef state = state_or_none(trust_id_in(commit.tree));
  if (!state) return nullptr;
  if (!in_range) ++untraced_;
  warnings_.push_back({"trust_not_traced", commit.id, std::string(kTrustFolder),
                       "history ends here, so where this trust comes from is not known"});
  return state;
}

void TrustWalk::walk_base(const Oid& base) {
  const std::vector<Oid> behind = trusted_ ? repository_.commit(*trusted_).parents : std::vector<Oid>();
  std::vector<Oid> exclude;
  for (const Oid& parent : behind) {
    if (repository_.has(parent)) exclude.push_back(parent);
  }
  for (const Oid& id : repository_.walk({base}, exclude)) {
    if (trusted_ == id) continue;
    const git::Commit commit = repository_.commit(id);
    try {
      trust_ids_[id] = trust_id_in(commit.tree);
      after_[id] = cuts_.count(id) != 0 ? provisional(commit, false) : step(commit, false);
    } catch (const Error& error) {
      if (!is_missing(error)) throw;
      ++untraced_;
      after_[id] = nullptr;
    }
  }
  base_ = after(base);
  base_trust_id_ = trust_id_of(base);
}

void TrustWalk::walk_range_commit(const git::Commit& commit) {
  if (trusted_ == commit.id) return;
  in_range_ = true;
  after_[commit.id] = step(commit, true);
}

void TrustWalk::skip_range_commit(const git::Commit& commit, bool cut) {
  if (trusted_ == commit.id) return;
  std::vector<TrustRef> parents;
  for (const Oid& parent : commit.parents) parents.push_back(after(parent));
  TrustRef state = highest(parents);
  try {
    if (cut) state = provisional(commit, true);
  } catch (const Error& error) {
    if (!is_missing(error)) throw;
  }
  after_[commit.id] = state;
}

TrustRef TrustWalk::after(const Oid& commit) const {
  const auto known = after_.find(commit);
  return known == after_.end() ? nullptr : known->second;
}

TrustRef TrustWalk::judging(const git::Commit& commit) const {
  if (commit.parents.empty() || adopting_.count(commit.id) != 0) return after(commit.id);
  std::vector<TrustRef> list{base_};
  for (const Oid& parent : commit.parents) list.push_back(after(parent));
  return highest(list);
}

TrustRef TrustWalk::step(const git::Commit& commit, bool in_range) {
  const TrustId trust = trust_id_of(commit.id);
  std::vector<TrustRef> parents;
  for (const Oid& parent : commit.parents) parents.push_back(after(parent));
  const TrustRef before = highest(parents);
  bool changed = false;
  if (commit.parents.size() <= 1) {
    changed = trust != (commit.parents.empty() ? TrustId() : trust_id_of(commit.parents[0]));
  } else {
    const bool two_of_one_version = std::any_of(parents.begin(), parents.end(), [&](const TrustRef& one) {
      return one && version_of(one) == version_of(before) && one->tree != before->tree;
    });
    changed = two_of_one_version || trust != (before ? TrustId(before->tree) : TrustId());
  }
  if (!changed) return before;
  std::vector<TrustRef> candidates{in_range ? base_ : nullptr};
  candidates.insert(candidates.end(), parents.begin(), parents.end());
  const Change change{commit, trust, before, highest(candidates), std::move(parents)};
  return change.best ? judge(change) : adopt(change);
}

TrustRef TrustWalk::adopt(const Change& change) {
  if (!change.trust) return nullptr;
  const Oid& id = change.commit.id;
  const Parsed<TrustRef>& state = read(*change.trust);
  if (!state) {
    find("malformed", id, state.problem());
    return nullptr;
  }
  const CommitSignature signature = read_commit_signature(change.commit);
  if (signature.kind != CommitSignature::Kind::good) {
    find("trust_change_unsigned", id, "the commit that brings the first trust has no good SSH signature");
    return nullptr;
  }
  const std::string signer = signature.key->fingerprint();
  if (!holds(anchors_.empty() ? root_keys(**state) : anchors_, signer)) {
    const bool anchored = !anchors_.empty();
    find(anchored ? "untrusted_key" : "trust_change_unsigned", id,
         "signed by " + signer + (anchored ? ", which is no given root" : ", which is no root key of it"));
    return nullptr;
  }
  if (anchors_.empty() && trusted_ && after(*trusted_)) {
    find("trust_change_unsigned", id, "signed by " + signer + ", beside a trusted commit that has a trust already");
    return nullptr;
  }
  adopting_.insert(id);
  return *state;
}

TrustRef TrustWalk::judge(const Change& change) {
  const Oid& id = change.commit.id;
  bool good = true;
  const auto object = [&](const char* kind, std::string detail) {
    find(kind, id, std::move(detail));
    good = false;
  };
  if (!signed_by_role(change.commit, read_commit_signature(change.commit), *change.best, "root")) {
    object("trust_change_unsigned", "the commit is not signed by a root key in force");
  }
  if (!change.trust) {
    object("policy_rollback", "the trust folder is removed");
    return change.before;
  }
  const Parsed<TrustRef>& state = read(*change.trust);
  if (!state) {
    object("malformed", state.problem());
    return change.before;
  }
  std::vector<TrustRef> older = change.parents;
  older.push_back(change.best);
  const std::int64_t floor = version_of(highest(older));
  if (version_of(*state) <= floor) {
    object("policy_rollback", "policy version " + std::to_string(version_of(*state)) + " does not exceed " +
                                  std::to_string(floor));
  }
  return good ? *state : change.before;
}

std::vector<Finding> TrustWalk::findings() const {
  std::vector<Finding> out;
  const TrustId vouched = base_ ? TrustId(base_->tree) : TrustId();
  if (base_trust_id_ != vouched) out = base_findings_;
  out.insert(out.end(), range_findings_.begin(), range_findings_.end());
  return out;
}

}  // namespace striatum::provenance
