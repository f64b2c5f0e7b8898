# SPDX-License-Identifier: Apache-2.0
"""Calls that are wrong in their meaning or in their grammar; the generator mixes them in."""

ARTIFACT_KINDS = ["prompt", "finding", "findings_ledger", "synthesis", "marker", "handoff", "decision",
                  "patch_summary", "test_report", "other", "support_ledger", "action_item_ledger",
                  "harness_improvement_proposal"]
ODD_PATHS = ["/abs/x.md", "../x.md", "out/../../x.md", ".striatum/x.md", ".striatum/state.sqlite3", "out/none.md",
             "", ".", "out", "a//b.md", "./README.md", "README.md/", "README.md/x", "x" * 300, ".STRIATUM/x.md",
             ".striatum", "out/new\nline.md", "docs/ünï.md",
             "out/./x.md", "./out//x.md", "out/x/", "~/x", "OUT/x.md", "out/link.md"]


class WrongCalls:
    """A part of the Generator."""

    def _illegal(self):
        """A call that is wrong in its meaning: other state, owner, path, kind."""
        rnd = self.rnd
        session, job = self.pick(self.rows("sessions")), self.pick(self.rows("jobs"))
        lease, message = self.pick(self.rows("leases")), self.pick(self.rows("queue_messages"))
        if not (session and job and lease and message):
            return self._illegal_start()
        who, lease_id, job_id = session["session_id"], lease["lease_id"], job["job_id"]
        if self.chance(0.5):
            who = lease["owner_session_id"]
        if self.chance(0.5):
            job_id = lease["resource_id"]
        verb = rnd.choice(["ack", "heartbeat", "complete", "verdict", "release", "block", "publish", "publish",
                           "submit", "override", "checkpoint", "decision", "export", "retry", "close", "list",
                           "start"])
        if verb == "start":
            return self._illegal_start()
        if verb == "publish":
            return self._bad_publish(who, job_id, lease_id)
        if verb == "submit":
            return [self.call("submit-review", session_id=who, job_id=job_id, lease_id=lease_id, verdict="accept",
                              path=rnd.choice(["README.md", *ODD_PATHS]))]
        if verb == "override":
            return [self.call("override-verdict", session_id=who, job_id=job_id, verdict="accept",
                              rationale=rnd.choice(["x", " ", ""]),
                              findings_artifact_id=rnd.choice([None, "art#1", "art#99"]))]
        if verb == "checkpoint":
            blocker = self.pick(self.rows("blockers"))
            return [self.call("checkpoint resolve", blocker_id=blocker["blocker_id"] if blocker else "blk#9",
                              action="continue", decision_id=rnd.choice([None, "D-1", "D-99", "result"]))]
        if verb == "decision":
            return [self.call("decision record", run_id=job["run_id"], path=rnd.choice(ODD_PATHS),
                              outcome="accepted", title="T", decision_id=rnd.choice([None, "a b", ""]))]
        if verb == "export":
            return [self.call("evidence export", run_id=job["run_id"], path=rnd.choice(ODD_PATHS[:8]))]
        if verb == "retry":
            return [self.call("run retry-job", run_id=job["run_id"], job_id=job_id)]
        if verb == "close":
            return [self.call("session close", session_id=who, reason=rnd.choice(["x", " ", ""]))]
        if verb == "list":
            return [self.call(rnd.choice(["list runs", "list jobs", "list sessions"]),
                              run_id=rnd.choice([None, "run#99", job["run_id"]]), state=rnd.choice(["odd", "", None]))]
        flags = {"ack": {"message_id": message["message_id"]}, "heartbeat": {}, "complete": {"job_id": job_id},
                 "verdict": {"job_id": job_id, "verdict": "accept"},
                 "release": {"message_id": message["message_id"], "reason": "x"},
                 "block": {"job_id": job_id, "kind": "k", "severity": "blocked", "description": "d"}}[verb]
        return [self.call(verb, session_id=who, lease_id=lease_id, **flags)]

    def _illegal_start(self):
        rnd, run = self.rnd, self.pick(self.rows("runs"))
        run_id = run["run_id"] if run and self.chance(0.7) else rnd.choice(["run#99", "nope", ""])
        return [rnd.choice([
            self.call("run start", run_id=run_id), self.call("run pause", run_id=run_id),
            self.call("run resume", run_id=run_id), self.call("run cancel", run_id=run_id),
            self.call("claim-next", session_id=rnd.choice(["sess#1", "sess#99"])),
            self.call("register-session", run_id=run_id, role=rnd.choice(["ghost", "author", "reviewer"]),
                      lane=rnd.choice(["ghost", "local"]),
                      operator_label=rnd.choice([None, "local", "a-b-001", "bad label", "attested", "x" * 65, ""]),
                      force_non_fresh=rnd.choice([None, True]), reason=rnd.choice([None, " ", "x"]),
                      parent_session_id=rnd.choice([None, "sess#99", "sess#1"])),
            self.call("branch confirm", run_id=run_id, branch=rnd.choice(["main", "", "-x", "nowhere"]),
                      strict=rnd.choice([None, True])),
            self.call("list jobs", run_id=run_id), self.call("list artifacts", run_id=run_id, kind="odd"),
            self.call("evidence export", run_id=run_id, path="docs/E.md"),
            self.call("decision record", run_id=run_id, path="docs/D.md", outcome="accepted", title="T"),
            self.call("workflow validate", rnd.choice(["absent.json", ".", "README.md"])),
            self.call("workflow init", rnd.choice([".", "README.md", "flows/starter-1", "README.md/x"])),
            self.call("run prepare", workflow="absent.json"), self.call("why", rnd.choice(["nope", "", "run#99"]))])]

    def _bad_publish(self, who, job_id, lease_id):
        rnd, job = self.rnd, self.job(job_id)
        path = rnd.choice([*ODD_PATHS, f"out/{job['workflow_job_id']}/RESULT.md",
                           f"out/{job['workflow_job_id']}/./new.md", f"./out/{job['workflow_job_id']}/RESULT.md", f"out/{job['workflow_job_id']}"])
        kind = rnd.choice([*ARTIFACT_KINDS, "nonsense", "transcript", ""])
        steps = []
        if path.startswith("out/") and path.endswith(".md") and "\n" not in path and self.chance(0.7):
            steps.append(self.write(path, self._content(kind, self._author_line(job))))
        return steps + [self.call("publish-artifact", session_id=who, job_id=job_id, lease_id=lease_id, kind=kind,
                                  logical_name=rnd.choice(["result", "extra", "n", ""]), path=path)]

    def _spoil(self, step):
        """Breaks the grammar of a call, or exchanges one value."""
        args, rnd = step["call"], self.rnd
        flags = [index for index, word in enumerate(args) if word.startswith("--") and word not in ("--json", "--repo")]
        valued = [index for index in flags if index + 1 < len(args) and not args[index + 1].startswith("--")]
        kind = rnd.choice(["drop", "cut", "unknown", "short", "equals", "twice", "extra", "dashes", "value", "value",
                           "value", "number", "late repo", "early json", "verb", "help", "negative", "bare"])
        if kind == "drop" and valued:
            place = rnd.choice(valued)
            del args[place:place + 2]
        elif kind == "cut" and valued:
            del args[rnd.choice(valued) + 1]
        elif kind == "unknown":
            args.insert(rnd.randint(1, len(args)), rnd.choice(["--bogus", "--bogus=1", "-x", "--json=1"]))
        elif kind == "short" and flags:
            place = rnd.choice(flags)
            args[place] = args[place][:rnd.randint(3, len(args[place]))]
        elif kind == "equals" and valued:
            place = rnd.choice(valued)
            args[place:place + 2] = [f"{args[place]}={args[place + 1]}"]
        elif kind == "twice" and valued:
            place = rnd.choice(valued)
            at = rnd.choice([place, len(args)])
            args[at:at] = [args[place], rnd.choice([args[place + 1], "other", self._any_id()])]
        elif kind == "extra":
            args.append(rnd.choice(["extra", "", "-1"]))
        elif kind == "dashes":
            args.insert(rnd.randint(0, len(args)), "--")
        elif kind == "value" and valued:
            args[rnd.choice(valued) + 1] = rnd.choice([self._any_id(), self._any_id(), "", "nope", " ", "é", "-1",
                                                       "- x", "a b"])
        elif kind == "number" and valued:
            args[rnd.choice(valued) + 1] = rnd.choice(["0", "5", " 7 ", "1_0", "+5", "5.0", "x", "-3", "٣"])
        elif kind == "late repo":
            args += ["--repo", "<REPO>"]
        elif kind == "early json":
            args.insert(0, "--json")
        elif kind == "verb":
            args[rnd.randrange(len(args))] += "x"
        elif kind == "help":
            args.insert(rnd.randint(0, len(args)), rnd.choice(["-h", "--help"]))
        elif kind == "negative" and valued:
            args[rnd.choice(valued) + 1] = rnd.choice(["-", "-x", "-1.5", "--", "-x y"])
        elif kind == "bare":
            step["call"] = args[:rnd.randint(0, 2)]
