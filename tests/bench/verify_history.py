#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`verify` of a long history on a real tree against `git log --numstat` of the same range.

    verify_history.py PROGRAM [--on REPO] [--commits 1000] [--applied 200] [--rounds 7] [--keep FOLDER]

Clones REPO (default: this one), adopts a trust and adds the commits: edits of its text files, every fifth with a signed
receipt. Both commands are run in turn; the CPU time (user and system) of the best round of each counts, and the bar is
1.5 x `git log --numstat` + 1 ms a receipt. --keep makes the history there, or takes the one that is there."""
import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "histories"))
import lib  # noqa: E402

WORDS = "the receipt names every hunk that a lease of this session may change before review".split()


class History:
    def __init__(self, path, source, seed=1):
        self.random, self.repo = random.Random(seed), lib.Repo(path, lib.Keys(path.parent))
        self.repo.generator.sig_files = True
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", source, path], env=self.repo.env, check=True)
        for name, value in (("user.name", "Tester"), ("user.email", "tester@example.org"), ("gpg.format", "ssh"),
                            ("gc.auto", "0"), ("core.hooksPath", "/dev/null")):
            self.repo.git("config", name, value)
        self.repo.git("checkout", "-q", "-B", "bench")
        self.files = [name for name in self.repo.git("ls-files").splitlines() if self.is_text(name)]

    def is_text(self, name):
        file = self.repo.path / name
        return not file.is_symlink() and file.is_file() and b"\0" not in file.read_bytes() and file.stat().st_size > 200

    def adopt(self):
        """The plain commits pass by policy, so that the answer is 0 and nothing is cut short."""
        self.repo.write(f"{lib.FOLDER}/.gitattributes", lib.ATTRIBUTES)
        self.repo.write_trust(rules=[{"paths": ["**"], "accept": ["exact", "uncovered"]}])
        return self.repo.commit("adopt", sign=self.repo.keys.root)

    def edits(self):
        """{path: new bytes}: a few lines of one to three files changed, added or dropped."""
        out = {}
        for name in self.random.sample(self.files, self.random.randint(1, 3)):
            lines = (self.repo.path / name).read_bytes().splitlines(keepends=True)
            for _ in range(self.random.randint(1, 4)):
                at = self.random.randrange(len(lines))
                new = (" ".join(self.random.choices(WORDS, k=6)) + "\n").encode()
                lines[at:at + self.random.randint(0, 1)] = [new] * self.random.randint(0 if len(lines) > 40 else 1, 2)
            out[name] = b"".join(lines)
        return out

    def grow(self, commits, applied):
        run, every = lib.Run(), commits // applied
        for number in range(commits):
            if number % every == 0:
                if number % (every * 10) == 0:
                    run = lib.Run(f"run_{number}")
                self.repo.apply(self.edits(), run=run)
            else:
                for name, data in self.edits().items():
                    (self.repo.path / name).write_bytes(data)
                self.repo.git("commit", "-q", "--allow-empty", "-am", f"edit {number}")
        self.repo.git("gc", "-q")


def cost(command, cwd, env, codes=(0,)):
    """(CPU seconds, wall seconds)"""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
    assert done.returncode in codes, (command, done.returncode)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--on", type=Path, default=TESTS.parent)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--applied", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="verify-history-") as scratch:
        path = (options.keep or Path(scratch)).absolute() / "repo"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            history = History(path, options.on)
            history.repo.git("tag", "adopted", history.adopt())
            history.grow(options.commits, options.applied)
        keys, env = lib.Keys(path.parent), lib.environment(path.parent)
        lines = lambda *args: subprocess.run(["git", *args], cwd=path, env=env, capture_output=True, text=True).stdout.split()
        commits = len(lines("rev-list", "adopted..bench"))
        receipts = len([n for n in lines("ls-tree", "-r", "--name-only", "bench", f"{lib.FOLDER}/receipts") if "dsse" in n])
        log = ["git", "log", "--numstat", "adopted..bench"]
        verify = [os.path.abspath(options.program), "verify", "adopted..bench", "--root", keys.root.fingerprint, "--json"]
        rounds = [(cost(log, path, env), cost(verify, path, env)) for _ in range(options.rounds)]
        (log_cpu, log_wall), (verify_cpu, verify_wall) = ([min(r[n][k] for r in rounds) for k in (0, 1)] for n in (0, 1))
    bar = 1.5 * log_cpu + receipts / 1000
    print(f"{commits} commits, {receipts} receipts, best of {options.rounds} rounds")
    print(f"git log --numstat  cpu {log_cpu * 1000:7.1f} ms  wall {log_wall * 1000:7.1f} ms")
    print(f"verify             cpu {verify_cpu * 1000:7.1f} ms  wall {verify_wall * 1000:7.1f} ms")
    print(f"bar                cpu {bar * 1000:7.1f} ms  {'met' if verify_cpu <= bar else 'NOT MET'}")
    sys.exit(0 if verify_cpu <= bar and commits >= options.commits and receipts >= options.applied else 1)


if __name__ == "__main__":
    main()
