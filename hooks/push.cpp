// SPDX-License-Identifier: Apache-2.0
#include "hooks/push.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "export/trust.hpp"
#include "export/verify.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "hooks/baseline.hpp"
#include "hooks/observed.hpp"
#include "hooks/rules.hpp"

namespace striatum::hooks {
namespace {

constexpr std::size_t kMostNamed = 20;

std::string short_id(const Oid& id) { return id.hex().substr(0, 12); }

std::string subject_of(const git::Commit& commit) { return commit.message.substr(0, commit.message.find('\n')); }

bool has_trust(const git::Repository& repository, const Oid& commit) {
  return provenance::trust_id(repository, repository.commit(commit).tree).has_value();
}

/// The commit of a ref's value: a tag's object leads to one.
std::optional<Oid> commit_at(const git::Repository& repository, const Oid& id) {
  return id.zero() ? std::nullopt : repository.resolve(id.hex());
}

// ---- verify --------------------------------------------------------------------------------------------

enum class Unreadable { passes, refused };

void name_findings(const provenance::Report& judged, const std::string& range, HookReport& report) {
  std::size_t left = kMostNamed;
  for (const auto& finding : judged.findings) {
    if (left-- == 0) break;
    const std::string where = (finding.commit ? short_id(*finding.commit) + " " : "") + (finding.path ? *finding.path + " " : "");
    report.refusals.push_back(where + finding.kind + ": " + finding.detail);
  }
  if (judged.findings.size() > kMostNamed) {
    report.refusals.push_back("and " + std::to_string(judged.findings.size() - kMostNamed) + " findings more");
  }
  report.hints.push_back("git striatum verify " + range);
}

struct Judging {
  const git::Repository& repository;
  std::vector<std::string> pinned;
  Unreadable unreadable;
};

void verify_range(const Judging& with, const std::optional<Oid>& base, const Oid& head, HookReport& report) {
  provenance::VerifyOptions options;
  options.pinned = with.pinned;
  options.self_asserted = true;
  options.all = !base;
  options.revision = (base ? base->hex() + ".." : "") + head.hex();
  const provenance::Report judged = provenance::verify(with.repository, options);
  if (judged.exit_code() == Code::ok) return;
  if (!judged.findings.empty()) {
    name_findings(judged, options.revision, report);
  } else if (with.unreadable == Unreadable::refused) {
    report.refuse(std::to_string(judged.unreadable) + " commits cannot be judged here", "fetch the whole history");
  } else {
    report.warnings.push_back(std::to_string(judged.unreadable) + " commits cannot be judged in this clone: git fetch --unshallow");
  }
}

/// Where neither side has adopted a trust there is nothing to verify by. Without a base: from the first commit on.
void verify_move(const Judging& with, const std::optional<Oid>& base, const Oid& head, HookReport& report) {
  if (base && with.repository.is_ancestor(head, *base)) return;
  if (!has_trust(with.repository, head) && !(base && has_trust(with.repository, *base))) return;
  verify_range(with, base, head, report);
}

std::vector<std::string> pinned_roots(const git::Program& git) { return git::Config::read(git).all("striatum.trustroot"); }

// ---- pre-push ------------------------------------------------------------------------------------------

/// Where the remote stands, as far as this clone knows: the ref itself, else the branch that it shows to newcomers.
std::optional<Oid> remote_base(const git::Repository& repository, const std::string& remote, const RefMove& move) {
  if (!move.before.zero()) return repository.has(move.before) ? std::optional(move.before) : std::nullopt;
  for (const char* name : {"HEAD", "main", "master"}) {
    if (const auto known = repository.ref("refs/remotes/" + remote + "/" + name)) return known;
    const auto target = repository.symbolic_target("refs/remotes/" + remote + "/" + name);
    if (const auto known = target ? repository.ref(*target) : std::nullopt) return known;
  }
  return std::nullopt;
}

std::vector<git::Change> changes_of(const git::Repository& repository, const git::Commit& commit) {
  std::optional<Oid> before;
  if (!commit.parents.empty()) before = repository.commit(commit.parents.front()).tree;
  std::vector<git::Change> out = repository.diff(before, commit.tree);
  for (std::size_t i = 1; i < commit.parents.size(); ++i) {
    std::set<std::string> differ;
    for (const git::Change& change : repository.diff(repository.commit(commit.parents[i]).tree, commit.tree)) differ.insert(change.path);
    std::erase_if(out, [&](const git::Change& change) { return differ.count(change.path) == 0; });
  }
  return out;
}

/// What no hook has judged is judged now.
void judge_commit(const git::Repository& repository, const git::Commit& commit, HookReport& report) {
  HookReport found;
  const std::string id = short_id(commit.id);
  check_rules(repository, changes_of(repository, commit), [&](const std::string&) { return "mend commit " + id; }, found);
  for (const std::string& refusal : found.refusals) report.refusals.push_back("commit " + id + ": " + refusal);
  for (const std::string& warning : found.warnings) report.warnings.push_back("commit " + id + ": " + warning);
  report.hints.insert(report.hints.end(), found.hints.begin(), found.hints.end());
}

void judge_unseen(const git::Places& places, const git::Program& git, const git::Repository& repository,
                  const Interest& interest, HookReport& report) {
  std::size_t named = 0;
  for (const Observed& observed : observe(places, git, repository, interest)) {
    if (observed.seen == Seen::judged || observed.seen == Seen::applied) continue;
    judge_commit(repository, observed.commit, report);
    if (!went_around(observed.seen) || ++named > kMostNamed) continue;
    report.warnings.push_back("commit " + short_id(observed.commit.id) + " " + std::string(explain(observed.seen)) + ": " +
                              subject_of(observed.commit));
  }
  if (named > kMostNamed) report.warnings.push_back("and " + std::to_string(named - kMostNamed) + " commits more");
}

}  // namespace

std::vector<RefMove> parse_push_lines(std::string_view input) {
  std::vector<RefMove> out;
  for (const std::string& line : split(input, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 4) continue;
    const auto local = Oid::parse(words[1]);
    const auto remote = Oid::parse(words[3]);
    if (local && remote) out.push_back({words[2], *remote, *local});
  }
  return out;
}

std::vector<RefMove> parse_receive_lines(std::string_view input) {
  std::vector<RefMove> out;
  for (const std::string& line : split(input, '\n')) {
    const auto first = line.find(' ');
    const auto second = first == std::string::npos ? first : line.find(' ', first + 1);
    if (second == std::string::npos) continue;
    const auto before = Oid::parse(line.substr(0, first));
    const auto after = Oid::parse(line.substr(first + 1, second - first - 1));
    if (before && after) out.push_back({line.substr(second + 1), *before, *after});
  }
  return out;
}

std::vector<RefMove> framework_push(const std::optional<std::string>& remote_ref, const std::optional<std::string>& from,
                                    const std::optional<std::string>& to) {
  const auto after = Oid::parse(to.value_or(""));
  if (!after) return {};
  return {{remote_ref.value_or(""), Oid::parse(from.value_or("")).value_or(Oid()), *after}};
}

HookReport check_push(const git::Places& places, const std::string& remote, const std::vector<RefMove>& moves) {
  HookReport report;
  const git::Program git(places);
  const auto repository = git::Repository::open(places);
  const Judging with{repository, pinned_roots(git), Unreadable::passes};
  for (const RefMove& move : moves) {
    const auto head = commit_at(repository, move.after);
    if (!head) continue;  // taken away, or no commit
    const auto base = remote_base(repository, remote, move);
    if (has_baseline(places)) {
      judge_unseen(places, git, repository, {{head->hex()}, base ? std::vector{base->hex()} : std::vector<std::string>()}, report);
    }
    verify_move(with, base, *head, report);
  }
  return report;
}

HookReport check_receive(const git::Places& places, const std::vector<RefMove>& moves) {
  HookReport report;
  const git::Program git(places);
  const auto repository = git::Repository::open(places);
  const Judging with{repository, pinned_roots(git), Unreadable::refused};
  const auto standard = repository.head().commit;
  for (const RefMove& move : moves) {
    const auto head = commit_at(repository, move.after);
    if (!head) continue;
    const auto before = commit_at(repository, move.before);
    verify_move(with, before ? before : standard, *head, report);
  }
  return report;
}

}  // namespace striatum::hooks
