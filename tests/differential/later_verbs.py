# SPDX-License-Identifier: Apache-2.0
"""Calls of the verbs beside the lifecycle: recovery, worktrees, run summary and graph, dashboard, what is installed."""

BLIND_LATER = {
    "run summary": {"run_id": "run#1", "path": "docs/S.md"}, "run graph": {"run_id": "run#1"},
    "recovery stale-leases": {"run_id": "run#1"},
    "recovery requeue-stale": {"run_id": "run#1", "job_id": "job_run#1_plan"},
    "recovery cancel-job": {"run_id": "run#1", "job_id": "job_run#1_plan", "reason": "x"},
    "recovery process-reconcile": {"run_id": "run#1"}, "recovery resume": {"blocker_id": "blk#1"},
    "recovery auto": {"run_id": "run#1"}, "recovery watch": {"run_id": "run#1", "max_sweeps": "1"}, "worktree list": {}, "worktree release": {"worktree_id": "wt#1"},
    "worktree create": {"session_id": "sess#1", "job_id": "job_run#1_plan", "lease_id": "lease#1"},
}
STYLES = ["auto", "layered", "list", "fancy"]


class LaterVerbs:
    """A part of the Generator."""

    def _recover(self):
        """One of the recovery verbs, on something that may need it."""
        rnd, run = self.rnd, self.pick(self.rows("runs"))
        if run is None:
            return None
        run_id = run["run_id"]
        kind = rnd.choice(["stale", "requeue", "cancel", "cancel", "auto", "auto", "watch", "resume", "reconcile"])
        if kind == "stale":
            return [self.call("recovery stale-leases", run_id=run_id)]
        if kind == "reconcile":
            return [self.call("recovery process-reconcile", run_id=run_id)]
        if kind == "resume":
            return self._resume()
        if kind == "watch":
            return [self.call("recovery watch", run_id=run_id, max_sweeps=rnd.choice([1, 2]), interval_seconds=0,
                              exit_on_terminal=rnd.choice([None, True]),
                              autonomous_review_requeue=rnd.choice([None, True]))]
        if kind == "auto":
            return [self.call("recovery auto", run_id=run_id, dry_run=rnd.choice([None, True]),
                              autonomous_review_requeue=rnd.choice([None, None, True]),
                              autonomous_process_reconcile=rnd.choice([None, True]),
                              max_requeue=rnd.choice([None, 0, 1, -1]),
                              checkpoint_timeout=rnd.choice([None, 0, 5]), eligible_after=rnd.choice([None, 0, 5]))]
        if kind == "requeue":
            return self._requeue(run_id)
        job = self.pick(self.rows("jobs", run_id=run_id))
        return job and [self.call("recovery cancel-job", run_id=run_id, job_id=job["job_id"],
                                  reason=rnd.choice(["stuck", "x y", "", " "]), cascade=rnd.choice([None, True]))]

    def _requeue(self, run_id):
        expired = self.rows("leases", run_id=run_id, state="expired")
        lease = self.pick(expired)
        job = self.job(lease["resource_id"]) if lease else self.pick(self.rows("jobs", run_id=run_id))
        return job and [self.call("recovery requeue-stale", run_id=run_id, job_id=job["job_id"])]

    def _resume(self):
        rnd, blocker, session = self.rnd, self.pick(self.rows("blockers")), self.pick(self.rows("sessions"))
        return blocker and [self.call(
            "recovery resume", blocker_id=blocker["blocker_id"], complete=rnd.choice([None, True]),
            session_id=session["session_id"] if session and self.chance(0.5) else None,
            summary=rnd.choice([None, "done"]), force=rnd.choice([None, True]),
            extend_seconds=rnd.choice([None, 60, 0, -1]))]

    def _worktree(self):
        """Makes, lists or releases a worktree, or publishes from inside one."""
        rnd = self.rnd
        kind = rnd.choice(["create", "create", "list", "release"])
        run = self.pick(self.rows("runs"))
        if kind == "list":
            return [self.call("worktree list", run_id=run["run_id"] if run and self.chance(0.7) else None)]
        if kind == "release":
            row = self.pick(self.rows("job_worktrees"))
            return row and [self.call("worktree release", worktree_id=row["worktree_id"])]
        lease = self.pick(self.rows("leases", state="active"))
        return lease and [self.call("worktree create", session_id=lease["owner_session_id"],
                                    job_id=lease["resource_id"], lease_id=lease["lease_id"])]

    def _view(self):
        """What people look at: summary, graph, dashboard."""
        rnd, run = self.rnd, self.pick(self.rows("runs"))
        if run is None:
            return None
        run_id = run["run_id"]
        kind = rnd.choice(["summary", "graph", "graph", "dashboard"])
        if kind == "summary":
            return [self.call("run summary", run_id=run_id, path=rnd.choice(["docs/S.md", "S", "docs/new/S.md"]))]
        if kind == "graph":
            return [self.call("run graph", run_id=run_id, format=rnd.choice([None, "mermaid", "json", "ascii", "ascii"]),
                              graph_orient=rnd.choice([None, "tb", "lr"]), graph_style=rnd.choice([None, *STYLES]))]
        step = self.call("dashboard", run_id=run_id, once=True, graph=rnd.choice([None, True]),
                         graph_only=rnd.choice([None, None, True]), graph_style=rnd.choice([None, *STYLES]),
                         graph_orient=rnd.choice([None, "tb", "lr"]), graph_no_cycles=rnd.choice([None, True]))
        step["env"] = {"COLUMNS": str(rnd.choice([40, 60, 80, 100, 160])), "LINES": str(rnd.choice([10, 24, 40]))}
        return [step]

    def _install(self):
        """Files for people and agents."""
        rnd = self.rnd
        if self.chance(0.3):
            return [self.call("init", with_ddd_layout=True, ddd_layout_force=rnd.choice([None, True]),
                              ddd_layout_dry_run=rnd.choice([None, True]))]
        if self.chance(0.2):
            return [self.call("init", with_skills=rnd.choice([True, "generic", "codex", "odd"]))]
        if self.chance(0.2):
            profile = rnd.choice([None, "codex", "gemini", "odd"])
            return [self.call(rnd.choice(["plugin uninstall", "plugin install"]), profile=profile)]
        steps = []
        if self.chance(0.3):
            steps.append(self.write(rnd.choice(["striatum-STRIATUM_AGENT_GUIDE.md", ".codex/agents/striatum-recover.md",
                                                "docs/SPEC.md"]), "Mine.\n"))
        return steps + [self.call("skills install", profile=rnd.choice([None, "codex", "gemini", "generic", "all", "odd"]),
                                  scope=rnd.choice([None, "project", "odd"]), force=rnd.choice([None, True]),
                                  namespace=rnd.choice([None, None, "x-", ""]), dry_run=rnd.choice([None, True]))]
