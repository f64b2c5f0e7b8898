#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Interrupts every writing system call of every verb, then looks for anything lost, doubled or half done.

    crash.py PROGRAM [--full | --slice K/N] [--seed S] [--case TEXT] [--self-check]

A call is interrupted by SIGKILL (the whole tree, or the one process), by a write of half its bytes, by EIO or
ENOSPC; inject.c counts the calls of the program and of git's children together. The model is the program itself
left in peace: what the repository holds before the verb, after it, and after the verb was typed twice. After each
interruption the repository must hold the first or the second, and the verb typed again must lead to the second or
the third. Exit 0 is only allowed with the effect, a signal or a missing reply never.

Without --full or --slice a twentieth of the points is taken, chosen by the seed. Exit status 1: findings.
"""

import argparse
import collections
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import workbench
from cases import CASES
from snapshot import ACTIVE, Snapshot, Words, locks_of_git, open_copy

HERE = Path(__file__).resolve().parent
ERRORS = ("eio", "enospc")
# The signal that a run may die of, by mode.
DEATHS = {"kill": 9, "torn": 9, "one": 9, "int": 2, "term": 15}
DEFAULT_SLICE = (0, 20)


@dataclass
class Bench:
    """What a case gets to bring itself to its moment."""
    tool: workbench.Tool
    name: str
    repo: Path


@dataclass
class Outcome:
    case: str
    name: str
    points: collections.Counter = field(default_factory=collections.Counter)
    states: collections.Counter = field(default_factory=collections.Counter)
    findings: list = field(default_factory=list)
    calls: int = 0
    git_locks: int = 0
    hints: int = 0
    missing: bool = False


@dataclass
class Hit:
    """What one interrupted run came to."""
    exit: int = None
    signal: int = None
    timeout: bool = False
    total: int = 0
    calls: list = field(default_factory=list)
    stdout: bytes = b""
    stderr: bytes = b""


def build_injector(folder):
    target = Path(folder) / "inject"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", str(target), str(HERE / "inject.c")], check=True)
    return target


def git_view(repo, env):
    """Index and changes as git sees them, without git refreshing anything."""
    def ask(*args):
        done = subprocess.run(["git", "--no-optional-locks", "-C", str(repo), *args], env=env, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        return done.stdout + (done.stderr if done.returncode else "")
    return (ask("ls-files", "-s") + ask("status", "--porcelain", "--branch") + ask("log", "--format=%s", "HEAD")
            + ask("fsck", "--connectivity-only", "--no-dangling", "--no-progress"))


def inner_pipe(child, fd, target):
    """A pipe between two processes neither fills up nor breaks with an error; git does not even look for it."""
    return target.startswith("pipe:") and (child or fd not in ("1", "2"))


def is_of_git(name):
    return name == "sh" or (name.startswith("git") and name != "git-striatum")


def active_run(moment):
    return any(set(row).isdisjoint(("completed", "failed", "canceled")) for row in moment.tables.get("runs", []))


class Trial:
    """One case by one name: its template, its model, its points."""

    def __init__(self, case, name, program, injector, folder):
        self.case, self.name, self.injector = case, name, injector
        self.folder = Path(folder)
        self.tool = workbench.Tool(program, self.folder)
        self.repo = self.folder / "repo"
        self.template = self.folder / "template"
        self.report = self.folder / "report"
        self.copies = self.folder / "copies"
        self.copies.mkdir(exist_ok=True)
        self.outcome = Outcome(case.title, name)

    def close(self):
        """Gives back what a kind of trial took besides its folder."""

    # ------------------------------------------------------------- model

    def available(self):
        done = subprocess.run([self.tool.links[self.name], *self.case.verb.split(), "-h"], env=self.tool.env,
                              cwd=self.folder, capture_output=True)
        return done.returncode == 0

    def prepare(self):
        workbench.remove(self.repo)
        self.tool.repository(self.repo)
        if self.case.home_inside:
            self.tool.env["HOME"] = str(self.repo / "home")
        bench = Bench(self.tool, self.name, self.repo)
        args = [str(word) for word in self.case.ready(bench)]
        self.argv = self.case.argv(bench) if self.case.argv else self.tool.argv(self.name, self.repo, args)
        workbench.remove(self.template)
        self.repo.rename(self.template)
        self.restore()
        self.before = self.look()
        counted = self.run("count", 0)
        self.after = self.look()
        self.reply = self.plain(counted.stdout)
        if counted.exit != 0:
            raise workbench.Unexpected(f"{self.case.title}: exit {counted.exit}: {counted.stdout + counted.stderr}")
        self.calls = counted.calls
        self.outcome.calls = len(self.calls)
        self.sound = self.soundness()
        again = self.plain_call()
        self.again_exit, self.twice = again.exit, self.look()
        # None where the mark stays as it is, or the program keeps none.
        changes = {bool(active_run(moment)) for moment in (self.before, self.after, self.twice)}
        self.marked = len(changes) > 1 and self.mark_fits() or None
        for moment in (self.before, self.after, self.twice):
            if moment.broken:
                raise workbench.Unexpected(f"{self.case.title}: unsound without any fault: {moment.broken}")

    def restore(self):
        workbench.remove(self.repo)
        shutil.copytree(self.template, self.repo, symlinks=True)

    def look(self):
        git = (lambda repo: git_view(repo, self.tool.env)) if self.case.git else None
        return Snapshot(self.repo, self.copies, workbench.broken_invariants, git, self.case.alike,
                        refusals=self.case.hint is None)

    def plain(self, stdout):
        return Words(self.case.alike).plain(stdout.decode("utf-8", "replace"))

    def plain_call(self):
        done = subprocess.run(self.argv, cwd=self.repo, env=self.tool.env, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120)
        return workbench.Reply(done.returncode, done.stdout, done.stderr)

    def soundness(self):
        """What the case's reading verb says of the repository."""
        return self.tool.call(self.name, self.repo, *self.case.sound).exit if self.case.sound else None

    def run(self, mode, number):
        argv = [str(self.injector), mode, str(number), str(self.report), *self.argv]
        done = subprocess.run(argv, cwd=self.repo, env=self.tool.env, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"the injector failed: {done.stderr.decode()}")
        hit = Hit(stdout=done.stdout, stderr=done.stderr)
        for line in self.report.read_text("utf-8", "replace").splitlines():
            word, _, rest = line.partition(" ")
            if word == "call":
                hit.calls.append(rest)
            elif word == "total":
                hit.total = int(rest)
            elif word == "exit":
                hit.exit = int(rest)
            elif word == "signal":
                hit.signal = int(rest)
            elif word == "timeout":
                hit.timeout = True
        return hit

    # ------------------------------------------------------------ points

    def points(self):
        """(mode, number) of everything worth interrupting."""
        for number, call in enumerate(self.calls, 1):
            _, _, who, kind, name, fd, target = (call.split(" ", 6) + [""] * 7)[:7]
            child = who.startswith("child")
            if self.case.argv and is_of_git(who.partition(":")[2]):
                continue
            yield "kill", number
            if child:
                yield "one", number
            if name in ("write", "pwrite64"):
                yield "torn", number
                yield "half", number
            if kind != "L" and not inner_pipe(child, fd, target):
                for error in ERRORS:
                    yield error, number
        if not self.case.argv:
            for number in range(1, len(self.calls) + 1, 7):
                yield "enospc+", number

    def finding(self, mode, number, call, what):
        self.outcome.findings.append(f"{self.case.title} [{self.name}] {mode} at call {number} ({call}): {what}")

    def point(self, mode, number):
        self.restore()
        hit = self.run(mode, number)
        if not hit.calls:
            return  # this run made fewer calls than the counted one
        _, _, who, _, _, fd, target = (hit.calls[0].split(" ", 6) + [""] * 7)[:7]
        if mode.rstrip("+") in ERRORS and inner_pipe(who.startswith("child"), fd, target):
            return  # this run's calls came in another order
        self.outcome.points[mode.rstrip("+")] += 1
        call = " ".join(hit.calls[0].split(" ", 6)[2:])[-110:]
        note = lambda what: self.finding(mode, number, call, what)
        found = self.look()
        where = self.place(found)
        self.outcome.states[where] += 1
        for rule in found.broken:
            note(f"broken: {rule}")
        if self.case.kept and not self.keeps(self.case.kept):
            note("uncommitted work is lost")
        if where == "between" and not self.case.resumable:
            note(f"half done: {found.differences(self.after)} against done, "
                 f"{found.differences(self.before)} against not done")
        self.judge_exit(mode, hit, where, note, call)
        self.judge_repeat(where, note)

    def place(self, found):
        if found == self.before:
            return "before"
        return "after" if found == self.after else "between"

    def keeps(self, text):
        """Does it lie in a file of a work tree, or behind a ref?"""
        for path in self.repo.rglob("*"):
            if path.is_file() and ".git" not in path.parts and text.encode() in path.read_bytes():
                return True
        refs = self.tool.git(self.repo, "for-each-ref", "--format=%(refname)").stdout.split()
        return any(self.tool.git(self.repo, "grep", "-q", text, ref, check=False).returncode == 0 for ref in refs)

    def judge_exit(self, mode, hit, where, note, call):
        if hit.timeout:
            note("hangs")
        if hit.signal is not None and hit.signal == DEATHS.get(mode):
            return
        if hit.signal is not None:
            note(f"died of signal {hit.signal}: {hit.stderr[-300:]!r}")
        elif hit.exit == 0 and where != "after" and self.after != self.before:
            note(f"wrong success: exit 0, state is {where}: {hit.stdout[:200]!r}")
        elif hit.exit == 0 and self.plain(hit.stdout) != self.reply:
            note(f"wrong success: exit 0 with another reply: {hit.stdout[:200]!r}")
        elif hit.exit and not mode.endswith("+") and not self.typed(hit, call):
            note(f"no typed error: exit {hit.exit}: {hit.stdout[:200]!r} {hit.stderr[:300]!r}")
        elif mode == "half" and hit.exit != 0:
            note(f"a short write is taken for a failure: exit {hit.exit}: {hit.stdout[:200]!r}")

    def typed(self, hit, call):
        """The envelope of an error with this code; without standard output a line on the other stream."""
        try:
            envelope = json.loads(hit.stdout)
        except ValueError:
            to_reply = "write 1 " in call or "write 2 " in call
            return bool(hit.stderr.strip()) or to_reply
        error = envelope.get("error") or {}
        if envelope.get("ok") is not False or error.get("code") != hit.exit or not error.get("message"):
            return False
        return self.name == "striatum" or error.get("kind") not in (None, "", "internal", "unknown")

    def judge_repeat(self, where, note):
        locks = locks_of_git(self.repo) if self.case.git else []
        for lock in locks:
            (self.repo / lock).unlink()
        self.outcome.git_locks += bool(locks)
        if where == "between" and self.case.resume and self.before.tables != self.look().tables:
            return self.judge_resumed(note)
        again = self.plain_call()
        if where != "after" and self.type_hint(again.stdout):
            again = self.plain_call()
        now = self.look()
        if self.soundness() != self.sound:
            note(f"`{' '.join(self.case.sound)}` says {self.soundness()}, not {self.sound}")
        for rule in now.broken:
            note(f"broken after the next command: {rule}")
        if self.marked is not None and not self.mark_fits():
            note("the mark of an active run does not fit the state after the next command")
        if now.temporaries:
            note(f"stale temporary files after the next command: {now.temporaries[:3]}")
        if where == "after":
            wanted, code, name = self.twice, self.again_exit, "typed twice"
        else:
            wanted, code, name = self.after, 0, "done"
        reply = (again.stdout + again.stderr)[:300]
        if again.exit == code and now == wanted:
            return
        if where == "between" and again.exit in (0, self.again_exit) and now in (self.after, self.twice):
            return
        note(f"the next command (state was {where}): exit {again.exit}, expected {code}; "
             f"against `{name}`: {now.differences(wanted)}, typed twice: {now.differences(self.twice)} {reply!r}")

    def type_hint(self, stdout):
        """The command line that the refusal gives against what the user's own program left half done."""
        hints = re.findall(f'"{self.case.hint}([^"]+)"', stdout.decode()) if self.case.hint else []
        for line in hints:
            subprocess.run(["sh", "-c", line], cwd=self.repo, env=self.tool.env, check=True)
            self.outcome.hints += 1
        return bool(hints)

    def mark_fits(self):
        """Hooks look at one file to know whether a run is active; a look at the state puts it right."""
        self.tool.call(self.name, self.repo, "status")
        return (self.repo / ACTIVE).exists() == active_run(self.look())

    def judge_resumed(self, note):
        connection = open_copy(self.repo, self.copies)
        args = self.case.resume(Bench(self.tool, self.name, self.repo), connection)
        connection.close()
        reply = self.tool.call(self.name, self.repo, *args)
        now = self.look()
        if reply.exit != 0 or now.broken or now.tables["runs"] != self.after.tables["runs"]:
            note(f"cannot be resumed: exit {reply.exit}: {now.broken} {now.differences(self.after)} {reply.stdout!r}")


