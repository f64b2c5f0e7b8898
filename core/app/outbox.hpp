// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/context.hpp"
#include "os/repo_files.hpp"
#include "store/outbox.hpp"

namespace striatum::app {

/// A file that a change writes beside its rows: on disk before they are committed, under its name after. What a
/// killed command leaves in between, the next writing command finishes.
class OutFile {
 public:
  /// Stages the bytes below the work tree.
  OutFile(const Context& ctx, const std::string& path, std::string bytes, os::Existing existing);

  /// `ok`, or what stands in the way.
  [[nodiscard]] os::Access access() const { return staged_.access(); }
  /// Inside the unit that speaks of the file.
  void announce(store::WriteUnit& unit) const;
  /// After its commit.
  void publish(Context& ctx);

 private:
  store::PendingFile row_;
  os::StagedFile staged_;
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
