#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what our hooks cost a commit and a rebase, beside empty hooks and none, by turns.

    hooks.py PROGRAM [--runs N] [--picks N] [--files N ...] [--only commit|rebase] [--enforce]

CPU is user + system time of git and all it starts; of several runs the least counts, since a busy machine only adds.
Use a release build. What misses its bar is marked, and is a failure only with --enforce.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import lab

FOUR = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
IDLE_MS, ACTIVE_MS, REBASE = 3.0, 12.0, 1.1


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e3


class Side:
    """A repository with one kind of hooks."""

    def __init__(self, bench, name, files, hooks):
        self.lab = lab.Lab(Path(bench) / name, PROGRAM)
        self.repo = self.lab.repo(trusted=(), files=files)
        self.repo.git("config", "gc.auto", "0")
        self.name, self.count = name, 0
        hooks(self)

    def empty(self, *names):
        for hook in names:
            path = self.repo.path / ".git/hooks" / hook
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)

    def ours(self, *options):
        self.repo.call("hooks", "install", *options)

    def active(self, *options):
        """With a run on, and a session at work in this worktree."""
        run = self.repo.prepare(lab.reviewed_change(scope=("d0/", "new/")))
        self.repo.agent(run, "author").claim()
        self.ours(*options)

    def git(self, *args):
        """CPU of one call, ms."""
        before = children()
        done = subprocess.run(["git", *args], cwd=self.repo.path, env=self.lab.env, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{self.name}: git {' '.join(args)}: {done.stdout}{done.stderr}")
        return children() - before

    def commit(self):
        self.count += 1
        self.repo.write("d0/f0", f"{self.count}\n")
        self.repo.git("add", "d0/f0")
        return self.git("commit", "-q", "-m", "measured")

    def branch_out(self, picks):
        """A branch with this many commits, and one that moved meanwhile."""
        off = ("-c", "core.hooksPath=/dev/null")
        self.repo.git("switch", "-q", "-c", "upstream")
        self.repo.write("new/upstream", "x\n")
        self.repo.git("add", "new")
        self.repo.git(*off, "commit", "-q", "-m", "upstream")
        self.repo.git("switch", "-q", "-c", "topic", "HEAD~1")
        for i in range(picks):
            self.repo.write(f"new/{i % 20}", f"{i}\n")
            self.repo.git("add", "new")
            self.repo.git(*off, "commit", "-q", "-m", f"commit {i}")
        self.repo.git("tag", "start")

    def rebase(self, *options):
        self.repo.git("reset", "-q", "--hard", "start")
        return self.git(*options, "rebase", "-q", "upstream")

    def rebase_ratio(self, runs):
        """Against the same rebase of the same repository without hooks, by turns."""
        plain, hooked = [], []
        for i in range(2 * runs):
            if i % 4 in (0, 3):
                plain.append(self.rebase("-c", "core.hooksPath=/dev/null"))
            else:
                hooked.append(self.rebase())
        return min(hooked) / min(plain)


def least(sides, runs, what):
    out = {side.name: [] for side in sides}
    for i in range(runs):
        for side in sides if i % 2 == 0 else reversed(sides):
            out[side.name].append(what(side))
    return {name: min(samples) for name, samples in out.items()}


missed = []


def line(what, value, unit, bar=None):
    late = bar is not None and value > bar
    if late:
        missed.append(what)
    print(f"{what:58}{value:10.2f} {unit:3}{'' if bar is None else f'  bar {bar:g}'}{'  MISSED' if late else ''}", flush=True)


def measure(bench, count, runs, picks):
    files = {f"d{i // 100}/f{i}": f"{i}\n" for i in range(count)}
    print(f"\n{count} file{'' if count == 1 else 's'}")
    sides = [Side(bench, "none", files, lambda side: None),
             Side(bench, "four empty", files, lambda side: side.empty(*FOUR)),
             Side(bench, "ours, nothing runs", files, lambda side: side.ours()),
             Side(bench, "ours, a run active", files, lambda side: side.active()),
             Side(bench, "ours --all, nothing runs", files, lambda side: side.ours("--all")),
             Side(bench, "ours --all, a run active", files, lambda side: side.active("--all"))]
    if options.only != "rebase":
        commits(sides, runs)
    if options.only != "commit":
        rebases(bench, files, sides, runs, picks)


def commits(sides, runs):
    commit = least(sides, runs, Side.commit)
    for name, value in commit.items():
        line(f"commit, {name}", value, "ms")
    floor = commit["four empty"]
    for name, bar in (("ours, nothing runs", IDLE_MS), ("ours, a run active", ACTIVE_MS),
                      ("ours --all, nothing runs", IDLE_MS), ("ours --all, a run active", ACTIVE_MS)):
        line(f"commit, {name}, above four empty", commit[name] - floor, "ms", bar)


def rebases(bench, files, sides, runs, picks):
    chosen = [side for side in sides if side.name in ("ours, nothing runs", "ours, a run active", "ours --all, nothing runs")]
    chosen += [Side(bench, "an empty post-commit", files, lambda side: side.empty("post-commit"))]
    for side in chosen:
        side.branch_out(picks)
        bar = REBASE if side.name in ("ours, nothing runs", "ours, a run active") else None
        line(f"rebase of {picks} commits, {side.name}, against no hooks", side.rebase_ratio(max(4, runs // 3)), "x", bar)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("program")
parser.add_argument("--runs", type=int, default=20)
parser.add_argument("--picks", type=int, default=200)
parser.add_argument("--files", type=int, nargs="+", default=[1, 10000])
parser.add_argument("--only", choices=("commit", "rebase"))
parser.add_argument("--enforce", action="store_true")
options = parser.parse_args()
PROGRAM = options.program
for files in options.files:
    folder = tempfile.mkdtemp(prefix="striatum-bench-")
    try:
        measure(folder, files, options.runs, options.picks)
    finally:
        shutil.rmtree(folder, True)
print("\nall bars met" if not missed else f"\nmissed: {', '.join(missed)}")
sys.exit(1 if missed and options.enforce else 0)
