// SPDX-License-Identifier: Apache-2.0
#include "app/recovery_sweep.hpp"

#include <algorithm>
#include <vector>

#include "app/escalation.hpp"
#include "app/read_model.hpp"
#include "app/reconcile.hpp"
#include "app/recovery.hpp"
#include "store/recovery.hpp"

namespace striatum::app {
namespace {

using Ordered = nlohmann::ordered_json;

/// An effect outside the state that has not been heard of for so long was interrupted.
constexpr Seconds kInterrupted{60};
constexpr std::int64_t kLeastPause = 60;
constexpr std::int64_t kMostDoublings = 20;

/// A job that nobody works on since its lease ran out.
struct Lapsed {
  JobId job;
  WorkflowJobId workflow_job;
  LeaseId lease;
  bool repo_write = false;
};

/// One round over one run.
class Sweep {
 public:
  Sweep(Context& ctx, const RunId& run, const SweepPolicy& policy, DryRun dry)
      : ctx_(ctx), run_(run), policy_(policy.policy), source_(policy.source), dry_(dry == DryRun::yes), now_(ctx.clock.now()) {}

  Ordered go() {
    if (!dry_) sweep(ctx_, run_);
    if (policy_.autonomous_process_reconcile) reconcile();
    for (const Lapsed& lapsed : lapsed_jobs()) settle(lapsed);
    for (const store::OpenBlocker& blocker : store::waiting_blockers(db(), run_)) look_at(blocker);
    return {{"run_id", run_.str()},   {"swept_at", to_text(now_)}, {"policy_source", source_},          {"dry_run", dry_},
            {"actions", actions_}, {"escalations", escalations_}, {"still_stuck", stuck_}};
  }

 private:
  store::Connection& db() { return ctx_.state().db(); }

  // ---- processes

  void reconcile() {
    for (const GoneProcess& gone : gone_processes(db(), run_)) {
      if (dry_) {
        actions_.push_back({{"kind", "process_reconcile_eligible"}, {"process_id", gone.id}, {"dry_run", true}});
        continue;
      }
      attempt({{"process_id", gone.id}, {"job_id", gone.job.str()}}, [&] {
        const Json done = write(ctx_, [&](store::WriteUnit& unit) { return reconcile_process(unit, gone, ctx_.program()); }, Step::interim);
        if (done.is_null()) return;  // somebody else was faster
        actions_.push_back({{"kind", "process_reconciled"},
                            {"process_id", gone.id},
                            {"job_id", gone.job.str()},
                            {"blocker_kind", done.at("blocker_kind")}});
      });
    }
  }

  // ---- lapsed leases

  std::vector<Lapsed> lapsed_jobs() {
    std::vector<Lapsed> out;
    for (const store::StaleLease& lease : store::stale_leases(db(), run_)) {
      if (!lease.newest || !lease.waits()) continue;
      out.push_back({lease.job, lease.workflow_job, lease.lease.value_or(LeaseId()), lease.repo_write});
    }
    if (!dry_) return out;
    for (const Lease& lease : store::overdue_leases(db(), run_, now_)) {  // a sweep would expire them first
      const Job job = store::get_job(db(), lease.job);
      out.push_back({job.id, job.workflow_job, lease.id, job.is_repo_write()});
    }
    std::sort(out.begin(), out.end(), [](const Lapsed& a, const Lapsed& b) { return a.workflow_job < b.workflow_job; });
    return out;
  }

  void settle(const Lapsed& lapsed) {
    const auto keep = [&](const char* reason) {
      stuck_.push_back({{"reason", reason}, {"job_id", lapsed.job.str()}, {"workflow_job_id", lapsed.workflow_job.str()}});
    };
    const std::string cause = "requeue:" + lapsed.lease.str();
    if (lapsed.repo_write) return keep("repo_write_requires_operator_inspection");
    if (!policy_.autonomous_review_requeue) return keep("autonomous_review_requeue_disabled");
    if (store::find_sweep_act(db(), cause)) return;
    if (store::sweep_acts_on(db(), lapsed.job, "requeue") >= policy_.max_total_requeues_per_job) {
      return keep("max_total_requeues_per_job_reached");
    }
    if (requeued_ >= policy_.max_requeues_per_sweep) return keep("max_requeues_per_sweep_reached");
    ++requeued_;
    if (dry_) {
      actions_.push_back({{"kind", "review_requeue_eligible"},
                          {"job_id", lapsed.job.str()},
                          {"workflow_job_id", lapsed.workflow_job.str()},
                          {"dry_run", true}});
      return;
    }
    attempt({{"job_id", lapsed.job.str()}, {"workflow_job_id", lapsed.workflow_job.str()}}, [&] { requeue(lapsed, cause); });
  }

  void requeue(const Lapsed& lapsed, const std::string& cause) {
    Ordered result;
    (void)write(
        ctx_,
        [&](store::WriteUnit& unit) -> Json {
          if (store::find_sweep_act(unit.db(), cause)) return {};
          result = requeue_lapsed(unit, run_, lapsed.job, Inspected::no);
          store::begin_sweep_act(unit.db(), cause, run_, lapsed.job, unit.now());
          store::settle_sweep_act(unit.db(), cause);
          return {};
        },
        Step::interim);
    if (result.is_null()) return;
    actions_.push_back({{"kind", "review_requeued"},
                        {"job_id", lapsed.job.str()},
                        {"workflow_job_id", lapsed.workflow_job.str()},
                        {"result", std::move(result)}});
  }

