// SPDX-License-Identifier: Apache-2.0
#include "cli/short_ids.hpp"

#include "cli/nearest.hpp"
#include "support/catch.hpp"

using namespace striatum;

namespace {

const std::string kDigits = "0123456789abcdef0123456789abcdef";

}  // namespace

TEST_CASE("the beginning of an id is told from whole ids and from other words", "[cli]") {
  REQUIRE(cli::short_id("run_1a2b"));
  CHECK(cli::short_id("run_1a2b")->start == "run_1a2b");
  const auto job = cli::short_id("job_run_1a2b_draft_a2");
  REQUIRE(job);
  CHECK(job->before == "job_");
  CHECK(job->start == "run_1a2b");
  CHECK(job->after == "_draft_a2");
  for (const std::string& other : {std::string("run_1a2"), "run_" + kDigits, std::string("run_1a2g"), std::string("draft"), std::string(),
                                   std::string("runs_1a2b"), std::string("job_run_1a2b"), std::string("run_1a2b_draft")}) {
    CHECK_FALSE(cli::short_id(other));
  }
}

TEST_CASE("whole ids in a text are cut to eight digits, parts of other words are not", "[cli]") {
  CHECK(cli::shorten_ids("run run_" + kDigits + " waits") == "run run_01234567 waits");
  CHECK(cli::shorten_ids("job_run_" + kDigits + "_draft_a2.") == "job_run_01234567_draft_a2.");
  CHECK(cli::shorten_ids("'lease_" + kDigits + "'") == "'lease_01234567'");
  for (const std::string& kept : {"x/run_" + kDigits, "watch-run_" + kDigits + ".pid", "ID=sess_" + kDigits, "run_" + kDigits + "0",
                                  std::string("run_0123"), kDigits, std::string("verdict_by")}) {
    CHECK(cli::shorten_ids(kept) == kept);
  }
}

TEST_CASE("the nearest word is a few typing errors away, or begins with what was typed", "[cli]") {
  const std::vector<std::string> verbs{"status", "start", "list", "verify", "publish-artifact"};
  CHECK(cli::nearest("statsu", verbs) == "status");
  CHECK(cli::nearest("publish", verbs) == "publish-artifact");
  CHECK(cli::nearest("verfiy", verbs) == "verify");
  CHECK(cli::nearest("lsit", verbs) == "list");
  CHECK(cli::nearest("dance", verbs).empty());
  CHECK(cli::nearest("", verbs).empty());
}
