// SPDX-License-Identifier: Apache-2.0
// A person's signed verdict on a committed receipt, written into the work tree (docs/format/records.md, section 9).
#pragma once

#include <string>
#include <vector>

#include "base/ports.hpp"
#include "hooks/receipt_files.hpp"

namespace striatum::hooks {

struct ReceiptReview {
  /// Digest of the receipt or the beginning of it.
  std::string receipt;
  std::string verdict;
  /// The finding: a file of the work tree, named from its top.
  std::string path;
  /// Fingerprints to sign with; none: the default key.
  std::vector<std::string> keys;
  /// A person is there to type a passphrase.
  bool terminal = false;
};

/// `{receipt, review, verdict, files[], next[]}`. Refuses a receipt that is not committed (3), a finding that is not
/// there or no path for one (6), and a key that HEAD's trust lets sign no review (4).
[[nodiscard]] Json receipt_review(const ReceiptPlaces& places, const ReceiptReview& command, Clock& clock,
                                  Random& random);

}  // namespace striatum::hooks
