// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "export/verify.hpp"

namespace striatum::provenance {
namespace {

Json commit_json(const std::optional<Oid>& commit) { return commit ? Json(commit->hex()) : Json(); }

Json to_json(const Finding& finding) {
  return {{"kind", finding.kind},
          {"commit", commit_json(finding.commit)},
          {"path", nullable(finding.path)},
          {"detail", finding.detail},
          {"hints", finding.hints}};
}

Json to_json(const std::vector<Finding>& list) {
  Json out = Json::array();
  for (const Finding& one : list) out.push_back(to_json(one));
  return out;
}

Json to_json(const std::vector<Sha256>& digests) {
  Json out = Json::array();
  for (const Sha256& one : digests) out.push_back(one.hex());
  return out;
}

Json to_json(const JudgedPath& path) {
  return {{"path", path.path},
          {"class", to_text(path.cls)},
          {"added", path.added},
          {"removed", path.removed},
          {"receipts", to_json(path.receipts)}};
}

Json to_json(const UncoveredHunk& row) {
  return {{"commit", row.commit.hex()},
          {"path", row.path},
          {"kind", to_text(row.kind)},
          {"added", row.added},
          {"removed", row.removed},
          {"line", row.line ? Json(*row.line) : Json()}};
}

Json to_json(const JudgedCommit& commit, const std::vector<const Finding*>& findings) {
  Json paths = Json::array();
  for (const JudgedPath& path : commit.paths) paths.push_back(to_json(path));
  Json list = Json::array();
  for (const Finding* one : findings) list.push_back(to_json(*one));
  return {{"commit", commit.id.hex()},
          {"class", to_text(commit.cls)},
          {"receipts", to_json(commit.receipts)},
          {"paths", std::move(paths)},
          {"findings", std::move(list)}};
}

}  // namespace

std::string_view to_text(Anchor anchor) {
  switch (anchor) {
    case Anchor::given:
      return "given";
    case Anchor::pinned:
      return "pinned";
    case Anchor::self_asserted:
      break;
  }
  return "self_asserted";
}

std::map<Class, std::size_t> Report::counts() const {
  std::map<Class, std::size_t> out;
  for (const Class one : kAllClasses) out[one] = 0;
  for (const JudgedCommit& commit : commits) ++out[commit.cls];
  return out;
}

Code Report::exit_code() const {
  const bool unanchored = anchor == Anchor::self_asserted && !anchor_optional;
  if (!findings.empty() || unanchored) return Code::verification;
  return unreadable > 0 ? Code::not_found : Code::ok;
}

Json to_json(const Report& report) {
  Json counts = Json::object();
  for (const auto& [cls, count] : report.counts()) counts[std::string(to_text(cls))] = count;
  std::map<Oid, std::vector<const Finding*>> by_commit;
  for (const Finding& one : report.findings) {
    if (one.commit) by_commit[*one.commit].push_back(&one);
  }
  Json commits = Json::array();
  for (const JudgedCommit& one : report.commits) commits.push_back(to_json(one, by_commit[one.id]));
  Json uncovered = Json::array();
  for (const UncoveredHunk& one : report.uncovered) uncovered.push_back(to_json(one));
  return {{"base", commit_json(report.base)},
          {"head", report.head.hex()},
          {"anchor", to_text(report.anchor)},
          {"policy_version", report.policy_version ? Json(*report.policy_version) : Json()},
          {"verified", report.exit_code() == Code::ok},
          {"counts", std::move(counts)},
          {"commits", std::move(commits)},
          {"uncovered", std::move(uncovered)},
          {"findings", to_json(report.findings)},
          {"warnings", to_json(report.warnings)},
          {"unreadable", report.unreadable}};
}

}  // namespace striatum::provenance
