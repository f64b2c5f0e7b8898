# SPDX-License-Identifier: Apache-2.0
"""The next call of a random session with the program: mostly sensible, often wrong in one way.

Reads what is going on from the first program's state (through shared names), so that runs get deep; every choice comes
from one random source, so that a seed tells the whole story.
"""

import json

from later_verbs import BLIND_LATER, LaterVerbs
from workflows import WorkflowMaker
from wrong_calls import WrongCalls

VERDICTS = ["accept", "accept_with_findings", "needs_revision", "reject"]
FRONT_MATTER = {
    "finding": [("verdict_intent", '"accept"'), ("severity", '"low"'), ("tags", '["a","b"]')],
    "decision": [("decision_id", '"D"'), ("run_id", '"R"'), ("owner", '"human"'), ("outcome", '"accepted"'),
                 ("follow_up_required", "false"), ("title", '"T"'), ("created_at", '"2026-01-01T00:00:00Z"')],
    "findings_ledger": [("summary_count", "2"), ("entries_path", '"x"')], "synthesis": [("inputs", '["a"]')],
    "support_ledger": [("audited_artifact", '"a"'), ("claim_count", "1")],
    "action_item_ledger": [("source_review_artifact", '"a"'), ("revision_round", "0"), ("total_items", "3")],
    "harness_improvement_proposal": [("target", '"prompt"'), ("expected_benefit", '"b"'), ("risk", '"r"')],
}
ODD_VALUES = ['"odd"', "5", "-1", "true", "null", "[]", "[1]", "plain", '""', "{}", '"two" ', "1.5", "NaN"]
BODIES = ['{"text":"hello"}', '{"b":1,"a":{"d":1.0,"c":[1e5,0.1,-0.0,1e-7,1e16]}}', '{"a":1,"a":2}', "{}", "[1]", "5",
          "null", "{bad", "", ' {"é":"ü\\u0000\\ud83d\\ude00/"} ', '{"n":123456789012345678901234567890}',
          '{"x":NaN,"y":Infinity}', '{"a":01}', '{"a":1,}', '"x"', '{"t":true,"f":false,"z":null}']
# Verbs whose rows are ordered by time and a random id, or pick the latest: never twice within one second.
OWN_SECOND = {"run prepare", "register-session", "verdict", "submit-review", "override-verdict", "publish-artifact",
              "decision record"}
# Every verb that opens the state file, with ids that may or may not exist.
BLIND = {
    "init": {}, "status": {}, "doctor": {}, "list runs": {}, "list workflows": {}, "why": {},
    "list sessions": {"run_id": "run#1"}, "list jobs": {"run_id": "run#1"}, "list artifacts": {"run_id": "run#1"},
    "run prepare": {"workflow": "flow.json"}, "run start": {"run_id": "run#1"}, "run pause": {"run_id": "run#1"},
    "run resume": {"run_id": "run#1"}, "run cancel": {"run_id": "run#1"},
    "run retry-job": {"run_id": "run#1", "job_id": "job_run#1_plan"},
    "branch confirm": {"run_id": "run#1", "branch": "main"},
    "register-session": {"run_id": "run#1", "role": "author", "lane": "local"},
    "session close": {"session_id": "sess#1", "reason": "x"}, "claim-next": {"session_id": "sess#1"},
    "ack": {"session_id": "sess#1", "message_id": "msg#1", "lease_id": "lease#1"},
    "heartbeat": {"session_id": "sess#1", "lease_id": "lease#1"},
    "release": {"session_id": "sess#1", "message_id": "msg#1", "lease_id": "lease#1", "reason": "x"},
    "send": {"session_id": "sess#1", "kind": "note"},
    "block": {"session_id": "sess#1", "job_id": "job_run#1_plan", "lease_id": "lease#1", "kind": "k",
              "severity": "blocked", "description": "d"},
    "publish-artifact": {"session_id": "sess#1", "job_id": "job_run#1_plan", "lease_id": "lease#1", "kind": "other",
                         "logical_name": "n", "path": "README.md"},
    "complete": {"session_id": "sess#1", "job_id": "job_run#1_plan", "lease_id": "lease#1"},
    "verdict": {"session_id": "sess#1", "job_id": "job_run#1_plan", "lease_id": "lease#1", "verdict": "accept"},
    "submit-review": {"session_id": "sess#1", "job_id": "job_run#1_plan", "lease_id": "lease#1",
                      "path": "README.md", "verdict": "accept"},
    "override-verdict": {"session_id": "sess#1", "job_id": "job_run#1_plan", "verdict": "accept", "rationale": "r"},
    "checkpoint resolve": {"blocker_id": "blk#1", "action": "continue"},
    "decision record": {"run_id": "run#1", "path": "docs/D.md", "outcome": "accepted", "title": "T"},
    "evidence export": {"run_id": "run#1", "path": "docs/E.md"},
    **BLIND_LATER,
}


