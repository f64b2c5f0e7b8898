// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/context.hpp"
#include "base/crypto.hpp"
#include "os/repo_files.hpp"

namespace striatum::app {

/// A file that a change writes beside its rows: on disk before they are committed, under its name after. A copy of it
/// (mostly a link) lies beside the state meanwhile, so that the next writing command can finish what a killed one
/// leaves in between.
class OutFile {
 public:
  /// A file for the bytes, below the work tree.
  OutFile(const Context& ctx, const std::string& path, os::Existing existing);

  /// `ok`, or what stands in the way.
  [[nodiscard]] os::Access access() const { return staged_.access(); }
  void append(std::string_view bytes);
  /// Ends it. SHA-256 of all bytes.
  [[nodiscard]] Sha256 finish();
  /// What was finished, inside the unit that speaks of it.
  void announce(store::WriteUnit& unit);
  /// After its commit.
  void publish(Context& ctx);

 private:
  std::string folder_;
  std::string path_;
  os::StagedFile staged_;
  Sha256Stream digest_;
  std::string copy_;
};

/// As `write`; `change(unit, out)` sets `out` where it succeeds.
template <class Change>
Json write_with_file(Context& ctx, Change&& change) {
  std::optional<OutFile> out;
  Json reply = write(ctx, [&](store::WriteUnit& unit) {
    Json inner = change(unit, out);
    out->announce(unit);
    return inner;
  });
  if (out) out->publish(ctx);
  return reply;
}

}  // namespace striatum::app
