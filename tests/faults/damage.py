#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""State files with wrong bytes: flipped, zeroed, cut, swapped, foreign, mixed with another time's log.

    damage.py PROGRAM [--mutations 500] [--seed S]

After each mutation the program neither crashes nor hangs; what it refuses it refuses with a kind that says so, and
where SQLite itself finds the file damaged `doctor --deep` says so too. Nothing is put in the damaged file's place.
"""

import argparse
import json
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "crash")]

import workbench
from cases import reviewed
from workbench import Flow, Tool

PAGE, SECONDS = 4096, 30
REPORTS = (b"AddressSanitizer", b"runtime error:", b"terminate called", b"Assertion")
DAMAGE = {"db_corrupt", "db_not_ours", "db_unreadable", "io_error", "storage", "not_initialized"}


class Mutator:
    """One mutation of a folder that holds the state: a title and what is left in it."""

    def __init__(self, rng, old):
        self.rng, self.old = rng, old

    def spot(self, data):
        """Anywhere, or where pages and the file describe themselves."""
        where = self.rng.random()
        if where < .4:
            return self.rng.randrange(len(data))
        page = self.rng.randrange(max(1, len(data) // PAGE)) * PAGE
        return min(len(data) - 1, page + (self.rng.randrange(100) if page == 0 or where < .7 else self.rng.randrange(PAGE)))

    def flip(self, data):
        for _ in range(self.rng.choice((1, 1, 1, 8))):
            data[self.spot(data)] ^= 1 << self.rng.randrange(8)

    def byte(self, data):
        data[self.spot(data)] = self.rng.choice((0, 1, 0x7F, 0x80, 0xFF, self.rng.randrange(256)))

    def zero(self, data):
        start = self.spot(data)
        size = self.rng.choice((4, 64, 512, PAGE))
        data[start:start + size] = bytes(len(data[start:start + size]))

    def noise(self, data):
        start = self.spot(data)
        size = len(data[start:start + self.rng.choice((2, 16, 512))])
        data[start:start + size] = self.rng.randbytes(size)

    def number(self, data):
        start = self.spot(data) & ~3
        value = self.rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, len(data) // PAGE, len(data) // PAGE + 1))
        data[start:start + 4] = struct.pack(">I", value)[:len(data[start:start + 4])]

    def cut(self, data):
        del data[self.rng.choice((self.rng.randrange(len(data)), self.rng.randrange(1 + len(data) // PAGE) * PAGE)):]

    def swap(self, data):
        pages = len(data) // PAGE
        if pages < 2:
            return self.flip(data)
        a, b = (self.rng.randrange(pages) * PAGE for _ in range(2))
        data[a:a + PAGE], data[b:b + PAGE] = data[b:b + PAGE], data[a:a + PAGE]
        return None

    def append(self, data):
        data += self.rng.randbytes(self.rng.choice((1, 100, PAGE)))

    def random(self, folder):
        target = folder / self.rng.choice(("state.sqlite3", "state.sqlite3", "state.sqlite3", "state.sqlite3-wal"))
        how = self.rng.choice((self.flip, self.flip, self.byte, self.zero, self.noise, self.number, self.number, self.cut,
                               self.swap, self.append))
        data = bytearray(target.read_bytes())
        how(data)
        target.write_bytes(data)
        return f"{how.__name__} {target.name}"

    def special(self, folder, number):
        """The ones that nobody would meet by chance; None behind the last."""
        state, wal = folder / "state.sqlite3", folder / "state.sqlite3-wal"

        def foreign():
            state.unlink()
            connection = sqlite3.connect(state)
            connection.executescript("CREATE TABLE jobs (x); INSERT INTO jobs VALUES (1);")
            connection.close()

        def execute(sql):
            connection = sqlite3.connect(state, isolation_level=None)
            connection.executescript("PRAGMA writable_schema=ON;" + sql)
            connection.close()

        def of(sql):
            def change():
                execute("DELETE FROM sqlite_master WHERE type = 'trigger'")
                execute(sql)
            return change

        def mixed(name):
            return lambda: shutil.copyfile(self.old / name, folder / name)
        every = {"empty": lambda: state.write_bytes(b""), "text": lambda: state.write_text("not a database\n" * 999),
                 "another database": foreign, "an older log": mixed("state.sqlite3-wal"),
                 "an older file": mixed("state.sqlite3"), "empty log": lambda: wal.write_bytes(b""),
                 "only the header": lambda: state.write_bytes(state.read_bytes()[:100]),
                 "no tables": of("DELETE FROM sqlite_master"), "newer schema": of("PRAGMA user_version=99"),
                 "no jobs": of("DELETE FROM sqlite_master WHERE name = 'jobs'"),
                 "our chain gone": of("DROP TABLE gs_event_chain"), "our settings gone": of("DROP TABLE gs_meta"),
                 "states nobody knows": of("PRAGMA ignore_check_constraints=ON; UPDATE jobs SET state = 'asleep'; "
                                           "UPDATE leases SET expires_at = 'soon'; UPDATE runs SET state = x'00ff'"),
                 "numbers for texts": of("PRAGMA ignore_check_constraints=ON; UPDATE jobs SET job_type = 1, title = x'00'"),
                 "another table's rows in the outbox": of(
                     "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'gs_meta') "
                     "WHERE name = 'gs_outbox'"),
                 "broken JSON": of("UPDATE workflow_snapshots SET workflow_json = '{'; UPDATE events SET payload_json = '['")}
        if number >= len(every):
            return None
        title, change = list(every.items())[number]
        change()
        return title


class Examination:
    def __init__(self, program, folder, seed):
        self.tool = Tool(program, folder)
        self.repo = self.tool.repository(folder / "repo")
        flow = Flow(self.tool, "git-striatum", self.repo, reviewed()).start()
        self.state, self.old, self.good = self.repo / ".striatum", folder / "old", folder / "good"
        shutil.copytree(self.state, self.old)
        flow.finish()
        flow.do("send", "--session-id", flow.session(), "--kind", "note", "--body-json", '{"a": 1}')
        held = flow.ack(flow.claim("reviewer"))
        shutil.copytree(self.state, self.good)
        self.mutator = Mutator(random.Random(seed), self.old)
        self.verbs = [("status",), ("doctor", "--deep"), ("heartbeat", "--session-id", held.session, "--lease-id", held.lease),
                      ("log", "verify"), ("list", "jobs", "--run-id", flow.run), ("why", held.job),
                      ("claim-next", "--session-id", flow.session()), ("run", "pause", "--run-id", flow.run), ("log",)]
        self.findings, self.calls, self.refused, self.damaged = [], 0, 0, 0

    def call(self, title, name, args):
        try:
            done = subprocess.run(self.tool.argv(name, self.repo, args), cwd=self.repo, env=self.tool.env,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.findings.append(f"{title}: {' '.join(args)} hangs")
            return None
        self.calls += 1
        where = f"{title}: {' '.join(args)}: "
        if done.returncode < 0 or any(report in done.stderr for report in REPORTS):
            self.findings.append(f"{where}signal {-done.returncode}: {done.stderr[-400:]!r}")
            return None
        try:
            reply = [json.loads(line) for line in done.stdout.splitlines()] if args == ("log",) else json.loads(done.stdout)
        except ValueError:
            reply = None
        if done.returncode == 0:
            if reply is None:
                self.findings.append(f"{where}no JSON: {done.stdout[:200]!r}")
            return reply
        self.refused += 1
        error = (reply[-1] if isinstance(reply, list) and reply else reply or {}).get("error") or {}
        if args == ("log", "verify") and done.returncode == 14:
            return reply
        if error.get("code") != done.returncode or not error.get("message") or error.get("kind") in (None, "internal"):
            self.findings.append(f"{where}exit {done.returncode}: {(done.stdout + done.stderr)[:300]!r}")
        return reply

    def really_damaged(self, scratch):
        """What SQLite makes of it, on a copy."""
        copy = scratch / "check"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.state, copy)
        (copy / "state.sqlite3-shm").unlink(missing_ok=True)
        connection = sqlite3.connect(copy / "state.sqlite3")
        try:
            connection.execute("PRAGMA cell_size_check=ON")
            return connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # the text of an error may quote wrong bytes
            return True
        finally:
            connection.close()

    def one(self, title, verbs):
        damaged = self.really_damaged(self.repo.parent)
        self.damaged += damaged
        deep = self.call(title, "git-striatum", ("doctor", "--deep"))
        if damaged and isinstance(deep, dict):
            error, data = deep.get("error") or {}, deep.get("data") or {}
            if error.get("kind") not in DAMAGE and (data.get("deep") or {}).get("ok") is not False:
                self.findings.append(f"{title}: damaged, and doctor --deep says {json.dumps(deep)[:300]}")
        for args in verbs:
            self.call(title, "git-striatum", args)

    def restore(self):
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.copytree(self.good, self.state)

    def run(self, mutations):
        number = 0
        while True:
            self.restore()
            title = self.mutator.special(self.state, number)
            if title is None:
                break
            number += 1
            self.one(title, self.verbs)
        for i in range(mutations):
            self.restore()
            self.one(f"{i}: {self.mutator.random(self.state)}", self.mutator.rng.sample(self.verbs, 3))
        return number + mutations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--mutations", type=int, default=500)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--show", type=int, default=40)
    arguments = parser.parse_args()
    folder = workbench.scratch_folder("damage-")
    try:
        examination = Examination(arguments.program, folder, arguments.seed)
        count = examination.run(arguments.mutations)
    finally:
        workbench.remove(folder)
    for finding in examination.findings[:arguments.show]:
        print("FINDING", finding)
    print(f"seed {arguments.seed}: {count} states, {examination.damaged} damaged for SQLite, {examination.calls} calls, "
          f"{examination.refused} refused, {len(examination.findings)} findings")
    return 1 if examination.findings else 0


if __name__ == "__main__":
    sys.exit(main())
