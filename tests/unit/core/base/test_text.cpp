// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include "base/error.hpp"
#include "base/time.hpp"
#include "support/catch.hpp"

using namespace striatum;

TEST_CASE("nothing that steers a terminal survives printable()", "[base][text]") {
  CHECK(printable("a\x1b[2Jb") == "a\\x1b[2Jb");
  CHECK(printable("a\nb") == "a\\x0ab");
  CHECK(printable("\xc2\x9b") == "\\x9b");
  CHECK(printable("\xe2\x80\xae") == "\\u{202e}");
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc3\xa9 \xf0\x9f\x90\x9f") == "\xc3\xa9 \xf0\x9f\x90\x9f");
}

TEST_CASE("overlong forms, surrogates and cut sequences are no UTF-8", "[base][text]") {
  const std::string bytes = GENERATE(std::string("\xc0\xaf"), std::string("\xe0\x80\xaf"), std::string("\xed\xa0\x80"),
                                     std::string("\xf4\x90\x80\x80"), std::string("\xe2\x82"), std::string("\x80"));
  CHECK_FALSE(valid_utf8(bytes));
  CHECK(valid_utf8(to_utf8(bytes)));
}

TEST_CASE("hex reads back what it wrote", "[base][text]") {
  CHECK(to_hex(std::string("\x00\xff", 2)) == "00ff");
  CHECK(from_hex("00Ff") == std::string("\x00\xff", 2));
  CHECK(from_hex("0g").empty());
  CHECK(from_hex("0").empty());
  CHECK(is_hex("0a", 2));
  CHECK_FALSE(is_hex("0A", 2));
}

TEST_CASE("split keeps empty parts and join undoes it", "[base][text]") {
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(join(split("a,,b", ','), ",") == "a,,b");
  CHECK(trim(" \t a \n") == "a");
  CHECK(blank(" \n"));
}

TEST_CASE("a message is one line and quotes what it names", "[base][error]") {
  const Error error(Code::lease, "a\nb", {"hint"});
  CHECK(error.message() == "a b");
  CHECK(error.kind() == "lease_refused");
  CHECK(quote("x") == "'x'");
  CHECK(quote("it's") == "\"it's\"");
  CHECK(quote(std::string(100'000, 'x')).size() < 5000);
}

TEST_CASE("times are written and read as the contract does", "[base][time]") {
  CHECK(to_text(Instant{0}) == "1970-01-01T00:00:00Z");
  CHECK(parse_instant("2027-01-15T08:00:00Z") == Instant{1'800'000'000});
  CHECK(parse_instant("2027-01-15 08:00:00") == Instant{1'800'000'000});
  CHECK(to_text(Instant{std::int64_t{1} << 50}) == "9999-12-31T23:59:59Z");
  const std::string bad = GENERATE(std::string(""), std::string("2027-02-30T00:00:00Z"), std::string("2027-01-15T24:00:00Z"),
                                   std::string("2027-01-15T08:00:0xZ"), std::string("2027/01/15T08:00:00Z"));
  CHECK_FALSE(parse_instant(bad));
}

TEST_CASE("people read distances, not dates", "[base][time]") {
  CHECK(relative(Instant{60}, Instant{0}) == "in 1 minute");
  CHECK(relative(Instant{0}, Instant{7200}) == "2 hours ago");
  CHECK(relative(Instant{5}, Instant{5}) == "now");
}
