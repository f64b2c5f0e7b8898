// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/context.hpp"
#include "store/read.hpp"

namespace striatum::app {

struct DoctorCommand {
  store::Scope run;
  /// Adds `problem_records[]`.
  bool verbose = false;
  /// Adds `deep{ok, chain{…}, invariants[]}`: the whole file, the log's chain, promises between state and log.
  bool deep = false;
};
/// `doctor`: what does not fit together in the state. Never writes; problems are no failure. By the name `git striatum` also
/// `hints[]`, the command against each of `problems[]`.
[[nodiscard]] Json doctor(Context& ctx, const DoctorCommand& command);

/// `{ok, schema_version, problems[]}` inside a snapshot that the caller holds.
[[nodiscard]] Json doctor_model(const Context& ctx, store::Connection& db, const store::Scope& run);

/// `log verify`: `{ok, store_id, first, last, head, adopted, bad_seq, reason}`.
[[nodiscard]] Json log_verify(Context& ctx);

}  // namespace striatum::app
