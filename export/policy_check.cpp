// SPDX-License-Identifier: Apache-2.0
#include "export/policy_check.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "export/record_check.hpp"

namespace striatum::provenance {
namespace {

constexpr std::string_view kSignAsPerson =
    "a person's work: git commit --amend --no-edit -S, by a key the trust names as human:NAME";

/// What a path lacks; nothing lacks when `facts` is empty.
struct Unmet {
  std::string facts;
  std::vector<std::string> hints;
  explicit operator bool() const { return !facts.empty(); }
};

std::string name_of(const PolicyRule& rule) {
  return rule.paths.empty() ? "the default rule" : "the rule for " + join(rule.paths, " ");
}

std::string name_of(const ConsideredReceipt& one) {
  return "receipt " + one.digest.hex().substr(0, 12) + " of run " + quote(one.receipt.run_id.str());
}

std::string listed(const std::set<std::string>& items) {
  return items.empty() ? "" : " (" + join({items.begin(), items.end()}, ", ") + ")";
}

/// "NAME wants 2 KIND, WHO has 1 (a)"
std::string short_of(const PolicyRule& rule, std::int64_t wanted, const std::string& kind,
                     const ConsideredReceipt& one, const std::set<std::string>& found) {
  return name_of(rule) + " wants " + std::to_string(wanted) + " " + kind + ", " + name_of(one) + " has " +
         std::to_string(found.size()) + listed(found);
}

std::string apply_command(const std::string& run) { return "git striatum apply --run-id " + run; }

/// Commands that turn a class into one that rules accept.
std::vector<std::string> hints_for(Class cls, const std::vector<const ConsideredReceipt*>& receipts) {
  const std::string run = receipts.empty() ? "RUN" : receipts.front()->receipt.run_id.str();
  switch (cls) {
    case Class::uncovered:
    case Class::human:
      return {"agents' work, once reviewed: " + apply_command(run), std::string(kSignAsPerson)};
    case Class::proposed:
      return {"once its review accepts: " + apply_command(run)};
    case Class::adapted:
    case Class::carried:
      return {"apply the work anew on this base: " + apply_command(run), std::string(kSignAsPerson)};
    case Class::exact:
    case Class::before_adoption:
    case Class::provenance_only:
      break;
  }
  return {std::string(kSignAsPerson)};
}

class PolicyCheck {
 public:
  explicit PolicyCheck(Case& judged) : judged_(judged) {}

  void run(const CommitCase& commit) {
    static const Policy kNone{};
    const Policy& policy = commit.trust ? commit.trust->policy : kNone;
    for (const PathCase& path : commit.paths) {
      const Unmet problem = unmet(policy.rule_for(path.change.path), path);
      if (problem) judged_.find("policy_unmet", commit, shown_path(path.change.path), problem.facts, problem.hints);
    }
  }

 private:
  Unmet unmet(const PolicyRule& rule, const PathCase& path) {
    const std::vector<const ConsideredReceipt*> receipts = receipts_of(path);
    if (std::find(rule.accept.begin(), rule.accept.end(), *path.cls) == rule.accept.end()) {
      std::vector<std::string> accepted;
      for (const Class one : rule.accept) accepted.emplace_back(to_text(one));
      return {"class " + std::string(to_text(*path.cls)) + " is not accepted: " + name_of(rule) + " accepts " +
                  (accepted.empty() ? "nothing" : join(accepted, ", ")),
              hints_for(*path.cls, receipts)};
    }
    for (const ConsideredReceipt* one : receipts) {
      if (Unmet problem = missing_threshold(rule, *one)) return problem;
    }
    return {};
  }

  [[nodiscard]] std::vector<const ConsideredReceipt*> receipts_of(const PathCase& path) const {
    std::vector<const ConsideredReceipt*> out;
    for (const Sha256& digest : path.vouchers) {
      const auto found = judged_.receipts.find(digest);
      if (found != judged_.receipts.end()) out.push_back(&found->second);
    }
    return out;
  }

