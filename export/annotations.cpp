// SPDX-License-Identifier: Apache-2.0
#include "export/annotations.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "export/paths.hpp"

namespace striatum::provenance {
namespace {

// ---- remarks: what both forges are told ----------------------------------------------------------------

enum class Severity { tampered, failed, note };

struct Remark {
  Severity severity = Severity::failed;
  std::string kind;
  std::optional<Oid> commit;
  std::optional<std::string> path;
  std::uint64_t line = 1;
  std::string text;
};

/// Findings that speak of records, keys or trust, not of work that still lacks something.
bool is_tampering(const std::string& kind) {
  constexpr std::array<std::string_view, 10> kKinds{
      "bad_signature",   "untrusted_key",         "revoked",    "malformed",       "receipt_altered", "tree_mismatch",
      "policy_rollback", "trust_change_unsigned", "time_order", "leak_found"};
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

std::string text_of(const Finding& finding) {
  std::string out = finding.detail;
  for (const std::string& hint : finding.hints) out += "\n" + hint;
  return out;
}

/// The uncovered places of a path of a commit.
std::vector<const UncoveredHunk*> rows_of(const Report& report, const Finding& finding) {
  std::vector<const UncoveredHunk*> out;
  for (const UncoveredHunk& row : report.uncovered) {
    if (finding.commit == row.commit && finding.path == row.path) out.push_back(&row);
  }
  return out;
}

std::string lines_of(const UncoveredHunk& row) {
  return "uncovered (" + std::string(to_text(row.kind)) + "), +" + std::to_string(row.added) + " -" +
         std::to_string(row.removed);
}

void add_finding(const Report& report, const Finding& finding, std::vector<Remark>& out) {
  const Severity severity = is_tampering(finding.kind) ? Severity::tampered : Severity::failed;
  Remark remark{severity, finding.kind, finding.commit, finding.path, 1, text_of(finding)};
  const auto rows = finding.kind == "policy_unmet" ? rows_of(report, finding) : std::vector<const UncoveredHunk*>();
  if (rows.empty()) out.push_back(remark);
  for (const UncoveredHunk* row : rows) {
    remark.line = row->line.value_or(1);
    remark.text = lines_of(*row) + "\n" + text_of(finding);
    out.push_back(remark);
  }
}

/// What the policy lets pass although nothing vouches for it.
void add_accepted_rows(const Report& report, std::vector<Remark>& out) {
  for (const UncoveredHunk& row : report.uncovered) {
    const bool named = std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& one) {
      return one.kind == "policy_unmet" && one.commit == row.commit && one.path == row.path;
    });
    if (!named)
      out.push_back({Severity::note, "uncovered", row.commit, row.path, row.line.value_or(1), lines_of(row)});
  }
}

std::vector<Remark> remarks_of(const Report& report) {
  std::vector<Remark> out;
  for (const Finding& one : report.findings) add_finding(report, one, out);
  if (report.anchor == Anchor::self_asserted && !report.anchor_optional) {
    out.push_back({Severity::failed, "not_anchored", {}, {}, 1,
                   "this clone vouches for itself\nname the root key: git striatum verify --root SHA256:FINGERPRINT"});
  }
  if (report.unreadable != 0) {
    out.push_back({Severity::failed, "unreadable", {}, {}, 1,
                   std::to_string(report.unreadable) +
                       " commits cannot be judged here\nfetch the whole history: git fetch --unshallow"});
  }
  add_accepted_rows(report, out);
  for (const Finding& one : report.warnings)
    out.push_back({Severity::note, one.kind, one.commit, one.path, 1, text_of(one)});
  return out;
}

std::string short_id(const Remark& remark) { return remark.commit ? remark.commit->hex().substr(0, 12) : ""; }

/// `text` with each character of `special` in per cent form.
std::string percent(std::string_view text, std::string_view special) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (special.find(c) == std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

std::string github_property(std::string_view text) { return percent(text, "%\r\n:,"); }

std::string github_line(const Remark& remark) {
  std::string out = remark.severity == Severity::note ? "::notice " : "::error ";
  if (remark.path) {
    out += "file=" + github_property(*remark.path) + ",line=" + std::to_string(remark.line) + ",";
  }
  const std::string commit = short_id(remark);
  out += "title=" + github_property("striatum " + remark.kind + (commit.empty() ? "" : " in " + commit));
  return out + "::" + percent(remark.text, "%\r\n") + "\n";
}

std::string_view gitlab_severity(Severity severity) {
  switch (severity) {
    case Severity::tampered:
      return "blocker";
    case Severity::failed:
      return "major";
    case Severity::note:
      break;
  }
  return "info";
}

Json gitlab_row(const Remark& remark, const std::string& fingerprint) {
  const std::string commit = short_id(remark);
  return {{"check_name", "striatum/" + remark.kind},
          {"description", remark.kind + (commit.empty() ? "" : " in " + commit) + ": " + remark.text},
          {"fingerprint", fingerprint},
          {"severity", gitlab_severity(remark.severity)},
          {"location",
           {{"path", remark.path.value_or(std::string(kProvenanceFolder))}, {"lines", {{"begin", remark.line}}}}}};
}

}  // namespace

std::string github_annotations(const Report& report) {
  std::string out;
  for (const Remark& one : remarks_of(report)) out += github_line(one);
  return out;
}

std::string github_quoted(std::string_view text, std::string_view token) {
  std::string out = "::stop-commands::" + std::string(token) + "\n";
  out.append(text);
  if (!out.ends_with('\n')) out += '\n';
  return out + "::" + std::string(token) + "::\n";
}

std::string gitlab_report(const Report& report) {
  Json out = Json::array();
  std::map<std::string, int> seen;
  for (const Remark& one : remarks_of(report)) {
    const std::string what = one.kind + '\n' + (one.commit ? one.commit->hex() : "") + '\n' + one.path.value_or("") +
                             '\n' + std::to_string(one.line) + '\n' + one.text;
    out.push_back(gitlab_row(one, sha256(what + std::to_string(seen[what]++)).hex()));
  }
  return to_canonical_utf8(out) + '\n';
}

std::string verification_summary(const Report& report, Instant now, const ToolName& tool) {
  const bool passed = report.exit_code() == Code::ok;
  Json policy = {{"uri", std::string(kProvenanceFolder) + "/trust/policy.json"}};
  if (report.policy_tree) policy["digest"] = {{"gitTree", report.policy_tree->hex()}};
  Json inputs = Json::array();
  for (const auto& [digest, receipt] : report.receipts) {
    inputs.push_back({{"uri", receipt_path(digest.hex())}, {"digest", {{"sha256", digest.hex()}}}});
  }
  const Json predicate = {
      {"verifier", {{"id", "https://striatum.dev/git-striatum"}, {"version", {{tool.name, tool.version}}}}},
      {"timeVerified", striatum::to_text(now)},
      {"resourceUri", "git+commit:" + report.head.hex()},
      {"policy", std::move(policy)},
      {"inputAttestations", std::move(inputs)},
      {"verificationResult", passed ? "PASSED" : "FAILED"},
      {"verifiedLevels", passed ? Json::array() : Json::array({"FAILED"})},
      {"slsaVersion", "1.0"}};
  Json subject = Json::array();
  subject.push_back({{"name", "commit"}, {"digest", {{"gitCommit", report.head.hex()}}}});
  const Json statement = {{"_type", "https://in-toto.io/Statement/v1"},
                          {"subject", std::move(subject)},
                          {"predicateType", "https://slsa.dev/verification_summary/v1"},
                          {"predicate", predicate}};
  return to_canonical_utf8(statement) + '\n';
}

}  // namespace striatum::provenance
