// SPDX-License-Identifier: Apache-2.0
// Single receipts: those of the live state and those in HEAD's tree.
#pragma once

#include <optional>
#include <string>

#include "app/context.hpp"
#include "git/discover.hpp"

namespace striatum::hooks {

/// Where receipts are looked for: a clone without a state has only those of its commits.
struct ReceiptPlaces {
  git::Places git;
  /// Opened when a state is there; null otherwise.
  app::Context* state = nullptr;
};

/// `{items[{receipt, state, run_id, issued_at, commit}], count}`, oldest first.
[[nodiscard]] Json receipt_list(const ReceiptPlaces& places, const std::optional<RunId>& run);

/// `id`: a digest or a unique prefix of one. `{receipt, path, statement, signatures[{keyid, principal, valid}]}`,
/// judged by the trust that stands in HEAD. Refuses (3) an unknown id.
[[nodiscard]] Json receipt_show(const ReceiptPlaces& places, const std::string& id);

/// A file on disk (any DSSE envelope) or an id. `{receipt, valid, findings[{kind, detail}]}`.
[[nodiscard]] Json receipt_verify(const ReceiptPlaces& places, const std::string& file_or_id);

}  // namespace striatum::hooks
