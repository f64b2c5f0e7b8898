// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "domain/worktree.hpp"
#include "git/worktree.hpp"
#include "os/lock_file.hpp"
#include "store/worktrees.hpp"

namespace striatum::app {

/// The folder of job worktrees, held by one command at a time. Every change on disk is announced by an intent row, so
/// that the next command finishes or takes back what a killed one began.
class WorktreeYard {
 public:
  /// Waits for its turn and recovers first.
  explicit WorktreeYard(Context& ctx);
  /// nullopt while somebody else is at work.
  [[nodiscard]] static std::optional<WorktreeYard> enter_if_free(Context& ctx);

  [[nodiscard]] std::filesystem::path folder_of(const std::string& path) const { return ctx_.place.root / path; }
  /// `PATH` as a row holds it.
  [[nodiscard]] std::string path_of(const WorktreeId& id) const;
  [[nodiscard]] git::Program git() const { return git::Program(ctx_.place.root.string()); }

  /// Git's part of a new worktree whose intent is open. Refuses (4) with git's words; then nothing is left.
  void make(const store::WorktreeIntent& intent, const Oid& commit);
  /// Takes a new worktree away again.
  void unmake(const store::WorktreeIntent& intent);

  /// What would be lost with a worktree now.
  [[nodiscard]] git::Unsaved unsaved(const JobWorktree& worktree) const;

  /// A worktree whose folder was moved aside, where nobody writes any more. Its end puts the folder back, unless it
  /// was dropped.
  class Aside {
   public:
    Aside(WorktreeYard& yard, const JobWorktree& worktree);
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

    [[nodiscard]] git::Unsaved unsaved() const;
    /// Commit of `refs/striatum/worktrees/<id>`.
    [[nodiscard]] Oid save() const;
    /// `rows` in one transaction with the end of the worktree; then its files go.
    template <class Rows>
    void drop(Rows&& rows) {
      const store::WorktreeIntent gone{worktree_.id, store::WorktreeStep::drop, worktree_.path};
      store::WriteUnit unit(yard_.ctx_.state(), yard_.ctx_.clock.now(), yard_.ctx_.random);
      store::set_worktree_intent(unit.db(), gone, unit.now());
      rows(unit);
      unit.commit();
      dropped_ = true;
      yard_.clear(gone);
    }

   private:
    WorktreeYard& yard_;
    JobWorktree worktree_;
    bool dropped_ = false;
  };

 private:
  WorktreeYard(Context& ctx, os::FairLock lock);
  void recover();
  void recover(const store::WorktreeIntent& intent);
  void put_back(const store::WorktreeIntent& intent);
  /// Removes what is left on disk of a worktree that is none any more; what it cannot remove now stays announced.
  void clear(const store::WorktreeIntent& intent);
  void announce(const store::WorktreeIntent& intent);
  void end(const WorktreeId& id);
  [[nodiscard]] std::vector<Oid> safe_commits(const JobWorktree& worktree) const;
  [[nodiscard]] git::Unsaved judge(const std::filesystem::path& folder, const JobWorktree& worktree) const;

  Context& ctx_;
  os::FairLock lock_;
};

/// `refs/striatum/worktrees/<id>`
[[nodiscard]] std::string saved_ref(const WorktreeId& id);

}  // namespace striatum::app
