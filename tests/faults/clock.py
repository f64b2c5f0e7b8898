#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clocks that jump, machines that sleep or restart, and a holder that wakes up after its lease went to somebody else.

    clock.py PROGRAM

A lease must not end early because the wall clock jumped, must end when its time has really passed, and is the token
that every guarded write checks: a late holder is refused with code 5 and changes nothing, also when it was stopped
in the middle of its command. Events carry times that never decrease.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "crash")]

import workbench
from injected import build_shim
from snapshot import Words, open_copy, tables
from workbench import Flow, Tool, edge, job, workflow, write

HOUR, YEAR, LEASE = 3600, 365 * 86400, 600
LATE = LEASE + 60
NAMES = ("striatum", "git-striatum")


def seconds_to(moment):
    return int(subprocess.run(["date", "-u", "-d", moment, "+%s"], capture_output=True, text=True, check=True).stdout) \
        - int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)


JUMPS = {"an hour on": HOUR, "an hour back": -HOUR, "ten years on": 10 * YEAR, "ten years back": -10 * YEAR,
         "past 2038": seconds_to("2038-01-19T03:14:09Z"), "a leap day": seconds_to("2028-02-29T23:59:59Z"),
         "before the epoch's second day": seconds_to("1970-01-02T00:00:00Z")}


class World:
    """One repository with a review job in it, and the clocks each call sees."""

    def __init__(self, program, folder, name):
        self.folder, self.name = Path(folder), name
        self.tool = Tool(program, self.folder)
        self.shim = build_shim(self.folder)
        self.repo = self.tool.repository(self.folder / "repo")
        review = job("review", "review", "reviewer", "rev", "finding")
        self.flow = Flow(self.tool, name, self.repo, workflow([job("draft"), review], [edge("draft", "review")])).start()
        self.flow.finish()
        self.first = self.flow.session("reviewer")
        self.flow.sessions.pop("reviewer")
        self.second = self.flow.session("reviewer")

    def clocks(self, wall=0, boot=0, boot_id=None):
        env = {"LD_PRELOAD": str(self.shim), "FAULT_WALL": str(wall), "FAULT_BOOT": str(boot)}
        if boot_id:
            path = self.folder / "boot_id"
            path.write_text(boot_id + "\n")
            env["FAULT_BOOT_ID"] = str(path)
        return env

    def call(self, *args, env=None):
        return self.tool.call(self.name, self.repo, *args, env=env)

    def claim(self, session, **clocks):
        reply = self.call("claim-next", "--session-id", session, "--lease-seconds", LEASE, env=self.clocks(**clocks))
        packet = (reply.data or {}).get("packet")
        if not packet:
            return reply.data["status"] if reply.exit == 0 else reply.error.get("kind") or f"exit {reply.exit}"
        return workbench.Held(session, packet["job"]["job_id"], packet["lease"]["message_id"],
                              packet["lease"]["lease_id"], [a["path"] for a in packet["expected_artifacts"]])

    def hold(self):
        held = self.claim(self.first)
        assert isinstance(held, workbench.Held), held
        self.flow.ack(held)
        write(self.repo, held.paths[0], "# finding\n")
        return held

    def beat(self, held, **clocks):
        return self.call("heartbeat", "--session-id", held.session, "--lease-id", held.lease,
                         env=self.clocks(**clocks)).exit

    def rows(self):
        connection = open_copy(self.repo, self.folder)
        out = tables(connection, Words())
        connection.close()
        return out

    def unsound(self):
        connection = open_copy(self.repo, self.folder)
        found = workbench.broken_invariants(connection)
        times = [row[0] for row in connection.execute("SELECT created_at FROM events ORDER BY event_id")]
        connection.close()
        if times != sorted(times):
            found.append("the times of the events decrease")
        if not (self.tool.call("git-striatum", self.repo, "log", "verify").data or {}).get("ok"):
            found.append("log verify fails")
        return found


