#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many workers drive one state with mixed verbs; what they were told is held against what the state holds.

    contention.py PROGRAM [--workers 16] [--calls 50000]

First one worker alone gives the 99th percentile of a call, then all of them work at once. Findings: an error a
lonely worker would not meet (busy above all), a job in two hands at a time, an acknowledged change that the state
does not hold or holds twice, a broken rule or chain, a wait longer than 1.5 x workers x that percentile.
"""

import argparse
import collections
import json
import multiprocessing
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import workbench
from workbench import Flow, Tool, job, workflow, write

FACTOR = 1.5
ALONE = 600      # calls of the lonely worker
CALLS_A_JOB = 10  # about: how many calls go by for one drafting job that gets completed
REVIEWS = 8      # jobs that are claimed and given back all the time


class Worker:
    """Plays an author and a reviewer by turns and writes down every answer."""

    def __init__(self, tool, repo, run, number, sessions):
        self.tool, self.repo, self.run, self.number = tool, repo, run, number
        self.author, self.reviewer = sessions
        self.rng = random.Random(number)
        self.calls, self.problems = [], []
        self.acknowledged = collections.defaultdict(list)
        self.holds = []
        self.has_status = not subprocess.run([tool.links["striatum"], "status", "-h"], env=tool.env,
                                             capture_output=True).returncode

    def call(self, *args, allowed=(0,)):
        begin = time.monotonic()
        reply = self.tool.call("striatum", self.repo, *args)
        end = time.monotonic()
        self.calls.append((begin, end, args[0]))
        if reply.exit not in allowed:
            self.problems.append(f"{' '.join(args[:2])}: exit {reply.exit}: {(reply.stdout + reply.stderr)[:300]!r}")
        return reply.data if reply.exit == 0 else None

    def claim(self, session):
        data = self.call("claim-next", "--session-id", session)
        if not data or data["status"] != "claimed":
            return None
        packet = data["packet"]
        held = workbench.Held(session, packet["job"]["job_id"], packet["lease"]["message_id"],
                              packet["lease"]["lease_id"], [a["path"] for a in packet["expected_artifacts"]])
        self.acknowledged["lease"].append(held.lease)
        self.since = time.monotonic()
        return held

    def let_go(self, held, *args):
        self.holds.append((held.job, self.since, time.monotonic()))
        if self.call(*args) is not None:
            self.acknowledged["released"].append(held.lease)

    def ack(self, held):
        self.call("ack", "--session-id", held.session, "--message-id", held.message, "--lease-id", held.lease)

    def heartbeat(self, held):
        if self.call("heartbeat", "--session-id", held.session, "--lease-id", held.lease):
            self.acknowledged["heartbeat"].append(held.lease)

    def draft(self):
        held = self.claim(self.author)
        if held is None:
            return
        self.ack(held)
        self.heartbeat(held)
        write(self.repo, held.paths[0], f"# {held.job}\n")
        data = self.call("publish-artifact", *held.who(), "--kind", "handoff", "--logical-name", "main", "--path",
                         held.paths[0])
        if data:
            self.acknowledged["artifact"].append(data["artifact_id"])
        self.let_go(held, "complete", *held.who())
        self.acknowledged["completed"].append(held.job)

    def review(self):
        held = self.claim(self.reviewer)
        if held is None:
            return
        if self.rng.random() < .5:
            self.ack(held)
            self.heartbeat(held)
        self.let_go(held, "release", "--session-id", held.session, "--message-id", held.message, "--lease-id",
                    held.lease, "--reason", "later", "--requeue")

    def send(self):
        data = self.call("send", "--session-id", self.author, "--kind", "note", "--body-json",
                         json.dumps({"from": self.number, "n": len(self.calls)}))
        if data:
            self.acknowledged["message"].append(data["message_id"])

    def look(self):
        self.call(*self.rng.choice((("status",), ("list", "jobs", "--run-id", self.run), ("status", "--run-id", self.run))))

    def work(self, calls):
        turns = [self.draft, self.review, self.review, self.send] + [self.look] * self.has_status
        while len(self.calls) < calls and len(self.problems) < 20:
            self.rng.choice(turns)()
        return self


def play(task):
    program, folder, repo, run, number, sessions, calls, gate = task
    tool = Tool(program, folder)
    worker = Worker(tool, repo, run, number, sessions)
    if gate:
        gate.wait()
    worker.work(calls)
    return worker.calls, worker.problems, dict(worker.acknowledged), worker.holds


def two_hands(holds):
    """Jobs that two workers surely held at one moment: from the answer to a claim to the call that gives it up."""
    found = []
    by_job = collections.defaultdict(list)
    for name, begin, end in holds:
        by_job[name].append((begin, end))
    for name, spans in by_job.items():
        spans.sort()
        found += [name for (_, end), (begin, _) in zip(spans, spans[1:]) if begin < end]
    return found


def compare(connection, acknowledged):
    """What the workers were told against the rows: neither less nor more nor twice."""
    rows = {"lease": "SELECT lease_id FROM leases",
            "released": "SELECT lease_id FROM leases WHERE state = 'released'",
            "artifact": "SELECT artifact_id FROM artifacts",
            "completed": "SELECT job_id FROM events WHERE event_type = 'job.completed'",
            "heartbeat": "SELECT lease_id FROM events WHERE event_type = 'lease.heartbeat'",
            "message": "SELECT message_id FROM events WHERE event_type = 'message.sent'"}
    found = []
    for what, sql in rows.items():
        told = collections.Counter(acknowledged.get(what, []))
        there = collections.Counter(row[0] for row in connection.execute(sql))
        if lost := told - there:
            found.append(f"lost: {what}: {sum(lost.values())}, such as {next(iter(lost))}")
        if extra := there - told:
            found.append(f"doubled or never told: {what}: {sum(extra.values())}, such as {next(iter(extra))}")
    return found


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


class Arena:
    def __init__(self, program, folder, workers, calls):
        self.program, self.folder = str(Path(program).absolute()), folder
        self.tool = Tool(program, folder)
        self.repo = self.tool.repository(folder / "repo")
        jobs = [job(f"d{i:05d}") for i in range(max(64, (calls + ALONE) // CALLS_A_JOB))]
        jobs += [job(f"r{i}", "review", "reviewer", f"rev{i}", "finding") for i in range(REVIEWS)]
        self.flow = Flow(self.tool, "striatum", self.repo, workflow(jobs)).start()
        self.pairs = [self.pair() for _ in range(workers)]

    def pair(self):
        self.flow.sessions.clear()
        return self.flow.session("author"), self.flow.session("reviewer")

    def alone(self):
        return play((self.program, self.folder, self.repo, self.flow.run, 1000, self.pairs[0], ALONE, None))

    def together(self, calls):
        gate = multiprocessing.Manager().Barrier(len(self.pairs))
        tasks = [(self.program, self.folder, self.repo, self.flow.run, i, pair, calls // len(self.pairs), gate)
                 for i, pair in enumerate(self.pairs)]
        with multiprocessing.Pool(len(self.pairs)) as pool:
            return pool.map(play, tasks, chunksize=1)

    def verify(self, acknowledged):
        connection = sqlite3.connect(self.repo / ".striatum/state.sqlite3")
        found = workbench.broken_invariants(connection) + compare(connection, acknowledged)
        connection.close()
        reply = self.tool.call("git-striatum", self.repo, "log", "verify")
        if reply.exit != 2 and not (reply.data or {}).get("ok"):
            found.append(f"log verify: exit {reply.exit}: {reply.stdout[:300]!r}")
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--calls", type=int, default=50000)
    parser.add_argument("--tmp")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="contention-", dir=arguments.tmp))
    try:
        arena = Arena(arguments.program, folder, arguments.workers, arguments.calls)
        results = [arena.alone()]
        single = percentile([end - begin for begin, end, _ in results[0][0]], .99)
        begin = time.monotonic()
        results += arena.together(arguments.calls)
        seconds = time.monotonic() - begin
        acknowledged = collections.defaultdict(list)
        for _, _, told, _ in results:
            for what, ids in told.items():
                acknowledged[what] += ids
        problems = [p for _, worker_problems, _, _ in results for p in worker_problems]
        problems += [f"in two hands at a time: {name}" for name in two_hands([h for r in results for h in r[3]])]
        problems += arena.verify(acknowledged)
    finally:
        workbench.remove(folder)
    waits = sorted((end - start, verb) for calls, _, _, _ in results[1:] for start, end, verb in calls)
    longest, bar = waits[-1], FACTOR * arguments.workers * single
    busy = sum("busy" in problem or "locked" in problem for problem in problems)
    if longest[0] > bar:
        problems.append(f"longest wait {longest[0]:.3f} s ({longest[1]}) is over {bar:.3f} s")
    for problem in problems[:40]:
        print("FINDING", problem)
    print(f"{len(waits)} calls of {arguments.workers} workers in {seconds:.0f} s ({len(waits) / seconds:.0f}/s); alone "
          f"p99 {single * 1e3:.1f} ms; together p50 {waits[len(waits) // 2][0] * 1e3:.1f}, p99 "
          f"{percentile(waits, .99)[0] * 1e3:.1f}, longest {longest[0] * 1e3:.1f} ms ({longest[1]}), bar {bar * 1e3:.1f}; "
          f"{busy} busy, {len(problems)} findings")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
