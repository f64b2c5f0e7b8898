// SPDX-License-Identifier: Apache-2.0
// The rows of docs/format/verification.md are tests/histories; here are the parts a script reaches badly.
#include "base/error.hpp"
#include "export/annotations.hpp"
#include "export/verify.hpp"
#include "support/catch.hpp"
#include "unit/export/applied_repo.hpp"

using namespace striatum;
using namespace striatum::provenance;
using test::AppliedRepo;

namespace {

std::vector<std::string> kinds(const Report& report) {
  std::vector<std::string> out;
  for (const Finding& finding : report.findings) out.push_back(finding.kind);
  return out;
}

}  // namespace

TEST_CASE("what the writers make verifies, as a commit and as a history") {
  AppliedRepo world;
  world.apply({{"a.txt", AppliedRepo::lines({{3, "three"}, {30, "thirty"}})}, {"new.txt", "1\n"}});
  const Report one = world.verify();
  CHECK(kinds(one).empty());
  REQUIRE(one.commits.size() == 1);
  CHECK(one.commits[0].cls == Class::exact);
  REQUIRE(one.commits[0].paths.size() == 2);
  CHECK(one.commits[0].paths[0].added == 2);
  CHECK(one.commits[0].paths[0].removed == 2);
  CHECK(one.exit_code() == Code::ok);

  const Report all = world.verify("", true);
  CHECK(all.exit_code() == Code::ok);
  CHECK(all.counts().at(Class::before_adoption) == 1);
  CHECK(all.counts().at(Class::provenance_only) == 1);
  CHECK(all.counts().at(Class::exact) == 1);
  CHECK_FALSE(all.base);
  const Json json = to_json(all);
  CHECK(json["verified"] == true);
  CHECK(json["counts"].size() == 8);
  CHECK(json["anchor"] == "given");
}

TEST_CASE("the exit tells findings, a missing anchor and unreadable commits apart") {
  Report report;
  report.anchor = Anchor::given;
  CHECK(report.exit_code() == Code::ok);
  report.unreadable = 1;
  CHECK(report.exit_code() == Code::not_found);
  report.anchor = Anchor::self_asserted;
  CHECK(report.exit_code() == Code::verification);
  report.anchor_optional = true;
  CHECK(report.exit_code() == Code::not_found);
  report.findings.push_back({"partial", std::nullopt, std::nullopt, ""});
  CHECK(report.exit_code() == Code::verification);
}

