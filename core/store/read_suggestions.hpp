// SPDX-License-Identifier: Apache-2.0
// What a shell can offer where an id or a state is typed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "store/connection.hpp"

namespace striatum::store {

/// What an option or an argument names.
enum class Live {
  run,
  job,
  workflow_job,
  session,        ///< active ones
  lease,          ///< active ones
  message,        ///< claimed or acknowledged ones
  blocker,        ///< open ones
  artifact,
  role,
  lane,           ///< known by the workflow, not by a table
  branch,         ///< known by git
  run_state,      ///< states that occur
  session_state,
  job_state,
  anything,       ///< whatever `why` explains
};

struct Suggestion {
  std::string value;
  /// A few words on it; may be empty.
  std::string about;
};

struct SuggestionFilter {
  /// What is typed already.
  std::string prefix;
  /// Only of this run.
  std::optional<std::string> run;
  /// Of leases and messages: only this session's.
  std::optional<std::string> session;
  /// Of runs and jobs: only in one of these states, a blank before and behind each word.
  std::optional<std::string> states;
};

/// A few hundred at most. Nothing for what no table knows.
[[nodiscard]] std::vector<Suggestion> suggestions(Connection& db, Live kind, const SuggestionFilter& filter);

/// The workflow of a run, or of the newest one.
[[nodiscard]] std::optional<SnapshotId> newest_snapshot(Connection& db, const std::optional<std::string>& run);

}  // namespace striatum::store