def chosen(points, part, seed, label):
    """The points of one slice; the seed deals them out."""
    k, n = part
    if n == 1:
        return points
    deal = random.Random(f"{seed}/{label}")
    order = list(range(len(points)))
    deal.shuffle(order)
    return [points[i] for i in sorted(order[k::n])]


def work(task):
    kind, number, name, program, injector, part, seed, tmp = task
    case = CASES[number]
    folder = Path(tempfile.mkdtemp(prefix="case-", dir=tmp))
    trial = kind(case, name, program, injector, folder)
    try:
        if not trial.available():
            trial.outcome.missing = True
            return trial.outcome
        trial.prepare()
        for mode, number in chosen(list(trial.points()), part, seed, f"{case.title}/{name}"):
            trial.point(mode, number)
    except (workbench.Unexpected, RuntimeError) as error:
        trial.outcome.findings.append(f"{case.title} [{name}] cannot be brought about: {error}")
    finally:
        trial.close()
        workbench.remove(folder)
    return trial.outcome


def report(outcomes, seconds, shown):
    total = sum(sum(o.points.values()) for o in outcomes)
    modes = sorted({mode for o in outcomes for mode in o.points})
    print(f"{'case':34} {'name':13}{'calls':>6}" + "".join(f"{mode:>8}" for mode in modes)
          + f"{'points':>8}{'before':>8}{'between':>8}{'after':>7}{'found':>7}")
    for o in outcomes:
        if o.missing:
            print(f"{o.case:34} {o.name:13}  -- the program has no such verb, left out")
            continue
        print(f"{o.case:34} {o.name:13}{o.calls:>6}" + "".join(f"{o.points[mode]:>8}" for mode in modes)
              + f"{sum(o.points.values()):>8}{o.states['before']:>8}{o.states['between']:>8}{o.states['after']:>7}"
              f"{len(o.findings):>7}")
    findings = [finding for o in outcomes for finding in o.findings]
    locks = sum(o.git_locks for o in outcomes)
    print(f"{total} points in {seconds:.0f} s, {len(findings)} findings; after {locks} of them a killed git had left "
          f"its lock file, {sum(o.hints for o in outcomes)} times the hint was needed")
    for finding in findings[:shown]:
        print("FINDING", finding)
    if len(findings) > shown:
        print(f"... and {len(findings) - shown} more")
    return findings, total


