// SPDX-License-Identifier: Apache-2.0
#include "base/columns.hpp"
#include "base/hmac.hpp"
#include "support/catch.hpp"

using namespace striatum;

TEST_CASE("columns: code points count, bytes do not") {
  CHECK(columns_of("größe") == 5);
  CHECK(head_columns("größe", 3) == "grö");
  CHECK(head_columns("größe", 9) == "größe");
  CHECK(cut_columns("größe", 5, "…") == "größe");
  CHECK(cut_columns("größe", 4, "…") == "grö…");
  CHECK(cut_columns("größe", 0, "…").empty());
  CHECK(fill_columns("ö", 3) == "ö  ");
}

TEST_CASE("hmac: test case 2 of RFC 4231, and a key longer than a block") {
  CHECK(hmac_sha256("Jefe", "what do ya want for nothing?").hex() ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First").hex() ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
