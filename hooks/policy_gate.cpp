// SPDX-License-Identifier: Apache-2.0
#include "hooks/policy_gate.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "export/sshsig.hpp"
#include "export/trust.hpp"
#include "hooks/traced_commits.hpp"

namespace striatum::hooks {
namespace {

using provenance::PolicyRule;
using provenance::Shortfall;
using provenance::Support;
using provenance::Trust;
using provenance::TrustedKey;

class PolicyGate {
 public:
  PolicyGate(const PolicyQuestion& question, const Trust& trust) : q_(question), trust_(trust), support_(support()) {}

  [[nodiscard]] GateResult judge() const {
    if (support_.signers.empty()) return untrusted();
    for (const std::string& path : q_.paths) {
      const PolicyRule& rule = trust_.policy.rule_for(path);
      if (std::find(rule.accept.begin(), rule.accept.end(), provenance::Class::exact) == rule.accept.end()) {
        return failed(kPolicyGate, "class_not_accepted", "path " + quote(path) + " takes no work of agents at all",
                      "leave it out of the work; the rule is in git striatum trust show");
      }
      if (const auto missing = provenance::shortfall(rule, support_)) {
        return failed(kPolicyGate, code(*missing), "path " + quote(path) + " " + missing->text(), hint(*missing));
      }
    }
    return passed(kPolicyGate);
  }

 private:
  /// The key of the trust, if its signature counts now.
  [[nodiscard]] const TrustedKey* in_force(const std::string& fingerprint) const {
    const TrustedKey* key = trust_.find(fingerprint);
    const provenance::Timestamp now{q_.ctx.clock.now(), 0};
    const bool bound = key && (key->signer.key.type() == provenance::SshKeyType::ed25519 ||
                               key->covers_namespace(provenance::kReceiptNamespace));
    const bool good = bound && !key->revoked &&
                      provenance::validity_at(key->signer, now, {0}) == provenance::Validity::valid;
    return good && (key->has_role("lane") || key->has_role("human") || key->has_role("ci")) ? key : nullptr;
  }

  [[nodiscard]] Support support() const {
    Support out;
    for (const RequiredReview& review : q_.work.reviews) {
      for (const store::GivenVerdict& given : review.verdicts) {
        const auto verdict = from_text<Verdict>(given.verdict);
        if (!verdict || !is_accepting(*verdict)) continue;
        ++out.accepting_verdicts;
        if (given.lane) out.lanes.insert(*given.lane);
      }
    }
    for (const provenance::SigningKey& signer : q_.signers.keys) {
      const TrustedKey* key = in_force(signer.key.fingerprint());
      for (const std::string& principal : key ? key->signer.principals : std::vector<std::string>()) {
        out.signers[std::string(provenance::role_of(principal))].insert(key->fingerprint);
      }
    }
    return out;
  }

  [[nodiscard]] GateResult untrusted() const {
    const provenance::SigningKey& signer = q_.signers.keys.front();
    const std::string fingerprint = signer.key.fingerprint();
    return failed(kPolicyGate, "untrusted_key",
                  "the trust on branch " + quote(q_.work.run.branch.value_or("")) + " has no key in force that signs; " +
                      fingerprint + " is none",
                  trust_.find(fingerprint) ? "sign with another key: git striatum key create --role lane:NAME"
                                           : "git striatum trust add " + fingerprint +
                                                 (signer.role.empty() ? " --principal lane:NAME" : ""));
  }

  [[nodiscard]] static std::string code(const Shortfall& missing) {
    switch (missing.of) {
      case Shortfall::Of::verdicts: return "verdicts";
      case Shortfall::Of::lanes: return "lanes";
      case Shortfall::Of::human_verdicts: return "human_verdicts";
      case Shortfall::Of::signatures: return "signatures";
    }
    return {};
  }

  [[nodiscard]] std::string again() const {
    std::string out = q_.ctx.program() + " apply --run-id " + q_.work.run.id.str();
    return q_.work.jobs.size() == 1 ? out + " --job-id " + q_.work.jobs.front().job.id.str() : out;
  }

  /// The apply with further keys of the role: those of this user first, then whatever the trust has.
  [[nodiscard]] std::string with_more_keys(const Shortfall& missing) const {
    std::string out = again();
    std::set<std::string> named;
    for (const provenance::SigningKey& key : q_.signers.keys) {
      if (named.insert(key.key.fingerprint()).second) out += " --key " + key.key.fingerprint();
    }
    std::vector<std::string> candidates = fingerprints_at_hand();
    for (const TrustedKey& key : trust_.keys) candidates.push_back(key.fingerprint);
    std::int64_t more = missing.wanted - missing.given;
    for (const std::string& fingerprint : candidates) {
      const TrustedKey* key = in_force(fingerprint);
      if (more == 0 || !key || !key->has_role(missing.role) || !named.insert(fingerprint).second) continue;
      out += " --key " + fingerprint;
      --more;
    }
    if (more == 0) return out;
    return out + "; the trust knows too few keys of that role: git striatum trust add KEY --principal " +
           missing.role + ":NAME";
  }

  [[nodiscard]] static std::vector<std::string> fingerprints_at_hand() {
    std::vector<std::string> out;
    const Json keys = list_keys();
    for (const Json& item : keys.at("items")) out.push_back(text_member(item, "fingerprint"));
    return out;
  }

  [[nodiscard]] std::string hint(const Shortfall& missing) const {
    if (missing.of == Shortfall::Of::signatures) return with_more_keys(missing);
    return "commit it for review elsewhere: " + again() + " --propose; or have the workflow ask for " +
           (missing.of == Shortfall::Of::lanes ? "reviews by more lanes" : "more reviews");
  }

  const PolicyQuestion& q_;
  const Trust& trust_;
  Support support_;
};

/// By the newest of the changes that no root signed.
GateResult not_in_force(const PolicyQuestion& question, const provenance::Finding& finding) {
  const std::string commit = finding.commit ? finding.commit->hex().substr(0, 12) : "";
  const bool stranger = finding.kind == "untrusted_key";
  return failed(kPolicyGate, finding.kind,
                "the trust on branch " + quote(question.work.run.branch.value_or("")) + " is not in force: commit " + commit +
                    ": " + finding.detail,
                stranger ? "ask whose key it is; if it is the root that you trust: git striatum verify --all --root "
                           "SHA256:FINGERPRINT --pin"
                         : "take it back: git revert " + commit + "; or have a root key sign such a change");
}

}  // namespace

GateResult policy_gate(const PolicyQuestion& question) {
  const auto traced = trust_in_force(*question.ctx.place.git, question.repository, question.tip, question.anchors);
  if (!traced.findings.empty()) return not_in_force(question, traced.findings.back());
  if (!traced.standing) return skipped(kPolicyGate, "no_trust");
  if (question.propose) return skipped(kPolicyGate, "proposed");
  if (!traced.in_force) return skipped(kPolicyGate, "trust_not_traced");
  return PolicyGate(question, *traced.in_force).judge();
}

}  // namespace striatum::hooks
