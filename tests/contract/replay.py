# SPDX-License-Identifier: Apache-2.0
"""Replays recorded conversations of the reference against a program.

    replay.py --program PROG --transcripts DIR [--only 02,07] [--skip "run graph,run summary"]

The recordings are not part of this project; DIR is where they lie. Some leave steps out ("elided") or begin in the
middle: GAPS below says how to get there.
"""

import argparse
import collections
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from engine import Matcher, Replay
import common
from program import Program

NUMBERS = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "20", "21", "22"]
CONTINUES = {"03": "02", "04": "02", "05": "02", "06": "02"}

class Gap:
    """Does what a recording leaves out, and pairs the ids that the recording then uses."""

    def __init__(self, replay, steps):
        self.replay = replay
        self.steps = steps
        self.run_id = None
        self.sessions = []

    def do(self, *args):
        reply = self.replay.call(["--repo", "<REPO>", *args, "--json"])
        if reply.exit != 0:
            raise RuntimeError(f"gap step {args}: {reply.stdout}{reply.stderr}")
        return json.loads(reply.stdout)["data"]

    def write(self, path, content):
        self.replay.run({"write_file": path, "content": content}, "gap")

    def initialise(self):
        self.do("init")

    def prepare(self):
        self.run_id = self.do("run", "prepare", "--workflow", "workflow.json")["run_id"]

    def confirm(self):
        self.do("branch", "confirm", "--run-id", self.run(), "--branch", "main")

    def start(self):
        self.do("run", "start", "--run-id", self.run())

    def running(self):
        self.initialise()
        self.prepare()
        self.confirm()
        self.start()

    def run(self):
        if self.run_id is None:
            self.run_id = common.table_rows(self.replay.repo, "runs")[-1]["run_id"]
        return self.run_id

    def session(self, role, lane, *more):
        reply = self.do("register-session", "--run-id", self.run(), "--role", role, "--lane", lane, *more)
        self.sessions.append(reply["session_id"])
        return reply["session_id"]

    def session_of(self, role, index=0):
        rows = [row for row in common.table_rows(self.replay.repo, "sessions") if row["role_id"] == role]
        return rows[index]["session_id"]

    def claim(self, session, *more):
        packet = self.do("claim-next", "--session-id", session, *more)["packet"]
        return packet["job"]["job_id"], packet["lease"]["message_id"], packet["lease"]["lease_id"], packet

    def work(self, session, content="v1"):
        """Claims, acknowledges, publishes every expected file with `content` and completes."""
        job, message, lease, packet = self.claim(session)
        self.do("ack", "--session-id", session, "--message-id", message, "--lease-id", lease)
        for artifact in packet["expected_artifacts"]:
            self.write(artifact["path"], content)
            self.do("publish-artifact", "--session-id", session, "--job-id", job, "--lease-id", lease, "--kind",
                    artifact["kind"], "--logical-name", artifact["logical_name"], "--path", artifact["path"])
        self.do("complete", "--session-id", session, "--job-id", job, "--lease-id", lease)

    def review(self, session, content, verdict):
        job, _, lease, packet = self.claim(session)
        path = packet["expected_artifacts"][0]["path"]
        self.write(path, content)
        self.do("submit-review", "--session-id", session, "--job-id", job, "--lease-id", lease, "--path", path,
                "--verdict", verdict)

    def bind_by_events(self):
        """Pairs ids through the recorded event table, of which what happened so far is the beginning."""
        recorded = [step["rows"] for step in self.steps if step.get("db_table") == "events"]
        if not recorded:
            return False
        for expected, row in zip(recorded[-1], common.table_rows(self.replay.repo, "events")):
            row["payload"] = json.loads(row["payload_json"])
            self.replay.matcher.value(expected, {key: row[key] for key in expected}, "gap")
        return True

    def bind_in_order(self, rest):
        """Pairs ids that the recording uses from here on without having shown them, oldest first."""
        replay = self.replay
        for kind, table in (("run", "runs"), ("sess", "sessions"), ("msg", "queue_messages"), ("lease", "leases")):
            unknown = [name for name in used_before_shown(rest, kind) if name not in replay.matcher.pairs.own]
            rows = common.table_rows(replay.repo, table)
            made = [row[common.TABLES[table]] for row in rows]
            for recorded, own in zip(unknown, [name for name in made if name not in replay.matcher.pairs.recorded]):
                replay.matcher.pairs.bind(recorded, own)


