// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <filesystem>

#include "base/text.hpp"
#include "git/program.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using git::Program;
using test::TempRepo;

namespace {

/// The program's children see no configuration of the person who runs the tests.
class PlainGit {
 public:
  PlainGit() {
    for (const auto& [name, value] : kValues) ::setenv(name, value, 1);
  }
  ~PlainGit() {
    for (const auto& [name, value] : kValues) ::unsetenv(name);
  }
  PlainGit(const PlainGit&) = delete;
  PlainGit& operator=(const PlainGit&) = delete;

 private:
  static constexpr std::array<std::pair<const char*, const char*>, 6> kValues{
      {{"GIT_CONFIG_NOSYSTEM", "1"},
       {"GIT_CONFIG_GLOBAL", "/dev/null"},
       {"GIT_AUTHOR_NAME", "A"},
       {"GIT_AUTHOR_EMAIL", "a@example.org"},
       {"GIT_COMMITTER_NAME", "C"},
       {"GIT_COMMITTER_EMAIL", "c@example.org"}}};
};

std::string error_text(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.kind()) + ": " + error.message();
  }
  return "";
}

std::vector<std::string> paths(const std::vector<git::Change>& changes) {
  std::vector<std::string> result;
  for (const auto& change : changes) result.push_back(change.path);
  return result;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("git program: a failure carries git's own words", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const Program git(repo.path());
  CHECK(git.line({"rev-parse", "--git-dir"}) == ".git");
  const std::string text = error_text([&] { (void)git.out({"rev-parse", "--verify", "nothing"}); });
  CHECK(text.starts_with("git_failed: git rev-parse: "));
  CHECK(text.find("fatal") == std::string::npos);
  CHECK(git::version(git) >= std::pair(2, 36));
}

TEST_CASE("git program: variables that name another repository are not inherited", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  ::setenv("GIT_DIR", "/nonexistent", 1);
  CHECK(Program(repo.path()).line({"rev-parse", "--show-toplevel"}) == repo.path());
  ::unsetenv("GIT_DIR");
}

TEST_CASE("git program: a repository apart from its work tree", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  repo.commit({{"f", "1"}});
  std::filesystem::create_directories(repo.beside("tree"));
  const Program git(
      git::Places{repo / ".git", repo / ".git", repo.beside("tree"), repo.beside("tree"), false, false});
  CHECK(git.line({"rev-parse", "--show-toplevel"}) == repo.beside("tree"));
  CHECK(git::changed_tracked(git) == Texts{"f"});
}

TEST_CASE("configuration: last value, all values, types, -c", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  repo.git({"config", "--add", "Striatum.protectedBranch", "release"});
  repo.git({"config", "--add", "striatum.protectedBranch", "stable/*"});
  repo.git({"config", "branch.Main.X.note", "two\nlines"});
  test::write(repo / ".git/config",
              test::slurp(repo / ".git/config") + "[striatum]\n\tflag\n\tempty =\n\tsize = 2k\n");
  const auto config = git::Config::read(Program(repo.path()));
  CHECK(config.all("striatum.protectedbranch") == Texts{"release", "stable/*"});
  CHECK(config.get("striatum.protectedBranch") == "stable/*");
  CHECK(config.get("branch.Main.X.note") == "two\nlines");
  CHECK_FALSE(config.get("branch.main.x.note"));
  CHECK(config.boolean("striatum.flag") == true);
  CHECK(config.boolean("striatum.empty") == false);
  CHECK(config.integer("striatum.size") == 2048);
  CHECK_FALSE(config.boolean("striatum.none"));
  CHECK(error_text([&] { (void)config.boolean("striatum.protectedBranch"); }).starts_with("bad_config: "));
  ::setenv("GIT_CONFIG_PARAMETERS", "'striatum.flag'='false'", 1);
  CHECK(git::Config::read(Program(repo.path())).boolean("striatum.flag") == false);
  ::unsetenv("GIT_CONFIG_PARAMETERS");
}

TEST_CASE("default branch: the remote's, the configured one, main, master", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const auto now = [&] {
    return git::default_branch(git::Repository::open(repo.path()), git::Config::read(Program(repo.path())));
  };
  CHECK_FALSE(now());
  repo.commit({{"f", "1"}});
  repo.git({"branch", "-m", "master"});
  CHECK(now() == "master");
  repo.git({"branch", "main"});
  CHECK(now() == "main");
  repo.git({"config", "init.defaultBranch", "trunk"});
  CHECK(now() == "main");
  repo.git({"branch", "trunk"});
  CHECK(now() == "trunk");
  repo.git({"update-ref", "refs/remotes/origin/next", "HEAD"});
  repo.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/next"});
  CHECK(now() == "next");
}

TEST_CASE("changed tracked files: staged, unstaged and removed, not untracked", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  repo.commit({{"a b", "1"}, {"c", "1"}, {"d", "1"}, {"e", "1"}});
  test::write(repo / "a b", "2");
  test::write(repo / "c", "2");
  repo.git({"add", "c"});
  std::filesystem::remove(repo / "d");
  test::write(repo / "new", "1");
  CHECK(git::changed_tracked(Program(repo.path())) == Texts{"a b", "c", "d"});
}

TEST_CASE("operations in progress are named", "[git]") {
  const TempRepo repo;
  repo.commit({{"f", "1\n"}});
  repo.git({"checkout", "-q", "-b", "other"});
  repo.commit({{"f", "2\n"}});
  repo.git({"checkout", "-q", "main"});
  repo.commit({{"f", "3\n"}});
  const std::string git_dir = repo / ".git";
  CHECK_FALSE(git::operation_in_progress(git_dir));
  CHECK_FALSE(repo.try_git({"merge", "other"}).ok());
  CHECK(git::operation_in_progress(git_dir) == "merge");
  repo.git({"merge", "--abort"});
  CHECK_FALSE(repo.try_git({"rebase", "other"}).ok());
  CHECK(git::operation_in_progress(git_dir) == "rebase");
  repo.git({"rebase", "--abort"});
  CHECK_FALSE(repo.try_git({"cherry-pick", "other"}).ok());
  CHECK(git::operation_in_progress(git_dir) == "cherry-pick");
  repo.git({"cherry-pick", "--abort"});
  repo.git({"bisect", "start"});
  CHECK(git::operation_in_progress(git_dir) == "bisect");
}

TEST_CASE("checkout: a new branch, an existing one, neither", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  repo.commit({{"f", "1"}});
  const Program git(repo.path());
  const auto made = git::checkout_or_create(git, "work");
  CHECK(made.ok);
  CHECK(made.created);
  CHECK(git::quick_head(repo.path()) == "work");
  const auto back = git::checkout_or_create(git, "main");
  CHECK(back.ok);
  CHECK_FALSE(back.created);
  CHECK(git::quick_head(repo.path()) == "main");
  const auto bad = git::checkout_or_create(git, "no..good");
  CHECK_FALSE(bad.ok);
  CHECK_FALSE(bad.complaint.empty());
  // A file of that name is no branch.
  CHECK(git::checkout_or_create(git, "f").created);
}

TEST_CASE("worktrees and ignored paths", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const std::string id = repo.commit({{"f", "1"}, {".gitignore", "*.o\n"}});
  for (const bool detached : {false, true}) {
    if (detached) repo.git({"checkout", "-q", "--detach"});
    const auto only = git::worktrees(Program(repo.path()));
    REQUIRE(only.size() == 1);
    CHECK("worktree " + only[0].path == split(repo.git({"worktree", "list", "--porcelain"}), '\n').front());
    CHECK(only[0].ref.has_value() != detached);
    CHECK(only[0].head->hex() == id);
  }
  repo.git({"checkout", "-q", "main"});
  repo.git({"worktree", "add", "-q", "--detach", repo.beside("w")});
  const auto list = git::worktrees(Program(repo.path()));
  REQUIRE(list.size() == 2);
  CHECK(list[0].ref == "refs/heads/main");
  CHECK(list[1].path == repo.beside("w"));
  CHECK_FALSE(list[1].ref);
  CHECK(list[1].head->hex() == id);
  CHECK(git::ignored(Program(repo.path()), {"a.o", "f", "d/b.o"}) == Texts{"a.o", "d/b.o"});
  CHECK(git::ignored(Program(repo.path()), {"f"}).empty());
}

TEST_CASE("worktree changes: filters apply, untracked files count, the real index stays", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  repo.commit({{"src/a", "1\n"},
               {"src/gone", "1\n"},
               {"src/same", "1\n"},
               {"other", "1\n"},
               {".gitignore", "*.o\n"},
               {".gitattributes", "*.txt text eol=crlf\n"}});
  test::write(repo / "src/a", "2\n");
  std::filesystem::remove(repo / "src/gone");
  test::write(repo / "src/new.txt", "x\r\n");
  test::write(repo / "src/x.o", "x");
  test::write(repo / "src/\xC3\xA9\n!", "odd");
  test::write(repo / "other", "2\n");
  const std::string index = test::slurp(repo / ".git/index");
  const Program git(repo.path());
  const auto scoped = git::worktree_changes(git, "HEAD", git::StoreBlobs::no, {"src", "none"});
  CHECK(paths(scoped) == Texts{"src/a", "src/gone", "src/new.txt", "src/\xC3\xA9\n!"});
  CHECK(scoped[0].after == git::hash_blob("2\n"));
  CHECK(scoped[1].mode_after == git::Mode::none);
  CHECK_FALSE(scoped[1].after);
  CHECK(scoped[2].after == git::hash_blob("x\n"));
  const auto repository = git::Repository::open(repo.path());
  CHECK_FALSE(repository.has(*scoped[0].after));
  CHECK(test::slurp(repo / ".git/index") == index);
  CHECK(git::worktree_changes(git, "HEAD", git::StoreBlobs::no, {"src"}) == scoped);

  const auto all = git::worktree_changes(git, "HEAD", git::StoreBlobs::yes);
  CHECK(paths(all) == Texts{"other", "src/a", "src/gone", "src/new.txt", "src/\xC3\xA9\n!"});
  CHECK(git::Repository::open(repo.path()).blob(git::hash_blob("2\n")) == "2\n");
  CHECK(test::slurp(repo / ".git/index") == index);
  for (const auto& entry : std::filesystem::directory_iterator(repo / ".git")) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".striatum-tmp-"));
  }
}

