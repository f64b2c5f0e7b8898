// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "domain/repo_path.hpp"
#include "support/catch.hpp"

using striatum::broken_rule;
using striatum::forbidden_component;
using striatum::inside;
using striatum::PathRule;
using striatum::RepoPath;

namespace {
std::string parsed(std::string_view text) {
  const auto result = RepoPath::parse(text);
  const auto* path = std::get_if<RepoPath>(&result);
  return path != nullptr ? path->str() : "!" + std::string(striatum::explain(std::get<PathRule>(result)));
}
}  // namespace

TEST_CASE("repo path: the normal form drops '.' and empty parts", "[domain][path]") {
  CHECK(parsed("src/main.cpp") == "src/main.cpp");
  CHECK(parsed("./src//a/") == "src/a");
  CHECK(parsed("a b/\xC3\xA9.txt") == "a b/\xC3\xA9.txt");
  CHECK(parsed(".gitignore") == ".gitignore");
  CHECK(parsed(".github/x") == ".github/x");
  CHECK(parsed("a.git/x") == "a.git/x");
  CHECK(parsed(".provenance/striatum/receipts") == ".provenance/striatum/receipts");
  CHECK(parsed("...") == "...");
  CHECK(parsed("git~x") == "git~x");
}

TEST_CASE("repo path: each broken rule is named", "[domain][path]") {
  using Row = std::pair<std::string, PathRule>;
  const auto row = GENERATE(
      Row{"", PathRule::empty}, Row{"./", PathRule::empty}, Row{"/etc/passwd", PathRule::absolute},
      Row{"../a", PathRule::parent}, Row{"a/../b", PathRule::parent}, Row{"a/..", PathRule::parent},
      Row{std::string("a\0b", 3), PathRule::nul}, Row{".git", PathRule::git_folder},
      Row{"a/.GIT/config", PathRule::git_folder}, Row{".giT/", PathRule::git_folder},
      Row{"git~1/x", PathRule::git_folder}, Row{"GIT~2", PathRule::git_folder},
      Row{"GI7EBA~1", PathRule::git_folder}, Row{".git. . ", PathRule::git_folder},
      Row{".git::$INDEX_ALLOCATION/x", PathRule::git_folder}, Row{".g\xE2\x80\x8Cit", PathRule::git_folder},
      Row{"\xEF\xBB\xBF.git", PathRule::git_folder}, Row{"a\\.git\\b", PathRule::git_folder},
      Row{".g\xC4\xB1t", PathRule::git_folder}, Row{".\xEF\xBC\xA7it", PathRule::git_folder},
      Row{".striatum", PathRule::state_folder}, Row{"x/.Striatum/state.sqlite3", PathRule::state_folder},
      Row{"STRIAT~1", PathRule::state_folder}, Row{".\xC5\xBFtriatum", PathRule::state_folder},
      Row{".striatum .", PathRule::state_folder},
      Row{".stri\xC2\xAD"
          "atum",
          PathRule::state_folder},
      Row{std::string(256, 'a'), PathRule::too_long}, Row{"file:///etc/hostname", PathRule::url},
      Row{"git+ssh://host/x", PathRule::url});
  INFO(row.first);
  CHECK(broken_rule(row.first) == row.second);
}

TEST_CASE("repo path: a colon alone makes no URL", "[domain][path]") {
  const auto path = GENERATE(std::string("c:/x"), std::string("a:b//c"), std::string("1x://y"), std::string("docs/x://y"),
                             std::string("é://y"));
  INFO(path);
  CHECK_FALSE(broken_rule(path));
}

TEST_CASE("repo path: the strict form takes no detours", "[domain][path]") {
  CHECK(std::get<PathRule>(RepoPath::parse_normal("a//b")) == PathRule::dot);
  CHECK(std::get<PathRule>(RepoPath::parse_normal("./a")) == PathRule::dot);
  CHECK(std::get<RepoPath>(RepoPath::parse_normal("a/b")).str() == "a/b");
}

TEST_CASE("repo path: names beside the forbidden ones stay allowed", "[domain][path]") {
  const auto name = GENERATE(std::string(".gitattributes"), std::string("git"), std::string(".striatum-x"),
                             std::string("striatum"), std::string("st1~1"), std::string(".git~"),
                             std::string("x.git"), std::string("\xFF\xFE"), std::string("~1"));
  INFO(name);
  CHECK_FALSE(forbidden_component(name));
}

TEST_CASE("repo path: inside compares component by component", "[domain][path]") {
  CHECK(inside("src/a.c", "src"));
  CHECK(inside("src/a.c", "src/"));
  CHECK(inside("./src//a.c", "./src"));
  CHECK(inside("src", "src"));
  CHECK(inside("anything", ""));
  CHECK(inside("anything", "."));
  CHECK_FALSE(inside("srcs/a.c", "src"));
  CHECK_FALSE(inside("src", "src/a"));
  CHECK_FALSE(inside("src/../etc", "src"));
  CHECK_FALSE(inside("src", "../src"));
}