class Bench:
    def __init__(self, program):
        self.program, self.findings, self.checks = program, [], 0

    def expect(self, what, found, wanted):
        self.checks += 1
        if found != wanted:
            self.findings.append(f"{what}: {found!r}, expected {wanted!r}")

    def world(self, name):
        folder = workbench.scratch_folder("clock-")
        return folder, World(self.program, folder, name)

    # ------------------------------------------------------------------ clocks

    def jump(self, name, title, seconds):
        folder, world = self.world(name)
        try:
            held = world.hold()
            label = f"[{name}] the wall clock jumps to {title}: "
            self.expect(label + "another session gets", world.claim(world.second, wall=seconds, boot=5), "no_work")
            self.expect(label + "a heartbeat of the holder", world.beat(held, wall=seconds, boot=6), 0)
            self.expect(label + "publishing", world.call(
                "publish-artifact", *held.who(), "--kind", "finding", "--logical-name", "main", "--path", held.paths[0],
                env=world.clocks(wall=seconds, boot=7)).exit, 0)
            self.expect(label + "another session gets, back at the old time", world.claim(world.second, boot=8), "no_work")
            self.expect(label + "unsound", world.unsound(), [])
        finally:
            workbench.remove(folder)

    def passing(self, name):
        """Time that passes, on a machine that runs, slept, or was started again."""
        for title, clocks, wanted in (
                ("passes", {"wall": LATE, "boot": LATE}, "claimed"),
                ("passes while the machine restarts", {"wall": LATE, "boot": -10 ** 9, "boot_id": "another"}, "claimed"),
                ("has not passed after a restart", {"wall": 90, "boot": -10 ** 9, "boot_id": "another"}, "no_work"),
                ("has not passed, on another machine", {"wall": 5, "boot_id": "another"}, "unsafe")):
            folder, world = self.world(name)
            try:
                world.hold()
                got = world.claim(world.second, **clocks)
                got = "claimed" if isinstance(got, workbench.Held) else got
                # The contract's envelope names no kind.
                wanted = {"unsafe": "unsafe_filesystem" if name != "striatum" else "exit 1"}.get(wanted, wanted)
                self.expect(f"[{name}] the lease's time {title}", got, wanted)
                self.expect(f"[{name}] the lease's time {title}: unsound", world.unsound(), [])
            finally:
                workbench.remove(folder)

    # -------------------------------------------------------------- late holder

    @staticmethod
    def verbs(held):
        who, lease = held.who(), ("--session-id", held.session, "--lease-id", held.lease)
        message = ("--message-id", held.message)
        return {"ack": ("ack", *lease, *message), "heartbeat": ("heartbeat", *lease),
                "release": ("release", *lease, *message, "--reason", "x", "--requeue"),
                "publish-artifact": ("publish-artifact", *who, "--kind", "finding", "--logical-name", "main", "--path",
                                     held.paths[0]),
                "complete": ("complete", *who), "verdict": ("verdict", *who, "--verdict", "accept"),
                "submit-review": ("submit-review", *who, "--logical-name", "main", "--path", held.paths[0], "--verdict",
                                  "accept"),
                "block": ("block", *who, "--kind", "question", "--severity", "blocked", "--description", "?")}

    def late(self, name):
        folder, world = self.world(name)
        try:
            held = world.hold()
            other = world.claim(world.second, wall=LATE, boot=LATE)
            self.expect(f"[{name}] after its time the job goes on", isinstance(other, workbench.Held), True)
            before = world.rows()
            for verb, args in self.verbs(held).items():
                reply = world.call(*args, env=world.clocks(wall=LATE, boot=LATE))
                self.expect(f"[{name}] {verb} with a lease that is another's", reply.exit, 5)
                self.expect(f"[{name}] {verb} with a lease that is another's: rows", world.rows() == before, True)
        finally:
            workbench.remove(folder)

    def stopped(self, name, verb):
        """The holder stops with its lease checked by nobody yet; when it goes on the job is another's."""
        folder, world = self.world(name)
        try:
            held = world.hold()
            late = subprocess.Popen(world.tool.argv(name, world.repo, self.verbs(held)[verb]), cwd=world.repo,
                                    env={**world.tool.env, **world.clocks(), "FAULT_STOP": "1"},
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            _, status = os.waitpid(late.pid, os.WUNTRACED)
            self.expect(f"[{name}] {verb} is stopped", os.WIFSTOPPED(status), True)
            other = world.claim(world.second, wall=LATE, boot=LATE)
            self.expect(f"[{name}] {verb} stopped: the job goes on", isinstance(other, workbench.Held), True)
            before = world.rows()
            os.kill(late.pid, signal.SIGCONT)
            late.communicate(timeout=60)
            self.expect(f"[{name}] {verb} stopped and woken", late.returncode, 5)
            self.expect(f"[{name}] {verb} stopped and woken: rows", world.rows() == before, True)
            self.expect(f"[{name}] {verb} stopped and woken: unsound", world.unsound(), [])
        finally:
            workbench.remove(folder)


def main():
    bench = Bench(sys.argv[1])
    for name in NAMES:
        for title, seconds in JUMPS.items():
            bench.jump(name, title, seconds)
        bench.passing(name)
        bench.late(name)
    for verb in ("ack", "heartbeat", "release", "publish-artifact", "complete", "verdict", "submit-review", "block"):
        bench.stopped("git-striatum", verb)
    for finding in bench.findings:
        print("FINDING", finding)
    print(f"{bench.checks} checks, {len(bench.findings)} findings")
    return 1 if bench.findings else 0


if __name__ == "__main__":
    sys.exit(main())
