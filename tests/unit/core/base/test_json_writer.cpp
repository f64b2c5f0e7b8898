// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include "support/catch.hpp"

using namespace striatum;
using Style = JsonWriter::Style;

namespace {

std::string written(const Json& value, Style style) {
  std::string out;
  JsonWriter writer(style, [&](std::string_view piece) { out += piece; });
  writer.value(value);
  writer.finish();
  return out;
}

const std::vector<Json> kSamples{
    nullptr, true, -7, 1.5, 18446744073709551615U, "", "plain", Json::array(), Json::object(),
    "quote\" back\\slash /", "tab\t newline\n nul" + std::string(1, '\0') + "bell\x07 delete\x7f", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
    Json{{"b", {1, Json::array(), Json{{"x", nullptr}}}}, {"a", Json::object()}, {"k\"\xc3\xa9", "v"}},
    Json{Json::array({Json::array({Json::object()})}), "end"}, Json::parse(std::string(12, '[') + "1,[]" + std::string(12, ']')), std::string(200'000, 'x'), std::string(70'000, '"')};

}  // namespace

TEST_CASE("a text written piece by piece is the text dumped at once", "[json]") {
  for (const Json& sample : kSamples) {
    INFO(sample.dump().substr(0, 80));
    CHECK(written(sample, Style::compact_ascii) == to_canonical_ascii(sample));
    CHECK(written(sample, Style::compact_utf8) == to_canonical_utf8(sample));
    CHECK(written(sample, Style::pretty_ascii) == sample.dump(2, ' ', true));
  }
  CHECK(written(Json(kSamples), Style::pretty_ascii) == Json(kSamples).dump(2, ' ', true));
}

TEST_CASE("every byte at every place of the fast path is written as it is dumped", "[json]") {
  for (const std::size_t size : {1U, 3U, 4U, 7U, 8U, 9U, 13U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 1; byte < 0x80; ++byte) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(byte);
        CHECK(written(text, Style::compact_ascii) == to_canonical_ascii(text));
        CHECK(written(text, Style::compact_utf8) == to_canonical_utf8(text));
      }
    }
  }
}

TEST_CASE("bytes that are no UTF-8 are replaced, as in a dump", "[json]") {
  const std::string text = "a\xff\xc3 b";
  CHECK(written(text, Style::compact_ascii) == to_canonical_ascii(text));
}

TEST_CASE("scalars and keys by hand", "[json]") {
  std::string out;
  JsonWriter writer(Style::pretty_ascii, [&](std::string_view piece) { out += piece; });
  writer.begin_object();
  writer.member("a", Scalar::of(std::int64_t{1}));
  writer.key("b");
  writer.begin_array();
  writer.value(Scalar::of(false));
  writer.value(Scalar());
  writer.end_array();
  writer.end_object();
  writer.finish();
  CHECK(out == Json{{"a", 1}, {"b", {false, nullptr}}}.dump(2, ' ', true));
}

TEST_CASE("a key that is made once is written like any other", "[json]") {
  for (const std::string name : {"plain", "quote\"", "\xc3\xa9", ""}) {
    std::string out;
    JsonWriter writer(Style::pretty_ascii, [&](std::string_view piece) { out += piece; });
    writer.begin_object();
    writer.member(JsonKey(name), Scalar::of(std::int64_t{1}));
    writer.end_object();
    writer.finish();
    CHECK(out == Json{{name, 1}}.dump(2, ' ', true));
  }
}
