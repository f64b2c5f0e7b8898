// SPDX-License-Identifier: Apache-2.0
#include "export/policy.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using namespace striatum::provenance;

TEST_CASE("globs are git's own") {
  const std::vector<std::string> paths{
      "a",        "b.c",      "src/a.c",   "src/x/a.c",   "src/x/y/a.c", "srcx/a.c", "src",       "docs/[x",
      "docs/a-b", "docs/a*b", "x/src/a.c", "src/.hidden", "q/src/b",     "z]",       "docs/\xff", "a/b/c/d"};
  const std::vector<std::string> globs{"a",          "src",         "src/",       "src/*",      "src/**",
                                       "**/a.c",     "src/**/a.c",  "**",         "*",          "*.c",
                                       "src/?.c",    "src/[a-c].c", "src/[!a].c", "docs/a\\*b", "docs/[[]x",
                                       "*/a.c",      "s*c/a.c",     "**/src/**",  "src/**a",    "**.c",
                                       "docs/[^a]*", "a/**/d",      "a/**/b/**",  "[]z]",       "z[]]"};
  const test::TempRepo repo;
  // Only the index matters to ls-files; the blob need not differ.
  const std::string blob = repo.git({"hash-object", "-w", "--stdin"}, "x");
  std::string index;
  for (const std::string& path : paths) {
    // "a" and "a/b/c/d" cannot stand in one index, nor "src" and "src/a.c".
    if (path != "a" && path != "src") index += "100644 " + blob + "\t" + path + '\n';
  }
  std::string quoted_z;
  for (const char c : index) quoted_z += c == '\n' ? '\0' : c;
  repo.git({"update-index", "-z", "--index-info"}, quoted_z);
  for (const std::string& glob : globs) {
    const std::string listed = '\0' + repo.git({"ls-files", "-z", "--", ":(glob)" + glob});
    for (const std::string& path : paths) {
      if (path == "a" || path == "src") continue;
      INFO(glob << " : " << path);
      const bool expected = listed.find('\0' + path + '\0') != std::string::npos;
      CHECK(glob_matches(glob, path) == expected);
    }
  }
  // git calls these invalid and, where a literal part stands before, lets them cross folders; here `**` is
  // `*`.
  CHECK(glob_matches("src**/a.c", "srcx/a.c"));
  CHECK_FALSE(glob_matches("src**/a.c", "src/x/a.c"));
  CHECK(glob_matches("a", "a"));
  CHECK(glob_matches("src/", "src"));
  CHECK_FALSE(glob_matches("src/**", "src"));
}

TEST_CASE("a hostile glob takes no exponential time") {
  std::string glob;
  for (int i = 0; i < 60; ++i) glob += "*a";
  CHECK_FALSE(glob_matches(glob + "b", std::string(2000, 'a')));
}

TEST_CASE("the last matching rule counts") {
  const auto policy = parse_policy(R"({"version": 3, "rules": [
    {"paths": ["**"], "accept": ["exact", "human"]},
    {"paths": ["docs"], "accept": ["uncovered"], "verdicts": {"accepting": 1, "human": 2}, "signatures": {"lane": 1}}
  ], "revoked": [{"key": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "reason": "lost"}],
  "hooks": {"closed": true}, "since": "0123456789012345678901234567890123456789"})");
  INFO(policy.problem());
  REQUIRE(policy);
  CHECK(policy->version == 3);
  CHECK(policy->hooks_closed);
  CHECK(policy->since->hex() == "0123456789012345678901234567890123456789");
  CHECK(policy->rule_for("src/a").accept == std::vector<Class>{Class::exact, Class::human});
  CHECK(policy->rule_for("docs/a").accept == std::vector<Class>{Class::uncovered});
  CHECK(policy->rule_for("docs/a").human_verdicts == 2);
  CHECK(policy->rule_for("docs/a").signatures.at("lane") == 1);
  CHECK(policy->revokes("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  CHECK_FALSE(policy->revokes("SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"));
  const auto plain = parse_policy("{\"version\":1}");
  REQUIRE(plain);
  CHECK(plain->rule_for("x").accept == std::vector<Class>{Class::exact, Class::carried, Class::human,
                                                          Class::before_adoption, Class::provenance_only});
}

TEST_CASE("a rule names the first threshold that is not reached") {
  PolicyRule rule;
  rule.accepting_verdicts = 2;
  rule.distinct_lanes = 2;
  rule.human_verdicts = 1;
  rule.signatures = {{"human", 2}, {"lane", 1}};
  Support support;
  support.accepting_verdicts = 1;
  CHECK(shortfall(rule, support)->text() == "wants 2 accepting verdicts, has 1");
  support.accepting_verdicts = 2;
  support.lanes = {"a"};
  CHECK(shortfall(rule, support)->of == Shortfall::Of::lanes);
  support.lanes = {"a", "b"};
  support.signers = {{"human", {"SHA256:one"}}, {"lane", {"SHA256:two"}}};
  CHECK(shortfall(rule, support)->of == Shortfall::Of::human_verdicts);
  support.reviewers = {{"human", {"SHA256:three"}}};
  CHECK(shortfall(rule, support)->text() == "wants 2 signatures by keys of role human, has 1");
  support.signers["human"].insert("SHA256:three");
  CHECK_FALSE(shortfall(rule, support));
  CHECK_FALSE(shortfall(PolicyRule{}, Support{}));
}

TEST_CASE("a misspelt policy is none") {
  const char* bad = GENERATE(
      "", "[]", "{}", "{\"version\":0}", "{\"version\":\"1\"}", "{\"version\":1.5}",
      "{\"version\":1,\"rule\":[]}", "{\"version\":1,\"version\":2}", "{\"version\":1,\"rules\":{}}",
      "{\"version\":1,\"rules\":[{}]}", "{\"version\":1,\"rules\":[{\"paths\":[]}]}",
      "{\"version\":1,\"rules\":[{\"paths\":[1]}]}",
      "{\"version\":1,\"rules\":[{\"paths\":[\"a\"],\"acept\":[]}]}",
      "{\"version\":1,\"rules\":[{\"paths\":[\"a\"],\"accept\":[\"fine\"]}]}",
      "{\"version\":1,\"rules\":[{\"paths\":[\"a\"],\"verdicts\":{\"accepted\":1}}]}",
      "{\"version\":1,\"rules\":[{\"paths\":[\"a\"],\"verdicts\":{\"accepting\":-1}}]}",
      "{\"version\":1,\"rules\":[{\"paths\":[\"a\"],\"signatures\":{\"root\":1}}]}",
      "{\"version\":1,\"revoked\":[{\"key\":\"SHA256:x\",\"reason\":\"\"}]}",
      "{\"version\":1,\"revoked\":[{\"key\":\"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
      "{\"version\":1,\"hooks\":{\"close\":true}}", "{\"version\":1,\"hooks\":{\"closed\":1}}",
      "{\"version\":1,\"since\":\"main\"}", "{\"version\":1,\"since\":null}");
  INFO(bad);
  CHECK_FALSE(parse_policy(bad));
}
