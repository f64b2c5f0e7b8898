# SPDX-License-Identifier: Apache-2.0
"""What a repository holds, with everything that differs from one call to the next taken out."""

import os
import re
import shutil
import sqlite3
import stat
from pathlib import Path

HEX = re.compile(r"(?<![0-9a-fA-F])([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-fA-F])")
SHARD = re.compile(r"/[0-9a-f]{2}(?=/[0-9a-f]{64})")
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}|AAAAC3NzaC1[A-Za-z0-9+/=]+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SAMPLED = {("gs_event_chain", "salt"), ("gs_event_chain", "body_commit"), ("gs_event_chain", "hash"),
           ("gs_leases", "boot_seconds"), ("gs_apply_receipts", "signature"), ("gs_apply_receipts", "envelope_json"),
           ("gs_meta", "value"), ("command_requests", "response_json")}
STATE = ".striatum/state.sqlite3"
# Work between two steps: none of it is left after the next command, as with temporary files. What else these
# tables hold is the history of attempts, which an interruption may lengthen.
STEPS = {"gs_outbox": "SELECT path FROM gs_outbox",
         "gs_worktree_intents": "SELECT worktree_id FROM gs_worktree_intents",
         "gs_apply_intents": "SELECT intent_id FROM gs_apply_intents WHERE state NOT IN ('done', 'void')"}
# Whose bytes and presence say nothing: SQLite's companions, the writers' locks, the copy for `git clean`, the mark
# that tells hooks of an active run (crash.py judges it by itself), the lines in which hooks say what they saw: one that
# is killed says nothing, and pre-push looks for itself. What walks found out about commits is a cache; who held the index
# means nothing without the lock itself.
WRITERS_LOCK = re.compile(r"^\.striatum/[^/]*\.lock$")
UNSTABLE = (STATE, STATE + "-wal", STATE + "-shm", STATE + "-journal", ".git/striatum",
            ".git/striatum/active", ".git/striatum/spool", ".git/COMMIT_EDITMSG",
            ".git/striatum/traced-trust", ".git/striatum/root-commits", ".git/striatum-index-owner",
            ".git/striatum/backup", ".git/striatum/backup/state.sqlite3")
ACTIVE = ".git/striatum/active"
# Random bytes from end to end: the name tells enough.
OPAQUE = re.compile(r"^(\.provenance/striatum/(?!trust/)|home/)")
# Folders that may stay behind empty: git knows no such thing, and nobody is misled by one.
EMPTY_FOLDER = re.compile(r"^\.provenance/.*/[0-9a-f]{2}$|^\.striatum/plugins(/|$)|^\.git/worktrees$")
# What a key's public half says is of no use, and no harm, without the key: the key itself is made last.
PUBLIC_HALF = re.compile(r"^home/.*\.(pub|role)$")
GIT_STORE = re.compile(r"\.git/(worktrees/[^/]+/)?(objects|logs)$")
GIT_INDEX = re.compile(r"^\.git/(worktrees/[^/]+/)?(index|ORIG_HEAD)$")
GIT_LOCK = re.compile(r"^\.git/.*\.lock$")
TEMPORARY = re.compile(r"(^|/)\.striatum-tmp-|^\.striatum/apply-[0-9a-f]{16}(/|$)")


class Words:
    """Names random words by the order in which they are met."""

    def __init__(self, alike=()):
        self.seen = {}
        self.alike = [re.compile(pattern) for pattern in alike]

    def plain(self, text):
        for pattern in self.alike:
            text = pattern.sub("<alike>", text)
        text = FINGERPRINT.sub("<fingerprint>", SHARD.sub("/xx", text))
        text = HEX.sub(lambda m: self.seen.setdefault(m.group(1), f"<{len(m.group(1))}:{len(self.seen)}>"), text)
        return TIME.sub("<time>", text)

    def value(self, value):
        if isinstance(value, bytes):
            return f"<{len(value)} bytes>"
        return self.plain(value) if isinstance(value, str) else value


