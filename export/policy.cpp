// SPDX-License-Identifier: Apache-2.0
#include "export/policy.hpp"

#include <algorithm>
#include <initializer_list>

#include "base/json.hpp"
#include "export/shape.hpp"
#include "export/ssh.hpp"

namespace striatum::provenance {
namespace {

constexpr std::array<std::string_view, 8> kClassNames{
    "exact", "carried", "adapted", "proposed", "uncovered", "human", "before_adoption", "provenance_only"};
constexpr std::array<std::string_view, 3> kSigningRoles{"lane", "human", "ci"};

std::vector<Class> default_accept() {
  return {Class::exact, Class::carried, Class::human, Class::before_adoption, Class::provenance_only};
}

bool only_members(const Json& object, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return false;
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) return false;
  }
  return true;
}

/// False when a member is there and no count.
bool take_count(const Json& object, std::string_view key, std::int64_t& out) {
  const auto found = object.find(key);
  if (found == object.end()) return true;
  const std::optional<std::uint64_t> count = read_count(*found);
  if (!count) return false;
  out = static_cast<std::int64_t>(*count);
  return true;
}

bool read_paths(const Json& list, std::vector<std::string>& out) {
  if (!list.is_array() || list.empty()) return false;
  out = string_list(list);
  return out.size() == list.size() && std::find(out.begin(), out.end(), "") == out.end();
}

bool read_accept(const Json& rule, std::vector<Class>& out) {
  const auto found = rule.find("accept");
  if (found == rule.end()) {
    out = default_accept();
    return true;
  }
  if (!found->is_array()) return false;
  for (const Json& item : *found) {
    const std::optional<Class> one = item.is_string() ? parse_class(item.get<std::string>()) : std::nullopt;
    if (!one) return false;
    out.push_back(*one);
  }
  return true;
}

bool read_verdicts(const Json& rule, PolicyRule& out) {
  const auto found = rule.find("verdicts");
  if (found == rule.end()) return true;
  return only_members(*found, {"accepting", "distinct_lanes", "human"}) &&
         take_count(*found, "accepting", out.accepting_verdicts) &&
         take_count(*found, "distinct_lanes", out.distinct_lanes) &&
         take_count(*found, "human", out.human_verdicts);
}

bool read_signatures(const Json& rule, PolicyRule& out) {
  const auto found = rule.find("signatures");
  if (found == rule.end()) return true;
  if (!found->is_object()) return false;
  for (const auto& [role, value] : found->items()) {
    if (std::find(kSigningRoles.begin(), kSigningRoles.end(), role) == kSigningRoles.end()) return false;
    if (!take_count(*found, role, out.signatures[role])) return false;
  }
  return true;
}

bool read_rules(const Json& policy, std::vector<PolicyRule>& out) {
  const auto found = policy.find("rules");
  if (found == policy.end()) return true;
  if (!found->is_array()) return false;
  for (const Json& item : *found) {
    PolicyRule rule;
    const bool good = only_members(item, {"paths", "accept", "verdicts", "signatures"}) &&
                      read_paths(member(item, "paths"), rule.paths) && read_accept(item, rule.accept) &&
                      read_verdicts(item, rule) && read_signatures(item, rule);
    if (!good) return false;
    out.push_back(std::move(rule));
  }
  return true;
}

bool read_revoked(const Json& policy, std::vector<Revocation>& out) {
  const auto found = policy.find("revoked");
  if (found == policy.end()) return true;
  if (!found->is_array()) return false;
  for (const Json& item : *found) {
    const std::optional<std::string> key = optional_text(item, "key");
    const std::optional<std::string> reason = optional_text(item, "reason");
    if (!only_members(item, {"key", "reason"}) || !key || !reason || !fingerprint_to_hex(*key)) return false;
    out.push_back({*key, *reason});
  }
  return true;
}

bool read_hooks(const Json& policy, bool& closed) {
  const auto found = policy.find("hooks");
  if (found == policy.end()) return true;
  if (!only_members(*found, {"closed"})) return false;
  const auto value = found->find("closed");
  if (value == found->end()) return true;
  if (!value->is_boolean()) return false;
  closed = value->get<bool>();
  return true;
}