def used_before_shown(steps, kind):
    """Ids of one kind that stand in a command line before any reply told them."""
    shown, used = set(), []
    for step in steps:
        for match in common.RANDOM_ID.finditer(" ".join(step.get("args", []))):
            if match.group(1) == kind and match.group(0) not in shown | set(used):
                used.append(match.group(0))
        shown |= {match.group(0) for match in common.RANDOM_ID.finditer(json.dumps(step.get("stdout_json", "")))}
    return used


def edit_workflow(gap, name, change):
    workflow = json.loads((gap.replay.repo / "workflow.json").read_text())
    change(workflow)
    gap.write(name, json.dumps(workflow))


def two_writers_and_reviewers(gap):
    gap.running()
    gap.session("reviewer", "second")
    gap.session("author", "local")


def exhausted_cycle(gap):
    gap.running()
    first = gap.session("reviewer", "second")
    gap.session("reviewer", "second")
    gap.session("reviewer", "second")
    author = gap.session("author", "local")
    gap.work(author, "v1")
    gap.review(first, "r1", "needs_revision")
    gap.work(author, "v2")


def up_to_review(gap):
    two_writers_and_reviewers(gap)
    gap.work(gap.session_of("author"))


def claimed(gap):
    gap.start()
    gap.claim(gap.session_of("author"))


def acknowledged(gap):
    message = common.table_rows(gap.replay.repo, "queue_messages")[0]["message_id"]
    lease = common.table_rows(gap.replay.repo, "leases")[0]["lease_id"]
    gap.do("ack", "--session-id", gap.session_of("author"), "--message-id", message, "--lease-id", lease)


def released(gap):
    message = common.table_rows(gap.replay.repo, "queue_messages")[0]["message_id"]
    lease = common.table_rows(gap.replay.repo, "leases")[0]["lease_id"]
    gap.do("release", "--session-id", gap.session_of("author"), "--message-id", message, "--lease-id", lease,
           "--reason", "done with it")


def expired(gap):
    job = common.query(gap.replay.repo, "SELECT job_id FROM jobs WHERE workflow_job_id = 'implement'")[0]["job_id"]
    gap.do("run", "retry-job", "--run-id", gap.run(), "--job-id", job)
    gap.claim(gap.session_of("author"), "--lease-seconds", "-1")


def broken_workflows(gap):
    edit_workflow(gap, "w1.json", lambda w: w["jobs"][0].update(role_id="ghost"))
    edit_workflow(gap, "w2.json", lambda w: w["cycles"][0].update(to="report"))
    edit_workflow(gap, "w3.json", lambda w: w["jobs"][0].update(type="odd"))


def auto_branch(gap):
    edit_workflow(gap, "workflow.json", lambda w: w["branch"].update(mode="auto"))
    gap.initialise()


def bad_branch(gap):
    edit_workflow(gap, "w2.json", lambda w: w["branch"].update(suggested_name="bad..name"))


def second_run(gap):
    gap.prepare()
    gap.confirm()
    gap.start()


def in_worktrees(gap):
    edit_workflow(gap, "workflow.json", lambda w: w["lanes"]["local"].update(worktree_isolation="per_job"))
    gap.running()
    gap.session("author", "local")


# (recording, words that the step to come before has among its arguments or note; "" = the beginning) -> what to do
GAPS = {
    ("07", ""): lambda gap: gap.running(),
    ("07", "_implement (steps elided)"): lambda gap: gap.work(gap.session_of("author")),
    ("07", "_report (steps elided)"): lambda gap: gap.work(gap.session_of("author")),
    ("08", ""): exhausted_cycle,
    ("09", ""): lambda gap: gap.running(),
    ("10", ""): lambda gap: gap.running(),
    ("11", "branch not confirmed"): lambda gap: (gap.initialise(), gap.prepare()),
    ("11", "run not started"): lambda gap: gap.session("author", "local"),
    ("11", "confirmed but not started: same refusal"): lambda gap: gap.confirm(),
    ("11", "not acknowledged yet"): claimed,
    ("11", "required artifact missing"): acknowledged,
    ("11", "other session's lease"): lambda gap: gap.session("author", "local"),
    ("11", "job names an undeclared role"): broken_workflows,
    ("11", "released lease"): released,
    ("11", "expired lease"): expired,
    ("12", ""): lambda gap: gap.initialise(),
    ("12", "already started"): lambda gap: gap.start(),
    ("13", ""): auto_branch,
    ("13", "git refuses; the run row nevertheless stays"): bad_branch,
    ("14", ""): up_to_review,
    ("15", ""): up_to_review,
    ("15", "register-session"): second_run,
    ("16", ""): in_worktrees,
    ("20", ""): two_writers_and_reviewers,
    ("20", "_implement (steps elided)"): lambda gap: gap.work(gap.session_of("author"), "v"),
    ("22", "register-session"): lambda gap: gap.running(),
    ("22", "_implement (steps elided)"): lambda gap: gap.work(gap.session("author", "local")),
}


