// SPDX-License-Identifier: Apache-2.0
#include "hooks/spool.hpp"

#include "hooks/observed.hpp"
#include "hooks/push.hpp"
#include "support/catch.hpp"

namespace striatum::hooks {
namespace {

using Kind = SpoolLine::Kind;

TEST_CASE("spool: a line is read as it was written") {
  const SpoolLine line = GENERATE(SpoolLine{Kind::judged, "abc", "def", "sess_1"}, SpoolLine{Kind::rewritten, "a", "b", std::nullopt},
                                  SpoolLine{Kind::committed, "abc", "-", std::nullopt});
  std::string text = to_text(line);
  REQUIRE(text.back() == '\n');
  text.pop_back();
  CHECK(parse_spool_line(text) == line);
}

TEST_CASE("spool: what was cut off or is strange is passed over") {
  CHECK_FALSE(parse_spool_line(""));
  CHECK_FALSE(parse_spool_line("judged abc"));
  CHECK_FALSE(parse_spool_line("seen a b c"));
}

TEST_CASE("spool: a session's name cannot add a line") {
  CHECK(to_text({Kind::skipped, "pre-commit", "", "x\nskipped"}) == "skipped pre-commit - -\n");
}

TEST_CASE("the digest of changes does not depend on their order") {
  const git::Change a{"a", git::Mode::none, git::Mode::regular, std::nullopt, Oid::parse(std::string(40, '1'))};
  const git::Change b{"b", git::Mode::regular, git::Mode::none, Oid::parse(std::string(40, '2')), std::nullopt};
  CHECK(changes_digest({a, b}) == changes_digest({b, a}));
  CHECK(changes_digest({a}) != changes_digest({a, b}));
  CHECK(changes_digest({}) != changes_digest({a}));
}

TEST_CASE("pre-push and pre-receive read git's lines") {
  const std::string one(40, '1');
  const std::string zero(40, '0');
  const auto push = parse_push_lines("refs/heads/x " + one + " refs/heads/y " + zero + "\n\nodd\n");
  REQUIRE(push.size() == 1);
  CHECK(push[0].ref == "refs/heads/y");
  CHECK(push[0].after.hex() == one);
  CHECK(push[0].before.zero());
  const auto receive = parse_receive_lines(zero + " " + one + " refs/heads/x\n");
  REQUIRE(receive.size() == 1);
  CHECK(receive[0].ref == "refs/heads/x");
  CHECK(receive[0].after.hex() == one);
  CHECK(framework_push("refs/heads/x", std::nullopt, one).size() == 1);
  CHECK(framework_push("refs/heads/x", one, std::nullopt).empty());
}

}  // namespace
}  // namespace striatum::hooks