TEST_CASE("worktree changes: staged ones count, nested repositories do not", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  repo.commit({{"f", "1"}});
  test::write(repo / "staged", "1");
  repo.git({"add", "staged"});
  repo.git({"init", "-q", repo / "nested"});
  test::write(repo / "nested/x", "1");
  CHECK(paths(git::worktree_changes(Program(repo.path()), "HEAD", git::StoreBlobs::no)) == Texts{"staged"});
  repo.git({"-C", repo / "nested", "add", "x"});
  repo.git({"-C", repo / "nested", "commit", "-q", "-m", "x"});
  CHECK(paths(git::worktree_changes(Program(repo.path()), "HEAD", git::StoreBlobs::no)) == Texts{"staged"});
}

TEST_CASE("worktree changes: kinds of files and forms of the index make no difference", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  repo.commit({{"d/file", "1\n"}, {"d/run", "1\n"}, {"d/link", "1\n"}, {"d/folder/x", "1\n"}});
  const auto look = [&](const Texts& scopes) {
    return git::worktree_changes(Program(repo.path()), "HEAD", git::StoreBlobs::no, scopes);
  };
  CHECK(look({"d"}).empty());
  std::filesystem::permissions(repo / "d/run", std::filesystem::perms::owner_all);
  std::filesystem::remove(repo / "d/link");
  std::filesystem::create_symlink("file", repo / "d/link");
  std::filesystem::remove_all(repo / "d/folder");
  test::write(repo / "d/folder", "a file now\n");
  const auto found = look({"d"});
  CHECK(paths(found) == Texts{"d/folder", "d/folder/x", "d/link", "d/run"});
  CHECK(found[2].mode_after == git::Mode::link);
  CHECK(found[2].after == git::hash_blob("file"));
  CHECK(found[3].mode_after == git::Mode::executable);
  CHECK(look({"d", "absent"}) == found);
  CHECK(paths(look({"d/folder/x", "d/folder/x/", "absent"})) == Texts{"d/folder/x"});
  std::filesystem::remove(repo / "d/file");
  CHECK(paths(look({"d/file"})) == Texts{"d/file"});
  repo.git({"update-index", "--skip-worktree", "d/file"});
  CHECK(look({"d/file"}).empty());
  CHECK(look({"d"}) == found);
  repo.git({"update-index", "--no-skip-worktree", "d/file"});
  test::write(repo / "d/file", "1\n");
  repo.git({"update-index", "--split-index"});
  CHECK(look({"d"}) == found);
  repo.git({"update-index", "--no-split-index"});
  repo.git({"update-index", "--index-version", "4"});
  CHECK(look({"d"}) == found);
}

