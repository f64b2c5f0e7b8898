// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/outbox.hpp"
#include "base/ids.hpp"
#include "os/background.hpp"

namespace striatum::app {

/// A file that tells people about a run: its text piece by piece, then its name and its event in one step.
class ExportFile {
 public:
  /// `path`: relative to the repository. Refuses (6) what can be no file there.
  ExportFile(Context& ctx, std::string path);
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  /// Long texts are hashed and written in the background.
  void append(std::string_view text);
  /// An existing file must be an earlier export of this state (6). `{status, run_id, path, sha256}`; the digest is that
  /// of the file's bytes.
  [[nodiscard]] Json publish(const RunId& run, const std::string& event_type);

 private:
  Context& ctx_;
  std::string path_;
  std::string plain_;
  OutFile file_;
  std::optional<os::Background> writing_;
};

}  // namespace striatum::app
