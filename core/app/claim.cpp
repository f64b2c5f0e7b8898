// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/flow.hpp"
#include "app/git_facts.hpp"
#include "app/packet.hpp"
#include "app/verbs.hpp"
#include "domain/scope.hpp"

namespace striatum::app {
namespace {

constexpr int kStrictCandidates = 64;

Json no_work() { return {{"status", "no_work"}}; }

Json no_work(std::string_view reason) { return {{"status", "no_work"}, {"reason", reason}}; }

void require_started(const Context& ctx, const Run& run) {
  if (run.state != RunState::needs_branch_confirmation && run.state != RunState::ready) return;
  refuse(Code::branch, "run " + quote(run.id.str()) + " needs branch confirmation and run start before jobs are claimed",
         {"run `" + ctx.program() + " branch confirm --run-id " + run.id.str() + " --branch NAME`",
          "then `" + ctx.program() + " run start --run-id " + run.id.str() + "`"});
}

/// What a job asks of a session: `capabilities` in its workflow entry.
bool capable(const Session& session, const Json& head, const Json& spec) {
  std::vector<std::string> offered = session.capabilities;
  if (offered.empty()) offered = domain::lane_spec(member(member(head, "lanes"), session.lane)).capabilities;
  const auto asked = string_list(member(spec, "capabilities"));
  return std::all_of(asked.begin(), asked.end(), [&](const std::string& capability) {
    return std::find(offered.begin(), offered.end(), capability) != offered.end();
  });
}

struct Pick {
  std::optional<store::Candidate> candidate;
  /// Why there is none, when rules and not emptiness say so.
  std::string_view reason;
};

/// Strict: the first candidate that this session can do and that no running job's scope overlaps.
class StrictPicker {
 public:
  StrictPicker(store::Connection& db, const Run& run, const Session& session, const Json& head)
      : db_(db), run_(run), session_(session), head_(head), busy_(store::leased_jobs(db, run.id)) {}

  [[nodiscard]] Pick pick(const std::vector<store::Candidate>& candidates) const {
    const auto rules = domain::parallelism_spec(member(head_, "parallelism"));
    if (!candidates.empty() && rules.max_active_jobs && static_cast<std::int64_t>(busy_.size()) >= *rules.max_active_jobs) {
      return {std::nullopt, "max_active_jobs"};
    }
    Pick out;
    for (const auto& candidate : candidates) {
      out.reason = refusal(store::get_job(db_, candidate.job), rules.require_disjoint_write_scopes);
      if (out.reason.empty()) return {candidate, {}};
    }
    return out;
  }

 private:
  [[nodiscard]] std::string_view refusal(const Job& job, bool disjoint) const {
    if (!capable(session_, head_, store::workflow_job(db_, run_.snapshot, job.workflow_job))) return "capability_missing";
    return disjoint && job.is_repo_write() && collides(job) ? "write_scope_overlap" : std::string_view();
  }

  [[nodiscard]] bool collides(const Job& job) const {
    const auto mine = domain::write_scope(job.write_scope);
    return std::any_of(busy_.begin(), busy_.end(), [&](const Job& other) {
      return other.is_repo_write() && domain::overlap(mine, domain::write_scope(other.write_scope));
    });
  }

  store::Connection& db_;
  const Run& run_;
  const Session& session_;
  const Json& head_;
  std::vector<Job> busy_;
};

Pick pick(store::Connection& db, const Run& run, const Session& session, const Json& head) {
  const bool fresh = !store::has_packet(db, run.id, session.id);
  const bool strict = is_strict(run);
  const auto found = store::candidates(db, run.id, session.role, session.lane, fresh, strict ? kStrictCandidates : 1);
  if (strict) return StrictPicker(db, run, session, head).pick(found);
  return {found.empty() ? std::nullopt : std::optional(found.front()), {}};
}

/// Lease, packet and event of a claim. `base`: the commit that repo-write work starts from.
Json take(Context& ctx, store::WriteUnit& unit, PacketParts parts, Seconds seconds, const std::optional<std::string>& base) {
  auto& db = unit.db();
  const JobId id = parts.job.id;
  parts.lease.id = LeaseId(unit.new_id("lease"));
  parts.lease.run = parts.run.id;
  parts.lease.job = id;
  parts.lease.owner = parts.session.id;
  parts.lease.expires_at = unit.now() + seconds;
  parts.id = PacketId(unit.new_id("wp"));
  store::insert_lease(db, parts.lease, seconds, unit.now());
  store::claim_message(db, parts.message, parts.lease.id, unit.now());
  store::claim_job(db, id, parts.lease.id, unit.now());
  if (base && parts.job.is_repo_write()) store::set_job_base(db, id, *base);
  Json packet = make_packet(ctx, parts);
  store::insert_packet(db, parts.id, parts.lease, parts.message, to_canonical_ascii(packet), unit.now());
  Event event{"queue.claimed", parts.run.id};
  event.session = parts.session.id;
  event.job = id;
  event.message = parts.message;
  event.lease = parts.lease.id;
  unit.event(event);
  return {{"status", "claimed"}, {"packet", std::move(packet)}};
}

}  // namespace

Json claim_next(Context& ctx, const SessionId& session_id, Seconds seconds) {
  const auto base = head_commit(ctx);
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    auto& db = unit.db();
    PacketParts parts;
    parts.session = store::get_session(db, session_id);
    expire_overdue(unit, parts.session.run);
    parts.run = store::get_run(db, parts.session.run);
    require_started(ctx, parts.run);
    if (parts.run.state != RunState::running) return no_work();
    if (parts.run.paused_at) return {{"status", "no_work"}, {"paused", true}};
    const bool strict = is_strict(parts.run);
    if (strict && parts.session.state != SessionState::active) {
      refuse(Code::transition, "session " + quote(session_id.str()) + " is " + std::string(to_text(parts.session.state)),
             {"register a new one with `register-session`"});
    }
    parts.head = store::workflow_head(db, parts.run.snapshot);
    const Pick picked = pick(db, parts.run, parts.session, parts.head);
    if (!picked.candidate) return picked.reason.empty() ? no_work() : no_work(picked.reason);
    parts.job = store::get_job(db, picked.candidate->job);
    parts.message = picked.candidate->message;
    if (strict && parts.job.is_repo_write()) require_on_branch(ctx, parts.run);
    parts.spec = store::workflow_job(db, parts.run.snapshot, parts.job.workflow_job);
    parts.attestation = attest(db, parts.session);
    return take(ctx, unit, std::move(parts), seconds, base);
  });
}

}  // namespace striatum::app
