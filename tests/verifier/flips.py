#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every single bit of the sample history's records and trust, flipped: none may be accepted under the pinned root.

    flips.py BATCH [--slice N] [--verifier CMD]...

BATCH is the program verify-batch. A flip is made twice: in the commit that brings the file (with everything above it
built anew, signatures kept), and in a commit on top that changes the file in place. --slice takes every Nth bit, begun at
a bit drawn from the day, and --verifier asks another verifier about a few of them too."""
import argparse
import collections
import datetime
import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
SAMPLES = TESTS.parent / "docs" / "format" / "samples"
sys.path.insert(0, str(TESTS / "histories"))
from lib import FOLDER, environment  # noqa: E402

TYPES = {"commit": 1, "tree": 2, "blob": 3}


class Objects:
    """The objects of a repository, and new ones that go to it in one pack."""

    def __init__(self, path, env):
        self.path, self.env, self.known, self.new = path, env, {}, {}

    def git(self, *args, data=None):
        return subprocess.run(["git", *args], cwd=self.path, env=self.env, input=data, capture_output=True, check=True).stdout

    def read(self, kind, oid):
        if oid not in self.known:
            self.known[oid] = self.git("cat-file", kind, oid)
        return self.known[oid]

    def write(self, kind, data):
        oid = hashlib.sha1(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest()
        self.new.setdefault(oid, (TYPES[kind], len(data), zlib.compress(data, 1)))
        return oid

    def replaced(self, tree, path, blob):
        """The id of a tree in which the file at `path` is another blob."""
        data, (first, _, rest) = self.read("tree", tree), path.partition("/")
        at = data.index(b" %s\0" % first.encode()) + len(first) + 2
        old = data[at:at + 20].hex()
        return self.write("tree", data[:at] + bytes.fromhex(self.replaced(old, rest, blob) if rest else blob) + data[at + 20:])

    def commit_like(self, commit, tree, parents):
        """The same commit, signature and all, with another tree and other parents."""
        head, _, rest = self.read("commit", commit).partition(b"\nauthor ")
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        assert head.startswith(b"tree ")
        return self.write("commit", "\n".join(lines).encode() + b"\nauthor " + rest)

    def store(self):
        body = bytearray(b"PACK\0\0\0\2" + len(self.new).to_bytes(4, "big"))
        for kind, size, packed in self.new.values():
            byte, size = kind << 4 | size & 15, size >> 4
            while size:
                body.append(byte | 128)
                byte, size = size & 127, size >> 7
            body.append(byte)
            body += packed
        self.git("index-pack", "--stdin", data=bytes(body + hashlib.sha1(body).digest()))
        self.new.clear()


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


class History:
    """The sample's commits by what they bring."""

    def __init__(self, objects, index):
        self.objects = objects
        self.commits = objects.git("rev-list", "--reverse", "HEAD").decode().split()
        self.trees = [objects.git("rev-parse", f"{c}^{{tree}}").decode().strip() for c in self.commits]
        self.files = [path for path in objects.git("ls-tree", "-r", "--name-only", "HEAD", FOLDER).decode().split()
                      if "/trust/" in path or path.endswith(".json")]
        assert set(path for path in index["paths"].values() if path.endswith(".json")) <= set(self.files)

    def brought_by(self, path):
        """Position of the first commit that has the file."""
        has = lambda c: self.objects.git("ls-tree", "--name-only", c, "--", path)
        return next(n for n, c in enumerate(self.commits) if has(c))

    def as_brought(self, path, position, blob):
        """What to judge when the file came like this: its commit, for a trust the work that stands on it too."""
        parents = self.commits[position - 1:position]
        last = position + (1 if "/trust/" in path else 0)
        for n in range(position, last + 1):
            tree = self.objects.replaced(self.trees[n], path, blob)
            parents = [self.objects.commit_like(self.commits[n], tree, parents)]
        return [f"{self.commits[position - 1]}..{parents[0]}", *parents] if last > position else parents

    def as_edited(self, path, blob):
        tree = self.objects.replaced(self.trees[-1], path, blob)
        return [self.objects.write("commit", self.objects.read("commit", self.commits[2]).split(b"\n\n")[0].replace(
            self.trees[2].encode(), tree.encode()).replace(self.commits[1].encode(), self.commits[-1].encode()) + b"\n\nedit\n")]


def judged(batch, path, root, revisions):
    """One line of the driver for each revision; a driver that dies leaves some without."""
    done = subprocess.run([batch, path, root], input="\n".join(revisions), capture_output=True, text=True)
    return done.stdout.splitlines(), f"{done.returncode} {done.stderr[-300:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("batch", type=Path)
    parser.add_argument("--slice", type=int, default=1)
    parser.add_argument("--verifier", action="append", default=[])
    options = parser.parse_args()
    index = json.loads((SAMPLES / "index.json").read_text())
    kinds, wrong, total = collections.Counter(), [], 0
    with tempfile.TemporaryDirectory(prefix="flips-") as scratch:
        env, clone = environment(scratch), Path(scratch) / "clone"
        subprocess.run(["git", "clone", "-q", "-b", "main", SAMPLES / "sample.bundle", clone], env=env, check=True)
        objects = Objects(clone, env)
        history = History(objects, index)
        begin = datetime.date.today().toordinal() % options.slice
        unharmed, note = judged(options.batch, clone, index["root"], history.commits[1:])
        if unharmed != ["0"] * 4:
            wrong.append(f"the history itself: {unharmed} {note}")
        for path in history.files:
            data, position, revisions = objects.git("cat-file", "blob", f"HEAD:{path}"), history.brought_by(path), []
            for bit in range(begin, len(data) * 8, options.slice):
                blob = objects.write("blob", flipped(data, bit))
                cases = history.as_brought(path, position, blob) + history.as_edited(path, blob)
                revisions += [(bit, revision) for revision in cases]
            objects.store()
            answers, note = judged(options.batch, clone, index["root"], [revision for _, revision in revisions])
            if len(answers) != len(revisions):
                wrong.append(f"{path}: the verifier died at bit {revisions[len(answers)][0]}: {note}")
            for (bit, revision), answer in zip(revisions, answers):
                code, *found = answer.split()
                kinds.update(set(found))
                if code != "14":
                    wrong.append(f"{path} bit {bit}: {answer} for {revision}")
            total += len(range(begin, len(data) * 8, options.slice))
            for command in options.verifier:
                for _, revision in revisions[::max(1, len(revisions) // 3)]:
                    done = subprocess.run([*shlex.split(command), revision, "--root", index["root"], "--json"], cwd=clone,
                                          env=env, capture_output=True)
                    if done.returncode != 14:
                        wrong.append(f"{command}: {path}: exit {done.returncode} for {revision}")
    for text in wrong[:40]:
        print("FAIL", text)
    print(", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    print(f"{total} bits of {len(history.files)} files, {len(wrong)} accepted or crashed")
    sys.exit(1 if wrong or not total else 0)


if __name__ == "__main__":
    main()
