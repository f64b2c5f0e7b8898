// SPDX-License-Identifier: Apache-2.0
#include "export/evidence.hpp"

#include "support/catch.hpp"

using namespace striatum;
using provenance::kRedactedFreeText;
using provenance::Redactor;

TEST_CASE("what is not listed is replaced, null and names stay", "[evidence]") {
  Redactor redactor;
  Json row{{"slug", "a-b-1"}, {"description", "secret"}, {"pid", 7}, {"rationale", nullptr}};
  redactor.row(row, {"slug"});
  CHECK(row == Json{{"slug", "a-b-1"}, {"description", kRedactedFreeText}, {"pid", kRedactedFreeText}, {"rationale", nullptr}});
  CHECK(redactor.counts().at("free_text") == 2);
}

TEST_CASE("a listed value passes only in the shape of its name", "[evidence]") {
  const std::string id = "sess_" + std::string(32, 'a');
  const auto passes = [](const char* name, Json value) {
    Redactor redactor;
    const Json before = value;
    redactor.value(name, value);
    return value == before;
  };
  CHECK(passes("session_id", id));
  CHECK_FALSE(passes("session_id", "hunter2"));
  CHECK(passes("content_sha256", std::string(64, '0')));
  CHECK_FALSE(passes("content_sha256", std::string(63, '0')));
  CHECK(passes("state", "waiting_human"));
  CHECK_FALSE(passes("state", "token=abc"));
  CHECK(passes("registered_at", "2026-11-22T08:58:20Z"));
  CHECK_FALSE(passes("registered_at", "soon"));
  CHECK(passes("attempt", 3));
  CHECK_FALSE(passes("attempt", "3"));
  CHECK_FALSE(passes("repo_path", Json::array({"a"})));
  CHECK_FALSE(passes("repo_path", "a\nb"));
  CHECK(passes("required_verdicts", Json{"accept"}));
  CHECK_FALSE(passes("required_verdicts", Json{{"accept", 1}}));
}

TEST_CASE("rows that are no rows never pass", "[evidence]") {
  Redactor redactor;
  Json rows = "free text";
  redactor.rows(rows, {"a"});
  CHECK(rows == kRedactedFreeText);
  Json mixed{{{"a", "x"}}, "y"};
  redactor.rows(mixed, {"a"});
  CHECK(mixed == Json{{{"a", "x"}}, kRedactedFreeText});
}

TEST_CASE("a column's value is judged as the member of a row", "[evidence]") {
  const std::vector<std::string> names{"session_id", "content_sha256", "state", "registered_at", "attempt", "ok",
                                       "required_verdicts", "repo_path", "description"};
  const std::vector<Json> values{nullptr, 3, true, 1.5, "word", "a b", "a\nb", "\xc3\xa9", "bad \xff", std::string(5000, 'a'),
                                 std::string(64, '0'), "sess_" + std::string(32, 'a'), "2026-11-22T08:58:20Z"};
  const provenance::Listed listed(names.begin(), names.end() - 1);
  for (const std::string& name : names) {
    for (const Json& value : values) {
      INFO(name << " = " << to_canonical_ascii(value));
      Redactor whole;
      Json row{{name, value}};
      whole.row(row, listed);
      Redactor single;
      const Scalar shown = single.shown(provenance::column(name, listed), scalar_of(value));
      CHECK(single.counts() == whole.counts());
      CHECK((shown.is_null() ? row[name].is_null() : scalar_of(row[name]).text() == shown.text()));
      CHECK(scalar_of(row[name]).number() == shown.number());
    }
  }
}