def gap_before(number, index, step, done):
    """The gap that stands before a step, once each."""
    words = [""] if index == 0 else []
    words += [step.get("note", "-")] + step.get("args", [])
    for key in GAPS:
        if key[0] == number and key not in done and any(
                word == key[1] or key[1].startswith("_") and word.endswith(key[1]) for word in words):
            done.add(key)
            return GAPS[key]
    return None


class Recordings:
    def __init__(self, folder):
        self.folder = Path(folder)

    def load(self, number):
        [path] = sorted(self.folder.glob(f"{number}-*.json"))
        return path.stem, json.loads(path.read_text())

    def workflow(self, recording):
        name = re.match(r"00-[\w-]+\.json", recording.get("workflow") or "")
        name = name.group(0) if name else "00-workflow-review-policy.json"
        return (self.folder / name).read_text()


def fresh_replay(program, scratch, name, recording, workflow, skip):
    repo = common.make_repository(scratch / name, program.env)
    replay = Replay(program, repo, Matcher(repo), skip)
    replay.run({"write_file": "workflow.json", "content": workflow}, "start")
    return replay


def replay_one(number, recording, replay):
    """All steps of one recording; returns its differences."""
    problems, done = [], set()
    steps = recording["transcript"]
    for index, step in enumerate(steps):
        fill = gap_before(number, index, step, done)
        if fill is not None:
            gap = Gap(replay, steps)
            fill(gap)
            if not gap.bind_by_events():
                gap.bind_in_order(steps[index:])
        problems += replay.run(step, f"{number} step {index}")
    missed = [key for key in GAPS if key[0] == number and key not in done]
    if missed:
        problems.append(f"{number}: the recording has no place for {missed}")
    return problems


def replay_all(program, recordings, numbers, scratch, skip):
    """Replays every recording; yields (number, name, replay, differences)."""
    replays = {}
    for number in numbers:
        name, recording = recordings.load(number)
        if number in CONTINUES and CONTINUES[number] in replays:
            replay = replays[CONTINUES[number]]
        else:
            replay = fresh_replay(program, scratch, name, recording, recordings.workflow(recording), skip)
            replays[number] = replay
        start = len(replay.transcript) if number in CONTINUES else 0
        replay.matcher.learn(recording["transcript"])
        problems = replay_one(number, recording, replay)
        yield number, name, replay, replay.transcript[start:], problems


def options(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--program", required=True)
    parser.add_argument("--transcripts", required=True)
    parser.add_argument("--only", default=",".join(NUMBERS))
    parser.add_argument("--skip", default="", help="verbs the program does not have, separated by commas")
    return parser


def main():
    arguments = options(__doc__.splitlines()[0]).parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="replay-"))
    skip = [verb for verb in arguments.skip.split(",") if verb]
    failed, skipped, replays = 0, collections.Counter(), {}
    try:
        with Program(arguments.program, scratch) as program:
            recordings = Recordings(arguments.transcripts)
            for number, name, replay, _, problems in replay_all(program, recordings, arguments.only.split(","),
                                                                scratch, skip):
                replays[id(replay)] = replay
                print(f"{'FAIL' if problems else 'ok  '} {name}")
                for problem in problems:
                    print(f"     {problem}")
                failed += bool(problems)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for replay in replays.values():
        skipped.update(replay.skipped)
    print(f"{sum(replay.compared for replay in replays.values())} commands compared, "
          f"{sum(replay.better_codes for replay in replays.values())} with the contract's code instead of a crash")
    print("skipped:", ", ".join(f"{verb} {count}" for verb, count in sorted(skipped.items())) or "nothing")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