/// One element of a glob.
struct Token {
  enum class Kind { literal, one, set, star, folders, tail } kind = Kind::literal;
  char literal = 0;
  /// Of a set: which of the 256 bytes.
  std::array<bool, 256> bytes{};
};

std::size_t read_set(std::string_view glob, std::size_t at, Token& token);

/// `**` means any depth only as a whole component: `**/`, `/**/` and a final `/**`.
std::vector<Token> tokens_of(std::string_view glob) {
  std::vector<Token> out;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const char c = glob[i];
    if (c == '*') {
      std::size_t end = glob.find_first_not_of('*', i);
      end = std::min(end, glob.size());
      const bool starts = i == 0 || glob[i - 1] == '/';
      const bool ends = end == glob.size() || glob[end] == '/';
      if (end - i == 2 && starts && ends) {
        const bool last = end == glob.size();
        out.push_back({last ? Token::Kind::tail : Token::Kind::folders, 0, {}});
        i = last ? end - 1 : end;  // a following slash belongs to the token
      } else {
        out.push_back({Token::Kind::star, 0, {}});
        i = end - 1;
      }
    } else if (c == '?') {
      out.push_back({Token::Kind::one, 0, {}});
    } else if (c == '[') {
      Token token;
      i = read_set(glob, i, token);
      out.push_back(token);
    } else {
      if (c == '\\' && i + 1 < glob.size()) ++i;
      out.push_back({Token::Kind::literal, glob[i], {}});
    }
  }
  return out;
}

/// Reads `[…]` at `at`; returns the index of its end. Without `]` it is a set that matches nothing.
std::size_t read_set(std::string_view glob, std::size_t at, Token& token) {
  token.kind = Token::Kind::set;
  std::size_t i = at + 1;
  const bool negate = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  if (negate) ++i;
  std::array<bool, 256> bytes{};
  for (bool first = true;; first = false) {
    if (i >= glob.size()) return glob.size() - 1;
    if (glob[i] == ']' && !first) break;
    if (glob[i] == '\\' && i + 1 < glob.size()) ++i;
    const auto low = static_cast<unsigned char>(glob[i++]);
    auto high = low;
    if (i + 1 < glob.size() && glob[i] == '-' && glob[i + 1] != ']') {
      ++i;
      if (glob[i] == '\\' && i + 1 < glob.size()) ++i;
      high = static_cast<unsigned char>(glob[i++]);
    }
    for (unsigned byte = low; byte <= high; ++byte) bytes[byte] = true;
  }
  for (unsigned byte = 0; byte < bytes.size(); ++byte) token.bytes[byte] = bytes[byte] != negate;
  token.bytes['/'] = false;
  return i;
}

/// Which prefixes of the path are reached after each token, token by token: linear in glob × path.
bool tokens_match(const std::vector<Token>& tokens, std::string_view path) {
  std::vector<bool> at(path.size() + 1);
  at[0] = true;
  for (const Token& token : tokens) {
    std::vector<bool> next(path.size() + 1);
    bool running = false;
    for (std::size_t i = 0; i <= path.size(); ++i) {
      switch (token.kind) {
        case Token::Kind::literal:
          if (i < path.size() && at[i] && path[i] == token.literal) next[i + 1] = true;
          break;
        case Token::Kind::one:
          if (i < path.size() && at[i] && path[i] != '/') next[i + 1] = true;
          break;
        case Token::Kind::set:
          if (i < path.size() && at[i] && token.bytes[static_cast<unsigned char>(path[i])])
            next[i + 1] = true;
          break;
        case Token::Kind::star:
          running = running || at[i];
          if (running) next[i] = true;
          if (i < path.size() && path[i] == '/') running = false;
          break;
        case Token::Kind::folders:
          if (at[i]) next[i] = true;
          running = running || at[i];
          if (running && i < path.size() && path[i] == '/') next[i + 1] = true;
          break;
        case Token::Kind::tail:
          running = running || (at[i] && i < path.size());
          if (running && i == path.size()) next[i] = true;
          break;
      }
    }
    at = std::move(next);
  }
  return at[path.size()];
}

}  // namespace

