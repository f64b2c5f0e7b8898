// SPDX-License-Identifier: Apache-2.0
// The rows that say how far an apply came, and its last part, which a crash may have left to the next command.
#pragma once

#include <string>
#include <vector>

#include "app/context.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "os/lock_file.hpp"
#include "store/apply.hpp"

namespace striatum::hooks {

/// The turn of one apply on a branch; waits up to five minutes, then refuses (4).
[[nodiscard]] os::FairLock lock_branch(const app::Context& ctx, const std::string& branch);

/// The intent of an apply that is under way. Closes it when the apply ends without a commit in the branch.
class OpenIntent {
 public:
  OpenIntent(app::Context& ctx, const Run& run);
  ~OpenIntent();
  OpenIntent(const OpenIntent&) = delete;
  OpenIntent& operator=(const OpenIntent&) = delete;

  [[nodiscard]] const store::Intent& get() const { return intent_; }
  [[nodiscard]] const std::string& id() const { return intent_.id; }

  /// Adds members to its detail.
  void note(const Json& members);

  /// Nothing was committed; `rows` go with it.
  template <class Rows>
  void end(Rows&& rows) {
    open_ = false;
    store::WriteUnit unit(ctx_.state(), ctx_.clock.now(), ctx_.random);
    rows(unit);
    store::end_intent(unit.db(), intent_.id, "void", unit.now());
    unit.commit();
  }
  /// The branch has moved: from here on the way is forward only.
  void landed() { open_ = false; }

 private:
  app::Context& ctx_;
  store::Intent intent_;
  bool open_ = false;
};

/// Where the apply whose turn it is on a branch has its private index. After a kill it stays until the intent ends.
class IndexFolder {
 public:
  IndexFolder(const app::Place& place, const std::string& branch);
  ~IndexFolder();
  IndexFolder(const IndexFolder&) = delete;
  IndexFolder& operator=(const IndexFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// From a branch that has moved to the end: index and files, rows, event. `detail` of the intent names the commit.
/// Returns the reply of `apply`.
[[nodiscard]] Json finish_intent(app::Context& ctx, const git::Program& git, const git::Repository& repository,
                                 const store::Intent& intent);

/// Removes the locks on a ref that a dead `git update-ref` to `commit` left: those that hold this id, or nothing and
/// stay so. Call it while no apply on the branch is alive. True when there was one.
bool clear_dead_locks(const git::Program& git, const app::Place& place, const std::string& ref, const Oid& commit);

/// What the next command does with an apply that died: finishes it where its commit is in the branch, else voids it.
/// Cheap when there is none. An apply that is alive is left alone.
void recover_intents(app::Context& ctx);
/// The same for one branch whose lock the caller holds; returns the reply of the apply that this request began.
[[nodiscard]] std::optional<Json> recover_branch(app::Context& ctx, const git::Program& git,
                                                 const git::Repository& repository, const std::string& branch);

}  // namespace striatum::hooks
