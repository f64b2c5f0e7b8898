// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "export/dsse.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {

Envelope sample() {
  return {std::string(kPayloadType),
          "{\"a\":1}",
          {{"SHA256:one", std::string(64, 's')}, {"SHA256:two", "SSHSIG…"}}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the pre-authentication encoding is DSSE's") {
  CHECK(pae("http://example.com/HelloWorld", "hello world") ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(sha256(pae(kPayloadType, "{\"a\":1}")).hex() ==
        "bb68caefb81bc00b03e8afdd58699083c6d70ecbd6ee0b405a8317d2dd44e5c5");
}

TEST_CASE("a committed envelope has one spelling") {
  const std::string bytes = encode(sample());
  REQUIRE(parse_committed_envelope(bytes));
  CHECK(*parse_committed_envelope(bytes) == sample());

  CHECK_FALSE(parse_committed_envelope(bytes.substr(0, bytes.size() - 1)));
  CHECK_FALSE(parse_committed_envelope(bytes + "\n"));
  CHECK_FALSE(parse_committed_envelope(" " + bytes));
  CHECK_FALSE(parse_committed_envelope(replaced(bytes, "\"payload\":", "\"payload\": ")));
  CHECK_FALSE(parse_committed_envelope(replaced(bytes, "{\"payload\"", "{\"a\":1,\"payload\"")));
  CHECK_FALSE(parse_committed_envelope(
      replaced(bytes, "\"keyid\":\"SHA256:one\"", "\"a\":1,\"keyid\":\"SHA256:one\"")));
  CHECK_FALSE(parse_committed_envelope(replaced(bytes, "in-toto+json", "in-toto+jsom")));
  CHECK_FALSE(parse_committed_envelope(replaced(bytes, "SHA256:one", "SHA256:two")));
  CHECK_FALSE(
      parse_committed_envelope(replaced(bytes, "\"payloadType\"", "\"payload\":\"\",\"payloadType\"")));
  CHECK_FALSE(parse_committed_envelope(replaced(bytes, "==\"", "\"")));
  CHECK_FALSE(parse_committed_envelope("[]\n"));
  CHECK_FALSE(parse_committed_envelope(""));

  Envelope unsigned_one = sample();
  unsigned_one.signatures.clear();
  CHECK_FALSE(parse_committed_envelope(encode(unsigned_one)));
  Envelope many = sample();
  for (int i = 0; i < 14; ++i) many.signatures.push_back({"k" + std::to_string(i), "s"});
  CHECK(parse_committed_envelope(encode(many)));
  many.signatures.push_back({"one more", "s"});
  CHECK_FALSE(parse_committed_envelope(encode(many)));
  Envelope large = sample();
  large.payload.assign(kMaxEnvelopeBytes, 'x');
  CHECK_FALSE(parse_committed_envelope(encode(large)));
}

TEST_CASE("a foreign envelope may be written otherwise") {
  const auto foreign = parse_foreign_envelope(
      "{ \"payloadType\": \"application/vnd.other\", \"payload\": \"-_8\", \"more\": 1.5,\n"
      "  \"signatures\": [ {\"sig\": \"_-8=\"} ] }");
  REQUIRE(foreign);
  CHECK(foreign->payload == "\xfb\xff");
  CHECK(foreign->signatures[0].keyid.empty());
  CHECK(foreign->signatures[0].sig == "\xff\xef");
  CHECK_FALSE(parse_foreign_envelope("{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":[]}"));
  CHECK_FALSE(
      parse_foreign_envelope("{\"payloadType\":\"x\",\"payload\":\"*\",\"signatures\":[{\"sig\":\"\"}]}"));
  CHECK_FALSE(parse_foreign_envelope("no"));
}
