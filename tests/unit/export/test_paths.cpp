// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "export/paths.hpp"
#include "git/repository.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::provenance;

namespace {
const std::string kDigest = "ab" + std::string(62, '0');
}

TEST_CASE("every path has one place") {
  CHECK(place_of("src/a.c") == Place::content);
  CHECK(place_of(".provenance/striatum") == Place::content);
  CHECK(place_of(".provenance/other/receipts/x") == Place::content);
  CHECK(place_of(".provenance/striatum/receiptsx/a") == Place::content);
  CHECK(place_of(".provenance/striatum/README") == Place::content);
  CHECK(place_of(".provenance/striatum/receipts") == Place::record);
  CHECK(place_of(".provenance/striatum/changes/x") == Place::record);
  CHECK(place_of(".provenance/striatum/trust") == Place::trust);
  CHECK(place_of(".provenance/striatum/trust/keys/a.pub") == Place::trust);
  CHECK(place_of(".provenance/striatum/trusty") == Place::content);
  CHECK(place_of(".provenance/striatum/.gitattributes") == Place::attributes);
  CHECK(place_of("a/.provenance/striatum/receipts/x") == Place::content);
}

TEST_CASE("record names are recognised, and only in their one form") {
  CHECK(parse_record_path(receipt_path(kDigest)) == RecordName{RecordKind::receipt, kDigest, ""});
  CHECK(parse_record_path(review_path(kDigest)) == RecordName{RecordKind::review, kDigest, ""});
  CHECK(parse_record_path(changes_path(kDigest)) == RecordName{RecordKind::changes, kDigest, ""});
  CHECK(parse_record_path(evidence_path("run_1", kDigest)) ==
        RecordName{RecordKind::evidence, kDigest, "run_1"});
  const std::string signature = signature_path(receipt_path(kDigest), std::string(64, 'f'));
  CHECK(signature == ".provenance/striatum/receipts/ab/" + kDigest + '.' + std::string(64, 'f') + ".sig");
  CHECK(parse_record_path(signature)->kind == RecordKind::signature);
  CHECK(parse_record_path(".provenance/striatum/reviews/anything.sig")->kind == RecordKind::signature);

  const std::string folder = ".provenance/striatum/";
  const std::string bad = GENERATE_COPY(
      folder + "receipts", folder + "receipts/x", folder + "receipts/ac/" + kDigest + ".dsse.json",
      folder + "receipts/" + kDigest + ".dsse.json", folder + "receipts/ab/" + kDigest + ".json",
      folder + "receipts/AB/AB" + std::string(62, '0') + ".dsse.json",
      folder + "changes/ab/" + kDigest + ".dsse.json", folder + "changes/x.sig",
      folder + "evidence/" + kDigest + ".json", folder + "evidence/a/b/" + kDigest + ".json",
      folder + "evidence/../" + kDigest + ".json", folder + "evidence/a b/" + kDigest + ".json",
      folder + "trust/policy.json", std::string("a.sig"));
  INFO(bad);
  CHECK_FALSE(parse_record_path(bad));
}

TEST_CASE("the fixed attributes never change") {
  CHECK(sha256(kAttributes).hex() == "0954d5d256e381057bb60815e0fe3cc255e5802b4b2a5d0736733a28d73d77d3");
}

TEST_CASE("only judged paths may be vouched for") {
  CHECK(is_judged_path("a/b"));
  for (const char* bad : {"", "/a", "a/", "a//b", "./a", "a/..", ".provenance/striatum/trust/policy.json",
                          ".provenance/striatum/changes/x"}) {
    INFO(bad);
    CHECK_FALSE(is_judged_path(bad));
  }
}
