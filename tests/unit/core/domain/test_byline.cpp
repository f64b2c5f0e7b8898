// SPDX-License-Identifier: Apache-2.0
#include "domain/byline.hpp"

#include "domain/scope.hpp"
#include "support/catch.hpp"

using namespace striatum::domain;

TEST_CASE("an operator label is short, plain and nobody else's name", "[domain][session]") {
  CHECK_FALSE(broken_label_rule("alice", {"local"}));
  CHECK_FALSE(broken_label_rule("a-001", {}));
  const std::string bad = GENERATE(std::string(""), std::string("a b"), std::string("lane"), std::string("local"),
                                   std::string("a-b-001"), std::string(65, 'a'), std::string("\xc3\xa9"));
  CHECK(broken_label_rule(bad, {"local"}));
}

TEST_CASE("author lines are made as the packet promises", "[domain][session]") {
  CHECK(operator_line(std::nullopt) == "author: operator");
  CHECK(operator_line("al") == "author: operator [self-declared: al]");
  CHECK(attested_line("Author", "GPT 5.1", 7) == "author: author-gpt-5.1-007");
  CHECK(attested_line("a", "", 1) == "author: a-unknown-model-001");
}

TEST_CASE("author lines are found in front matter and before the first section", "[domain][artifact]") {
  CHECK(author_lines("# T\n\n**Author:** operator\n") == std::vector<std::string>{"author: operator"});
  CHECK(author_lines("---\nauthor: x\n---\nauthor: y\n").size() == 2);
  CHECK(author_lines("## S\nauthor: x\n").empty());
  CHECK(author_lines("authority: x\n").empty());
  CHECK(author_lines("author : x\n").empty());
  CHECK(author_lines("#_AUTHOR*: Ann_B \n") == std::vector<std::string>{"author: annb"});
  std::string far(60, '\n');
  CHECK(author_lines(far + "author: x\n").empty());
}

TEST_CASE("the author line of a label with an underscore is recognised", "[domain][artifact]") {
  const auto lines = author_lines("**Author:** operator [self-declared: x_y]\n");
  REQUIRE(lines.size() == 1);
  CHECK(names_author(lines.front(), operator_line("x_y")));
  CHECK_FALSE(names_author(lines.front(), operator_line("x.y")));
}

TEST_CASE("an author line of any length names somebody", "[domain][artifact]") {
  const auto lines = author_lines("author: " + std::string(100'000, 'x') + "\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().size() < 2000);
}

TEST_CASE("a path is in scope when it is allowed and nowhere forbidden", "[domain][scope]") {
  WriteScope scope;
  CHECK_FALSE(in_scope(scope, "a"));
  scope.allowed_paths = {"src/", "docs"};
  scope.forbidden_paths = {"src/gen"};
  CHECK(in_scope(scope, "src/a.c"));
  CHECK(in_scope(scope, "docs"));
  CHECK_FALSE(in_scope(scope, "src/gen/a.c"));
  CHECK_FALSE(in_scope(scope, "srcs/a.c"));
}

TEST_CASE("scopes overlap when one path lies inside the other", "[domain][scope]") {
  WriteScope a, b;
  a.allowed_paths = {"src"};
  b.allowed_paths = {"src/lib"};
  CHECK(overlap(a, b));
  b.allowed_paths = {"lib"};
  CHECK_FALSE(overlap(a, b));
}
