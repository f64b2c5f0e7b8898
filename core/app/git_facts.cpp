// SPDX-License-Identifier: Apache-2.0
#include "app/git_facts.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "app/worktree.hpp"
#include "base/crypto.hpp"
#include "domain/repo_path.hpp"
#include "domain/scope.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "store/apply.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

bool strict_environment() {
  const char* value = std::getenv("STRIATUM_STRICT");
  return value != nullptr && std::string_view(value) == "1";
}

git::Program program_of(const Context& ctx) { return git::Program(ctx.place.work_tree.string()); }

git::Repository repository_of(const Context& ctx) { return git::Repository::open(ctx.place.work_tree.string()); }

/// Glob of one `striatum.protectedBranch` value: `*` stands for any text.
bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') return matches(pattern.substr(1), name) || (!name.empty() && matches(pattern, name.substr(1)));
  return !name.empty() && pattern[0] == name[0] && matches(pattern.substr(1), name.substr(1));
}

void require_unprotected(const git::Repository& repository, const git::Config& config, const std::string& branch) {
  const std::vector<std::string> hints{"choose another branch, or add --allow-protected"};
  if (git::default_branch(repository, config) == branch) {
    refuse(Code::branch, "branch " + quote(branch) + " is the default branch of this repository", hints);
  }
  for (const std::string& pattern : config.all("striatum.protectedbranch")) {
    if (matches(pattern, branch)) {
      refuse(Code::branch, "branch " + quote(branch) + " is protected by striatum.protectedBranch " + quote(pattern), hints);
    }
  }
}

}  // namespace

std::optional<std::string> current_branch(const Context& ctx) {
  if (!ctx.place.git) return std::nullopt;
  if (auto name = git::quick_head(ctx.place.work_tree.string())) return name;
  const std::string name = repository_of(ctx).head().branch();
  return name.empty() ? std::nullopt : std::optional(name);
}

std::optional<std::string> head_commit(const Context& ctx) {
  if (!ctx.place.git) return std::nullopt;
  if (const auto places = git::discover(ctx.place.work_tree.string(), git::Environment::ignore)) {
    if (const auto commit = git::quick_head_commit(*places)) return commit->hex();
  }
  const auto head = repository_of(ctx).head();
  return head.commit ? std::optional(head.commit->hex()) : std::nullopt;
}

std::optional<std::string> commit_of(const Context& ctx, const std::string& revision) {
  if (!ctx.place.git) return std::nullopt;
  const auto commit = repository_of(ctx).resolve(revision);
  return commit ? std::optional(commit->hex()) : std::nullopt;
}

void require_on_branch(const Context& ctx, const Run& run) {
  if (!run.branch || !run.branch_base) return;
  const std::string confirm = "run `" + ctx.program() + " branch confirm --run-id " + run.id.str() + " --branch " +
                              *run.branch + " --again` to take the branch as it is now";
  const auto head = head_commit(ctx);
  if (!head) refuse(Code::branch, "HEAD of this repository has no commit", {"make a first commit: `git commit --allow-empty -m start`"});
  const git::Repository repository = repository_of(ctx);
  const auto base = Oid::parse(*run.branch_base);
  const auto tip = Oid::parse(*head);
  const bool known = base && tip && repository.has(*base);
  if (!known || (*base != *tip && !repository.is_ancestor(*base, *tip))) {
    refuse(Code::branch, "HEAD does not descend from the confirmed base " + run.branch_base->substr(0, 12) +
                             " of branch " + quote(*run.branch),
           {"check out the branch: `git switch " + *run.branch + "`", confirm});
  }
  const auto branch = current_branch(ctx);
  const bool linked = ctx.place.git && ctx.place.git->linked;
  if (!branch || linked || *branch == *run.branch) return;
  refuse(Code::branch, "the current branch is " + quote(*branch) + ", the run was confirmed for " + quote(*run.branch),
         {"check out the branch: `git switch " + *run.branch + "`", confirm});
}

