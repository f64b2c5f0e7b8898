# SPDX-License-Identifier: Apache-2.0
"""Graphs, dashboard frames and summaries of random runs, byte for byte against release 1.24.

    boards.py --ref PROG --ours PROG [--seed N] [--runs N]

Both programs read the same state: a run prepared by the reference, its rows then moved about at random.
"""
import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import clock
import common
from program import Program

JOB_STATES = ["blocked", "queued", "claimed", "running", "stale_lease", "waiting_human", "completed", "failed", "canceled", "skipped"]
POSTURES = ["neutral", "neutral", "security", "custom:a b", "supply_chain", "accessibility"]
VERDICTS = ["accept", "accept_with_findings", "needs_revision", "reject"]
PAYLOADS = ['{}', '{"b":1,"a":null}', '{"t":true,"l":[1,"ö",null],"o":{"z":1,"a":2}}', '{"text":"größer als zuvor, und noch viel länger als jede Zeile"}',
            'not JSON', '[1,2]', '{"n":1.5,"e":1e3}', '"text"']
STYLES, ORIENTATIONS = ["auto", "layered", "list", "fancy"], ["tb", "lr"]


def workflow(rnd):
    """A graph of any shape: wide, deep, loose, with a loop now and then."""
    count = rnd.choice([0, 1, 2, 3, 4, 6, 9, 14, 25])
    names = [rnd.choice(["job", "a", "review-of-the-thing", "ünï", "日本語"]) + f"-{i}" for i in range(count)]
    jobs, edges = [], []
    for name in names:
        review = rnd.random() < 0.4
        jobs.append({"id": name, "type": "review" if review else rnd.choice(["build", "draft", "generic"]),
                     "role_id": rnd.choice(["author", "reviewer"]), "lane_id": rnd.choice(["local", None]),
                     **({"parallel_group": rnd.choice(["g1", "g 2"])} if rnd.random() < 0.2 else {}),
                     **({"review_posture": "security"} if review and rnd.random() < 0.3 else {})})
    density = rnd.choice([0, 0.1, 0.3, 1])
    for place in range(1, count):
        if rnd.random() < density or rnd.random() < 0.3:
            edges += [(names[rnd.randrange(place)], names[place]) for _ in range(rnd.choice([1, 1, 2, 3]))]
    cycles = [(names[b], names[a]) for a in range(count) for b in range(a, count)
              if (names[a], names[b]) in edges and rnd.random() < 0.3][:4]
    if count > 2 and rnd.random() < 0.1:
        edges.append((names[-1], names[0]))
    return {"schema_version": "striatum.workflow.v1", "workflow_id": rnd.choice(["flow", 7, "ünï"]), "workflow_version": rnd.choice(["1", 3, 1.5]),
            "name": "n", "branch": {"mode": "confirm", **({"suggested_name": "work/topic"} if rnd.random() < 0.7 else {})},
            "coordinator": {"role_id": "author", "lane_id": "local"}, "lanes": {"local": {"display_model": "M"}},
            "roles": {"author": {}, "reviewer": {}}, "context_docs": [], "parallelism": {}, "jobs": jobs,
            "edges": [{"from": a, "to": b, "on": "completed"} for a, b in edges],
            "cycles": [{"from": a, "to": b, "on_verdict": "needs_revision", "max_iterations": 2} for a, b in cycles]}


