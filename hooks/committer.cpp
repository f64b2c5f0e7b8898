// SPDX-License-Identifier: Apache-2.0
#include "hooks/committer.hpp"

#include "os/files.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

/// Live ones of this worktree: those with a worktree of their own work there, the others in the main one.
std::vector<store::LiveLease> leases_here(const app::Context& ctx, const std::vector<store::LiveLease>& leases) {
  const bool linked = ctx.place.git && ctx.place.git->linked;
  std::vector<store::LiveLease> out;
  for (const store::LiveLease& lease : leases) {
    const bool here = lease.folder ? ctx.place.root / *lease.folder == ctx.place.work_tree : !linked;
    if (here && lease.expires_at > ctx.clock.now()) out.push_back(lease);
  }
  return out;
}

}  // namespace

NamedSession named_session(const git::Program& git, const std::optional<std::string>& environment) {
  if (environment) return {environment->empty(), environment->empty() ? std::nullopt : environment};
  if (!os::exists(os::path_join(git.git_dir(), "config.worktree"))) return {};
  return {false, git::Config::read(git).get("striatum.session")};
}

WhoCommits who_commits(app::Context& ctx, const NamedSession& named) {
  WhoCommits out;
  auto& db = ctx.state().db();
  const auto leases = store::live_leases(db);
  std::vector<Committer> here;
  for (const store::LiveLease& lease : leases_here(ctx, leases)) {
    Job job = store::get_job(db, lease.job);
    if (job.is_repo_write()) here.push_back({lease.session, std::move(job)});
  }
  for (const Committer& worker : here) out.at_work.push_back(worker.job);
  if (named.person) return out;
  if (!named.id) {
    if (here.size() == 1) out.committer = here.front();
    return out;
  }
  for (const store::LiveLease& lease : leases) {
    if (lease.session.str() == *named.id) out.committer = Committer{lease.session, store::get_job(db, lease.job)};
  }
  if (!out.committer) out.idle = named.id;
  return out;
}

}  // namespace striatum::hooks
