// SPDX-License-Identifier: Apache-2.0
// `evidence export`: the redacted account of a run as a Markdown file in the repository.
#pragma once

#include <optional>
#include <string>

#include "app/context.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace striatum::hooks {

struct ExportEvidence {
  RunId run;
  /// Relative to the repository. An existing file must be an earlier export of this state (6).
  std::string path;
  /// What the file gives as its time instead of now (SOURCE_DATE_EPOCH), for the same bytes twice.
  std::optional<Instant> exported_at;
};
/// `{status, run_id, path, sha256}`; the digest is that of the file's bytes.
[[nodiscard]] Json export_evidence(app::Context& ctx, const ExportEvidence& command);

}  // namespace striatum::hooks
