// SPDX-License-Identifier: Apache-2.0
// What hooks saw, one line each, in `<common dir>/striatum/spool`: written by appending, so that no hook ever waits
// for the state's lock; read by the next verb, by pre-push and by status.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/discover.hpp"

namespace striatum::hooks {

struct SpoolLine {
  enum class Kind {
    judged,     ///< pre-commit let through: `first` HEAD or `-`, `second` the digest of the staged changes
    committed,  ///< post-commit: `first` the commit
    rewritten,  ///< post-rewrite: `first` the old commit, `second` the new one
    skipped     ///< a hook was switched off by STRIATUM_SKIP_HOOKS: `first` its name
  } kind = Kind::judged;
  std::string first;
  std::string second;
  /// The committing session, as far as it was known.
  std::optional<std::string> session;
  bool operator==(const SpoolLine&) const = default;
};

[[nodiscard]] std::string to_text(const SpoolLine& line);
/// nullopt: a line that was cut off, or of a newer program.
[[nodiscard]] std::optional<SpoolLine> parse_spool_line(std::string_view text);

/// Never fails: what hooks saw is not worth a commit.
void append_spool(const git::Places& places, const std::vector<SpoolLine>& lines);
/// Oldest first.
[[nodiscard]] std::vector<SpoolLine> read_spool(const git::Places& places);
/// Bytes of the spool that is being written; 0 without one.
[[nodiscard]] std::size_t spool_size(const git::Places& places);
/// What lies behind `offset`, and where it ends now. A spool shorter than that was begun anew.
struct SpoolRest {
  std::vector<SpoolLine> lines;
  std::size_t end = 0;
};
[[nodiscard]] SpoolRest read_spool_from(const git::Places& places, std::size_t offset);
/// Begins a new spool when this one is long; the one before stays, so that late writers lose nothing.
bool turn_spool(const git::Places& places);

}  // namespace striatum::hooks