void require_confirmable(const Context& ctx, const BranchRequest& request) {
  if (!ctx.place.git) refuse(Code::branch, "this folder is no git repository", {"run `git init`"});
  if (!git::valid_branch_name(request.branch)) {
    refuse(Code::branch, quote(request.branch) + " is no name git accepts for a branch", {"choose another name"});
  }
  if (const auto operation = git::operation_in_progress(ctx.place.git->git_dir)) {
    refuse(Code::branch, "a " + std::string(*operation) + " is in progress in this work tree",
           {"finish or abort it: `git status` tells how"});
  }
  if (!head_commit(ctx)) refuse(Code::branch, "HEAD of this repository has no commit yet", {"make a first commit: `git commit --allow-empty -m start`"});
  const git::Program git = program_of(ctx);
  const git::Repository repository = repository_of(ctx);
  if (!request.create && !repository.ref("refs/heads/" + request.branch)) {
    refuse(Code::branch, "there is no branch " + quote(request.branch), {"add --create to make it"});
  }
  if (!request.allow_protected) require_unprotected(repository, git::Config::read(git), request.branch);
  if (request.allow_dirty) return;
  const auto changed = git::changed_tracked(git);
  if (changed.empty()) return;
  refuse(Code::branch,
         "tracked files are changed: " + quote(changed.front()) +
             (changed.size() > 1 ? " and " + std::to_string(changed.size() - 1) + " more" : ""),
         {"commit or stash them: `git stash`", "or say allow_dirty in the workflow's branch block"});
}

namespace {

/// The folders and files a scope allows, as git takes them; empty: the whole repository.
std::vector<std::string> folders_of(const domain::WriteScope& scope) {
  std::vector<std::string> out;
  for (const std::string& path : scope.allowed_paths) {
    const auto parsed = RepoPath::parse(path);
    if (const auto* plain = std::get_if<RepoPath>(&parsed)) out.push_back(plain->str());
    if (inside("any", path)) return {};
  }
  return out;
}

/// Files that the reviews of a run write: they never belong to the work, wherever they lie.
std::set<std::string> review_files(store::Connection& db, const Job& job) {
  std::set<std::string> out;
  for (std::string& path : store::reviewed_paths(db, job.run)) out.insert(std::move(path));
  for (const Job& next : store::dependants(db, job.id)) {
    if (!next.is_review()) continue;
    for (const auto& artifact : domain::expected_artifacts(next.expected_artifacts)) out.insert(artifact.path);
  }
  return out;
}

}  // namespace

std::optional<Snapshot> take_snapshot(Context& ctx, const Job& job, const std::optional<std::string>& base,
                                      const std::string& coming_review) {
  if (!ctx.place.git || !base || !job.is_repo_write()) return std::nullopt;
  const domain::WriteScope scope = domain::write_scope(job.write_scope);
  std::set<std::string> foreign = review_files(ctx.state().db(), job);
  foreign.insert(coming_review);
  Json rows = Json::array();
  const std::vector<std::string> folders = folders_of(scope);
  const bool nothing = scope.allowed_paths.empty();
  const auto changes = nothing ? std::vector<git::Change>()
                               : git::worktree_changes(git::Program(work_folder(ctx, job.id).string()), *base,
                                                       git::StoreBlobs::no, folders);
  for (const git::Change& change : changes) {
    if (!domain::in_scope(scope, change.path) || foreign.count(change.path) != 0) continue;
    rows.push_back({{"path", change.path},
                    {"mode", change.after ? Json(git::to_octal(change.mode_after)) : Json()},
                    {"blob", change.after ? Json(change.after->hex()) : Json()}});
  }
  Snapshot out;
  out.rows = to_canonical_utf8(rows);
  out.digest = sha256(out.rows).hex();
  return out;
}

bool default_strict(const Context& ctx) {
  if (strict_environment()) return true;
  if (ctx.place.git) {
    if (const auto configured = git::Config::read(program_of(ctx)).boolean("striatum.strict")) return *configured;
  }
  return ctx.name == Name::git_striatum;
}

bool is_strict(const Run& run) { return run.strict || strict_environment(); }

}  // namespace striatum::app
