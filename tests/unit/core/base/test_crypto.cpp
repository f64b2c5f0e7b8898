// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

using namespace striatum;

TEST_CASE("SHA-256 and SHA-512 give the published values", "[base][crypto]") {
  CHECK(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha512("abc")).substr(0, 32) == "ddaf35a193617abacc417349ae204131");
  Sha256Stream stream;
  stream.add("a");
  stream.add("bc");
  CHECK(stream.finish() == sha256("abc"));
}

TEST_CASE("base64 is standard, padded and read strictly", "[base][crypto]") {
  for (const std::string bytes : {"", "a", "ab", "abc"}) CHECK(from_base64(base64(bytes)) == bytes);
  CHECK(base64("ab") == "YWI=");
  const std::string bad = GENERATE(std::string("YWI"), std::string("YW I"), std::string("YWJ="), std::string("===="),
                                   std::string("YW-_"), std::string("YWI=\n"));
  INFO(bad);
  CHECK_FALSE(from_base64(bad));
}

TEST_CASE("Ed25519 agrees with RFC 8032, test 2", "[base][crypto]") {
  const std::string seed = from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  CHECK(to_hex(ed25519::public_key(seed)) == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string signature = ed25519::sign(seed, "\x72");
  CHECK(to_hex(signature).substr(0, 32) == "92a009a9f0d4cab8720e820b5f642540");
  CHECK(ed25519::verify(ed25519::public_key(seed), "\x72", signature));
  CHECK_FALSE(ed25519::verify(ed25519::public_key(seed), "\x73", signature));
  CHECK_FALSE(ed25519::verify("short", "\x72", signature));
}

TEST_CASE("keys that are none are refused, not followed", "[base][crypto]") {
  CHECK_FALSE(verify_ecdsa("nistp999", "x", "m", "r", "s"));
  CHECK_FALSE(verify_ecdsa("nistp256", std::string(65, '\4'), "m", "r", "s"));
  CHECK_FALSE(verify_rsa("sha256", "\1\0\1", std::string(128, '\x7f'), "m", "s"));
  CHECK_FALSE(verify_rsa("sha1", "\1\0\1", std::string(384, '\x7f'), "m", "s"));
}
