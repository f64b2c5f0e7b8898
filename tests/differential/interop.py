# SPDX-License-Identifier: Apache-2.0
"""Two programs on one state file: taking turns through whole runs, and 4 + 4 at once.

    interop.py --ref PROG --ours PROG [--seed N] [--turns N] [--jobs N]

Afterwards both programs call the state clean and tell the same about it, and every call that was answered with success
has left its rows.
"""

import argparse
import collections
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

import allowed
import common
from compare import Difference, differences
from program import Program

READS = [["status"], ["doctor", "--verbose"], ["list", "runs"], ["list", "workflows"]]
READS_OF_RUN = [["status", "--run-id"], ["list", "jobs", "--run-id"], ["list", "sessions", "--run-id"],
                ["list", "artifacts", "--run-id"], ["why"]]


class Failure(Exception):
    pass


def workflow(jobs, edges, cycles=()):
    return {"schema_version": "striatum.workflow.v1", "workflow_id": "shared", "workflow_version": "1",
            "name": "Shared", "branch": {"mode": "confirm"}, "coordinator": {},
            "lanes": {"local": {"display_model": "Model"}},
            "roles": {"author": {}, "reviewer": {}}, "context_docs": [], "parallelism": {}, "jobs": jobs,
            "edges": [{"from": left, "to": right, "on": "completed"} for left, right in edges],
            "cycles": [{"from": left, "to": right, "on_verdict": "needs_revision", "max_iterations": 2}
                       for left, right in cycles]}


def job(name, kind="build"):
    review = kind == "review"
    return {"id": name, "type": kind, "role_id": "reviewer" if review else "author",
            "write_scope": {"repo_write": not review, "allowed_paths": [f"out/{name}"]},
            "expected_artifacts": [{"logical_name": "result", "kind": "finding" if review else "handoff",
                                    "path": f"out/{name}/R.md", "required": True}]}


class Shared:
    """One repository; every call says which program does it."""

    def __init__(self, folder, env):
        self.repo = common.make_repository(folder, env)

    def call(self, program, *args):
        reply = program.call([*args, "--json"], self.repo)
        envelope = reply.envelope()
        if reply.exit != 0 or envelope is None or not envelope["ok"]:
            raise Failure(f"{program.path} {' '.join(args)}: exit {reply.exit} {reply.stdout}{reply.stderr}")
        return envelope["data"]

    def write(self, path, text):
        common.write_file(self.repo, path, text)


# Taking turns --------------------------------------------------------------------------------------------------