std::string_view to_text(Class which) { return kClassNames[static_cast<std::size_t>(which)]; }

std::optional<Class> parse_class(std::string_view text) {
  const auto found = std::find(kClassNames.begin(), kClassNames.end(), text);
  if (found == kClassNames.end()) return std::nullopt;
  return kAllClasses[static_cast<std::size_t>(found - kClassNames.begin())];
}

bool glob_matches(std::string_view glob, std::string_view path) {
  if (glob.find_first_of("*?[\\") != std::string_view::npos) return tokens_match(tokens_of(glob), path);
  if (!glob.empty() && glob.back() == '/') glob.remove_suffix(1);
  return path.substr(0, glob.size()) == glob && (path.size() == glob.size() || path[glob.size()] == '/');
}

const PolicyRule& Policy::rule_for(std::string_view path) const {
  static const PolicyRule kDefault{{}, default_accept(), 0, 0, 0, {}};
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    const bool matches = std::any_of(rule->paths.begin(), rule->paths.end(),
                                     [&](const std::string& glob) { return glob_matches(glob, path); });
    if (matches) return *rule;
  }
  return kDefault;
}

std::string Shortfall::text() const {
  const auto what = [&]() -> std::string {
    switch (of) {
      case Of::verdicts: return "accepting verdicts";
      case Of::lanes: return "lanes among the accepting verdicts";
      case Of::human_verdicts: return "accepting reviews signed by people";
      case Of::signatures: return "signatures by keys of role " + role;
    }
    return {};
  };
  return "wants " + std::to_string(wanted) + " " + what() + ", has " + std::to_string(given);
}

std::optional<Shortfall> shortfall(const PolicyRule& rule, const Support& support) {
  const auto keys = [](const std::map<std::string, std::set<std::string>>& by_role, const std::string& role) {
    const auto found = by_role.find(role);
    return found == by_role.end() ? std::int64_t{0} : static_cast<std::int64_t>(found->second.size());
  };
  std::vector<Shortfall> asked{
      {Shortfall::Of::verdicts, "", rule.accepting_verdicts, support.accepting_verdicts},
      {Shortfall::Of::lanes, "", rule.distinct_lanes, static_cast<std::int64_t>(support.lanes.size())},
      {Shortfall::Of::human_verdicts, "human", rule.human_verdicts, keys(support.reviewers, "human")}};
  for (const auto& [role, wanted] : rule.signatures) {
    asked.push_back({Shortfall::Of::signatures, role, wanted, keys(support.signers, role)});
  }
  for (Shortfall& one : asked) {
    if (one.given < one.wanted) return std::move(one);
  }
  return std::nullopt;
}

bool Policy::revokes(std::string_view fingerprint) const {
  return std::any_of(revoked.begin(), revoked.end(),
                     [&](const Revocation& one) { return one.fingerprint == fingerprint; });
}

Parsed<Policy> parse_policy(std::string_view bytes) {
  const std::optional<Json> document = parse_restricted_json(bytes);
  if (!document) return Problem{"policy.json is not JSON of the accepted kind"};
  if (!only_members(*document, {"version", "since", "rules", "revoked", "hooks"})) {
    return Problem{"policy.json has an unknown member"};
  }
  Policy out;
  if (!take_count(*document, "version", out.version) || out.version < 1) {
    return Problem{"policy.json has no version of 1 or more"};
  }
  if (document->contains("since")) {
    out.since = read_oid(member(*document, "since"));
    if (!out.since) return Problem{"'since' in policy.json is no commit id"};
  }
  if (!read_rules(*document, out.rules)) return Problem{"a rule in policy.json is not well formed"};
  if (!read_revoked(*document, out.revoked)) return Problem{"'revoked' in policy.json is not well formed"};
  if (!read_hooks(*document, out.hooks_closed)) return Problem{"'hooks' in policy.json is not well formed"};
  return out;
}

}  // namespace striatum::provenance
