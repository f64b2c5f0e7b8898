// SPDX-License-Identifier: Apache-2.0
// The redacted account of a run (docs/format/records.md, section 8), written from its rows one by one.
#pragma once

#include <set>
#include <string>

#include "base/ids.hpp"
#include "base/json_writer.hpp"
#include "domain/records.hpp"
#include "export/evidence.hpp"
#include "store/evidence.hpp"

namespace striatum::hooks {

/// Blocked jobs with what they still wait for, by workflow job id.
void write_blocked(JsonWriter& out, provenance::Redactor& redactor, const store::EvidenceJobs& jobs);

struct SnapshotOf {
  store::Connection& db;
  const Run& run;
  store::EvidenceJobs& all_jobs;
  std::string exported_at;
  /// These jobs alone and the sessions that took part in them; all when there is none. Then nothing is said of what is
  /// blocked.
  std::set<JobId> jobs;
};
void write_snapshot(JsonWriter& out, provenance::Redactor& redactor, const SnapshotOf& of);

}  // namespace striatum::hooks