class Turns:
    """A whole run with a revision, a checkpoint and a retry, each call by one of the two programs."""

    def __init__(self, shared, programs, rnd):
        self.shared = shared
        self.programs = programs
        self.rnd = rnd
        self.calls = collections.Counter()
        self.texts = 0

    def do(self, *args):
        program = self.rnd.choice(self.programs)
        for each in self.programs:
            each.now += 1
        self.calls[program.path] += 1
        data = self.shared.call(program, *args)
        self.same_view()
        return data

    def same_view(self):
        """What both programs tell about the state, compared in full."""
        runs = [row["run_id"] for row in common.query(self.shared.repo, "SELECT run_id FROM runs")]
        for args in READS + [[*read, run_id] for read in READS_OF_RUN for run_id in runs]:
            replies = [self.shared.call(program, *args) for program in self.programs]
            found = [Difference("reply", f".data{path}", *values, verb=common.verb_of(args), codes=(0, 0))
                     for path, *values in differences(*replies)]
            unknown, _ = allowed.sort_out(found, collections.Counter())
            if unknown:
                raise Failure("the programs disagree about one state:\n" + unknown[0].describe())

    def work(self, session, verdict=None):
        packet = self.do("claim-next", "--session-id", session)["packet"]
        lease, work = packet["lease"], packet["job"]["job_id"]
        held = ["--session-id", session, "--lease-id", lease["lease_id"]]
        path = packet["expected_artifacts"][0]["path"]
        if not common.query(self.shared.repo, "SELECT 1 FROM artifacts WHERE job_id = ?", work):
            self.texts += 1
            self.shared.write(path, f"{packet['job']['author']['line']}\n\nText {self.texts}\n")
        self.do("ack", *held, "--message-id", lease["message_id"])
        self.do("heartbeat", *held)
        if verdict and self.rnd.random() < 0.5:
            return self.do("submit-review", *held, "--job-id", work, "--path", path, "--logical-name", "result",
                           "--verdict", verdict)["verdict"]
        kind = packet["expected_artifacts"][0]["kind"]
        self.do("publish-artifact", *held, "--job-id", work, "--kind", kind, "--logical-name", "result",
                "--path", path)
        if verdict:
            return self.do("verdict", *held, "--job-id", work, "--verdict", verdict)
        return self.do("complete", *held, "--job-id", work)

    def register(self, run_id, role):
        return self.do("register-session", "--run-id", run_id, "--role", role, "--lane", "local",
                       "--force-non-fresh", "--reason", "shared")["session_id"]

    def whole_run(self):
        self.do("init")
        self.shared.write("flow.json", json.dumps(workflow(
            [job("make"), job("check", "review"), job("other"), job("end", "synthesis")],
            [("make", "check"), ("check", "end"), ("other", "end")], [("check", "make")])))
        run_id = self.do("run", "prepare", "--workflow", "flow.json")["run_id"]
        self.do("branch", "confirm", "--run-id", run_id, "--branch", "main")
        self.do("run", "start", "--run-id", run_id)
        author = self.register(run_id, "author")
        self.work(author)
        self.work(author)
        self.work(self.register(run_id, "reviewer"), "needs_revision")
        self.do("run", "pause", "--run-id", run_id)
        self.do("run", "resume", "--run-id", run_id)
        self.work(author)
        self.work(self.register(run_id, "reviewer"), "needs_revision")
        self.work(author)
        blocker = self.work(self.register(run_id, "reviewer"), "needs_revision")["blocker_id"]
        self.do("decision", "record", "--run-id", run_id, "--path", "docs/D.md", "--outcome", "accepted", "--title",
                "Go on", "--decision-id", "D-1")
        self.do("checkpoint", "resolve", "--blocker-id", blocker, "--action", "continue", "--decision-id", "D-1")
        self.work(self.register(run_id, "reviewer"), "accept_with_findings")
        self.do("send", "--session-id", author, "--kind", "note", "--body-json", '{"b":1,"a":2}')
        self.last_job(run_id, author)
        self.do("evidence", "export", "--run-id", run_id, "--path", "docs/E.md")
        self.finish(run_id)

    def last_job(self, run_id, author):
        """Blocked once, retried, then done."""
        packet = self.do("claim-next", "--session-id", author)["packet"]
        self.do("block", "--session-id", author, "--job-id", packet["job"]["job_id"], "--lease-id",
                packet["lease"]["lease_id"], "--kind", "question", "--severity", "blocked", "--description", "Which?")
        self.do("run", "retry-job", "--run-id", run_id, "--job-id", packet["job"]["job_id"])
        self.work(author)

    def finish(self, run_id):
        [run] = common.query(self.shared.repo, "SELECT * FROM runs WHERE run_id = ?", run_id)
        if run["state"] != "completed":
            raise Failure(f"the run ends as {run['state']}")
        clean(self.shared, self.programs)


def take_turns(programs, scratch, seed):
    shared = Shared(scratch / f"turns-{seed}", programs[0].env)
    turns = Turns(shared, programs, random.Random(f"turns/{seed}"))
    turns.whole_run()
    return turns.calls


# At once ---------------------------------------------------------------------------------------------------------


class Worker(threading.Thread):
    """Claims and finishes jobs with one program until the run is over; keeps what it was told."""

    def __init__(self, shared, path, scratch, run_id, number):
        super().__init__()
        self.shared = shared
        self.program = Program(path, scratch, set_clock=False)
        self.run_id = run_id
        self.number = number
        self.told = []
        self.longest = 0.0
        self.failure = None

    def run(self):
        try:
            self.work_on()
        except Exception as failure:  # reported by the main thread
            self.failure = failure
        finally:
            self.program.close()

    def do(self, *args):
        begun = time.monotonic()
        data = self.shared.call(self.program, *args)
        self.longest = max(self.longest, time.monotonic() - begun)
        return data

    def work_on(self):
        session = self.do("register-session", "--run-id", self.run_id, "--role", "author", "--lane", "local")
        session = session["session_id"]
        while True:
            reply = self.do("claim-next", "--session-id", session)
            if reply["status"] == "claimed":
                self.finish(session, reply["packet"])
            elif common.query(self.shared.repo, "SELECT state FROM runs WHERE run_id = ?",
                              self.run_id)[0]["state"] != "running":
                return
            else:
                time.sleep(0.05)

    def finish(self, session, packet):
        job_id, lease = packet["job"]["job_id"], packet["lease"]["lease_id"]
        held = ["--session-id", session, "--lease-id", lease]
        self.told.append(("claimed", job_id, lease))
        self.do("ack", *held, "--message-id", packet["lease"]["message_id"])
        path = packet["expected_artifacts"][0]["path"]
        self.shared.write(path, f"Made by worker {self.number}\n")
        artifact = self.do("publish-artifact", *held, "--job-id", job_id, "--kind", "handoff", "--logical-name",
                           "result", "--path", path)
        self.told.append(("published", job_id, artifact["artifact_id"]))
        message = self.do("send", "--session-id", session, "--kind", "note", "--body-json", f'{{"of":{self.number}}}')
        self.told.append(("sent", session, message["message_id"]))
        self.do("heartbeat", *held)
        self.do("complete", *held, "--job-id", job_id)
        self.told.append(("completed", job_id, lease))


