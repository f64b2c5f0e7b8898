# SPDX-License-Identifier: Apache-2.0
"""One program in its own repository, seen through names that both programs share.

Random ids become `run#1`, `sess#2`, … in order of appearance in the state file, so that two repositories that went
through the same calls show the same names; digests of files become `digest of PATH (version N)`.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from pathlib import Path

import common

NAME = re.compile(r"(?<![0-9a-zA-Z])(run|wfs|sess|msg|lease|wp|art|verdict|blk|dec|proc|sup|wt)#(\d+)")
DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def stand_in(name):
    """An id of the right shape for a name that does not exist (yet, or after a step was dropped)."""
    kind = name.split("#")[0]
    return f"{kind}_{hashlib.md5(name.encode()).hexdigest()}"


class Side:
    def __init__(self, program, folder):
        self.program = program
        self.repo = common.make_repository(Path(folder) / "repo", program.env)
        self.names = {}
        self.raw_ids = {}
        self.counts = {}
        self.digests = {}
        self.versions = {}
        self.seen_files = {}
        self.rows = {}
        self.tables = {}
        self.now = None

    # Steps ---------------------------------------------------------------------------------------------------

    def raw(self, text):
        return NAME.sub(lambda match: self.raw_ids.get(match.group(0), stand_in(match.group(0))), text)

    def run(self, step):
        """Does one step; a call answers a Reply, everything else None."""
        if "call" in step:
            self.program.now = self.now
            args = [self.raw(arg).replace("<REPO>", str(self.repo)) for arg in step["call"]]
            reply = self.program.call(args, self.repo / step.get("cwd", "."), step.get("env"))
            self.observe()
            return reply
        try:
            self._do(step)
        except OSError:
            pass  # what stands in the way of one side's files does so on both
        self._observe_files()
        return None

    def _do(self, step):
        """A step that is no call of the program."""
        if "sql" in step:
            self._change_state(step["sql"])
            return
        target = self.repo / next(iter(step.values())) if "git" not in step else self.repo
        if "write" in step:
            common.write_file(self.repo, step["write"], self.raw(step["text"]))
        elif "remove" in step:
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        elif "symlink" in step:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(step["to"])
        elif "folder" in step:
            target.mkdir(parents=True, exist_ok=True)
        elif "git" in step:
            environment = {**self.program.env, "TEST_CLOCK": str(self.now)}
            common.git(self.repo, environment, *step["git"], check=False)

    def _change_state(self, statement):
        if not common.state_file(self.repo).exists():
            return
        connection = sqlite3.connect(common.state_file(self.repo), timeout=10)
        connection.execute(statement)
        connection.commit()
        connection.close()

    # What is there afterwards -----------------------------------------------------------------------------------

    def observe(self):
        """Reads the state file and the work tree; learns the names of what is new."""
        try:
            dump = common.dump(self.repo)
        except Exception as problem:  # a state file that is no database is an observation too
            dump = {"unreadable": [{"problem": str(problem)}]}
        self._learn_ids(dump)
        self._observe_files()
        self.tables = {table: [self._row(table, index, row) for index, row in enumerate(rows)]
                       for table, rows in dump.items()}

    def _learn_ids(self, dump):
        for table, key in common.TABLES.items():
            for row in dump.get(table, []):
                if key:
                    self._learn(row[key])
                if table == "artifacts" and row["logical_name"].startswith("dec_"):
                    self._learn(row["logical_name"])

    def _learn(self, raw):
        if raw in self.names or not common.RANDOM_ID.fullmatch(raw):
            return
        kind = raw.split("_")[0]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        name = f"{kind}#{self.counts[kind]}"
        self.names[raw] = name
        self.raw_ids[name] = raw

    def _row(self, table, index, row):
        known = self.rows.get((table, index))
        values = tuple(row.values())
        if known is not None and known[0] == values:
            return known[1]
        shown = {key: self.show(value) for key, value in row.items()}
        if table == "work_packets":
            right = hashlib.sha256(row["packet_json"].encode()).hexdigest() == row["packet_sha256"]
            shown["packet_sha256"] = "digest of packet_json" if right else row["packet_sha256"]
        self.rows[table, index] = (values, shown)
        return shown

    def _observe_files(self):
        for path in self.files():
            full = self.repo / path
            if full.is_symlink() or not full.is_file():
                continue
            status = full.stat()
            mark = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self.seen_files.get(path, (None,))[0] == mark:
                continue
            content = full.read_bytes()
            self.seen_files[path] = (mark, content)
            digest = hashlib.sha256(content).hexdigest()
            if digest not in self.digests:
                self.versions[path] = self.versions.get(path, 0) + 1
                name = self.show(path).replace("\n", "<newline>")
                self.digests[digest] = f"digest of {name} (version {self.versions[path]})"

    def files(self):
        """Relative paths of the work tree, without git's and the program's own folders."""
        found = []
        for folder, folders, names in os.walk(self.repo):
            if folder == str(self.repo):
                folders[:] = [name for name in folders if name not in (".git", ".striatum")]
            found += [os.path.relpath(os.path.join(folder, name), self.repo) for name in names]
        return sorted(found)

    def contents(self):
        """Path -> text as both programs should have it."""
        shown = {}
        for path in self.files():
            full = self.repo / path
            if full.is_symlink():
                shown[self.show(path)] = f"link to {os.readlink(full)}"
            else:
                mark, content = self.seen_files.get(path, (None, b""))
                shown[self.show(path)] = self.show(content.decode("utf-8", "surrogateescape"))
        return shown

    def branches(self):
        """HEAD and the branches, from git's files."""
        git = self.repo / ".git"
        heads = git / "refs" / "heads"
        names = [str(path.relative_to(heads)) for path in heads.rglob("*") if path.is_file()]
        return {"head": self.show((git / "HEAD").read_text()), "branches": sorted(map(self.show, names))}

    def clock_text(self):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now or 0))

    def show(self, value):
        if isinstance(value, str):
            text = value.replace(str(self.repo), "<REPO>")
            text = common.RANDOM_ID.sub(lambda match: self.names.get(match.group(0), match.group(0)), text)
            return DIGEST.sub(lambda match: self.digests.get(match.group(0), match.group(0)), text)
        if isinstance(value, bytes):
            return self.show(value.decode("utf-8", "surrogateescape"))
        if isinstance(value, list):
            return [self.show(entry) for entry in value]
        if isinstance(value, dict):
            return {self.show(key): self.show(entry) for key, entry in value.items()}
        return value

    def show_ordered(self, text):
        """The JSON in `text`, keys in the order written."""
        return self.show(json.loads(text))