  Unmet missing_threshold(const PolicyRule& rule, const ConsideredReceipt& one) {
    const std::string run = one.receipt.run_id.str();
    const std::vector<std::string> review_again{
        "have another review job of run " + quote(run) + " accept it: git striatum claim-next --session-id SESSION",
        "git striatum submit-review --session-id SESSION --job-id JOB --lease-id LEASE --path PATH --verdict accept",
        apply_command(run)};
    std::set<std::string> verdicts;
    std::set<std::string> lanes;
    for (const ReceiptVerdict& verdict : one.receipt.verdicts) {
      if (!accepting(verdict.verdict)) continue;
      verdicts.insert(verdict.verdict_id.str());
      if (verdict.lane) lanes.insert(*verdict.lane);
    }
    const auto count = [](const std::set<std::string>& found) { return static_cast<std::int64_t>(found.size()); };
    if (accepting_verdicts(one) < rule.accepting_verdicts)
      return {short_of(rule, rule.accepting_verdicts, "accepting verdicts", one, verdicts), review_again};
    if (count(lanes) < rule.distinct_lanes)
      return {short_of(rule, rule.distinct_lanes, "lanes among them", one, lanes), review_again};
    const std::set<std::string> people = keys_with("human", one, false);
    if (count(people) < rule.human_verdicts)
      return {short_of(rule, rule.human_verdicts, "accepting reviews signed by people", one, people),
              {"a person reviews it: git striatum receipt review " + one.digest.hex().substr(0, 12) +
               " --verdict accept --path PATH"}};
    for (const auto& [role, wanted] : rule.signatures) {
      const std::set<std::string> keys = keys_with(role, one, true);
      if (count(keys) >= wanted) continue;
      return {short_of(rule, wanted, "signatures of role " + role, one, keys),
              {"sign with all of them at once: " + apply_command(run) + " --key SHA256:… --key SHA256:…"}};
    }
    return {};
  }

  [[nodiscard]] static std::int64_t accepting_verdicts(const ConsideredReceipt& one) {
    return std::count_if(one.receipt.verdicts.begin(), one.receipt.verdicts.end(),
                         [](const ReceiptVerdict& verdict) { return accepting(verdict.verdict); });
  }

  /// Distinct keys of the role on accepting reviews and, when asked for, on the receipt itself.
  std::set<std::string> keys_with(std::string_view role, const ConsideredReceipt& one, bool with_receipt) {
    std::set<std::string> keys;
    const auto add = [&](const std::vector<const TrustedKey*>& signers) {
      for (const TrustedKey* key : signers) {
        if (key->has_role(role)) keys.insert(key->fingerprint);
      }
    };
    if (with_receipt) add(one.signers);
    for (const ConsideredReview& review : reviews_of(one)) {
      if (accepting(review.review.verdict)) add(review.signers);
    }
    return keys;
  }

  [[nodiscard]] static bool reviews(const ConsideredReview& review, const ConsideredReceipt& one) {
    if (review.review.receipt == one.digest) return true;
    const auto& verdicts = one.receipt.verdicts;
    return std::any_of(verdicts.begin(), verdicts.end(),
                       [&](const auto& v) { return v.review == review.digest; });
  }

  const std::vector<ConsideredReview>& reviews_of(const ConsideredReceipt& one) {
    const auto known = reviews_.find(one.digest);
    if (known != reviews_.end()) return known->second;
    std::vector<ConsideredReview> out;
    for (const auto& [digest, review] : judged_.reviews) {
      if (reviews(review, one)) out.push_back(review);
    }
    for (const ConsideredReview& review : older_reviews(one)) out.push_back(review);
    return reviews_.emplace(one.digest, std::move(out)).first->second;
  }

  /// Review files in the tree that first holds the receipt, which the range does not bring.
  std::vector<ConsideredReview> older_reviews(const ConsideredReceipt& one) {
    std::vector<ConsideredReview> out;
    const CommitCase& at = judged_.commits[one.first()];
    const std::string folder = std::string(kProvenanceFolder) + "/reviews";
    for (const git::TreeEntry& entry : judged_.objects.repository().entries_below(at.commit.tree, folder)) {
      const std::optional<RecordName> name = parse_record_path(entry.name);
      if (!name || name->kind != RecordKind::review || entry.mode != git::Mode::regular) continue;
      std::optional<ConsideredReview> review = check_review_file(judged_, entry.id, one.trust);
      const bool fits = review && review->digest.hex() == name->digest &&
                        judged_.reviews.count(review->digest) == 0 && reviews(*review, one);
      if (fits) out.push_back(*std::move(review));
    }
    return out;
  }

  Case& judged_;
  std::map<Sha256, std::vector<ConsideredReview>> reviews_;
};

}  // namespace

void find_unmet_policy(Case& judged, bool adopted) {
  PolicyCheck check(judged);
  for (const CommitCase& commit : judged.commits) {
    if (!commit.readable || commit.cls == Class::before_adoption || commit.cls == Class::provenance_only)
      continue;
    check.run(commit);
    if (adopted || !commit.paths.empty()) continue;
    judged.find("policy_unmet", commit, std::nullopt, "nothing says whose signatures count",
                {"git striatum trust init"});
  }
}

}  // namespace striatum::provenance
