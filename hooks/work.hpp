// SPDX-License-Identifier: Apache-2.0
// What an apply takes: the finished work of a run, what was published of it, who reviewed it, and what earlier
// applies of the run left in the branch. Read from the state and from the branch's tip; nothing is judged here.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "base/crypto.hpp"
#include "domain/records.hpp"
#include "domain/workflow_spec.hpp"
#include "export/changes.hpp"
#include "export/receipt.hpp"
#include "git/repository.hpp"
#include "store/apply.hpp"

namespace striatum::hooks {

/// Mode and blob at a path; absent: mode `none`.
struct Entry {
  git::Mode mode = git::Mode::none;
  std::optional<Oid> blob;
  bool operator==(const Entry&) const = default;
};
using Entries = std::map<std::string, Entry>;

/// The file, link or pointer at a path of a root tree.
[[nodiscard]] Entry entry_at(const git::Repository& repository, const Oid& root_tree, const std::string& path);

struct TakenJob {
  Job job;
  domain::WriteScope scope;
  /// Commit that the work started from.
  Oid base;
  Oid base_tree;
  /// The work lies in a worktree of its own, which saw nothing of other jobs that its base has not.
  bool isolated = false;
  /// Digest stored by `complete`; nullopt where release 1.24 completed the job.
  std::optional<std::string> recorded;
  /// SHA-256 of the snapshot: the recorded one, or that of the work tree now.
  std::string digest;
  Entries rows;
  /// Jobs that had to be done before it.
  std::set<JobId> upstream;
};

struct RequiredReview {
  Job job;
  /// Jobs taken that it judges.
  std::vector<JobId> of;
  /// Oldest first.
  std::vector<store::GivenVerdict> verdicts;
  /// `[{job_id, snapshot}]` of its latest verdict; null where none was stored.
  Json reviewed;
};

/// A receipt of this run that stands in the branch.
struct EarlierReceipt {
  Sha256 digest;
  provenance::Receipt receipt;
  provenance::Changes changes;
};

struct PublishedFile {
  store::Publication row;
  /// Top of the work tree that it lies in.
  std::string folder;
  /// What git makes of it, where that is not the work tree of this apply.
  std::optional<Entry> elsewhere;
  /// Published by an earlier attempt of the work: it counts as long as the file is still that.
  bool superseded = false;
};

struct Work {
  Run run;
  /// `refs/heads/…` of the confirmed branch.
  std::string ref;
  Oid branch_base;
  Oid branch_base_tree;
  std::string workflow_sha256;
  /// The job that was completed first in front.
  std::vector<TakenJob> jobs;
  std::vector<std::string> superseded;
  std::vector<RequiredReview> reviews;
  /// Newest publication of each path, by path; those of earlier attempts only while the file is still that.
  std::vector<PublishedFile> artifacts;
  /// In the order in which they were applied.
  std::vector<EarlierReceipt> earlier;
  /// Other jobs of the run whose work may lie in the same work tree.
  std::vector<Job> others;
  /// Finished work of others that waits to be applied: path to job.
  std::map<std::string, JobId> waiting;
  /// Nothing of the run is left to apply after this, and the run has ended.
  bool last = false;

  /// What the paths of the jobs taken have to be; of two jobs the later one counts.
  [[nodiscard]] Entries expected() const;
  [[nodiscard]] const EarlierReceipt* previous() const { return earlier.empty() ? nullptr : &earlier.back(); }
  /// Proposals of the jobs taken that no applied receipt follows yet.
  [[nodiscard]] std::vector<const EarlierReceipt*> open_proposals() const;
  [[nodiscard]] bool in_scope(const std::string& path) const;
};

/// The commit that the run's confirmed branch stands on. Refuses (7) when there is no such branch.
[[nodiscard]] Oid branch_tip(const app::Context& ctx, const git::Repository& repository, const Run& run);

/// Goes to where the work lies: an apply takes from one work tree, and its hooks run there. That of job J; else this
/// one, if finished work lies in it; else the only one that holds some. Refuses (4) where several do.
void enter_work_folder(app::Context& ctx, const git::Repository& repository, const RunId& run,
                       const std::optional<JobId>& job);

/// Reads the work of a run that lies in this work tree, or that of one job. Refuses an unknown id (3), a job that is not finished repo-write work,
/// a run without confirmed base (4).
[[nodiscard]] Work load_work(app::Context& ctx, const git::Repository& repository, const RunId& run,
                             const std::optional<JobId>& job, const Oid& tip);

}  // namespace striatum::hooks