TEST_CASE("a hook is there when git would run it", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const Program git(repo.path());
  const auto has = [&] { return git::has_hook(git, git::Config::read(git), "pre-commit"); };
  CHECK_FALSE(has());
  repo.git({"config", "hook.mine.command", "true"});
  CHECK(has() == git::reads_configured_hooks(git));
  test::write(repo / ".git/hooks/pre-commit", "#!/bin/sh\n");
  CHECK(has());
  repo.git({"config", "core.hooksPath", "elsewhere"});
  CHECK(has() == git::reads_configured_hooks(git));
}

TEST_CASE("a commit made beside the index: private index, tree, commit, ref", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const std::string base = repo.commit({{"a", "1"}, {"b", "1"}});
  test::write(repo / "staged", "x");
  repo.git({"add", "staged"});
  const std::string index = test::slurp(repo / ".git/index");
  const Program git = Program(repo.path()).durable();
  const Oid blob = git::store_blobs(git, {"new\n"}).front();
  Oid tree;
  const os::TemporaryFolder folder(repo.path());
  {
    const git::PrivateIndex own(git, base, folder.path());
    own.put({{"d/new", git::Mode::none, git::Mode::executable, std::nullopt, blob},
             {"b", git::Mode::regular, git::Mode::none, git::hash_blob("1"), std::nullopt}});
    tree = own.write_tree();
    CHECK(paths(git::staged_changes(own.git(), base)) == Texts{"b", "d/new"});
  }
  CHECK(os::exists(folder.path() + "/index"));
  CHECK(test::slurp(repo / ".git/index") == index);
  CHECK(repo.git({"ls-tree", "-r", "--name-only", tree.hex()}) == "a\nd/new");
  const Oid old = *Oid::parse(base);
  const Oid made = git::commit_tree(git, {tree, {old}, "subject\n", false});
  CHECK(git::update_ref(git, "refs/heads/main", made, old, "striatum: apply"));
  CHECK(repo.git({"rev-parse", "main"}) == made.hex());
  CHECK(repo.git({"log", "-g", "-1", "--format=%gs"}) == "striatum: apply");
  // Somebody else moved it meanwhile.
  CHECK_FALSE(git::update_ref(git, "refs/heads/main", old, old, "again"));
  CHECK(repo.git({"rev-parse", "main"}) == made.hex());
  test::write(repo / ".git/refs/heads/main.lock", "");
  CHECK(error_text([&] {
          (void)git::update_ref(git, "refs/heads/main", old, made, "locked");
        }).starts_with("git_failed: git update-ref: "));
}

