// SPDX-License-Identifier: Apache-2.0
// Writes the records of an apply: changes file, evidence, signed receipt.
#pragma once

#include <string>
#include <vector>

#include "hooks/gates.hpp"
#include "hooks/signers.hpp"
#include "hooks/work.hpp"

namespace striatum::hooks {

struct RecordRequest {
  app::Context& ctx;
  const git::Repository& repository;
  const Work& work;
  Oid tip;
  Oid tip_tree;
  /// Of the result without the new records.
  Oid result_tree;
  const std::vector<GateResult>& gates;
  provenance::ReceiptState state = provenance::ReceiptState::applied;
  /// Judged paths that differ from the tip.
  std::vector<std::string> paths;
};

struct RecordFile {
  std::string path;
  std::string bytes;
};

struct Records {
  /// Receipt, signatures, changes, evidence.
  std::vector<RecordFile> files;
  std::string receipt_path;
  /// SHA-256 of the payload, hex.
  std::string receipt;
  std::string envelope;
  std::string changes_sha256;
  std::string content_tree;
  std::string base_content_tree;
  std::string evidence_path;
  std::string key_id;
  std::string signature;
  std::string issued_at;
};

/// Signs; may wait for an agent or a passphrase, so never inside a unit of work. Refuses (4) a receipt of more than
/// 64 KiB.
[[nodiscard]] Records make_records(const RecordRequest& request, const Signers& signers);

/// The payload of an apply that was refused: for the state alone, never committed and not signed.
[[nodiscard]] std::string refused_payload(app::Context& ctx, const Work& work, const Oid& tip,
                                          const std::vector<GateResult>& gates);

}  // namespace striatum::hooks