def tables(connection, words):
    names = [row[0] for row in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    # Events and their chain last: by then the rows have named the ids in a settled order.
    names = [name for name in names if name not in STEPS]
    names.sort(key=lambda name: (name.startswith("gs_"), name == "events", name))
    out = {}
    for name in names:
        cursor = connection.execute(f"SELECT * FROM {name}")
        columns = [column[0] for column in cursor.description]
        rows = [tuple("*" if (name, column) in SAMPLED else value for column, value in zip(columns, row))
                for row in cursor]
        out[name] = [tuple(words.value(value) for value in row) for row in rows]
        if name.startswith("gs_"):
            out[name].sort(key=repr)
    return out


def waiting(connection):
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [f"{table}: {row[0]}" for table, sql in STEPS.items() if table in there for row in connection.execute(sql)]


def forget_refusals(connection):
    """Takes refused applies out of a copy, and numbers what is left as if they had not been."""
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.executescript("""
        DELETE FROM gs_apply_receipts WHERE state = 'refused';
        DELETE FROM events WHERE event_type = 'receipt.refused';
        DELETE FROM gs_event_chain WHERE event_id NOT IN (SELECT event_id FROM events);
        UPDATE gs_event_chain SET event_id = (SELECT count(*) FROM events e WHERE e.event_id <= gs_event_chain.event_id),
            seq = (SELECT count(*) FROM gs_event_chain c WHERE c.seq <= gs_event_chain.seq);
        UPDATE events SET event_id = (SELECT count(*) FROM events e WHERE e.event_id <= events.event_id);""")


def open_copy(repo, scratch):
    """A connection to a copy of the state as it lies there, the log included; None without a state.

    A copy, so that the first program to open the state after a crash is the one under test.
    """
    if not (Path(repo) / STATE).exists():
        return None
    copy = Path(scratch) / "copy.sqlite3"
    for suffix in ("", "-wal", "-shm", "-journal"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    for suffix in ("", "-wal", "-journal"):
        source = Path(repo) / (STATE + suffix)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + suffix))
    return sqlite3.connect(copy)


def walk(repo):
    """(relative path, lstat) of everything below, except git's objects and logs."""
    stack = [""]
    while stack:
        folder = stack.pop()
        with os.scandir(os.path.join(repo, folder)) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                path = f"{folder}/{entry.name}" if folder else entry.name
                info = entry.stat(follow_symlinks=False)
                yield path, info
                if stat.S_ISDIR(info.st_mode) and not GIT_STORE.search(path):
                    stack.append(path)


def is_compared(path):
    if path in UNSTABLE or GIT_INDEX.search(path):
        return False
    return not any(pattern.search(path) for pattern in (TEMPORARY, WRITERS_LOCK, GIT_LOCK, PUBLIC_HALF))


def files(repo, words):
    out = {}
    for path, info in walk(repo):
        if not is_compared(path) or (stat.S_ISDIR(info.st_mode) and EMPTY_FOLDER.search(path)):
            continue
        full = os.path.join(repo, path)
        if stat.S_ISLNK(info.st_mode):
            content = "-> " + os.readlink(full)
        elif stat.S_ISREG(info.st_mode) and not OPAQUE.match(path):
            with open(full, "rb") as file:
                content = words.plain(file.read().decode("utf-8", "backslashreplace"))
        else:
            content = ""
        out[words.plain(path)] = (stat.S_IFMT(info.st_mode), info.st_mode & 0o777, content)
    return out


def locks_of_git(repo):
    return [path for path, _ in walk(repo) if GIT_LOCK.match(path) and not TEMPORARY.search(path)]


def temporaries(repo):
    return [path for path, _ in walk(repo) if TEMPORARY.search(path)]


class Snapshot:
    """State and files of a repository, comparable; `broken` lists violated rules of the state itself.

    Temporary files are kept apart: an interrupted command may leave one, the next has to clear it away. `alike`
    are patterns whose text is not compared; nor are applies that were refused, without `refusals`.
    """

    def __init__(self, repo, scratch, check, git=None, alike=(), refusals=True):
        words = Words(alike)
        self.temporaries = temporaries(repo)
        self.tables, self.broken = {}, []
        connection = open_copy(repo, scratch)
        if connection is not None:
            try:
                names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                self.broken = check(connection) if {"jobs", "gs_event_chain"} <= names else []
                if not refusals:
                    forget_refusals(connection)
                self.tables = tables(connection, words)
                self.temporaries += waiting(connection)
            except sqlite3.DatabaseError as error:
                self.broken = [f"unreadable: {error}"]
            finally:
                connection.close()
        self.files = files(repo, words)
        self.index = words.plain(git(repo)) if git else None

    def __eq__(self, other):
        return self.tables == other.tables and self.files == other.files and self.index == other.index

    def differences(self, other, limit=4):
        """Where `other` is not the same, in words."""
        found = []
        for name in sorted({*self.tables, *other.tables}):
            mine, theirs = self.tables.get(name, []), other.tables.get(name, [])
            if mine != theirs:
                lost = [row for row in mine if row not in theirs][:1]
                new = [row for row in theirs if row not in mine][:1]
                found.append(f"{name}: {len(mine)} -> {len(theirs)} rows; - {lost} + {new}"[:300])
        for path in sorted({*self.files, *other.files}):
            if self.files.get(path) != other.files.get(path):
                what = "new" if path not in self.files else "gone" if path not in other.files else "changed"
                found.append(f"file {path}: {what}")
        if self.index != other.index:
            found.append(f"git: {self.index!r} -> {other.index!r}"[:300])
        return found[:limit]
