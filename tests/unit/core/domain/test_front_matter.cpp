// SPDX-License-Identifier: Apache-2.0
#include "domain/front_matter.hpp"

#include "base/error.hpp"
#include "support/catch.hpp"

using namespace striatum;

namespace {

std::string block(const std::string& lines) { return "---\n" + lines + "---\n\n# Text\n"; }

const std::string kFinding = "schema_version: \"striatum.finding.v1\"\nartifact_kind: \"finding\"\n";

std::string problem(const std::string& text, const std::string& kind = "finding") {
  try {
    domain::check_front_matter(text, kind);
  } catch (const Error& error) {
    CHECK(error.code() == Code::artifact);
    return error.message();
  }
  return {};
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a Markdown artifact without front matter is accepted", "[domain][artifact]") {
  CHECK(problem("# Text\n").empty());
  CHECK(problem("----\n").empty());
}

TEST_CASE("a complete block is accepted, comments and blank lines included", "[domain][artifact]") {
  CHECK(problem(block(kFinding + "# note\n\nverdict_intent: \"accept\"\nseverity: \"low\"\ntags: [\"a\"]\n")).empty());
  CHECK(problem(block(kFinding + "verdict_intent: \"accept\"\r\n")).empty());
}

TEST_CASE("any line that begins with three dashes closes the block", "[domain][artifact]") {
  CHECK(problem("---\n" + kFinding + "verdict_intent: \"accept\"\n--- end\n").empty());
}

TEST_CASE("each broken block is refused by the field it breaks", "[domain][artifact]") {
  CHECK(says(problem("---\n" + kFinding), "front matter"));
  CHECK(says(problem(block(kFinding)), "missing required field 'verdict_intent'"));
  CHECK(says(problem(block(kFinding + "verdict_intent: accept\n")), "JSON"));
  CHECK(says(problem(block(kFinding + "verdict_intent: \"maybe\"\n")),
             "accept|accept_with_findings|needs_revision|reject, got 'maybe'"));
  CHECK(says(problem(block(kFinding + "verdict_intent: \"accept\"\nmood: 1\n")), "unknown fields: mood"));
  CHECK(says(problem(block(kFinding + "verdict_intent: \"accept\"\ntags: [1]\n")), "list of strings"));
  CHECK(says(problem(block(kFinding + kFinding + "verdict_intent: \"accept\"\n")), "twice"));
  CHECK(says(problem(block("mood: 1\nschema_version: \"striatum.finding.v2\"\nartifact_kind: \"finding\"\n")),
             "striatum.finding.v1"));
}

TEST_CASE("a count is a whole number from zero on and never a boolean", "[domain][artifact]") {
  const std::string head = "schema_version: \"striatum.findings_ledger.v1\"\nartifact_kind: \"findings_ledger\"\n";
  CHECK(problem(block(head + "summary_count: 0\n"), "findings_ledger").empty());
  const std::string bad = GENERATE(std::string("-1"), std::string("true"), std::string("1.5"), std::string("\"1\""));
  CHECK(says(problem(block(head + "summary_count: " + bad + "\n"), "findings_ledger"), "non-negative integer"));
}

TEST_CASE("a decision names its owner and whether something follows", "[domain][artifact]") {
  const std::string head = "schema_version: \"striatum.decision.v1\"\nartifact_kind: \"decision\"\ndecision_id: \"d\"\n"
                           "run_id: \"r\"\noutcome: \"accepted\"\ntitle: \"t\"\ncreated_at: \"c\"\n";
  CHECK(problem(block(head + "owner: \"human\"\nfollow_up_required: false\n"), "decision").empty());
  CHECK(says(problem(block(head + "owner: \"bot\"\nfollow_up_required: false\n"), "decision"), "'human'"));
  CHECK(says(problem(block(head + "owner: \"human\"\nfollow_up_required: 0\n"), "decision"), "boolean"));
}

TEST_CASE("kinds without a schema are not looked at", "[domain][artifact]") {
  CHECK(problem("---\nnot closed", "handoff").empty());
}

TEST_CASE("the block added to a synthesis passes its own check", "[domain][artifact]") {
  REQUIRE(domain::front_matter_is_added("synthesis"));
  CHECK(problem(domain::with_front_matter("# S\n", "synthesis"), "synthesis").empty());
}

TEST_CASE("front matter ends within the first MiB", "[domain][artifact]") {
  const std::string filler(std::size_t{1} << 20, '\n');
  CHECK(says(problem("---\n" + filler + "---\n"), "not closed"));
  CHECK_FALSE(domain::front_matter_end("---\n" + filler + "---\n"));
  CHECK(domain::front_matter_end("---\r\na\n---") == 3);
}