def at_once(ref, ours, programs, scratch, jobs):
    """4 + 4 workers on one run; returns (jobs by program, longest call by program)."""
    shared = Shared(scratch / "at-once", programs[0].env)
    names = [f"job-{number:03}" for number in range(jobs)]
    edges = [(names[number], names[number + jobs // 2]) for number in range(jobs - jobs // 2)]
    shared.write("flow.json", json.dumps(workflow([job(name) for name in names], edges[:jobs // 2])))
    shared.call(programs[0], "init")
    run_id = shared.call(programs[1], "run", "prepare", "--workflow", "flow.json")["run_id"]
    shared.call(programs[0], "branch", "confirm", "--run-id", run_id, "--branch", "main")
    shared.call(programs[1], "run", "start", "--run-id", run_id)
    workers = [Worker(shared, path, scratch, run_id, number) for number, path in enumerate([ref, ours] * 4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for worker in workers:
        if worker.failure:
            raise worker.failure
    nothing_lost(shared, workers, jobs)
    clean(shared, programs)
    done, longest = collections.Counter(), collections.Counter()
    for index, worker in enumerate(workers):
        name = ["reference", "ours"][index % 2]
        done[name] += sum(1 for entry in worker.told if entry[0] == "completed")
        longest[name] = max(longest[name], worker.longest)
    return done, longest


def nothing_lost(shared, workers, jobs):
    """Every success that a worker was told of has its row, and no job was given out twice."""
    told = collections.Counter(entry for worker in workers for entry in worker.told)
    rows = {"claimed": "SELECT resource_id, lease_id FROM leases",
            "published": "SELECT job_id, artifact_id FROM artifacts",
            "sent": "SELECT e.actor_session_id, m.message_id FROM queue_messages m JOIN events e "
                    "ON e.message_id = m.message_id AND e.event_type = 'message.sent'",
            "completed": "SELECT job_id, lease_id FROM events WHERE event_type = 'job.completed'"}
    for kind, sql in rows.items():
        stored = collections.Counter((kind, *row.values()) for row in common.query(shared.repo, sql))
        expected = collections.Counter({entry: count for entry, count in told.items() if entry[0] == kind})
        if stored != expected:
            raise Failure(f"{kind}: told but not stored {list(expected - stored)[:3]}, "
                          f"stored but not told {list(stored - expected)[:3]}")
    given_out = collections.Counter(entry[1] for entry in told if entry[0] == "claimed")
    if len(given_out) != jobs or max(given_out.values()) != 1:
        raise Failure(f"{len(given_out)} of {jobs} jobs given out, one of them {max(given_out.values())} times")
    events = [row["event_id"] for row in common.query(shared.repo, "SELECT event_id FROM events ORDER BY event_id")]
    if events != list(range(1, len(events) + 1)):
        raise Failure("event ids have gaps")


def clean(shared, programs):
    """SQLite, both doctors and the check of the event log find nothing."""
    connection = sqlite3.connect(common.state_file(shared.repo))
    integrity = connection.execute("PRAGMA integrity_check").fetchall()
    foreign = connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    if integrity != [("ok",)] or foreign:
        raise Failure(f"integrity {integrity}, foreign keys {foreign}")
    for program in programs:
        doctor = shared.call(program, "doctor", "--verbose")
        if not doctor["ok"] or doctor["problems"]:
            raise Failure(f"{program.path} doctor: {doctor['problems']}")
    verify = programs[1].call(["log", "verify", "--json"], shared.repo)
    if verify.exit != 0:
        raise Failure(f"log verify: {verify.stdout}{verify.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ref", required=True)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3, help="whole runs taken in turns")
    parser.add_argument("--jobs", type=int, default=80, help="jobs of the run worked on at once")
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="interop-"))
    try:
        with Program(arguments.ref, scratch) as ref, Program(arguments.ours, scratch) as ours:
            for seed in range(arguments.seed, arguments.seed + arguments.turns):
                calls = take_turns([ref, ours], scratch, seed)
                print(f"turns, seed {seed}: whole run in {sum(calls.values())} calls, {min(calls.values())} by one side")
        with Program(arguments.ref, scratch, set_clock=False) as ref, \
                Program(arguments.ours, scratch, set_clock=False) as ours:
            done, longest = at_once(arguments.ref, arguments.ours, [ref, ours], scratch, arguments.jobs)
            print(f"4 + 4 at once: {arguments.jobs} jobs, {dict(done)}, longest call "
                  + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in longest.items()))
    except Failure as failure:
        print(f"FAIL {failure}")
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print("both stay clean, nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
