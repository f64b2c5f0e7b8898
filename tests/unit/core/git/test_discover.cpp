// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <filesystem>

#include "git/discover.hpp"
#include "git/names.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using git::discover;
using git::Environment;
using test::TempRepo;

namespace {

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("discover: from a subfolder of the main worktree", "[git]") {
  const TempRepo repo;
  std::filesystem::create_directories(repo / "a/b");
  const auto places = discover(repo / "a/b", Environment::ignore);
  REQUIRE(places);
  CHECK(places->git_dir == repo / ".git");
  CHECK(places->common_dir == repo / ".git");
  CHECK(places->work_tree == repo.path());
  CHECK(places->main_work_tree == repo.path());
  CHECK_FALSE(places->bare);
  CHECK_FALSE(places->linked);
}

TEST_CASE("discover: a linked worktree leads to the main one", "[git]") {
  const TempRepo repo;
  repo.commit({{"f", "1"}});
  repo.git({"worktree", "add", "-q", "-b", "other", repo.beside("linked")});
  std::filesystem::create_directories(repo.beside("linked/sub"));
  const auto places = discover(repo.beside("linked/sub"), Environment::ignore);
  REQUIRE(places);
  CHECK(places->git_dir == repo / ".git/worktrees/linked");
  CHECK(places->common_dir == repo / ".git");
  CHECK(places->work_tree == repo.beside("linked"));
  CHECK(places->main_work_tree == repo.path());
  CHECK(places->linked);
  CHECK(git::quick_head(repo.beside("linked")) == "other");
}

TEST_CASE("discover: a bare repository and its worktrees", "[git]") {
  const TempRepo source;
  source.commit({{"f", "1"}});
  source.git({"clone", "-q", "--bare", source.path(), source.beside("bare.git")});
  const auto bare = discover(source.beside("bare.git"), Environment::ignore);
  REQUIRE(bare);
  CHECK(bare->bare);
  CHECK(bare->work_tree.empty());
  CHECK(bare->common_dir == source.beside("bare.git"));

  source.git({"-C", source.beside("bare.git"), "worktree", "add", "-q", source.beside("tree")});
  const auto tree = discover(source.beside("tree"), Environment::ignore);
  REQUIRE(tree);
  CHECK_FALSE(tree->bare);
  CHECK(tree->work_tree == source.beside("tree"));
  CHECK(tree->main_work_tree.empty());
}

TEST_CASE("discover: GIT_DIR and GIT_WORK_TREE are obeyed when asked for", "[git]") {
  const TempRepo repo;
  std::filesystem::create_directories(repo.beside("elsewhere"));
  const Variable dir("GIT_DIR", repo / ".git");
  CHECK_FALSE(discover(repo.beside("elsewhere"), Environment::ignore));
  const auto plain = discover(repo.beside("elsewhere"));
  REQUIRE(plain);
  CHECK(plain->git_dir == repo / ".git");
  CHECK(plain->work_tree == repo.beside("elsewhere"));
  const Variable tree("GIT_WORK_TREE", repo.path());
  CHECK(discover(repo.beside("elsewhere"))->work_tree == repo.path());
}

TEST_CASE("discover: ceilings and folders without a repository", "[git]") {
  const TempRepo repo;
  std::filesystem::create_directories(repo / "a/b");
  std::filesystem::create_directories(repo.beside("none"));
  CHECK_FALSE(discover(repo.beside("none"), Environment::ignore));
  const Variable ceiling("GIT_CEILING_DIRECTORIES", repo / "a");
  CHECK_FALSE(discover(repo / "a/b"));
  CHECK(discover(repo / "a/b", Environment::ignore));
}

TEST_CASE("discover: core.worktree and a separate git dir", "[git]") {
  const TempRepo repo;
  repo.git({"init", "-q", "--separate-git-dir", repo.beside("store"), repo.beside("top")});
  const auto separate = discover(repo.beside("top"), Environment::ignore);
  REQUIRE(separate);
  CHECK(separate->git_dir == repo.beside("store"));
  CHECK(separate->work_tree == repo.beside("top"));

  std::filesystem::create_directories(repo.beside("far"));
  repo.git({"config", "core.worktree", repo.beside("far")});
  CHECK(discover(repo.path(), Environment::ignore)->work_tree == repo.beside("far"));
}

TEST_CASE("quick head: plain branches are read, everything else is left to git", "[git]") {
  const TempRepo repo;
  CHECK(git::quick_head(repo.path()) == "main");  // unborn
  const std::string first = repo.commit({{"f", "1"}});
  CHECK(git::quick_head(repo.path()) == "main");
  const auto places = discover(repo.path(), Environment::ignore);
  REQUIRE(places);
  CHECK(git::quick_head_commit(*places)->hex() == first);
  repo.git({"pack-refs", "--all"});
  CHECK(git::quick_head_commit(*places)->hex() == first);
  repo.git({"checkout", "-q", "-b", "feature/x"});
  CHECK(git::quick_head_ref(places->git_dir) == "refs/heads/feature/x");
  repo.git({"checkout", "-q", "--detach"});
  CHECK_FALSE(git::quick_head(repo.path()));
  CHECK(git::quick_head_commit(*places)->hex() == first);
  test::write(repo / ".git/HEAD", "ref: refs/heads/.invalid\n");
  CHECK_FALSE(git::quick_head(repo.path()));
  std::filesystem::remove(repo / ".git/HEAD");
  std::filesystem::create_symlink("refs/heads/main", repo / ".git/HEAD");
  CHECK_FALSE(git::quick_head(repo.path()));
}

TEST_CASE("branch names: our reading of the rules is git's", "[git]") {
  const TempRepo repo;
  const auto name = GENERATE(
      std::string("main"), std::string("a/b"), std::string(""), std::string("-x"), std::string("a..b"),
      std::string("a.lock"), std::string("a.lock/b"), std::string("a/.b"), std::string(".a"),
      std::string("a."), std::string("a b"), std::string("a~1"), std::string("a^"), std::string("a:b"),
      std::string("a?"), std::string("a*"), std::string("a["), std::string("a\\b"), std::string("a//b"),
      std::string("/a"), std::string("a/"), std::string("a@{b"), std::string("HEAD"), std::string("a\x01"),
      std::string("\xC3\xA9"), std::string("a@b"), std::string("x/HEAD"), std::string("a\x7F"));
  INFO(name);
  CHECK(git::valid_branch_name(name) == repo.try_git({"check-ref-format", "--branch", name}).ok());
}