TEST_CASE("revisions that are none, and ranges of another form") {
  const AppliedRepo world;
  const auto code_of = [&](const std::string& revision) {
    try {
      (void)world.verify(revision);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::ok;
  };
  CHECK(code_of("nowhere") == Code::not_found);
  CHECK(code_of("HEAD~1..nowhere") == Code::not_found);
  CHECK(code_of("HEAD~1...HEAD") == Code::usage);
  CHECK(code_of("HEAD~1..") == Code::ok);
  CHECK(code_of("..HEAD") == Code::ok);
}

TEST_CASE("a receipt whose claims do not hold is malformed") {
  const std::vector<std::pair<const char*, std::function<void(Receipt&)>>> table{
      {"foreign roots", [](Receipt& r) { r.root_commits = {test::sample_oid(1)}; }},
      {"another branch base", [](Receipt& r) { r.branch_base = test::sample_oid(1); }},
      {"no evidence", [](Receipt& r) { r.evidence_run = sha256("none"); }},
      {"a failed gate",
       [](Receipt& r) {
         r.gates = {{"scope", "failed", "outside"}};
       }},
      {"a rejecting verdict", [](Receipt& r) { r.verdicts[0].verdict = "reject"; }},
      {"another run's evidence", [](Receipt& r) { r.run_id = RunId("run_2"); }},
  };
  for (const auto& [label, change] : table) {
    INFO(label);
    AppliedRepo world;
    world.apply({{"a.txt", AppliedRepo::lines({{3, "three"}})}}, change);
    const Report report = world.verify();
    CHECK(kinds(report) == std::vector<std::string>{"malformed", "policy_unmet"});
    CHECK(report.commits[0].cls == Class::uncovered);
  }
}

TEST_CASE("a content-tree or an artifact that is not there is found, and the path stays exact") {
  AppliedRepo world;
  SECTION("content-tree") {
    world.apply({{"a.txt", AppliedRepo::lines({{3, "three"}})}},
                [](Receipt& r) { r.content_tree = test::sample_oid(1); });
    CHECK(kinds(world.verify()) == std::vector<std::string>{"tree_mismatch"});
  }
  SECTION("artifact") {
    world.apply({{"a.txt", AppliedRepo::lines({{3, "three"}})}}, [](Receipt& r) {
      r.artifacts = {{"a.txt", test::sample_oid(1), sha256("x")}};
    });
    CHECK(kinds(world.verify()) == std::vector<std::string>{"malformed"});
  }
  CHECK(world.verify().commits[0].cls == Class::exact);
}

TEST_CASE("a vouched change is in stock once") {
  AppliedRepo world;
  world.apply({{"a.txt", AppliedRepo::lines({{3, "three"}})}});
  // Undone and done again by hand: the second time has no receipt of its own.
  world.repo.commit({{"a.txt", AppliedRepo::lines()}}, "undo");
  world.repo.commit({{"a.txt", AppliedRepo::lines({{3, "three"}})}}, "redo");
  const Report report = world.verify("HEAD~3..HEAD");
  REQUIRE(report.commits.size() == 3);
  CHECK(report.commits[0].cls == Class::exact);
  CHECK(report.commits[1].cls == Class::uncovered);
  CHECK(report.commits[2].cls == Class::uncovered);
  CHECK(report.uncovered.size() == 2);
}

TEST_CASE("a path that is not UTF-8 is shown as git shows it") {
  AppliedRepo world;
  world.repo.commit({{"b\xff\"\t", "1\n"}});
  const Report report = world.verify();
  REQUIRE(report.uncovered.size() == 1);
  CHECK(report.uncovered[0].path == "\"b\\377\\\"\\t\"");
  CHECK(to_json(report).dump().find("b\\\\377") != std::string::npos);
}

TEST_CASE("the summary for others names the commit and the result") {
  AppliedRepo world;
  const std::string head = world.apply({{"a.txt", AppliedRepo::lines({{3, "three"}})}});
  const Instant now = *parse_instant("2026-01-02T03:04:05Z");
  const Json passed = *parse_json(verification_summary(world.verify(), now, {"git-striatum", "1"}));
  CHECK(passed["subject"][0]["digest"]["gitCommit"] == head);
  CHECK(passed["predicate"]["verificationResult"] == "PASSED");
  CHECK(passed["predicate"]["timeVerified"] == "2026-01-02T03:04:05Z");
  world.repo.commit({{"a.txt", "other\n"}});
  const Json failed = *parse_json(verification_summary(world.verify(), now, {"git-striatum", "1"}));
  CHECK(failed["predicate"]["verificationResult"] == "FAILED");
}

TEST_CASE("an unmet rule names what is missing and the command that supplies it") {
  AppliedRepo world;
  world.repo.commit({{"a.txt", AppliedRepo::lines({{3, "three"}, {30, "thirty"}})}});
  const Report report = world.verify();
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].detail.find("class uncovered is not accepted: the default rule accepts exact") == 0);
  REQUIRE(report.findings[0].hints.size() == 2);
  CHECK(report.findings[0].hints[0].find("git striatum apply") != std::string::npos);
  REQUIRE(report.uncovered.size() == 2);
  CHECK(report.uncovered[0].line == 3);
  CHECK(report.uncovered[1].line == 30);
}

TEST_CASE("forges are told of every uncovered place, and of nothing else that stands in the history") {
  AppliedRepo world;
  world.repo.commit({{"a,b:%.txt", "1\n"}, {"a.txt", AppliedRepo::lines({{7, "seven"}})}}, "::error::spoof");
  const Report report = world.verify();
  const std::string github = github_annotations(report);
  CHECK(github.find("::error file=a%2Cb%3A%25.txt,line=1,title=striatum policy_unmet in ") == 0);
  CHECK(github.find("::error file=a.txt,line=7,") != std::string::npos);
  CHECK(github.find("spoof") == std::string::npos);
  CHECK(github_quoted("x", "T") == "::stop-commands::T\nx\n::T::\n");
  const Json gitlab = *parse_json(gitlab_report(report));
  REQUIRE(gitlab.size() == 2);
  CHECK(gitlab[1]["location"]["path"] == "a.txt");
  CHECK(gitlab[1]["location"]["lines"]["begin"] == 7);
  CHECK(gitlab[1]["severity"] == "major");
  CHECK(gitlab[0]["fingerprint"] != gitlab[1]["fingerprint"]);
}

TEST_CASE("a report without anchor or with unreadable commits is told too") {
  Report report;
  report.unreadable = 2;
  CHECK(github_annotations(report).find("::error title=striatum not_anchored::") == 0);
  CHECK(parse_json(gitlab_report(report))->size() == 2);
  report.anchor = Anchor::given;
  report.unreadable = 0;
  report.warnings.push_back({"sig_file", std::nullopt, "x", "gone"});
  CHECK(github_annotations(report) == "::notice file=x,line=1,title=striatum sig_file::gone\n");
}