class Shaken:
    """Moves the rows of a prepared run about."""

    def __init__(self, rnd, repo):
        self.rnd, self.db = rnd, sqlite3.connect(common.state_file(repo), timeout=10)
        self.db.execute("PRAGMA foreign_keys = OFF")
        self.number = 0
        (self.run,) = self.db.execute("SELECT run_id FROM runs").fetchone()

    def id(self, kind):
        self.number += 1
        return f"{kind}_{self.rnd.getrandbits(128):032x}"

    def moment(self):
        return f"2026-01-0{self.rnd.randint(1, 4)}T0{self.rnd.randint(0, 9)}:00:0{self.rnd.randint(0, 9)}Z"

    def insert(self, table, **row):
        marks = ",".join("?" * len(row))
        self.db.execute(f"INSERT INTO {table} ({','.join(row)}) VALUES ({marks})", list(row.values()))

    def shake(self):
        jobs = [job for (job,) in self.db.execute("SELECT job_id FROM jobs ORDER BY rowid")]
        sessions = self.sessions()
        for job in jobs:
            self.db.execute("UPDATE jobs SET state = ? WHERE job_id = ?", [self.rnd.choice(JOB_STATES), job])
        if jobs and self.rnd.random() < 0.5:
            self.another_attempt(self.rnd.choice(jobs))
        jobs = [job for (job,) in self.db.execute("SELECT job_id FROM jobs ORDER BY rowid")]
        for job in self.rnd.sample(jobs, min(len(jobs), 5)):
            for session in self.rnd.sample(sessions, self.rnd.randint(0, len(sessions))):
                self.insert("verdicts", verdict_id=self.id("verdict"), run_id=self.run, job_id=job, session_id=session,
                            verdict=self.rnd.choice(VERDICTS), posture=self.rnd.choice(POSTURES), created_at=self.moment(),
                            rationale=self.rnd.choice([None, "because"]))
        self.things(jobs, sessions)
        self.db.execute("UPDATE runs SET state = ?, branch_name = ?, started_at = ?, completed_at = ?", [
            self.rnd.choice(["ready", "running", "completed", "failed", "canceled"]), self.rnd.choice(["work/topic", "main", None]),
            self.rnd.choice([None, self.moment()]), self.rnd.choice([None, "2026-01-05T09:59:59Z"])])
        self.db.commit()
        self.db.close()

    def sessions(self):
        ids = [self.id("sess") for _ in range(self.rnd.randint(0, 4))]
        for place, session in enumerate(ids):
            self.insert("sessions", session_id=session, run_id=self.run, role_id="author", lane_id="local", slug=f"author-local-{place}",
                        ordinal=place, state=self.rnd.choice(["active", "closed", "lost"]), registered_at=self.moment(),
                        closed_at=self.rnd.choice([None, self.moment()]), close_reason=self.rnd.choice([None, "done"]),
                        non_fresh_reason=self.rnd.choice([None, "needed"]))
        return ids

    def another_attempt(self, job):
        columns = [row[1] for row in self.db.execute("PRAGMA table_info(jobs)")]
        row = dict(zip(columns, self.db.execute("SELECT * FROM jobs WHERE job_id = ?", [job]).fetchone()))
        row.update(job_id=f"{job}_a2", attempt=2, idempotency_key=f"{job}:2", state=self.rnd.choice(JOB_STATES))
        self.insert("jobs", **row)

    def things(self, jobs, sessions):
        rnd = self.rnd
        for job in rnd.sample(jobs, min(len(jobs), rnd.randint(0, 6))):
            self.insert("queue_messages", message_id=self.id("msg"), run_id=self.run, job_id=job, kind="work", state="pending",
                        target_role_id=rnd.choice(["author", "reviewer-with-a-long-name-indeed"]),
                        target_lane_id=rnd.choice([None, "local", "another-lane"]), created_at=self.moment(), updated_at=self.moment())
            self.insert("blockers", blocker_id=self.id("blk"), run_id=self.run, job_id=job, session_id=rnd.choice([None, *sessions]),
                        severity=rnd.choice(["info", "blocked", "human_checkpoint"]), blocker_kind=rnd.choice(["question", "revision_routing"]),
                        description="Which?", state=rnd.choice(["open", "resolved"]), created_at=self.moment())
        for number in range(rnd.randint(0, 5)):
            self.insert("artifacts", artifact_id=self.id("art"), run_id=self.run, job_id=rnd.choice([None, *jobs]),
                        session_id=rnd.choice([None, *sessions]), logical_name=f"thing-{number}", artifact_kind=rnd.choice(["finding", "decision"]),
                        repo_path=f"docs/{rnd.choice('xyz')}.md", content_sha256=f"{rnd.getrandbits(256):064x}", size_bytes=1, publish_mode="create",
                        created_at=self.moment(), author_line=rnd.choice([None, "author: operator"]))
        for _ in range(rnd.choice([0, 3, 15])):
            self.insert("events", run_id=self.run, event_type=rnd.choice(["job.completed", "recovery.process_blocker_resolved", "exactly-22-letters.long"]),
                        job_id=rnd.choice([None, *jobs]), payload_json=rnd.choice(PAYLOADS), created_at=self.moment())


