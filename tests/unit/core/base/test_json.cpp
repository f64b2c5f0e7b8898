// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include "support/catch.hpp"

using namespace striatum;

TEST_CASE("canonical ASCII sorts keys and escapes everything beyond ASCII", "[base][json]") {
  const Json value{{"b", "\x7f\xc3\xa9"}, {"a", {1, true, nullptr}}};
  CHECK(to_canonical_ascii(value) == R"({"a":[1,true,null],"b":"\u007f\u00e9"})");
}

TEST_CASE("canonical UTF-8 leaves text as it is", "[base][json]") {
  CHECK(to_canonical_utf8({{"k", "\xc3\xa9\n"}}) == "{\"k\":\"\xc3\xa9\\n\"}");
}

TEST_CASE("bytes that are no UTF-8 become the replacement character, not a crash", "[base][json]") {
  CHECK(to_canonical_ascii(std::string("a\xff")) == "\"a\\ufffd\"");
}

TEST_CASE("the spaced form keeps the order of keys", "[base][json]") {
  const auto value = parse_ordered_json(R"({"z":[1,{"y":2}],"a":{}})");
  REQUIRE(value);
  CHECK(to_spaced_ascii(*value) == R"({"z": [1, {"y": 2}], "a": {}})");
}

TEST_CASE("a text is refused that is no JSON, too deep, or hides bytes behind a NUL", "[base][json]") {
  const std::string text = GENERATE(std::string("{"), std::string("{}x"), std::string(""), std::string("{}\0{", 4),
                                    std::string(600, '['));
  CHECK_FALSE(parse_json(text));
}

TEST_CASE("a whole number that 64 bits cannot hold is refused, not rounded", "[base][json]") {
  const std::string kept = GENERATE(std::string("-9223372036854775808"), std::string("[18446744073709551615, 0]"),
                                    std::string(R"({"12345678901234567890123":"12345678901234567890123"})"));
  const std::string refused = GENERATE(std::string("-9223372036854775809"), std::string("[18446744073709551616, 0]"),
                                       std::string(R"({"n":1,"m":123456789012345678901234567890})"));
  CHECK(parse_json(kept));
  CHECK_FALSE(parse_json(refused));
  CHECK(parse_json("12345678901234567890123e0"));
}

TEST_CASE("restricted JSON refuses what another reader could read otherwise", "[base][json]") {
  const std::string text = GENERATE(std::string(R"({"a":1,"a":2})"), std::string("1.5"), std::string("1e3"),
                                    std::string("9007199254740992"), std::string("-9007199254740992"),
                                    std::string("{\"\xc3\xa9\":1}"), std::string("\"\xff\""), std::string("[-0]"),
                                    std::string("\xef\xbb\xbf{}"), std::string(40, '[') + std::string(40, ']'));
  INFO(text);
  CHECK_FALSE(parse_restricted_json(text));
}

TEST_CASE("restricted JSON accepts plain values up to the bounds", "[base][json]") {
  const std::string text =
      GENERATE(std::string("9007199254740991"), std::string("-9007199254740991"), std::string(R"({"a":[{"a":null}]})"));
  CHECK(parse_restricted_json(text));
}

TEST_CASE("members of anything but an object are null", "[base][json]") {
  CHECK(member(Json::array(), "x").is_null());
  CHECK(text_member({{"x", 5}}, "x", "other") == "other");
  CHECK(string_list({"a", 1, "b"}) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a part of a JSON text is what is wanted of the whole", "[json]") {
  const std::string text =
      R"({"a":[{"keep":[1,-2,1.5,null,true],"drop":{"keep":[[{}]]}},{"drop":1,"keep":{"drop":"in"}}],"drop":[{"keep":2}],"keep":"\u00e9"})";
  const auto part = parse_json(text, [](std::size_t, std::string_view key) { return key != "drop"; });
  REQUIRE(part);
  CHECK(*part == Json{{"a", {{{"keep", {1, -2, 1.5, nullptr, true}}}, {{"keep", Json::object()}}}}, {"keep", "\xc3\xa9"}});
  std::vector<std::size_t> depths;
  const auto all = parse_json(text, [&](std::size_t depth, std::string_view) {
    depths.push_back(depth);
    return true;
  });
  CHECK(all == parse_json(text));
  CHECK(depths == std::vector<std::size_t>{1, 3, 3, 4, 3, 3, 4, 1, 3, 1});
  const Wanted nothing = [](std::size_t, std::string_view) { return false; };
  CHECK(parse_json(text, nothing) == Json::object());
  CHECK(parse_json("7", nothing) == Json(7));
  for (const char* broken : {"", "{", "{\"a\":}", "{} {}", "[1,]", "{\"drop\":tru}"}) {
    INFO(broken);
    CHECK_FALSE(parse_json(broken, nothing));
  }
}
