// SPDX-License-Identifier: Apache-2.0
#include "export/policy_check.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "export/keys.hpp"
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

Unmet no_trust(const std::vector<Finding>& trust_findings) {
  const std::string facts = "nothing says whose signatures count";
  const bool brought = std::any_of(trust_findings.begin(), trust_findings.end(),
                                   [](const Finding& found) { return found.kind == "trust_change_unsigned"; });
  if (brought) return {facts, {"sign the change of trust first (trust_change_unsigned)"}};
  return {facts, {"git striatum key create --role root:NAME", "git striatum trust init --root SHA256:FINGERPRINT"}};
}

class PolicyCheck {
 public:
  PolicyCheck(Case& judged, Unmet no_trust) : judged_(judged), no_trust_(std::move(no_trust)) {}

  void run(const CommitCase& commit) {
    static const Policy kNone{};
    const Policy& policy = commit.trust ? commit.trust->policy : kNone;
    for (const PathCase& path : commit.paths) {
      Unmet problem = unmet(policy.rule_for(path.change.path), path);
      if (!problem) continue;
      if (!commit.trust) problem = no_trust_;
      judged_.find("policy_unmet", commit, shown_path(path.change.path), problem.facts, problem.hints);
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
    const Support support = support_of(one);
    const std::optional<Shortfall> missing = shortfall(rule, support);
    if (!missing) return {};
    return {name_of(rule) + " " + missing->text() + listed(counted(*missing, support)) + ": " + name_of(one),
            commands_for(*missing, one)};
  }

  static std::set<std::string> counted(const Shortfall& missing, const Support& support) {
    const auto of_role = [&](const std::map<std::string, std::set<std::string>>& by_role) {
      const auto found = by_role.find(missing.role);
      return found == by_role.end() ? std::set<std::string>{} : found->second;
    };
    switch (missing.of) {
      case Shortfall::Of::verdicts: return {};
      case Shortfall::Of::lanes: return support.lanes;
      case Shortfall::Of::human_verdicts: return of_role(support.reviewers);
      case Shortfall::Of::signatures: return of_role(support.signers);
    }
    return {};
  }

  static std::vector<std::string> commands_for(const Shortfall& missing, const ConsideredReceipt& one) {
    const std::string run = one.receipt.run_id.str();
    switch (missing.of) {
      case Shortfall::Of::verdicts:
      case Shortfall::Of::lanes:
        return {"have another review job of run " + quote(run) + " accept it: git striatum claim-next --session-id SESSION",
                "git striatum submit-review --session-id SESSION --job-id JOB --lease-id LEASE --path PATH --verdict accept",
                apply_command(run)};
      case Shortfall::Of::human_verdicts:
        return {"a person reviews it: git striatum receipt review " + one.digest.hex().substr(0, 12) +
                " --verdict accept --path PATH"};
      case Shortfall::Of::signatures:
        return {"sign with all of them at once: " + apply_command(run) + " --key SHA256:… --key SHA256:…"};
    }
    return {};
  }

  Support support_of(const ConsideredReceipt& one) {
    Support out;
    for (const ReceiptVerdict& verdict : one.receipt.verdicts) {
      if (!accepting(verdict.verdict)) continue;
      ++out.accepting_verdicts;
      if (verdict.lane) out.lanes.insert(*verdict.lane);
    }
    add_keys(out.signers, one.signers);
    for (const ConsideredReview& review : reviews_of(one)) {
      if (!accepting(review.review.verdict)) continue;
      add_keys(out.signers, review.signers);
      add_keys(out.reviewers, review.signers);
    }
    return out;
  }

  static void add_keys(std::map<std::string, std::set<std::string>>& by_role,
                       const std::vector<const TrustedKey*>& signers) {
    for (const TrustedKey* key : signers) {
      for (const std::string& principal : key->signer.principals) {
        by_role[std::string(role_of(principal))].insert(key->fingerprint);
      }
    }
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
  Unmet no_trust_;
  std::map<Sha256, std::vector<ConsideredReview>> reviews_;
};

}  // namespace

void find_unmet_policy(Case& judged, bool adopted, const std::vector<Finding>& trust_findings) {
  const Unmet problem = no_trust(trust_findings);
  PolicyCheck check(judged, problem);
  for (const CommitCase& commit : judged.commits) {
    if (!commit.readable || commit.cls == Class::before_adoption || commit.cls == Class::provenance_only)
      continue;
    check.run(commit);
    if (adopted || !commit.paths.empty()) continue;
    judged.find("policy_unmet", commit, std::nullopt, problem.facts, problem.hints);
  }
}

}  // namespace striatum::provenance