TEST_CASE("hooks run with their exit code and words; absent ones pass", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const Program git(repo.path());
  CHECK(git::run_hook(git, "pre-commit").exit_code == 0);
  const std::string hook = git::hooks_folder(git) + "/commit-msg";
  CHECK(hook == repo / ".git/hooks/commit-msg");
  test::write(hook, "#!/bin/sh\necho \"saw $1 $GIT_INDEX_FILE\"\nexit 4\n");
  std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
  const auto result = git::run_hook(git.with_index("/tmp/i"), "commit-msg", {"a file"});
  CHECK(result.exit_code == 4);
  CHECK(result.output == "saw a file /tmp/i\n");

  const auto config = [&] { return git::Config::read(git); };
  CHECK(git::hooks_folder(git, config()) == git::hooks_folder(git));
  CHECK(git::has_hook(git, config(), "commit-msg"));
  CHECK_FALSE(git::has_hook(git, config(), "pre-commit"));
  repo.git({"config", "core.hooksPath", "elsewhere"});
  CHECK(git::hooks_folder(git, config()) == git::hooks_folder(git));
  CHECK_FALSE(git::has_hook(git, config(), "commit-msg"));
  repo.git({"config", "hook.lint.command", "true"});
  CHECK(git::has_hook(git, config(), "commit-msg"));
}

TEST_CASE("space is stripped as git strips it", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const Program git(repo.path());
  for (const std::string text : {"", "\n\n", "a", "a\n", "\n \na  \t\n\n\n \t\r\nb\r\n\n", " indented\n\v\n\f x", "# kept\n\n\n"}) {
    INFO(text);
    CHECK(git::strip_space(text) == git.out({"stripspace"}, text));
  }
}

TEST_CASE("many blobs are stored by one child", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const Program git = Program(repo.path()).durable();
  const std::vector<std::string> contents{"one\r\n", "", "three"};
  const std::vector<Oid> ids = git::store_blobs(git, contents);
  REQUIRE(ids.size() == contents.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CHECK(ids[i] == git::hash_blob(contents[i]));
    CHECK(git.out({"cat-file", "blob", ids[i].hex()}) == contents[i]);
  }
}

TEST_CASE("trailers are added once and read back", "[git]") {
  const PlainGit plain;
  const TempRepo repo;
  const Program git(repo.path());
  const std::string once = git::add_trailers(git, "subject\n\nbody\n", {"Striatum-Run: run_1"});
  CHECK(once == "subject\n\nbody\n\nStriatum-Run: run_1\n");
  const std::string twice = git::add_trailers(git, once, {"Striatum-Run: run_2", "Other: x"});
  CHECK(git::trailers(git, twice) ==
        std::vector<std::pair<std::string, std::string>>{{"Striatum-Run", "run_2"}, {"Other", "x"}});
}