def calls(rnd, run):
    """Pairs of a command line and an environment."""
    for style in STYLES:
        for orientation in ORIENTATIONS:
            yield ["run", "graph", "--run-id", run, "--format", "ascii", "--graph-style", style, "--graph-orient", orientation], {}
    for more in ([], ["--json"], ["--format", "json"], ["--format", "ascii", "--json"]):
        yield ["run", "graph", "--run-id", run, *more], {}
    for _ in range(12):
        size = {"COLUMNS": str(rnd.choice([40, 60, 63, 66, 80, 99, 100, 133, 200])), "LINES": str(rnd.choice([8, 24, 29, 30, 45, 60]))}
        more = [word for word in ("--graph-only", "--graph-no-cycles", "--json") if rnd.random() < 0.25]
        more += rnd.choice([[], ["--graph"], ["--no-graph"]])
        more += rnd.choice([[], ["--graph-style", rnd.choice(STYLES)], ["--graph-orient", "lr", "--graph-style", rnd.choice(STYLES)]])
        yield ["dashboard", "--run-id", run, "--once", *more], size
    yield ["recovery", "stale-leases", "--run-id", run], {}


def compare_run(seed, index, ref, ours, scratch):
    """Returns the number of comparisons; fails at the first difference."""
    rnd = random.Random(f"{seed}/{index}")
    repo = common.make_repository(scratch / str(index), ref.env)
    (repo / "w.json").write_text(json.dumps(workflow(rnd)))
    ref.now = ours.now = clock.START
    ref.call(["init"], repo)
    prepared = ref.call(["run", "prepare", "--workflow", "w.json"], repo).envelope()
    assert prepared and prepared["ok"], prepared
    run = prepared["data"]["run_id"]
    Shaken(rnd, repo).shake()
    count = 0
    for args, size in calls(rnd, run):
        theirs, mine = ref.call(args, repo, size), ours.call(args, repo, size)
        if theirs != mine:
            show(seed, index, repo, args, size, theirs, mine)
        count += 1
    return count + compare_summaries(seed, index, repo, run, ref, ours)


def compare_summaries(seed, index, repo, run, ref, ours):
    texts = {}
    for name, program in (("ref", ref), ("ours", ours)):
        reply = program.call(["run", "summary", "--run-id", run, "--path", f"{name}.md"], repo)
        assert reply.exit == 0, reply
        texts[name] = (repo / f"{name}.md").read_text()
    if texts["ref"] != texts["ours"]:
        show(seed, index, repo, ["run", "summary"], {}, texts["ref"], texts["ours"])
    return 1


def show(seed, index, repo, args, size, theirs, mine):
    print(f"seed {seed}, run {index} in {repo}: {' '.join(args)} {size}")
    theirs, mine = (side if isinstance(side, str) else f"{side.stdout}{side.stderr}exit {side.exit}\n" for side in (theirs, mine))
    for number, (left, right) in enumerate(zip(theirs.split("\n") + [""] * 99, mine.split("\n"))):
        if left != right:
            print(f"  line {number + 1}\n    reference: {left[:300]!r}\n    ours:      {right[:300]!r}")
            break
    else:
        print(f"  {len(theirs)} and {len(mine)} characters")
    raise SystemExit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ref", required=True)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="boards-"))
    with Program(arguments.ref, scratch) as ref, Program(arguments.ours, scratch) as ours:
        count = sum(compare_run(arguments.seed, index, ref, ours, scratch) for index in range(arguments.runs))
    print(f"{count} graphs, frames and summaries of {arguments.runs} runs: equal to the byte")
    shutil.rmtree(scratch)


if __name__ == "__main__":
    sys.exit(main())