def run(program, arguments, part, wanted, kind=Trial):
    """Every case whose title is wanted, by every name; a kind of trial decides what is done to it."""
    cases = [(i, case) for i, case in enumerate(CASES) if wanted(case.title)]
    tmp = workbench.scratch_folder("crash-", arguments.tmp)
    started = time.monotonic()
    try:
        injector = build_injector(tmp)
        tasks = [(kind, i, name, program, injector, part, arguments.seed, tmp) for i, case in cases for name in case.names]
        tasks.sort(key=lambda task: not CASES[task[1]].git)
        with multiprocessing.Pool(arguments.jobs) as pool:
            outcomes = []
            for outcome in pool.imap_unordered(work, tasks):
                outcomes.append(outcome)
                print(f"{outcome.case} [{outcome.name}]: {sum(outcome.points.values())} points, "
                      f"{len(outcome.findings)} findings", file=sys.stderr, flush=True)
    finally:
        workbench.remove(tmp)
    order = {(case.title, name): i for i, (case, name) in enumerate((c, n) for c in CASES for n in c.names)}
    outcomes.sort(key=lambda o: order[o.case, o.name])
    return report(outcomes, time.monotonic() - started, arguments.show)


def self_check(arguments):
    """A program that is wrong on purpose must be found out; a zero means nothing before that."""
    folder = Path(tempfile.mkdtemp(prefix="broken-"))
    broken = folder / "broken"
    text = (HERE / "broken.py").read_text().replace("UNBROKEN", str(Path(arguments.program).absolute()), 2)
    broken.write_text(f"#!{sys.executable} -IB\n{text}")
    broken.chmod(0o755)
    missed = []
    try:
        for case, word, slices in (("heartbeat", "half done", 40), ("send", "wrong success", 40),
                                   ("workflow init", "next command", 40), ("session close", "died of signal", 4)):
            findings, _ = run(broken, arguments, (0, slices), lambda title: case in title)
            if not any(word in finding for finding in findings):
                missed.append(f"{case}: {word}")
    finally:
        workbench.remove(folder)
    for line in missed:
        print("SELF-CHECK: not noticed:", line)
    print("self-check:", "failed" if missed else "every planted fault was noticed")
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--full", action="store_true", help="every point")
    parser.add_argument("--slice", metavar="K/N", help="the K-th of N slices, from 0")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--case", help="only cases with this text in their title")
    parser.add_argument("--self-check", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, default=40, help="findings printed in full")
    parser.add_argument("--tmp", help="where the throw-away repositories go (default: in memory)")
    arguments = parser.parse_args()
    if arguments.self_check:
        return self_check(arguments)
    part = (0, 1) if arguments.full else DEFAULT_SLICE
    if arguments.slice:
        part = tuple(map(int, arguments.slice.split("/")))
    print(f"seed {arguments.seed}, slice {part[0]}/{part[1]}")
    findings, total = run(arguments.program, arguments, part, lambda title: (arguments.case or "") in title)
    if total == 0:
        print("no point was reached: nothing is proved")
    return 1 if findings or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
