#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Memory that runs out, a disk that runs full, signals that come in between: each met by whole verbs.

    injected.py PROGRAM memory|disk|signals [--full | --slice K/N] [--seed S] [--case TEXT]

The verbs, the model and the judgement are those of ../crash: as before or done, a typed error, and the next command
goes on without any step by hand.

    memory   the N-th allocation of the program fails, alone or with all that follow
    disk     a file system of its own with only so many blocks left, one block more each time
    signals  SIGINT or SIGTERM to the program at a writing call; git's children go on or go with it
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "crash"), str(HERE.parent / "support")]

import crash
import workbench

BLOCK = 4096
DISK_BYTES = 48 << 20
MOST_BLOCKS = 1024
# One verb of each sort: they share their inside.
VERBS = ("init", "workflow init", "run prepare", "branch confirm --create", "run start", "run retry-job", "send",
         "register-session", "session close", "claim-next", "ack", "heartbeat", "release --requeue",
         "publish-artifact (synthesis)", "complete (last job)", "complete --request-id", "block (checkpoint)",
         "verdict needs_revision", "submit-review", "override-verdict", "decision record", "evidence export",
         "status (sweep)", "log", "apply", "key create", "trust init", "hooks install")


def build_shim(folder):
    target = Path(folder) / "shim.so"
    if not target.exists():
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", str(target),
                        str(HERE / "shim.c"), "-ldl"], check=True)
    return target


class Direct(crash.Trial):
    """A trial that runs the program without the injector."""

    def started(self, label, env=None):
        done = subprocess.run(self.argv, cwd=self.repo, env={**self.tool.env, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        code = done.returncode
        return crash.Hit(exit=code if code >= 0 else None, signal=-code if code < 0 else None, calls=[label],
                         stdout=done.stdout, stderr=done.stderr)


class Memory(Direct):
    def prepare(self):
        self.shim = build_shim(self.folder)
        super().prepare()

    def run(self, mode, number):
        if mode == "count":
            return super().run(mode, number)
        env = {"LD_PRELOAD": str(self.shim), "FAULT_MALLOC": str(number), "FAULT_STICKY": "1" if mode == "none+" else ""}
        return self.started(f"allocation {number}", {name: value for name, value in env.items() if value})

    def allocations(self):
        self.restore()
        count = self.folder / "count"
        self.started("", {"LD_PRELOAD": str(self.shim), "FAULT_COUNT": str(count)})
        return int(count.read_text())

    def points(self):
        for number in range(1, self.allocations() + 1):
            yield "oom", number
            if number % 8 == 0:
                yield "none+", number


class Disk(Direct):
    """The folder of the trial is a small file system."""

    def __init__(self, case, name, program, injector, folder):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "striatum-test", str(folder)], check=True)
        super().__init__(case, name, program, injector, folder)
        self.filler = self.folder / "filler"

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=False)

    def run(self, mode, number):
        if mode == "count":
            return super().run(mode, number)
        # Only what nobody has asked for yet is taken away.
        left = os.statvfs(self.folder)
        with open(self.filler, "wb") as file:
            size = left.f_bavail * left.f_frsize - number * BLOCK
            if size > 0:
                os.posix_fallocate(file.fileno(), 0, size)
        try:
            return self.started(f"{number} blocks left")
        finally:
            self.filler.unlink()

    def enough(self):
        low, high = 0, MOST_BLOCKS
        while low < high:
            middle = (low + high) // 2
            self.restore()
            if self.run("full", middle).exit == 0:
                high = middle
            else:
                low = middle + 1
        return low

    def points(self):
        for blocks in range(self.enough() + 2):
            yield "full", blocks

    def typed(self, hit, call):
        return super().typed(hit, call) and (self.name == "striatum" or b'"kind":"disk_full"' in hit.stdout)


class Signals(crash.Trial):
    def points(self):
        for number in range(1, len(self.calls) + 1):
            yield ("int", "term")[number % 2], number


KINDS = {"memory": Memory, "disk": Disk, "signals": Signals}


def in_own_namespace():
    """Starts again where file systems may be mounted and vanish with us; 77 where that is not allowed."""
    if os.environ.get("STRIATUM_TEST_NAMESPACE"):
        return
    options = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
    if subprocess.run(["unshare", *options, "true"], capture_output=True).returncode != 0:
        print("skipped: no file system can be mounted here")
        sys.exit(77)
    os.execvpe("unshare", ["unshare", *options, sys.executable, *sys.argv],
               {**os.environ, "STRIATUM_TEST_NAMESPACE": "1"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("fault", choices=KINDS)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--slice", default="0/20")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--case", help="only cases with this text in their title")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, default=40)
    parser.add_argument("--tmp")
    arguments = parser.parse_args()
    if arguments.fault == "disk":
        in_own_namespace()
    part = (0, 1) if arguments.full else tuple(map(int, arguments.slice.split("/")))
    wanted = (lambda title: arguments.case in title) if arguments.case else (lambda title: title in VERBS)
    findings, total = crash.run(arguments.program, arguments, part, wanted, KINDS[arguments.fault])
    if total == 0:
        print("no point was reached: nothing is proved")
    return 1 if findings or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
