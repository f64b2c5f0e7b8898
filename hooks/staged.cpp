// SPDX-License-Identifier: Apache-2.0
#include "hooks/staged.hpp"

#include <algorithm>

#include "app/git_facts.hpp"
#include "base/crypto.hpp"
#include "base/text.hpp"
#include "domain/repo_path.hpp"
#include "domain/scope.hpp"
#include "export/dsse.hpp"
#include "export/paths.hpp"
#include "export/shape.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "os/files.hpp"
#include "store/apply.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

using git::Change;
using git::Mode;

void refuse_path(StagedReport& report, const std::string& path, const std::string& why, const std::string& hint) {
  report.refusals.push_back(quote(path) + " " + why);
  report.hints.push_back(hint);
}

std::string unstage(const std::string& path) { return "git restore --staged -- " + path; }

/// The index of this commit against HEAD.
class Staged {
 public:
  Staged(const app::Context& ctx, const StagedQuestion& question)
      : git_(program(ctx, question)), repository_(git::Repository::open(ctx.place.work_tree.string())) {
    const auto head = repository_.head().commit;
    changes_ = git::staged_changes(git_, head ? head->hex() : empty_tree_oid().hex());
  }

  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] const git::Repository& repository() const { return repository_; }
  [[nodiscard]] const git::Program& git() const { return git_; }

 private:
  static git::Program program(const app::Context& ctx, const StagedQuestion& question) {
    const git::Program git(ctx.place.work_tree.string());
    return question.index_file ? git.with_index(*question.index_file) : git;
  }

  git::Program git_;
  git::Repository repository_;
  std::vector<Change> changes_;
};

// ---- paths that nobody commits -------------------------------------------------------------------------

void check_forbidden(const Change& change, StagedReport& report) {
  if (change.mode_after == Mode::none) return;
  for (const std::string& part : split(change.path, '/')) {
    if (forbidden_component(part) != PathRule::state_folder) continue;
    refuse_path(report, change.path, "belongs to the live state and is never committed", unstage(change.path));
    return;
  }
}

// ---- records -------------------------------------------------------------------------------------------

/// Why a new record's name does not tell its content; empty when it does.
std::string name_problem(const provenance::RecordName& name, const std::string& bytes) {
  using provenance::RecordKind;
  if (name.kind == RecordKind::signature) return {};
  if (name.kind == RecordKind::changes || name.kind == RecordKind::evidence) {
    return sha256(bytes).hex() == name.digest ? "" : "has other bytes than its name says";
  }
  const auto envelope = provenance::parse_committed_envelope(bytes);
  if (!envelope) return "is no envelope as apply writes it: " + envelope.problem();
  return sha256(envelope->payload).hex() == name.digest ? "" : "has another payload than its name says";
}

void check_record(const git::Repository& repository, const Change& change, StagedReport& report) {
  const std::string hint = "records are written by `git striatum apply` alone: " + unstage(change.path);
  if (change.mode_after == Mode::none) {
    report.warnings.push_back(quote(change.path) + " is deleted: what it vouched for is no longer covered");
    return;
  }
  if (change.mode_before != Mode::none) {
    refuse_path(report, change.path, "is a record and must not be changed", hint);
    return;
  }
  const auto name = provenance::parse_record_path(change.path);
  if (!name || change.mode_after != Mode::regular || !change.after) {
    refuse_path(report, change.path, "is no record's name; only files named by their digest belong here", hint);
    return;
  }
  const std::string problem = name_problem(*name, repository.blob(*change.after));
  if (!problem.empty()) refuse_path(report, change.path, problem, hint);
}

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
                       const std::optional<std::string>& branch, StagedReport& report) {
  const auto published = store::active_publication(ctx.state().db(), change.path, branch);
  if (!published || is_publication(staged, change, published->sha256, ctx.place.work_tree.string())) return;
  refuse_path(report, change.path, "is not what was published as " + published->id.str(),
              "publish it anew, or bring back what was published, or leave it out: " + unstage(change.path));
}

// ---- who commits ---------------------------------------------------------------------------------------

struct Committer {
  SessionId session;
  Job job;
};

std::optional<store::LiveLease> only_live_lease(app::Context& ctx, const std::vector<store::LiveLease>& leases) {
  const std::string here = ctx.place.work_tree.string();
  const bool linked = ctx.place.git && ctx.place.git->linked;
  std::optional<store::LiveLease> found;
  for (const store::LiveLease& lease : leases) {
    const bool ours = lease.folder ? *lease.folder == here : !linked;
    if (!ours || !store::get_job(ctx.state().db(), lease.job).is_repo_write()) continue;
    if (found) return std::nullopt;
    found = lease;
  }
  return found;
}