class Generator(WrongCalls, LaterVerbs):
    def __init__(self, rnd, side):
        self.rnd = rnd
        self.side = side
        self.maker = WorkflowMaker(rnd)
        self.texts = 0
        self.opening = rnd.choices([self._opening, self._no_state, self._newer_state, lambda: None],
                                   [82, 5, 5, 8])[0]()

    # Looking at the state ------------------------------------------------------------------------------------

    def chance(self, probability):
        return self.rnd.random() < probability

    def rows(self, table, **wanted):
        return [row for row in self.side.tables.get(table, [])
                if all(row[key] == value for key, value in wanted.items())]

    def pick(self, rows):
        return self.rnd.choice(rows) if rows else None

    def job(self, job_id):
        return next((row for row in self.rows("jobs") if row["job_id"] == job_id), None)

    def snapshot_job(self, job):
        run = next(row for row in self.rows("runs") if row["run_id"] == job["run_id"])
        snapshot = next(row for row in self.rows("workflow_snapshots")
                        if row["workflow_snapshot_id"] == run["workflow_snapshot_id"])
        workflow = json.loads(snapshot["workflow_json"])
        return next(entry for entry in workflow["jobs"] if entry["id"] == job["workflow_job_id"])

    # Building calls ------------------------------------------------------------------------------------------

    def call(self, verb, *words, **flags):
        """One call; flags with the value None are left out, True ones stand alone."""
        args = verb.split() + list(words)
        pairs = [(f"--{key.replace('_', '-')}", value) for key, value in flags.items() if value is not None]
        if self.chance(0.1):
            self.rnd.shuffle(pairs)
        for flag, value in pairs:
            for each in value if isinstance(value, list) else [value]:
                args += [flag] if each is True else [flag, str(each)]
        if not self.chance(0.12):
            args.append("--json")
        if self.chance(0.3):
            args = ["--repo", "<REPO>", *args]
        least = 1 if verb in OWN_SECOND and not (verb == "register-session" and self.chance(0.3)) else 0
        return {"call": args, "tick": max(least, self.rnd.choice([0, 0, 1, 1, 1, 2, 7]))}

    def write(self, path, text):
        return {"write": path, "text": text}

    # The next steps -------------------------------------------------------------------------------------------

    def _opening(self):
        """A run with a session for every kind of work, one step at a time."""
        yield [self.call("init")]
        yield [self.write("flow.json", json.dumps(self.maker.valid("confirm"))),
               self.call("run prepare", workflow="flow.json")]
        if not self.rows("runs"):
            return
        run = self.rows("runs")[0]
        yield [self.call("branch confirm", run_id=run["run_id"], branch="main")]
        if self.chance(0.1):
            yield self._session(run)
            yield [self.call("claim-next", session_id="sess#1")]
        yield [self.call("run start", run_id=run["run_id"])]
        wanted = {(job["role_id"], json.loads(job["lane_selector_json"]).get("lane_id", "local"))
                  for job in self.rows("jobs")}
        for role, lane in sorted(wanted, key=lambda pair: pair[0] == "author"):
            for _ in range(self.rnd.choice([1, 1, 2])):
                yield self._session(run, role, lane)

    def _no_state(self):
        """Calls before there is a state file."""
        for verb in self.rnd.sample([verb for verb in BLIND if verb != "init"], len(BLIND) - 1):
            yield [self._blind(verb)]

    def _newer_state(self):
        """Calls on a state file of a schema to come."""
        yield [self.call("init")]
        yield [{"sql": "PRAGMA user_version = 99"}, self._blind("status")]
        for verb in self.rnd.sample(list(BLIND), len(BLIND)):
            yield [self._blind(verb)]
        yield [{"sql": "PRAGMA user_version = 14"}, self._blind("status")]

    def _blind(self, verb):
        """A call with ids out of nowhere; in a running scenario some of them exist."""
        flags = {key: self.rnd.choice([value, value.replace("#1", f"#{self.rnd.choice([2, 3, 99])}")])
                 for key, value in BLIND[verb].items()}
        return self.call(verb, *(["run#1"] if verb == "why" else []), **flags)

    def next(self):
        if self.opening is not None:
            steps = next(self.opening, None)
            if steps:
                return steps
            self.opening = None
        steps = self._legal() if not self.chance(0.17) else self._illegal()
        if "call" in steps[-1] and self.chance(0.2):
            self._spoil(steps[-1])
        if self.chance(0.008):
            steps[-1]["tick"] = steps[-1].get("tick", 0) + self.rnd.choice([1900, 700, 4000])
        return steps

    def _legal(self):
        if not self.side.tables and not self.chance(0.1):
            return [self.call("init")]
        makers = [(self._progress, 66), (lambda: [self._blind(self.rnd.choice(list(BLIND)))], 2), (self._read, 11), (self._new_run, 2), (self._session, 2), (self._aside, 8),
                  (self._export, 2), (self._workflow_file, 7), (self._recover, 4), (self._worktree, 2), (self._view, 3), (self._install, 1)]
        for _ in range(20):
            maker = self.rnd.choices([entry for entry, _ in makers], [weight for _, weight in makers])[0]
            steps = maker()
            if steps:
                return steps
        return [self.call("status")]

    def _workflow_file(self):
        """A workflow file, valid or broken, and a call that loads it."""
        rnd = self.rnd
        if self.chance(0.1):
            return self._starter()
        if self.chance(0.35):
            workflow = self.maker.valid()
        else:
            workflow = self.maker.broken()[1]
        text = workflow if isinstance(workflow, str) else json.dumps(workflow, ensure_ascii=self.chance(0.5))
        name = rnd.choice(["w.json"] * 6 + ["w.yaml", "sub/w.json", "w.txt"])
        verb = rnd.choice(["workflow validate", "workflow plan", "workflow graph"] * 3 + ["run prepare"])
        if verb == "run prepare":
            return [self.write(name, text), self.call(verb, workflow=name)]
        style = rnd.choice([None, "mermaid", "json", "dot"]) if verb == "workflow graph" else None
        return [self.write(name, text), self.call(verb, name, format=style)]

    def _starter(self):
        name = f"flows/starter-{self.rnd.randint(1, 4)}"
        return [self.call("workflow init", name, style=self.rnd.choice([None, "minimal", "review", "code-change"]))]

    def _new_run(self):
        if len([row for row in self.rows("runs") if row["state"] in ("running", "ready")]) > 1:
            return None
        text = json.dumps(self.maker.valid())
        return [self.write("flow.json", text), self.call("run prepare", workflow="flow.json")]

    def _progress(self):
        run = self.pick(self.rows("runs", state="running")) if self.chance(0.85) else None
        run = run or self.pick([row for row in self.rows("runs") if row["state"] not in ("completed", "canceled")])
        if run is None:
            return self._new_run()
        if run["state"] == "needs_branch_confirmation":
            return [self.call("branch confirm", run_id=run["run_id"], branch=self.rnd.choice(["main", "topic"]),
                              create=True if self.chance(0.2) else None)]
        if run["state"] == "ready":
            if self.chance(0.6) and any(row["state"] == "running" for row in self.rows("runs")):
                return None
            return [self.call("run start", run_id=run["run_id"])]
        if run["state"] == "failed":
            return self._retry(run) if self.chance(0.3) else None
        makers = [self._work] * 8 + [self._claim] * 6 + [self._blocked] * 3
        return self.rnd.choice(makers)(run)

    def _session(self, run=None, role=None, lane=None):
        run = run or self.pick(self.rows("runs"))
        if run is None:
            return None
        rnd = self.rnd
        roles, lanes = self._names(run)
        role = role or rnd.choice(roles)
        force = True if role == "reviewer" and self.chance(0.7) else None
        return [self.call(
            "register-session", run_id=run["run_id"], role=role, lane=lane or rnd.choice(lanes),
            capability=rnd.choice([None, None, "write", ["write", "review", "é"]]),
            fresh=rnd.choice([None, None, True]), force_non_fresh=force, reason="needed" if force else None,
            operator_label=rnd.choice([None, None, None, "alice", " Bob ", "x.y-z1"]),
            parent_session_id=rnd.choice([None] * 6 + [row["session_id"] for row in self.rows("sessions")]))]

    def _names(self, run):
        snapshot = next(row for row in self.rows("workflow_snapshots")
                        if row["workflow_snapshot_id"] == run["workflow_snapshot_id"])
        workflow = json.loads(snapshot["workflow_json"])
        return list(workflow["roles"]), list(workflow["lanes"])

    def _claim(self, run):
        message = self.pick(self.rows("queue_messages", run_id=run["run_id"], state="pending"))
        if message is None:
            return None
        fitting = [row for row in self.rows("sessions", run_id=run["run_id"], role_id=message["target_role_id"])
                   if message["target_lane_id"] in (None, row["lane_id"])]
        session = self.pick(fitting)
        if session is None or self.chance(0.05):
            return self._session(run, message["target_role_id"], message["target_lane_id"])
        seconds = self.rnd.choice([None] * 30 + [600, 1, 0, -1, -600, 86400])
        return [self.call("claim-next", session_id=session["session_id"], lease_seconds=seconds)]

    def _work(self, run):
        lease = self.pick(self.rows("leases", run_id=run["run_id"], state="active"))
        if lease is None:
            return self._claim(run)
        if lease["expires_at"] < self.side.clock_text() and self.chance(0.8):
            return [self.call("status", run_id=run["run_id"])]
        job = self.job(lease["resource_id"])
        held = {"session_id": lease["owner_session_id"], "lease_id": lease["lease_id"]}
        if self.chance(0.06):
            return self._drop_work(job, held)
        if job["state"] == "claimed":
            if job["job_type"] == "review" and self.chance(0.4):
                return self._submit(job, held)
            return [self.call("ack", session_id=held["session_id"], message_id=job["current_message_id"],
                              lease_id=held["lease_id"])]
        missing = self._missing(job)
        if missing and not self.chance(0.08):
            return self._publish(job, held, self.rnd.choice(missing))
        if job["job_type"] == "review" and not self.chance(0.06):
            return self._verdict(job, held)
        return [self.call("complete", session_id=held["session_id"], job_id=job["job_id"], lease_id=held["lease_id"],
                          summary=self.rnd.choice([None, "done", "", "ünï"]))]

    def _drop_work(self, job, held):
        message = job["current_message_id"]
        if self.chance(0.5):
            return [self.call("release", session_id=held["session_id"], message_id=message, lease_id=held["lease_id"],
                              reason=self.rnd.choice(["busy", "", "x y"]), requeue=self.rnd.choice([True, None]))]
        return [self.call("block", session_id=held["session_id"], job_id=job["job_id"], lease_id=held["lease_id"],
                          kind=self.rnd.choice(["question", "missing_input", ""]),
                          severity=self.rnd.choice(["blocked", "human_checkpoint"]), description="Which one?")]

    def _missing(self, job):
        published = {row["logical_name"] for row in self.rows("artifacts", job_id=job["job_id"])}
        expected = self.snapshot_job(job).get("expected_artifacts", [])
        return [entry for entry in expected if entry.get("logical_name") not in published]

    def _author_line(self, job):
        packets = self.rows("work_packets", job_id=job["job_id"])
        return json.loads(packets[-1]["packet_json"])["job"]["author"]["line"] if packets else "author: operator"

    def _content(self, kind, author_line):
        """A file of a kind; sometimes without front matter or author line, sometimes with a mistake."""
        rnd, lines = self.rnd, []
        self.texts += 1
        if kind in FRONT_MATTER and self.chance(0.6):
            entries = [("schema_version", f'"striatum.{kind}.v1"'), ("artifact_kind", f'"{kind}"'),
                       *FRONT_MATTER[kind]]
            mistake = rnd.randrange(8) if self.chance(0.2) else None
            if mistake == 0:
                entries.pop(rnd.randrange(len(entries)))
            elif mistake == 1:
                entries.append((rnd.choice(["odd", "title", "schema_version"]), '"x"'))
            elif mistake is not None:
                place = rnd.randrange(len(entries))
                entries[place] = (entries[place][0], rnd.choice(ODD_VALUES))
            lines += ["---", *[f"{key}: {value}" for key, value in entries]]
            lines += [] if mistake == 2 else ["---"]
            lines += ["# a comment"] if mistake == 3 else []
        if self.chance(0.5):
            line = author_line if not self.chance(0.2) else rnd.choice(
                ["author: somebody", "Author:  operator", "author:", "## Part\nauthor: x", "> author: x",
                 "author: operator\nauthor: x", "**Author:** operator", "author : x"])
            lines.append(rnd.choice(["", "", "# ", "**", "_", " "]) + line)
        lines += [f"# Text {self.texts}" if not self.chance(0.1) else "# Text", rnd.choice(["Words.", "", "é"])]
        lines += ["\udce9"] if self.chance(0.03) else []  # no UTF-8 on disk
        return "\n".join(lines) + rnd.choice(["\n", ""])

    def _publish(self, job, held, expected):
        kind, path = expected.get("kind", "other"), expected.get("path", "out/x.md")
        steps = []
        if not self.chance(0.05):
            steps.append(self.write(path, self._content(kind, self._author_line(job))))
        steps.append(self.call("publish-artifact", session_id=held["session_id"], job_id=job["job_id"],
                               lease_id=held["lease_id"], kind=kind, logical_name=expected.get("logical_name"),
                               path=path))
        return steps

    def _verdict(self, job, held):
        if self.chance(0.35):
            return self._submit(job, held)
        findings = self.pick(self.rows("artifacts", job_id=job["job_id"]))
        return [self.call("verdict", session_id=held["session_id"], job_id=job["job_id"], lease_id=held["lease_id"],
                          verdict=self.rnd.choices(VERDICTS, [4, 2, 5, 1])[0],
                          findings_artifact_id=findings["artifact_id"] if findings and self.chance(0.5) else None,
                          rationale=self.rnd.choice([None, "because", ""]))]

    def _submit(self, job, held):
        expected = self._missing(job) or [{"path": f"out/{job['workflow_job_id']}/other.md", "kind": "finding"}]
        path = expected[0]["path"]
        return [self.write(path, self._content("finding", self._author_line(job))),
                self.call("submit-review", session_id=held["session_id"], job_id=job["job_id"],
                          lease_id=held["lease_id"], path=path, verdict=self.rnd.choices(VERDICTS, [4, 2, 5, 1])[0],
                          logical_name=expected[0].get("logical_name"), kind=self.rnd.choice([None, "finding"]),
                          rationale=self.rnd.choice([None, "because"]))]

    def _blocked(self, run):
        """Something that waits for a person."""
        blockers = self.rows("blockers", run_id=run["run_id"], state="open", severity="human_checkpoint")
        waiting = self.rows("jobs", run_id=run["run_id"], state="waiting_human", job_type="review")
        if waiting and self.chance(0.4):
            return self._override(self.pick(waiting))
        if blockers:
            decisions = self.rows("artifacts", run_id=run["run_id"], job_id=None, artifact_kind="decision")
            chosen = self.pick(decisions)
            return [self.call("checkpoint resolve", blocker_id=self.pick(blockers)["blocker_id"],
                              action=self.rnd.choice(["continue", "continue", "cancel"]),
                              decision_id=chosen["logical_name"] if chosen and self.chance(0.6) else None)]
        return self._retry(run)

    def _override(self, job):
        session = self.pick(self.rows("sessions", run_id=job["run_id"]))
        return session and [self.call("override-verdict", session_id=session["session_id"], job_id=job["job_id"],
                                      verdict=self.rnd.choice(VERDICTS[:2]), rationale="Owner says so.")]

    def _retry(self, run):
        job = self.pick([row for row in self.rows("jobs", run_id=run["run_id"])
                         if row["state"] in ("failed", "canceled")
                         or row["state"] == "blocked" and row["current_message_id"]])
        return job and [self.call("run retry-job", run_id=run["run_id"], job_id=job["job_id"])]

    def _aside(self):
        """Legal calls that do not bring a run forward."""
        rnd, run, session = self.rnd, self.pick(self.rows("runs")), self.pick(self.rows("sessions"))
        if run is None or session is None:
            return None
        lease = self.pick(self.rows("leases", owner_session_id=session["session_id"], state="active"))
        kind = rnd.choice(["send", "send", "heartbeat", "heartbeat", "pause", "resume", "close", "cancel", "decide",
                           "decide", "override", "confirm", "start", "init", "file"])
        if kind == "send":
            return [self.call("send", session_id=session["session_id"], kind=rnd.choice(["note", "x", ""]),
                              body_json=rnd.choice([None, *BODIES]))]
        if kind == "heartbeat" and lease:
            return [self.call("heartbeat", session_id=session["session_id"], lease_id=lease["lease_id"],
                              extend_seconds=rnd.choice([None, 3600, 60, 0, -5]))]
        if kind in ("pause", "resume"):
            return [self.call(f"run {kind}", run_id=run["run_id"],
                              reason=rnd.choice([None, "lunch", ""]) if kind == "pause" else None)]
        if kind == "close":
            return [self.call("session close", session_id=session["session_id"], reason=rnd.choice(["over", "x y"]))]
        if kind == "cancel" and self.chance(0.4):
            return [self.call("run cancel", run_id=run["run_id"], reason=rnd.choice([None, "superseded"]))]
        if kind == "decide":
            return self._decision(run)
        if kind == "override":
            job = self.pick(self.rows("jobs", job_type="review"))
            return job and self._override(job)
        if kind == "confirm":
            return self._confirm(run)
        if kind == "start":
            return [self.call("run start", run_id=run["run_id"])]
        if kind == "init":
            return [self.call("init")]
        return None

    def _confirm(self, run):
        rnd = self.rnd
        flags = rnd.choice([{}, {"create": True}, {"use_current": True}, {"strict": True},
                            {"create": True, "use_current": True}, {"strict": True, "create": True}])
        steps = []
        if self.chance(0.2):
            steps.append({"git": rnd.choice([["checkout", "-q", "main"], ["checkout", "-q", "--detach"]])})
        return steps + [self.call("branch confirm", run_id=run["run_id"], branch=rnd.choice(
            ["main", "main", "topic", "work/one", "bad..name", "ünï"]), **flags)]

    def _decision(self, run):
        rnd = self.rnd
        outcome = rnd.choice(["accepted", "rejected", "accepted_with_follow_up"])
        self.texts += 1
        path = f"docs/decisions/D-{self.texts}.md" if not self.chance(0.15) else "docs/decisions/D-1.md"
        return [self.call("decision record", run_id=run["run_id"], path=path, outcome=outcome,
                          title=rnd.choice(["A title", 'With "quotes" \\ é', "  "]),
                          decision_id=rnd.choice([None, f"D-{self.texts}", "D-1", "has blank"]),
                          rationale=rnd.choice([None, "Because.", "Two\nlines", ""]),
                          follow_up=rnd.choice([None, "Later.", "Later.", ""]))]

    def _export(self):
        run = self.pick(self.rows("runs"))
        return run and [self.call("evidence export", run_id=run["run_id"],
                                  path=self.rnd.choice(["docs/E.md", "docs/E.md", "evidence/new/E.md", "E"]))]

    def _read(self):
        rnd = self.rnd
        run = self.pick(self.rows("runs"))
        run_id = run["run_id"] if run else "run#1"
        verb = rnd.choice(["status", "status", "why", "why", "doctor", "doctor", "list runs", "list sessions",
                           "list jobs", "list artifacts", "list workflows"])
        if verb == "status":
            return [self.call("status", run_id=rnd.choice([None, run_id]))]
        if verb == "doctor":
            return [self.call("doctor", run_id=rnd.choice([None, run_id]), verbose=rnd.choice([None, True]))]
        if verb == "why":
            return [self.call("why", self._any_id())]
        if verb in ("list runs", "list workflows"):
            state = rnd.choice([None, "running", "ready", "completed"]) if verb == "list runs" else None
            return [self.call(verb, state=state, limit=rnd.choice([None, 1, 2, 50]))]
        flags = {"list sessions": {"state": rnd.choice([None, "active", "closed"]),
                                   "role": rnd.choice([None, "author"]), "lane": rnd.choice([None, "local"])},
                 "list jobs": {"state": rnd.choice([None, "queued", "completed"]),
                               "workflow_job_id": rnd.choice([None, None, "plan"])},
                 "list artifacts": {"kind": rnd.choice([None, "finding", "handoff"])}}[verb]
        return [self.call(verb, run_id=run_id, **flags)]

    def _any_id(self):
        """An id of any table, a slug or a workflow job id."""
        keys = [("runs", "run_id"), ("jobs", "job_id"), ("jobs", "workflow_job_id"), ("queue_messages", "message_id"),
                ("blockers", "blocker_id"), ("artifacts", "artifact_id"), ("verdicts", "verdict_id"),
                ("sessions", "session_id"), ("sessions", "slug"), ("leases", "lease_id")]
        table, key = self.rnd.choice(keys)
        row = self.pick(self.rows(table))
        return row[key] if row else "nothing"