  // ---- blockers

  void look_at(const store::OpenBlocker& blocker) {
    const auto opened = parse_instant(blocker.created_at);
    const std::int64_t age = opened ? (now_ - *opened).count : 0;
    const Json job = blocker.job ? Json(blocker.job->str()) : Json();
    if (blocker.severity == Severity::blocked) {
      if (age < policy_.eligible_after_seconds) return;
      stuck_.push_back({{"reason", "blocker_recovery_eligible"},
                        {"blocker_id", blocker.id.str()},
                        {"job_id", job},
                        {"age_seconds", age}});
      return;
    }
    if (age < policy_.checkpoint_timeout_seconds) return;
    const Escalation escalation{run_, blocker.id, blocker.job, blocker.severity, blocker.created_at, age};
    attempt({{"blocker_id", blocker.id.str()}, {"job_id", job}}, [&] { escalate(escalation); });
  }

  /// Told already, and not long enough ago to be told again.
  bool told(const std::string& cause) {
    const auto act = store::find_sweep_act(db(), cause);
    if (!act) return false;
    if (!act->settled) return now_ - act->acted_at < kInterrupted;
    const std::int64_t first = std::max(policy_.checkpoint_timeout_seconds, kLeastPause);
    const std::int64_t pause = first << std::min(act->times - 1, kMostDoublings);
    return (now_ - act->acted_at).count < pause;
  }

  void escalate(const Escalation& escalation) {
    const std::string cause = "escalation:" + escalation.blocker.str();
    if (told(cause)) return;
    Ordered entry = escalation_object(escalation);
    if (dry_) {
      entry["hook"] = hook_preview(policy_.escalation_hook);
      escalations_.push_back(std::move(entry));
      return;
    }
    bool mine = false;
    (void)write(
        ctx_,
        [&](store::WriteUnit& unit) -> Json {
          mine = !told(cause);
          if (mine) store::begin_sweep_act(unit.db(), cause, run_, escalation.job, unit.now());
          return {};
        },
        Step::interim);
    if (!mine) return;
    entry["hook"] = run_hook(ctx_, policy_.escalation_hook, escalation);
    note(escalation, cause, entry["hook"]);
    escalations_.push_back(std::move(entry));
  }

  void note(const Escalation& escalation, const std::string& cause, const Ordered& hook) {
    (void)write(
        ctx_,
        [&](store::WriteUnit& unit) -> Json {
          store::settle_sweep_act(unit.db(), cause);
          Event event{"recovery.escalated", run_};
          event.job = escalation.job;
          event.payload = {{"blocker_id", escalation.blocker.str()},
                           {"hook", hook.at("kind")},
                           {"wrote", hook.contains("wrote") ? Json(hook.at("wrote")) : Json(false)}};
          unit.event(event);
          return {};
        },
        Step::interim);
  }

  /// One entry that fails does not stop the others; a world that fails does.
  template <class Act>
  void attempt(Ordered entry, Act&& act) {
    try {
      act();
    } catch (const Error& error) {
      if (error.code() == Code::general) throw;
      Ordered out{{"reason", "refused"}};
      out.update(entry);
      out["error"] = error.message();
      stuck_.push_back(std::move(out));
    }
  }

  Context& ctx_;
  RunId run_;
  const domain::RecoveryPolicy& policy_;
  std::string source_;
  bool dry_;
  Instant now_;
  std::int64_t requeued_ = 0;
  Ordered actions_ = Ordered::array();
  Ordered escalations_ = Ordered::array();
  Ordered stuck_ = Ordered::array();
};

}  // namespace

SweepPolicy sweep_policy(Context& ctx, const RunId& run, const SweepFlags& flags) {
  auto& db = ctx.state().db();
  const Json head = store::workflow_head(db, store::get_run(db, run).snapshot);
  const Json& block = member(head, "recovery_policy");
  SweepPolicy out{domain::recovery_policy(block), block.is_null() ? "default" : "workflow"};
  const auto replace = [&](std::int64_t& target, const std::optional<std::int64_t>& value) {
    if (!value) return;
    target = *value;
    out.source = "cli_override";
  };
  replace(out.policy.max_requeues_per_sweep, flags.max_requeue);
  replace(out.policy.checkpoint_timeout_seconds, flags.checkpoint_timeout);
  replace(out.policy.eligible_after_seconds, flags.eligible_after);
  if (flags.review_requeue || flags.process_reconcile) out.source = "cli_override";
  out.policy.autonomous_review_requeue |= flags.review_requeue;
  out.policy.autonomous_process_reconcile |= flags.process_reconcile;
  return out;
}

Ordered recovery_sweep(Context& ctx, const RunId& run, const SweepPolicy& policy, DryRun dry) {
  return Sweep(ctx, run, policy, dry).go();
}

Json recovery_auto(Context& ctx, const RunId& run, const SweepPolicy& policy, DryRun dry) {
  if (!ctx.request || dry == DryRun::yes) return recovery_sweep(ctx, run, policy, dry);
  if (auto earlier = repeated(ctx, ctx.state().db())) return *earlier;
  const Json reply = recovery_sweep(ctx, run, policy, dry);
  return write(ctx, [&](store::WriteUnit&) { return reply; });
}

bool run_ended(Context& ctx, const RunId& run) { return is_terminal(store::get_run(ctx.state().db(), run).state); }

}  // namespace striatum::app
