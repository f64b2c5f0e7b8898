// SPDX-License-Identifier: Apache-2.0
// `evidence export`: the redacted account of a run as a Markdown file in the repository.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "app/context.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/records.hpp"
#include "export/evidence.hpp"

namespace striatum::hooks {

struct ExportEvidence {
  RunId run;
  /// Relative to the repository. An existing file must be an earlier export of this state (6).
  std::string path;
  /// What the file gives as its time instead of now (SOURCE_DATE_EPOCH), for the same bytes twice.
  std::optional<Instant> exported_at;
};
/// The bytes of an evidence record (docs/format/records.md, section 8) about these jobs of a run, or about all of it when
/// none is named.
[[nodiscard]] std::string evidence_of(store::Connection& db, const Run& run, const std::set<JobId>& jobs,
                                      const std::string& exported_at, provenance::Redactor& redactor);

/// `{status, run_id, path, sha256}`; the digest is that of the file's bytes.
[[nodiscard]] Json export_evidence(app::Context& ctx, const ExportEvidence& command);

}  // namespace striatum::hooks
