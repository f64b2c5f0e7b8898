// SPDX-License-Identifier: Apache-2.0
#include "hooks/observed.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hpp"
#include "export/paths.hpp"
#include "hooks/baseline.hpp"
#include "hooks/spool.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

using git::Change;

// ---- git's own log of what it did ------------------------------------------------------------------------

enum class Maker { none, hooked, hookless, apply };

/// What made a commit, told by the message of its reflog entry: `commit (amend): Subject`.
Maker maker_of(std::string_view message) {
  if (message.starts_with("striatum: apply")) return Maker::apply;
  const std::string_view action = message.substr(0, message.find(':'));
  constexpr std::array<std::string_view, 6> kPicks{"(pick)", "(squash)", "(fixup)", "(reword)", "(edit)", "(continue)"};
  const bool pick = std::any_of(kPicks.begin(), kPicks.end(), [&](std::string_view word) { return action.ends_with(word); });
  if (action.starts_with("commit") || action == "am") return Maker::hooked;
  if (action.find("rebase") != std::string_view::npos) return pick ? Maker::hookless : Maker::none;
  if (action.starts_with("cherry-pick") || action.starts_with("revert")) return Maker::hookless;
  const bool merge = action.starts_with("merge") || action.starts_with("pull");
  return merge && message.find("Merge made by") != std::string_view::npos ? Maker::hooked : Maker::none;
}

std::map<std::string, std::set<Maker>> makers(const git::Program& git) {
  std::map<std::string, std::set<Maker>> out;
  const os::Finished log = git.run({"log", "-g", "--all", "--no-show-signature", "--format=%H %gs"});
  for (const std::string& line : split(log.out, '\n')) {
    const auto blank = line.find(' ');
    if (blank != std::string::npos) out[line.substr(0, blank)].insert(maker_of(std::string_view(line).substr(blank + 1)));
  }
  return out;
}

// ---- the spool -------------------------------------------------------------------------------------------

/// What the spool says, by commit.
class Judgements {
 public:
  explicit Judgements(const std::vector<SpoolLine>& lines) {
    for (const SpoolLine& line : lines) {
      if (line.kind == SpoolLine::Kind::judged) digests_[line.first].insert(line.second);
      if (line.kind == SpoolLine::Kind::rewritten) before_[line.second].push_back(line.first);
    }
  }

  /// judged, changed, or nothing known.
  [[nodiscard]] std::optional<Seen> of(const git::Repository& repository, const git::Commit& commit) const {
    std::vector<std::string> stood_on = rewrites(commit.id);
    stood_on.push_back(commit.parents.empty() ? "-" : commit.parents.front().hex());
    bool other = false;
    for (const std::string& head : stood_on) {
      const auto found = digests_.find(head);
      if (found == digests_.end()) continue;
      other = true;
      const auto digest = digest_from(repository, head, commit.tree);
      if (digest && found->second.count(*digest) != 0) return Seen::judged;
    }
    return other ? std::optional(Seen::changed) : std::nullopt;
  }

 private:
  [[nodiscard]] std::vector<std::string> rewrites(const Oid& id) const {
    const auto found = before_.find(id.hex());
    return found == before_.end() ? std::vector<std::string>() : found->second;
  }

  static std::optional<std::string> digest_from(const git::Repository& repository, const std::string& head, const Oid& tree) {
    if (head == "-") return changes_digest(repository.diff(std::nullopt, tree));
    const auto id = Oid::parse(head);
    if (!id || !repository.has(*id)) return std::nullopt;
    return changes_digest(repository.diff(repository.commit(*id).tree, tree));
  }

  std::map<std::string, std::set<std::string>> digests_;
  std::map<std::string, std::vector<std::string>> before_;
};

bool adds_receipt(const git::Repository& repository, const git::Commit& commit) {
  std::optional<Oid> before;
  if (!commit.parents.empty()) before = repository.commit(commit.parents.front()).tree;
  const auto changes = repository.diff(before, commit.tree);
  return std::any_of(changes.begin(), changes.end(), [](const Change& change) {
    const auto name = provenance::parse_record_path(change.path);
    return name && name->kind == provenance::RecordKind::receipt && change.mode_before == git::Mode::none;
  });
}

