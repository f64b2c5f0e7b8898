// SPDX-License-Identifier: Apache-2.0
// The redacted account of a run (docs/format/records.md, section 8), written from its rows one by one.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/json_writer.hpp"
#include "domain/records.hpp"
#include "export/evidence.hpp"
#include "store/read.hpp"

namespace striatum::hooks {

/// What the jobs of a run wait or waited for, read once.
class Dependencies {
 public:
  Dependencies(store::Connection& db, const RunId& run);
  Dependencies(const Dependencies&) = delete;
  Dependencies& operator=(const Dependencies&) = delete;
  [[nodiscard]] std::span<const store::Upstream> of(std::string_view job) const;
  /// Blocked jobs with what they still wait for, by workflow job id.
  void write_blocked(JsonWriter& out, provenance::Redactor& redactor) const;

 private:
  std::vector<store::Waiter> waiters_;
  std::unordered_map<std::string_view, const store::Waiter*> by_job_;
};

struct SnapshotOf {
  store::Connection& db;
  const Run& run;
  const Dependencies& dependencies;
  std::string exported_at;
  /// These jobs alone and the sessions that took part in them; all when there is none. Then nothing is said of what is
  /// blocked.
  std::set<JobId> jobs;
};
void write_snapshot(JsonWriter& out, provenance::Redactor& redactor, const SnapshotOf& of);

}  // namespace striatum::hooks
