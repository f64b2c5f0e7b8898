// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/context.hpp"
#include "base/ids.hpp"

namespace striatum::app {

/// A file that tells people about a run.
struct Export {
  RunId run;
  /// Relative to the repository.
  std::string path;
  std::string event_type;
  std::string text;
};

/// Writes it and appends its event in one step. An existing file must be an earlier export of this state (6).
/// `{status, run_id, path, sha256}`; the digest is that of the file's bytes.
[[nodiscard]] Json write_export(Context& ctx, const Export& file);

}  // namespace striatum::app