Seen by_maker(const git::Repository& repository, const git::Commit& commit, const std::set<Maker>& made) {
  if (made.count(Maker::apply) != 0 && adds_receipt(repository, commit)) return Seen::applied;
  if (made.count(Maker::hooked) != 0) return Seen::around;
  if (made.count(Maker::hookless) != 0) return Seen::not_run;
  return Seen::no_hook;
}

std::vector<Oid> reached(const git::Places& places, const git::Program& git, const Interest& interest) {
  std::string revisions;
  for (const std::string& name : interest.include) revisions += name + "\n";
  for (const std::string& name : interest.exclude) revisions += "^" + name + "\n";
  for (const Oid& id : baseline(places)) revisions += "^" + id.hex() + "\n";
  const auto fetched = os::read_file(os::path_join(places.git_dir, "FETCH_HEAD"));
  for (const std::string& line : split(fetched.value_or(""), '\n')) {
    if (const auto id = Oid::parse(line.substr(0, line.find('\t')))) revisions += "^" + id->hex() + "\n";
  }
  std::vector<Oid> out;
  const std::string most = "--max-count=" + std::to_string(kMostObserved);
  for (const std::string& line : split(git.out({"rev-list", "--ignore-missing", most, "--stdin", "--not", "--remotes"}, revisions), '\n')) {
    if (const auto id = Oid::parse(line)) out.push_back(*id);
  }
  return out;
}

}  // namespace

std::string_view to_text(Seen seen) {
  switch (seen) {
    case Seen::judged: return "judged";
    case Seen::applied: return "applied";
    case Seen::not_run: return "not_run";
    case Seen::changed: return "changed";
    case Seen::around: return "around";
    case Seen::no_hook: return "no_hook";
  }
  return "";
}

bool went_around(Seen seen) { return seen == Seen::changed || seen == Seen::around || seen == Seen::no_hook; }

std::string_view explain(Seen seen) {
  switch (seen) {
    case Seen::judged: return "was judged by pre-commit";
    case Seen::applied: return "was made by apply";
    case Seen::not_run: return "was made where git runs no pre-commit";
    case Seen::changed: return "holds other changes than pre-commit judged";
    case Seen::around: return "was made around pre-commit (--no-verify, or hooks switched off)";
    case Seen::no_hook: return "was made without any hook (update-ref, commit-tree, a library)";
  }
  return "";
}

std::string changes_digest(std::vector<Change> changes) {
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.path < b.path; });
  std::string text;
  for (const Change& change : changes) {
    text += git::to_octal(change.mode_after) + " " + (change.after ? change.after->hex() : "-") + " " + change.path + '\0';
  }
  return git::hash_blob(text).hex();
}

std::vector<Observed> observe(const git::Places& places, const git::Program& git, const git::Repository& repository,
                              const Interest& interest) {
  std::vector<Observed> out;
  const Judgements judgements(read_spool(places));
  std::optional<std::map<std::string, std::set<Maker>>> made;
  for (const Oid& id : reached(places, git, interest)) {
    git::Commit commit = repository.commit(id);
    auto seen = judgements.of(repository, commit);
    if (seen != Seen::judged) {
      if (!made) made = makers(git);
      const Seen by = by_maker(repository, commit, (*made)[id.hex()]);
      if (!seen || by != Seen::around) seen = by;
    }
    out.push_back({std::move(commit), *seen});
  }
  return out;
}

std::vector<Observed> commits_around(const git::Places& places) {
  if (!has_baseline(places)) return {};
  const git::Program git(places);
  const auto repository = git::Repository::open(places);
  std::vector<std::string> tips;
  for (const std::string& line : split(git.out({"for-each-ref", "--format=%(objectname)", "refs/heads"}), '\n')) {
    if (!line.empty()) tips.push_back(line);
  }
  if (const auto head = repository.head().commit) tips.push_back(head->hex());
  if (tips.empty()) return {};
  std::vector<Observed> out = observe(places, git, repository, {tips, {}});
  std::erase_if(out, [](const Observed& commit) { return !went_around(commit.seen); });
  return out;
}

}  // namespace striatum::hooks
