// SPDX-License-Identifier: Apache-2.0
#include "git/worktree.hpp"

#include <filesystem>

#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using namespace striatum::git;
using test::TempRepo;
using test::write;

namespace {

struct Side {
  Side() {
    base = *Oid::parse(repo.commit({{"a.txt", "a\n"}, {"b.txt", "b\n"}, {".gitignore", "*.o\n"}}));
    REQUIRE_FALSE(add_worktree(Program(repo.path()), folder, base));
    places = *worktree_places(folder);
  }
  [[nodiscard]] std::string at(const std::string& name) const { return folder + "/" + name; }

  TempRepo repo;
  std::string folder = repo.beside("side");
  Oid base;
  Places places;
};

}  // namespace

TEST_CASE("a new worktree is detached and holds nothing of its own") {
  const Side side;
  CHECK(Repository::open(side.places).head().detached());
  CHECK(unsaved_work(side.places, {}).nothing());
  write(side.at("built.o"), "ignored");
  CHECK(unsaved_work(side.places, {}).nothing());
  CHECK(add_worktree(Program(side.repo.path()), side.folder, side.base));  // git's words
  CHECK_FALSE(worktree_places(side.repo.path()));
}

TEST_CASE("what is changed, new or only staged is unsaved until a commit has it") {
  const Side side;
  write(side.at("a.txt"), "changed\n");
  write(side.at("new/c.txt"), "c\n");
  std::filesystem::remove(side.at("b.txt"));
  write(side.at("staged.txt"), "staged\n");
  (void)Program(side.folder).out({"add", "staged.txt"});
  std::filesystem::remove(side.at("staged.txt"));
  const Unsaved left = unsaved_work(side.places, {side.base});
  CHECK(left.paths == std::vector<std::string>{"a.txt", "b.txt", "new/c.txt", "staged.txt"});
  CHECK(left.can_be_saved());
  const Oid saved = save_work(side.places, "refs/striatum/worktrees/wt_1", "Left behind");
  CHECK(unsaved_work(side.places, {side.base}).paths == left.paths);
  const Repository repository = Repository::open(side.repo.path());
  CHECK(repository.ref("refs/striatum/worktrees/wt_1") == saved);
  REQUIRE(repository.commit(saved).parents.size() == 2);
  CHECK(repository.commit(saved).parents.front() == side.base);
  CHECK(repository.blob(repository.entry(repository.commit(saved).tree, "new/c.txt")->id) == "c\n");
  const Oid index = repository.commit(saved).parents.back();
  CHECK(unsaved_work(side.places, {saved, index}).nothing());
}

TEST_CASE("commits that no branch holds are unsaved") {
  const Side side;
  write(side.at("a.txt"), "changed\n");
  const Program git(side.folder);
  (void)git.out({"-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-a", "-m", "mine"});
  CHECK(unsaved_work(side.places, {side.base}).commits);
  (void)git.out({"branch", "kept"});
  CHECK(unsaved_work(side.places, {side.base}).nothing());
}

TEST_CASE("another repository and a merge under way cannot be saved") {
  const Side side;
  (void)Program(side.folder).out({"init", "-q", side.at("inner")});
  write(side.at("inner/a.txt"), "a\n");
  const Unsaved nested = unsaved_work(side.places, {});
  CHECK(nested.repositories == std::vector<std::string>{"inner/"});
  CHECK_FALSE(nested.can_be_saved());
  std::filesystem::remove_all(side.at("inner"));
  write(side.places.git_dir + "/MERGE_HEAD", side.base.hex() + "\n");
  CHECK(unsaved_work(side.places, {}).operation == std::optional<std::string>("merge"));
}

TEST_CASE("a moved worktree is judged where it is, and forgotten whole or in pieces") {
  const Side side;
  write(side.at("a.txt"), "changed\n");
  std::filesystem::rename(side.folder, side.folder + ".gone");
  const auto places = worktree_places(side.folder + ".gone");
  REQUIRE(places);
  CHECK(unsaved_work(*places, {}).paths == std::vector<std::string>{"a.txt"});
  std::filesystem::remove(places->git_dir + "/gitdir");  // as a git that was killed leaves it
  forget_worktree(side.places.common_dir, side.folder);
  CHECK(worktrees(Program(side.repo.path())).size() == 1);
  CHECK_FALSE(std::filesystem::exists(side.places.common_dir + "/worktrees"));
  forget_worktree(side.places.common_dir, side.folder);
}