/// The session named by the environment or the worktree's configuration, else the only one at work here.
std::optional<Committer> committer(app::Context& ctx, const git::Program& git, const StagedQuestion& question,
                                   StagedReport& report) {
  const auto leases = store::live_leases(ctx.state().db());
  std::optional<std::string> named = question.session;
  if (!named) named = git::Config::read(git).get("striatum.session");
  if (!named) {
    const auto only = only_live_lease(ctx, leases);
    if (!only) return std::nullopt;
    return Committer{only->session, store::get_job(ctx.state().db(), only->job)};
  }
  for (const store::LiveLease& lease : leases) {
    if (lease.session.str() == *named) return Committer{lease.session, store::get_job(ctx.state().db(), lease.job)};
  }
  report.warnings.push_back("session " + quote(*named) + " has no work in hand; the commit is not tied to any");
  return std::nullopt;
}

void check_scope(const Committer& who, const Change& change, StagedReport& report) {
  const auto place = provenance::place_of(change.path);
  if (place == provenance::Place::record || domain::in_scope(domain::write_scope(who.job.write_scope), change.path)) return;
  refuse_path(report, change.path,
              "is outside the write scope of job " + quote(who.job.id.str()) + ", which session " +
                  quote(who.session.str()) + " works on",
              unstage(change.path) + "; a person's own change goes in from another worktree or with --no-verify");
}

void check_against_state(app::Context& ctx, const Staged& staged, const StagedQuestion& question, StagedReport& report) {
  if (!ctx.state_exists()) return;
  auto& db = ctx.state().db();
  // What apply commits has passed its own gates, other jobs' work beside it included.
  if (question.intent && store::is_open_intent(db, *question.intent)) return;
  const auto branch = app::current_branch(ctx);
  const auto who = committer(ctx, staged.git(), question, report);
  for (const Change& change : staged.changes()) {
    if (change.mode_after != Mode::none) check_publication(ctx, staged, change, branch, report);
    if (who) check_scope(*who, change, report);
  }
}

// ---- trailers ------------------------------------------------------------------------------------------

bool is_staged(const git::Program& git, const std::string& path) {
  return !git.out({"ls-files", "--cached", "-z", "--", ":(top,literal)" + path}).empty();
}

void check_receipt_trailer(const git::Program& git, const std::string& value, StagedReport& report) {
  constexpr std::string_view kPrefix = "sha256:";
  const std::string digest = value.starts_with(kPrefix) ? value.substr(kPrefix.size()) : "";
  if (!provenance::parse_digest(digest)) {
    report.refusals.push_back("the trailer Striatum-Receipt is not sha256: and 64 hex digits: " + quote(value));
    report.hints.push_back("take the trailer out; `git striatum apply` writes it");
  } else if (!is_staged(git, provenance::receipt_path(digest))) {
    report.refusals.push_back("the trailer Striatum-Receipt names a receipt that the commit does not hold: " + quote(value));
    report.hints.push_back("take the trailer out, or bring the record: " + provenance::receipt_path(digest));
  }
}

}  // namespace

StagedReport check_staged(app::Context& ctx, const StagedQuestion& question) {
  StagedReport report;
  const Staged staged(ctx, question);
  for (const Change& change : staged.changes()) {
    check_forbidden(change, report);
    if (provenance::place_of(change.path) == provenance::Place::record) check_record(staged.repository(), change, report);
  }
  try {
    check_against_state(ctx, staged, question, report);
  } catch (const Error& error) {
    report.warnings.push_back("the live state cannot be asked: " + error.message());
  }
  return report;
}

StagedReport check_message(app::Context& ctx, const StagedQuestion& question, const std::string& file) {
  StagedReport report;
  const auto text = os::read_file(file);
  if (!text) refuse(Code::not_found, "could not find the message file " + quote(file), {"give the file that git gives to commit-msg"});
  const git::Program plain(ctx.place.work_tree.string());
  const git::Program git = question.index_file ? plain.with_index(*question.index_file) : plain;
  for (const auto& [name, value] : git::trailers(git, *text)) {
    const std::string key = lower(name);
    if (key == "striatum-receipt") check_receipt_trailer(git, value, report);
    if (key == "striatum-run" && !provenance::valid_run_folder(value)) {
      report.refusals.push_back("the trailer Striatum-Run is no run id: " + quote(value));
      report.hints.push_back("take the trailer out; `git striatum apply` writes it");
    }
  }
  return report;
}

}  // namespace striatum::hooks
