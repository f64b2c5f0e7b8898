// SPDX-License-Identifier: Apache-2.0
#include "hooks/log_heads.hpp"

#include "os/files.hpp"
#include "store/apply.hpp"
#include "store/chain.hpp"

namespace striatum::hooks {

void compare_log_heads(const app::Place& place, provenance::Report& report) {
  const auto file = place.state_dir / "state.sqlite3";
  if (report.receipts.empty() || !os::exists(file.string())) return;
  try {
    store::Connection db(file, store::Access::read_only);
    const std::string store_id = store::chain_head(db).store_id;
    for (const auto& [digest, receipt] : report.receipts) {
      if (receipt.store_id != store_id || receipt.log_seq == 0) continue;
      const auto hash = store::chain_hash(db, receipt.log_seq);
      if (hash && *hash == receipt.log_head.raw()) continue;
      report.warnings.push_back({"log_mismatch", std::nullopt, std::nullopt,
                                 "receipt " + digest.hex() + " names another log than the one here at event row " +
                                     std::to_string(receipt.log_seq)});
    }
  } catch (const Error& error) {
    report.warnings.push_back({"log_mismatch", std::nullopt, std::nullopt, "the log here cannot be read: " + error.message()});
  }
}

}  // namespace striatum::hooks
