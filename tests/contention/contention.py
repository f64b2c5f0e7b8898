#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many workers drive one state with mixed verbs; what they were told is held against what the state holds.

    contention.py PROGRAM [--workers 16] [--calls 50000] [--kill]

First one worker alone gives the 99th percentile of a call, then all of them work at once. Findings: an error a
lonely worker would not meet (busy above all), a job in two hands at a time, an acknowledged change that the state
does not hold or holds twice, a broken rule or chain, a wait longer than 1.5 x workers x that percentile, a worker
that got less than 70 % of the mean done while all were at work.

With --kill every 50 ms somebody's command is ended by kill -9. What a worker was told still counts, what it was not
told may be done or not, and nobody has to wait for the dead.
"""

import argparse
import collections
import json
import multiprocessing
import random
import signal
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
FAIR = .7
KILL_EVERY = .05
ALONE = 600      # calls of the lonely worker
CALLS_A_JOB = 10  # about: how many calls go by for one drafting job that gets completed
REVIEWS = 8      # jobs that are claimed and given back all the time


class Worker:
    """Plays an author and a reviewer by turns and writes down every answer."""

    def __init__(self, tool, repo, run, number, sessions, kill_every=None):
        self.tool, self.repo, self.run, self.number = tool, repo, run, number
        self.kill_every, self.kills = kill_every, 0
        self.author, self.reviewer = sessions
        self.rng = random.Random(number)
        self.calls, self.problems = [], []
        self.acknowledged = collections.defaultdict(list)
        self.holds = []
        self.next_kill = self.after_a_while()
        self.has_status = not subprocess.run([tool.links["striatum"], "status", "-h"], env=tool.env,
                                             capture_output=True).returncode

    def after_a_while(self):
        return time.monotonic() + self.rng.expovariate(1 / self.kill_every) if self.kill_every else None

    def started(self, args):
        """The reply; None when the command did not live to give one."""
        command = subprocess.Popen(self.tool.argv("striatum", self.repo, args), cwd=self.repo, env=self.tool.env,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = command.communicate(timeout=60 if not self.next_kill else max(0, self.next_kill - time.monotonic()))
        except subprocess.TimeoutExpired:
            command.kill()
            out, err = command.communicate()
            self.next_kill = self.after_a_while()
            if command.returncode == -signal.SIGKILL:
                self.kills += 1
                return None
        return workbench.Reply(command.returncode, out, err)

    def call(self, *args, allowed=(0,)):
        begin = time.monotonic()
        reply = self.started(args)
        end = time.monotonic()
        self.calls.append((begin, end, args[0]))
        if reply is None:
            self.give_back()
            return None
        if reply.exit not in allowed:
            self.problems.append(f"{' '.join(args[:2])}: exit {reply.exit}: {(reply.stdout + reply.stderr)[:300]!r}")
        return reply.data if reply.exit == 0 else None

    def give_back(self):
        """Whatever a killed command left in these hands."""
        waiting, self.next_kill = self.next_kill, None
        for session in (self.author, self.reviewer):
            for message, lease in workbench.query(
                    self.repo, "SELECT m.message_id, l.lease_id FROM leases l JOIN queue_messages m ON m.job_id = "
                    "l.resource_id AND m.state IN ('claimed', 'acked') WHERE l.state = 'active' AND l.owner_session_id = ?",
                    session):
                self.call("release", "--session-id", session, "--message-id", message, "--lease-id", lease, "--reason",
                          "lost", "--requeue")
        self.next_kill = waiting

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
        told = self.call(*args) is not None
        if told:
            self.acknowledged["released"].append(held.lease)
        return told

    def ack(self, held):
        self.call("ack", "--session-id", held.session, "--message-id", held.message, "--lease-id", held.lease)

    def heartbeat(self, held):
        if self.call("heartbeat", "--session-id", held.session, "--lease-id", held.lease):
            self.acknowledged["heartbeat"].append(held.lease)

    def draft(self):
        held = self.claim(self.author)
        kills = self.kills
        if held is None:
            return
        self.ack(held)
        if kills == self.kills:
            self.heartbeat(held)
        if kills != self.kills:
            return
        write(self.repo, held.paths[0], f"# {held.job}\n")
        data = self.call("publish-artifact", *held.who(), "--kind", "handoff", "--logical-name", "main", "--path",
                         held.paths[0])
        if data:
            self.acknowledged["artifact"].append(data["artifact_id"])
        if kills == self.kills and self.let_go(held, "complete", *held.who()):
            self.acknowledged["completed"].append(held.job)

    def review(self):
        held = self.claim(self.reviewer)
        kills = self.kills
        if held is None:
            return
        if self.rng.random() < .5:
            self.ack(held)
            if kills == self.kills:
                self.heartbeat(held)
        if kills != self.kills:
            return
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
    program, folder, repo, run, number, sessions, calls, gate, kill_every = task
    tool = Tool(program, folder)
    worker = Worker(tool, repo, run, number, sessions, kill_every)
    if gate:
        gate.wait()
    worker.work(calls)
    return worker.calls, worker.problems, dict(worker.acknowledged), worker.holds, worker.kills


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


def compare(connection, acknowledged, killed):
    """What the workers were told against the rows: neither less nor twice, and nothing more where nobody was killed."""
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
        if max(there.values(), default=0) > 1 and what not in ("heartbeat",):
            found.append(f"twice: {what}: {there.most_common(1)[0][0]}")
        if (extra := there - told) and not killed:
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
        return play((self.program, self.folder, self.repo, self.flow.run, 1000, self.pairs[0], ALONE, None, None))

    def together(self, calls, kill):
        gate = multiprocessing.Manager().Barrier(len(self.pairs))
        kill_every = KILL_EVERY * len(self.pairs) if kill else None
        tasks = [(self.program, self.folder, self.repo, self.flow.run, i, pair, calls // len(self.pairs), gate, kill_every)
                 for i, pair in enumerate(self.pairs)]
        with multiprocessing.Pool(len(self.pairs)) as pool:
            return pool.map(play, tasks, chunksize=1)

    def verify(self, acknowledged, killed):
        connection = sqlite3.connect(self.repo / ".striatum/state.sqlite3")
        found = workbench.broken_invariants(connection) + compare(connection, acknowledged, killed)
        connection.close()
        self.flow.do("send", "--session-id", self.pairs[0][0], "--kind", "last")
        found += [f"stale: {path}" for path in self.repo.rglob(".striatum-tmp-*")]
        reply = self.tool.call("git-striatum", self.repo, "log", "verify")
        if reply.exit != 2 and not (reply.data or {}).get("ok"):
            found.append(f"log verify: exit {reply.exit}: {reply.stdout[:300]!r}")
        return found


def shares(calls_by_worker):
    """What the slowest worker got done against the mean, while all were at work."""
    until = min(calls[-1][1] for calls in calls_by_worker)
    done = [sum(end <= until for _, end, _ in calls) for calls in calls_by_worker]
    return min(done) / (sum(done) / len(done))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--calls", type=int, default=50000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--tmp")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="contention-", dir=arguments.tmp))
    try:
        arena = Arena(arguments.program, folder, arguments.workers, arguments.calls)
        results = [arena.alone()]
        single = percentile([end - begin for begin, end, _ in results[0][0]], .99)
        begin = time.monotonic()
        results += arena.together(arguments.calls, arguments.kill)
        seconds = time.monotonic() - begin
        acknowledged = collections.defaultdict(list)
        for result in results:
            for what, ids in result[2].items():
                acknowledged[what] += ids
        problems = [problem for result in results for problem in result[1]]
        problems += [f"in two hands at a time: {name}" for name in two_hands([h for r in results for h in r[3]])]
        kills = sum(result[4] for result in results)
        problems += arena.verify(acknowledged, kills > 0)
    finally:
        workbench.remove(folder)
    waits = sorted((end - start, verb) for result in results[1:] for start, end, verb in result[0])
    share = shares([result[0] for result in results[1:]])
    longest, bar = waits[-1], FACTOR * arguments.workers * single
    busy = sum("busy" in problem or "locked" in problem for problem in problems)
    if longest[0] > bar:
        problems.append(f"longest wait {longest[0]:.3f} s ({longest[1]}) is over {bar:.3f} s")
    if share < FAIR and not arguments.kill:
        problems.append(f"the slowest worker got {share:.0%} of the mean done")
    if arguments.kill and not kills:
        problems.append("nobody was killed: nothing is proved")
    for problem in problems[:40]:
        print("FINDING", problem)
    print(f"{len(waits)} calls of {arguments.workers} workers in {seconds:.0f} s ({len(waits) / seconds:.0f}/s); alone "
          f"p99 {single * 1e3:.1f} ms; together p50 {waits[len(waits) // 2][0] * 1e3:.1f}, p99 "
          f"{percentile(waits, .99)[0] * 1e3:.1f}, longest {longest[0] * 1e3:.1f} ms ({longest[1]}), bar {bar * 1e3:.1f}; "
          f"slowest {share:.0%} of the mean, {kills} killed, {busy} busy, {len(problems)} findings")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
