// SPDX-License-Identifier: Apache-2.0
#include "export/evidence.hpp"

#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::provenance;

TEST_CASE("what is not listed becomes the placeholder, null and names stay") {
  Redactor redactor;
  Json row = {{"state", "completed"}, {"title", "secret plan"}, {"rationale", nullptr}, {"more", {{"a", 1}}}};
  redactor.row(row, {"state"});
  CHECK(row == Json{{"state", "completed"}, {"title", kRedactedFreeText}, {"rationale", nullptr}, {"more", kRedactedFreeText}});
  CHECK(redactor.counts().at("free_text") == 2);
}

TEST_CASE("a listed value has the shape its name promises") {
  const std::string id = "run_0123456789abcdef0123456789abcdef";
  struct Row {
    const char* name;
    Json good;
    std::vector<Json> bad;
  };
  const std::vector<Row> table{
      {"run_id", id, {"run_1", "token ghp_x", 7, Json::array({id})}},
      {"state", "completed", {"completed; rm", "Completed", "", std::string(65, 'a'), true}},
      {"content_sha256", std::string(64, 'a'), {"abc", std::string(64, 'g')}},
      {"closed_at", "2026-01-01T00:00:00Z", {"yesterday", "2026-01-01"}},
      {"ordinal", 3, {"3", 1.5, Json::object()}},
      {"fresh_session_required", true, {1, "true"}},
      {"close_reason", "run_completed", {"two\nlines", "\x1b[31mred", "bad \xff byte", Json::object(), 5}},
      {"required_verdicts", Json{"accept"}, {"accept", 5}},
  };
  for (const Row& row : table) {
    INFO(row.name);
    Redactor redactor;
    Json value = row.good;
    redactor.value(row.name, value);
    CHECK(value == row.good);
    CHECK(redactor.counts().empty());
    for (const Json& bad : row.bad) {
      value = bad;
      redactor.value(row.name, value);
      CHECK(value == kRedactedFreeText);
    }
    CHECK(redactor.counts().at("shape") == static_cast<std::int64_t>(row.bad.size()));
  }
}

TEST_CASE("rows that are no rows are hidden") {
  Redactor redactor;
  Json rows = {{{"state", "ok"}}, "text", nullptr};
  redactor.rows(rows, {"state"});
  CHECK(rows == Json{{{"state", "ok"}}, kRedactedFreeText, nullptr});
  Json none = "text";
  redactor.rows(none, {"state"});
  CHECK(none == kRedactedFreeText);
}
