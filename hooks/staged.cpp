// SPDX-License-Identifier: Apache-2.0
#include "hooks/staged.hpp"

#include <algorithm>
#include <set>

#include "app/git_facts.hpp"
#include "base/crypto.hpp"
#include "base/text.hpp"
#include "domain/scope.hpp"
#include "export/paths.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "hooks/committer.hpp"
#include "hooks/observed.hpp"
#include "hooks/rules.hpp"
#include "hooks/spool.hpp"
#include "os/files.hpp"
#include "store/apply.hpp"

namespace striatum::hooks {
namespace {

using git::Change;
using git::Mode;

std::string unstage(const std::string& path) { return "git restore --staged -- " + path; }

/// The index of this commit against HEAD.
class Staged {
 public:
  Staged(const git::Places& places, const CommitQuestion& question)
      : git_(program(places, question)), repository_(git::Repository::open(places)), head_(repository_.head().commit) {
    changes_ = git::staged_changes(git_, head_ ? head_->hex() : empty_tree_oid().hex());
    std::vector<std::string> others = question.merged;
    const auto merging = os::read_file(os::path_join(places.git_dir, "MERGE_HEAD"));
    for (const std::string& line : split(merging.value_or(""), '\n')) others.push_back(line);
    for (const std::string& hex : others) leave_out_inherited(hex);
  }

  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  /// Those that are not simply what a merged head has.
  [[nodiscard]] std::vector<Change> own_changes() const {
    std::vector<Change> out;
    for (const Change& change : changes_) {
      if (inherited_.count(change.path) == 0) out.push_back(change);
    }
    return out;
  }
  [[nodiscard]] const git::Repository& repository() const { return repository_; }
  [[nodiscard]] const git::Program& git() const { return git_; }
  [[nodiscard]] std::string head() const { return head_ ? head_->hex() : "-"; }

 private:
  static git::Program program(const git::Places& places, const CommitQuestion& question) {
    const git::Program git(places);
    return question.index_file ? git.with_index(*question.index_file) : git;
  }

  void leave_out_inherited(const std::string& hex) {
    const auto id = Oid::parse(hex);
    if (!id || !repository_.has(*id)) return;
    const Oid tree = repository_.commit(*id).tree;
    for (const Change& change : changes_) {
      const auto theirs = repository_.entry(tree, change.path);
      const bool same = theirs ? theirs->id == change.after && theirs->mode == change.mode_after : change.mode_after == Mode::none;
      if (same) inherited_.insert(change.path);
    }
  }

  git::Program git_;
  git::Repository repository_;
  std::optional<Oid> head_;
  std::vector<Change> changes_;
  std::set<std::string> inherited_;
};

// ---- published files -----------------------------------------------------------------------------------

/// With a filter git stores other bytes than the file has, which is what was published.
bool is_publication(const Staged& staged, const Change& change, const std::string& digest, const std::string& root) {
  if (!change.after) return false;
  if (sha256(staged.repository().blob(*change.after)).hex() == digest) return true;
  const auto bytes = os::read_file(os::path_join(root, change.path));
  if (!bytes || sha256(*bytes).hex() != digest) return false;
  const os::Finished hashed = staged.git().run({"hash-object", "--path", change.path, "--stdin"}, *bytes);
  return Oid::parse(trim(hashed.out)) == change.after;
}

void check_publication(app::Context& ctx, const Staged& staged, const Change& change,
                       const std::optional<std::string>& branch, HookReport& report) {
  const auto published = store::active_publication(ctx.state().db(), change.path, branch);
  if (!published || is_publication(staged, change, published->sha256, ctx.place.work_tree.string())) return;
  report.refuse(quote(change.path) + " is not what was published as " + published->id.str(),
                "publish it anew, or bring back what was published, or leave it out: " + unstage(change.path));
}

// ---- write scopes --------------------------------------------------------------------------------------

bool allows(const Job& job, const Change& change) {
  return provenance::place_of(change.path) == provenance::Place::record ||
         domain::in_scope(domain::write_scope(job.write_scope), change.path);
}

void hold_to_scope(const Committer& who, const Change& change, HookReport& report) {
  if (allows(who.job, change)) return;
  report.refuse(quote(change.path) + " is outside the write scope of job " + quote(who.job.id.str()) +
                    ", which session " + quote(who.session.str()) + " works on",
                unstage(change.path) + "; a person commits with STRIATUM_SESSION_ID= git commit");
}

void warn_person(const std::vector<Job>& at_work, const Change& change, HookReport& report) {
  for (const Job& job : at_work) {
    if (provenance::place_of(change.path) == provenance::Place::record || !allows(job, change)) continue;
    report.warnings.push_back(quote(change.path) + " is in the write scope of job " + quote(job.id.str()) +
                              ", which a session works on");
    return;
  }
}

// ---- the decision --------------------------------------------------------------------------------------

void check_against_state(app::Context& ctx, const Staged& staged, const NamedSession& named, HookReport& report) {
  const auto branch = app::current_branch(ctx);
  const WhoCommits who = who_commits(ctx, named);
  if (who.idle) report.warnings.push_back("session " + quote(*who.idle) + " has no work in hand; the commit is not tied to any");
  for (const Change& change : staged.own_changes()) {
    if (change.mode_after != Mode::none) check_publication(ctx, staged, change, branch, report);
    if (who.committer) {
      hold_to_scope(*who.committer, change, report);
    } else {
      warn_person(who.at_work, change, report);
    }
  }
}

/// What apply commits has passed its own gates, other jobs' work beside it included.
bool is_apply(app::Context& ctx, const CommitQuestion& question) {
  return question.intent && store::is_open_intent(ctx.state().db(), *question.intent);
}

}  // namespace

HookReport check_staged(app::Context& ctx, const CommitQuestion& question) {
  HookReport report;
  if (!ctx.place.git) return report;
  const Staged staged(*ctx.place.git, question);
  check_rules(staged.repository(), staged.changes(), unstage, report);
  const NamedSession named = named_session(staged.git(), question.session);
  try {
    if (ctx.state_exists() && !is_apply(ctx, question)) check_against_state(ctx, staged, named, report);
  } catch (const Error& error) {
    report.warnings.push_back("the live state cannot be asked: " + error.message());
  }
  if (report.refusals.empty()) {
    append_spool(*ctx.place.git, {{SpoolLine::Kind::judged, staged.head(), changes_digest(staged.changes()), named.id}});
  }
  return report;
}

}  // namespace striatum::hooks
