// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "base/json.hpp"
#include "export/receipt.hpp"
#include "support/catch.hpp"
#include "unit/export/sample_receipt.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {

Json as_json(const Receipt& receipt) { return *parse_restricted_json(encode(receipt)); }

bool accepted(const Json& statement) {
  return static_cast<bool>(parse_receipt(to_canonical_utf8(statement)));
}

}  // namespace

TEST_CASE("a receipt is written as a canonical in-toto statement and read back") {
  const Receipt receipt = test::sample_receipt();
  const std::string payload = encode(receipt);
  const auto parsed = parse_receipt(payload);
  INFO(parsed.problem());
  REQUIRE(parsed);
  CHECK(*parsed == receipt);
  CHECK(encode(*parsed) == payload);
  CHECK(payload.substr(0, 52) == "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicat");
  const Json statement = as_json(receipt);
  CHECK(statement["subject"][0].dump() ==
        "{\"digest\":{\"gitTree\":\"0101010101010101010101010101010101010101\"},\"name\":\"content-tree\"}");
  CHECK(statement["predicate"]["previous"].is_null());
  CHECK(statement["predicate"]["redaction"]["counts"]["free_text"] == 3);
}

TEST_CASE("unknown members are allowed inside the predicate only") {
  Json statement = as_json(test::sample_receipt());
  statement["predicate"]["later"] = 1;
  statement["predicate"]["run"]["later"] = "x";
  CHECK(accepted(statement));
  Json outside = statement;
  outside["later"] = 1;
  CHECK_FALSE(accepted(outside));
  Json subject = statement;
  subject["subject"][0]["later"] = 1;
  CHECK_FALSE(accepted(subject));
}

TEST_CASE("a receipt lacking any member is malformed") {
  const Json whole = as_json(test::sample_receipt());
  for (const auto& [key, value] : whole["predicate"].items()) {
    INFO(key);
    Json cut = whole;
    cut["predicate"].erase(key);
    CHECK_FALSE(accepted(cut));
    if (key == "previous") continue;
    cut["predicate"][key] = nullptr;
    CHECK_FALSE(accepted(cut));
  }
  for (const char* group : {"repository", "base", "run", "log", "redaction", "tool"}) {
    for (const auto& [key, value] : whole["predicate"][group].items()) {
      INFO(group << '.' << key);
      Json cut = whole;
      cut["predicate"][group].erase(key);
      CHECK_FALSE(accepted(cut));
    }
  }
  for (const char* list : {"actors", "verdicts", "gates"}) {
    for (const auto& [key, value] : whole["predicate"][list][0].items()) {
      INFO(list << "[0]." << key);
      Json cut = whole;
      cut["predicate"][list][0].erase(key);
      CHECK_FALSE(accepted(cut));
    }
  }
}

TEST_CASE("wrong values in a receipt are malformed") {
  const std::vector<std::pair<const char*, std::function<void(Json&)>>> table{
      {"refused", [](Json& s) { s["predicate"]["state"] = "refused"; }},
      {"upper-case id", [](Json& s) { s["predicate"]["base"]["commit"] = std::string(40, 'A'); }},
      {"short digest", [](Json& s) { s["predicate"]["log"]["head"] = "ab"; }},
      {"unknown verdict", [](Json& s) { s["predicate"]["verdicts"][0]["verdict"] = "fine"; }},
      {"unknown gate", [](Json& s) { s["predicate"]["gates"][0]["name"] = "weather"; }},
      {"gate twice", [](Json& s) { s["predicate"]["gates"].push_back(s["predicate"]["gates"][0]); }},
      {"local time", [](Json& s) { s["predicate"]["issued_at"] = "2026-01-01T00:00:00+01:00"; }},
      {"no roots", [](Json& s) { s["predicate"]["repository"]["root_commits"] = Json::array(); }},
      {"object format", [](Json& s) { s["predicate"]["repository"]["object_format"] = "sha256"; }},
      {"run id as a path", [](Json& s) { s["predicate"]["run"]["run_id"] = "../x"; }},
      {"no count", [](Json& s) { s["predicate"]["redaction"]["counts"]["x"] = "many"; }},
      {"negative seq", [](Json& s) { s["predicate"]["log"]["seq"] = -1; }},
      {"subject twice", [](Json& s) { s["subject"].push_back(s["subject"][0]); }},
      {"no evidence", [](Json& s) { s["subject"].erase(2); }},
      {"unknown subject", [](Json& s) { s["subject"][2]["name"] = "proof"; }},
      {"two digests", [](Json& s) { s["subject"][1]["digest"]["sha1"] = "x"; }},
      {"predicate type", [](Json& s) { s["predicateType"] = "https://striatum.dev/apply-receipt/v2"; }},
      {"statement type", [](Json& s) { s["_type"] = "https://in-toto.io/Statement/v0.1"; }},
  };
  for (const auto& [label, change] : table) {
    INFO(label);
    Json statement = as_json(test::sample_receipt());
    change(statement);
    CHECK_FALSE(accepted(statement));
  }
  CHECK_FALSE(parse_receipt(encode(test::sample_receipt()) + "\n"));
  CHECK_FALSE(parse_receipt("{}"));
  CHECK_FALSE(parse_receipt(""));
}

TEST_CASE("a review is written and read back") {
  const Review review = test::sample_review();
  const std::string payload = encode(review);
  const auto parsed = parse_review(payload);
  INFO(parsed.problem());
  REQUIRE(parsed);
  CHECK(*parsed == review);
  CHECK_FALSE(parse_receipt(payload));
  CHECK_FALSE(parse_review(encode(test::sample_receipt())));

  Json other = *parse_restricted_json(payload);
  other["predicate"]["receipt"] = std::string(64, '0');
  CHECK_FALSE(parse_review(to_canonical_utf8(other)));
  other = *parse_restricted_json(payload);
  other["predicate"]["finding_path"] = ".provenance/striatum/trust/policy.json";
  CHECK_FALSE(parse_review(to_canonical_utf8(other)));
}

TEST_CASE("times keep their fraction") {
  for (const char* text :
       {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.000000001Z"}) {
    CHECK(to_text(parse_timestamp(text).value()) == text);
  }
  CHECK(parse_timestamp("2026-01-01T00:00:00.50Z") == parse_timestamp("2026-01-01T00:00:00.5Z"));
  CHECK(parse_timestamp("2026-01-01T00:00:00.9Z").value() < parse_timestamp("2026-01-01T00:00:01Z").value());
  for (const char* bad : {"2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
                          "2026-01-01 00:00:00Z", "2026-01-01T00:00:00,5Z", "2026-13-01T00:00:00Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_timestamp(bad));
  }
}
