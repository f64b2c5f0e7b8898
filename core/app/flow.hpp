// SPDX-License-Identifier: Apache-2.0
// The steps that several verbs share: lease checks, the sweep of overdue leases, queueing, the end of a run.
#pragma once

#include <string>

#include "app/context.hpp"
#include "domain/records.hpp"
#include "store/nouns.hpp"

namespace striatum::app {

/// Refuses (5) a lease that is not active, belongs to another session or another job, or is overdue.
[[nodiscard]] Lease held_lease(store::WriteUnit& unit, const LeaseId& lease, const SessionId& session);
[[nodiscard]] Lease held_lease(store::WriteUnit& unit, const LeaseId& lease, const SessionId& session, const JobId& job);

/// Expires what is overdue in this run: its job goes back to the queue, or, when it writes the repository, waits
/// as stale for a person.
void expire_overdue(store::WriteUnit& unit, const RunId& run);

/// A new pending message for a job whose dependencies are met.
MessageId enqueue(store::WriteUnit& unit, const Job& job);
/// Queues the blocked jobs behind `job` whose dependencies are all met now.
void enqueue_ready_dependants(store::WriteUnit& unit, const JobId& job);

/// Ends the run when its jobs say so. Returns the run's state afterwards.
RunState settle_run(store::WriteUnit& unit, const RunId& run);
/// Closes the sessions of a run that has ended.
void close_sessions(store::WriteUnit& unit, const RunId& run, const std::string& reason);

/// Releases the lease and completes job and message: what an end of work has in common.
void finish_job(store::WriteUnit& unit, const Job& job, const Lease& lease, JobState state, const std::string& reason);

/// Refuses (4) unless every required artifact of the job is published by name, kind and path.
void require_artifacts(store::Connection& db, const Job& job);

}  // namespace striatum::app
