// SPDX-License-Identifier: Apache-2.0
// `trust/policy.json` and the classes it speaks of.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/oid.hpp"
#include "export/parsed.hpp"

namespace striatum::provenance {

/// What `verify` says of a commit or a path; the first five from strong to weak.
enum class Class { exact, carried, adapted, proposed, uncovered, human, before_adoption, provenance_only };
inline constexpr std::array<Class, 8> kAllClasses{
    Class::exact,     Class::carried, Class::adapted,         Class::proposed,
    Class::uncovered, Class::human,   Class::before_adoption, Class::provenance_only};
[[nodiscard]] std::string_view to_text(Class which);
[[nodiscard]] std::optional<Class> parse_class(std::string_view text);

/// git's `:(glob)` pathspecs, byte by byte.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view path);

struct PolicyRule {
  std::vector<std::string> paths;
  std::vector<Class> accept;
  std::int64_t accepting_verdicts = 0;
  std::int64_t distinct_lanes = 0;
  std::int64_t human_verdicts = 0;
  /// Role to number of distinct keys.
  std::map<std::string, std::int64_t> signatures;
  bool operator==(const PolicyRule&) const = default;
};

/// What speaks for a change, as far as the thresholds of a rule count it.
struct Support {
  std::int64_t accepting_verdicts = 0;
  /// Of the accepting verdicts.
  std::set<std::string> lanes;
  /// Role to fingerprints: on accepting reviews alone, and on the receipt or such a review.
  std::map<std::string, std::set<std::string>> reviewers;
  std::map<std::string, std::set<std::string>> signers;
};
/// The first threshold that is not reached.
struct Shortfall {
  enum class Of { verdicts, lanes, human_verdicts, signatures } of = Of::verdicts;
  /// For `signatures`.
  std::string role;
  std::int64_t wanted = 0;
  std::int64_t given = 0;

  /// `wants 2 accepting verdicts, has 1`
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::optional<Shortfall> shortfall(const PolicyRule& rule, const Support& support);

struct Revocation {
  std::string fingerprint;
  std::string reason;
  bool operator==(const Revocation&) const = default;
};

struct Policy {
  std::int64_t version = 0;
  std::optional<Oid> since;
  std::vector<PolicyRule> rules;
  std::vector<Revocation> revoked;
  bool hooks_closed = false;

  /// The last rule that matches; where none does, the one that accepts what needs no second look.
  [[nodiscard]] const PolicyRule& rule_for(std::string_view path) const;
  [[nodiscard]] bool revokes(std::string_view fingerprint) const;
};

[[nodiscard]] Parsed<Policy> parse_policy(std::string_view bytes);

}  // namespace striatum::provenance
