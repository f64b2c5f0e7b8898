#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile names, paths, JSON, Markdown and huge files against every verb that takes them, by both names.

    hostile.py PROGRAM [--huge MB] [--only paths,names,json,markdown,traps,terminal,huge] [--slice K/N]

After every call: no signal and no sanitizer report, the code is one the verb may give for this, and everything
around (the repository, git's folder, a folder beside it, files of others) is byte for byte what it was, except for
the one place the verb may write to. What is shown on a terminal holds no control byte that came from outside.
"""

import argparse
import fnmatch
import hashlib
import json
import os
import pty
import select
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import workbench
from workbench import Flow, Tool, job, workflow, write

NAMES = ("striatum", "git-striatum")
REPORTS = (b"AddressSanitizer", b"runtime error:", b"LeakSanitizer", b"ThreadSanitizer", b"terminate called",
           b"Assertion", b"Traceback")
SECONDS = 60
# What a call may take of memory for an input of some size.
HUGE_FACTOR, HUGE_BASE = 4, 256 << 20

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\u009b31m\u202erev\x7f\x08\x00".replace("\x00", "")
NASTY_TEXT = [ESCAPES, "line\nbreak\r\nand\ttab", "'; DROP TABLE runs; --", "$(touch pwned)`touch pwned`;|&",
              "%s%n%x%99999d", "../../../etc/passwd", "\u202e\u2066\u200bx", "x" * 100_000, "", " ", "\ud800",
              b"\xff\xfe\x80".decode("utf-8", "surrogateescape"), "é" * 300, "😀", "-x", "--json", "@file", "*?[a]"]

OUTSIDE_PATHS = ["/etc/hostname", "/tmp/../etc/hostname", "..", "../outside/secret.txt", "docs/../../outside/secret.txt",
                 "docs/../../outside/new.md", "link/secret.txt", "link/new.md", "link/../outside/secret.txt",
                 "filelink", "filelink.md", "hardway/../../outside/new.md", "docs/./../../outside/new.md",
                 "//outside/new.md", "file:///etc/hostname", "~/new.md/../../../outside/new.md"]
GIT_PATHS = [".git", ".git/config", ".git/hooks/pre-commit", ".GIT/config", ".Git/new.md", "docs/.git/x.md", ".git/",
             "./.git/config", "docs/../.git/config", "git~1/config", "GIT~1/new.md", ".git::$INDEX_ALLOCATION/x",
             ".git /new.md", ".git./new.md", ".git.. ./new.md", ".g\u200cit/new.md", ".\u200dgit/config",
             ".gi\u2060t/new.md", ".git\\config", "a\\.git\\config", "nested/.git/config", ".ɢit/../.git/config",
             ".striatum/state.sqlite3", ".striatum/new.md", ".STRIATUM/new.md", ".striatum./x.md", ".striatum /x.md",
             ".str\u200ciatum/x.md", "docs/.striatum/x.md", "STRIAT~1/../.striatum/x.md"]
ODD_FILES = ["fifo", "folder", "socket", "folder/", "mine.md/x.md", "docs/" + "n" * 256 + ".md", "a/" * 2500 + "x.md", "",
             ".", "./", "device"]


class Sandbox:
    """A repository amid things that nobody may touch, and the proof that nobody did."""

    def __init__(self, program, folder):
        self.folder = Path(folder)
        self.tool = Tool(program, self.folder / "tool")
        self.field = self.folder / "field"
        self.field.mkdir()
        write(self.field, "outside/secret.txt", "secret\n")
        write(self.field, "outside/deep/file", "deep\n")
        self.repo = self.tool.repository(self.field / "repo")
        write(self.repo, "mine.md", "# mine\n")
        write(self.repo, "docs/kept.md", "# kept\n")
        write(self.repo, "nested/.git/config", "[core]\n")
        write(self.repo, "folder/inside", "x\n")
        (self.repo / ".git/hooks").mkdir(exist_ok=True)
        (self.repo / "link").symlink_to("../outside")
        (self.repo / "filelink").symlink_to("../outside/secret.txt")
        (self.repo / "filelink.md").symlink_to("../outside/secret.txt")
        os.mkfifo(self.repo / "fifo")
        os.mknod(self.repo / "socket", 0o600 | stat.S_IFSOCK)
        if os.geteuid() == 0:
            os.mknod(self.repo / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
            write(self.field, "outside/others.txt", "others\n")
            os.chown(self.field / "outside/others.txt", 65534, 65534)
        write(self.repo, "seen.txt", "x")

    def listing(self):
        out = {}
        stack = [self.field]
        while stack:
            with os.scandir(stack.pop()) as entries:
                for entry in entries:
                    path = os.path.relpath(entry.path, self.field)
                    info = entry.stat(follow_symlinks=False)
                    kind = stat.S_IFMT(info.st_mode)
                    what = ""
                    if stat.S_ISLNK(info.st_mode):
                        what = os.readlink(entry.path)
                    elif stat.S_ISREG(info.st_mode) and info.st_size < 1 << 22:
                        with open(entry.path, "rb") as file:
                            what = hashlib.sha256(file.read()).hexdigest()
                    out[path] = (kind, info.st_mode, info.st_uid, None if stat.S_ISDIR(info.st_mode) else info.st_size, what)
                    if stat.S_ISDIR(info.st_mode) and path != "repo/.striatum":
                        stack.append(entry.path)
        return out


class Examiner:
    def __init__(self, sandbox, part=(0, 1)):
        self.sandbox = sandbox
        self.part, self.asked = part, 0
        self.limit = []
        self.tool = sandbox.tool
        self.repo = sandbox.repo
        self.findings = []
        self.calls = 0
        self.before = sandbox.listing()

    def finding(self, label, args, what):
        shown = " ".join(repr(a)[:90] if not isinstance(a, str) or not a.isprintable() or len(a) > 90 or not a else a
                         for a in args)
        self.findings.append(f"{label}: {shown}: {what}")

    def limit_memory(self, size):
        """No call gets more than that; a sanitizer's shadow alone is larger."""
        with open(self.tool.links["striatum"], "rb") as file:
            if b"__asan_init" not in file.read():
                self.limit = ["prlimit", f"--as={size}"]

    def left_out(self):
        """Of N slices this one leaves out what is another's."""
        self.asked += 1
        return self.asked % self.part[1] != self.part[0]

    # ---------------------------------------------------------------- one call

    def run(self, name, args, raw=False):
        """The reply of a call as the outside sees it; None where it hangs."""
        words = [a if isinstance(a, bytes) else a.encode("utf-8", "surrogateescape" if "\ud800" not in a else
                                                         "surrogatepass") for a in args]
        argv = [*self.limit, self.tool.links[name].encode(), *([] if raw else [b"--repo", bytes(self.repo)]), *words]
        self.calls += 1
        try:
            return subprocess.run(argv, cwd=self.repo, env=self.tool.env, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def probe(self, name, args, codes, may=(), label=None, raw=False):
        """Calls and judges; `may` are patterns of paths (below the sandbox) that a success may change."""
        if self.left_out():
            return None
        label = f"{label or args[0]} [{name}]"
        at = args.index("--") if "--" in args else len(args)
        done = self.run(name, [*args[:at], "--json", *args[at:]], raw)
        if done is None:
            self.finding(label, args, "hangs")
            self.before = self.sandbox.listing()
            return None
        if done.returncode < 0:
            self.finding(label, args, f"died of signal {-done.returncode}: {done.stderr[-200:]!r}")
        elif done.returncode not in codes:
            self.finding(label, args, f"exit {done.returncode}, expected {sorted(codes)}: "
                                      f"{(done.stdout + done.stderr)[:240]!r}")
        for report in REPORTS:
            if report in done.stderr:
                self.finding(label, args, f"report: {done.stderr[:300]!r}")
        if control_bytes(done.stdout.replace(b"\n", b"")):
            self.finding(label, args, f"control bytes in the envelope: {done.stdout[:120]!r}")
        self.untouched(label, args, may if done.returncode == 0 else ())
        return done

    def untouched(self, label, args, may=()):
        now = self.sandbox.listing()
        for path in sorted({*now, *self.before}):
            if now.get(path) == self.before.get(path) or path == "repo/.striatum":
                continue
            if not any(fnmatch.fnmatch(path, pattern) for pattern in may):
                what = "new" if path not in self.before else "gone" if path not in now else "changed"
                self.finding(label, args, f"touched: {path!r} ({what})")
        self.before = now

    # ------------------------------------------------------------- on a terminal

    def terminal(self, name, args):
        """What a person would be shown."""
        if self.left_out():
            return b""
        main, side = pty.openpty()
        env = {k: v for k, v in self.tool.env.items() if k != "CI"}
        words = [a.encode("utf-8", "surrogateescape" if "\ud800" not in a else "surrogatepass") for a in args]
        child = subprocess.Popen([self.tool.links[name].encode(), b"--repo", bytes(self.repo), *words], cwd=self.repo,
                                 env={**env, "TERM": "xterm", "NO_COLOR": "1"}, stdin=subprocess.DEVNULL, stdout=side,
                                 stderr=side)
        os.close(side)
        self.calls += 1
        shown, deadline = b"", time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            ready, _, _ = select.select([main], [], [], 1)
            try:
                part = os.read(main, 65536) if ready else b""
            except OSError:
                break
            shown += part
            if not part and child.poll() is not None and not ready:
                break
        os.close(main)
        if child.poll() is None:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                self.finding("terminal", args, "hangs")
        if child.returncode and child.returncode < 0:
            self.finding("terminal", args, f"died of signal {-child.returncode}")
        if bad := control_bytes(shown.replace(b"\r\n", b"").replace(b"\n", b"")):
            self.finding(f"terminal [{name}]", args, f"raw control bytes {bad}: {shown[:200]!r}")
        return shown


def control_bytes(shown):
    """Bytes and code points that move a cursor, ring, hide or turn text round."""
    text = shown.decode("utf-8", "surrogateescape")
    return sorted({hex(ord(c)) for c in text if (ord(c) < 32 and c != "\t") or 0x7F <= ord(c) < 0xA0
                   or c in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
                   or 0xDC80 <= ord(c) <= 0xDCFF})


# --------------------------------------------------------------------------- families

ANYWHERE = {"mode": "repo_write", "repo_write": True, "allowed_paths": ["."], "forbidden_paths": []}


def open_job(name, kind="draft", role="author"):
    """A job whose scope is everything, so that only the rules of safety stand in the way."""
    spec = job(name, kind, role)
    scope = ANYWHERE if kind != "review" else {**ANYWHERE, "mode": "review_only_artifact", "repo_write": False}
    return {**spec, "write_scope": scope, "expected_artifacts": []}


def forget(repo):
    """No state, and no copy of one either."""
    for folder in (".striatum", ".git/striatum"):
        path = repo / folder
        path.unlink() if path.is_symlink() else shutil.rmtree(path, ignore_errors=True)


def start(examiner, name):
    forget(examiner.repo)
    flow = Flow(examiner.tool, name, examiner.repo,
                workflow([open_job("draft"), open_job("more"), open_job("review", "review", "reviewer")])).start()
    examiner.before = examiner.sandbox.listing()
    return flow


def has(examiner, *verb):
    done = examiner.run("striatum", [*verb, "-h"], raw=True)
    return done.returncode == 0


def paths(examiner, arguments):
    """Every verb that takes a path, with every path it must not take."""
    for name in NAMES:
        flow = start(examiner, name)
        held, review = flow.ack(flow.claim()), flow.ack(flow.claim("reviewer"))
        reports = [verb for verb in (["evidence", "export"], ["run", "summary"]) if has(examiner, *verb)]
        for path in [*OUTSIDE_PATHS, *GIT_PATHS, *ODD_FILES]:
            examiner.probe(name, ["publish-artifact", *held.who(), "--kind", "handoff", "--logical-name", "main",
                                  f"--path={path}"], {6})
            examiner.probe(name, ["submit-review", *review.who(), "--logical-name", "main", "--verdict", "accept",
                                  f"--path={path}"], {6})
            examiner.probe(name, ["decision", "record", "--run-id", flow.run, "--outcome", "accepted", "--title", "t",
                                  f"--path={path}"], {6, 1} if path in ODD_FILES else {6})
            for verb in (reports if not path.startswith("file:") else ()):  # an odd name, but a name
                examiner.probe(name, [*verb, "--run-id", flow.run, f"--path={path}"],
                               {6, 1} if path in ODD_FILES else {6})
            if path in GIT_PATHS and "/../" not in path:
                examiner.probe(name, ["workflow", "init", "--", path], {2, 4, 6, 8})
        # What stands there already is the user's: neither a decision nor an export takes its place.
        for path in ("mine.md", "README.md", "docs/kept.md"):
            examiner.probe(name, ["decision", "record", "--run-id", flow.run, "--outcome", "accepted", "--title", "t",
                                  "--path", path], {6})
            for verb in reports:
                examiner.probe(name, [*verb, "--run-id", flow.run, "--path", path], {6})
        for path in ("link/wf", "folder", "docs"):
            examiner.probe(name, ["workflow", "init", path], {4, 6, 8})
        for path in ("fifo", "folder", "socket", "device", "/dev/zero", "/dev/full", "absent.json", ".git/config",
                     "filelink", "", "x" * 5000, "/proc/self/mem"):
            for verb in (["workflow", "validate"], ["workflow", "plan"], ["workflow", "graph"]):
                examiner.probe(name, [*verb, "--", path], {1, 3, 8}, label=" ".join(verb))
            examiner.probe(name, ["run", "prepare", f"--workflow={path}"], {1, 3, 8})
        for path in ("fifo", "socket", "device", "/dev/null/x", "mine.md", "/proc"):
            examiner.probe(name, ["--repo", path, "register-session", "--run-id", flow.run, "--role", "author",
                                  "--lane", "local"], {1, 3}, label="--repo", raw=True)


def branches(examiner, arguments):
    """Names that git must never take for an option or a place."""
    nasty = ["-x", "--upload-pack=touch pwned", "--orphan=x", "../x", "a..b", "x.lock", "a b", "a\nb", "x~1",
             "x^", "x:y", ".hidden", "a//b", "a/", "/a", ESCAPES, "a\\b", "x?", "x*", "x[", "@{", "\x7f", "-", "--",
             "refs/../../outside/x", "x" * 300]
    for name in NAMES:
        flow = start(examiner, name)
        flow.run = flow.do("run", "prepare", "--workflow", "wf/workflow.json")["run_id"]
        head = (examiner.repo / ".git/HEAD").read_bytes()
        for branch in nasty:
            for flag in ("--create", "--use-current", "--strict"):
                examiner.probe(name, ["branch", "confirm", "--run-id", flow.run, f"--branch={branch}", flag], {2, 7, 8})
        if (examiner.repo / ".git/HEAD").read_bytes() != head:
            examiner.finding("branch confirm", [], "HEAD moved")


def names(examiner, arguments):
    """Texts and ids: stored as they are or refused, never run, never shown raw."""
    known = {verb: has(examiner, verb) for verb in ("why", "list", "status", "doctor", "evidence", "apply", "receipt",
                                                    "key", "trust", "verify", "worktree", "recovery", "skills",
                                                    "plugin")}
    for name in NAMES:
        flow = start(examiner, name)
        held = flow.ack(flow.claim())
        for text in NASTY_TEXT:
            t = lambda option: f"{option}={text}"
            ids = {2, 3, 4, 5, 6}
            for args in (["claim-next", t("--session-id")], ["run", "start", t("--run-id")],
                         ["run", "cancel", t("--run-id")], ["session", "close", t("--session-id"), "--reason", "x"],
                         ["ack", "--session-id", held.session, t("--message-id"), "--lease-id", held.lease],
                         ["heartbeat", "--session-id", held.session, t("--lease-id")],
                         ["complete", "--session-id", held.session, t("--job-id"), "--lease-id", held.lease],
                         ["run", "retry-job", "--run-id", flow.run, t("--job-id")],
                         ["register-session", t("--run-id"), "--role", "author", "--lane", "local"],
                         ["register-session", "--run-id", flow.run, t("--role"), "--lane", "local"],
                         ["register-session", "--run-id", flow.run, "--role", "author", t("--lane")],
                         ["checkpoint", "resolve", t("--blocker-id"), "--action", "continue"],
                         ["publish-artifact", *held.who(), t("--kind"), "--logical-name", "m", "--path", "mine.md"],
                         ["verdict", *held.who(), t("--verdict")]):
                examiner.probe(name, args, ids)
            free = {0, 2, 4, 6}
            for args in (["send", "--session-id", held.session, t("--kind")],
                         ["send", "--session-id", held.session, "--kind", "note", t("--body-json")],
                         ["register-session", "--run-id", flow.run, "--role", "author", "--lane", "local",
                          t("--capability")],
                         ["register-session", "--run-id", flow.run, "--role", "author", "--lane", "local",
                          t("--operator-label")],
                         ["run", "pause", "--run-id", flow.run, t("--reason")], ["run", "resume", "--run-id", flow.run],
                         [t("--request-id"), "run", "pause", "--run-id", flow.run],
                         ["run", "resume", "--run-id", flow.run]):
                examiner.probe(name, args, free)
            examiner.probe(name, ["decision", "record", "--run-id", flow.run, "--path", f"docs/d{len(text)}.md",
                                  "--outcome", "accepted_with_follow_up", t("--title"), t("--decision-id"),
                                  t("--follow-up"), t("--rationale")], free, may=["repo/docs/d*.md"])
            for verb, args, codes in (("why", ["why", "--", text], {3}),
                                      ("list", ["list", "jobs", t("--run-id")], {3}),
                                      ("status", ["status", t("--run-id")], {0}),
                                      ("doctor", ["doctor", t("--run-id")], {0}),
                                      ("evidence", ["evidence", "export", t("--run-id"), "--path", "docs/e.md"], {3}),
                                      ("apply", ["apply", t("--run-id")], {2, 3, 4}),
                                      ("receipt", ["receipt", "show", "--", text], {2, 3, 4}),
                                      ("receipt", ["receipt", "verify", "--", text], {1, 2, 3, 14}),
                                      ("key", ["key", "create", "--no-passphrase", t("--role")], {2, 4}),
                                      ("key", ["key", "export", "--", text], {2, 3, 4}),
                                      ("trust", ["trust", "add", t("--principal"), "--", "mine.md"], {1, 2, 3, 4, 6, 8}),
                                      ("trust", ["trust", "init", t("--root")], {1, 2, 3, 4, 6, 8}),
                                      ("worktree", ["worktree", "release", t("--worktree-id")], {2, 3, 4}),
                                      ("worktree", ["worktree", "create", "--session-id", held.session, t("--job-id"),
                                                    "--lease-id", held.lease], {2, 3, 4, 5}),
                                      ("worktree", ["worktree", "list", t("--run-id")], {0, 3}),
                                      ("recovery", ["recovery", "stale-leases", t("--run-id")], {0, 3}),
                                      ("recovery", ["recovery", "requeue-stale", "--run-id", flow.run, t("--job-id")],
                                       {2, 3, 4, 5}),
                                      ("recovery", ["recovery", "cancel-job", "--run-id", flow.run, t("--job-id"),
                                                    "--reason", "x"], {2, 3, 4}),
                                      ("skills", ["skills", "install", "--dry-run", t("--namespace")], {0, 2, 4, 6, 8}),
                                      ("plugin", ["plugin", "install", "--dry-run", t("--target")], {0, 1, 2, 3, 4, 6}),
                                      ("verify", ["verify", "--", text], {2, 3, 14}),
                                      ("verify", ["verify", t("--root")], {2, 3, 4, 14})):
                if known[verb]:
                    examiner.probe(name, args, codes)
            examiner.probe(name, [text], {2}, label="verb")
        flow.do("block", *held.who(), "--kind", ESCAPES, "--severity", "human_checkpoint", "--description", ESCAPES)


# ------------------------------------------------------------------------------- JSON

def nested(depth, opening, closing, inner="1"):
    return opening * depth + inner + closing * depth


def json_documents():
    """(title, bytes, codes of the verbs that read workflow files)"""
    good = json.dumps(workflow([job("draft")]))
    put = lambda key, value: good.replace('{"schema_version"', '{"%s": %s, "schema_version"' % (key, value), 1).encode()
    refused, either = {8}, {0, 8}
    yield "empty", b"", refused
    yield "no JSON", b"\x00" * 100, refused
    yield "BOM", b"\xef\xbb\xbf" + good.encode(), refused
    yield "not UTF-8", put("x", '"?"').replace(b'"?"', b'"\xff\xfe"'), refused
    yield "UTF-8 cut short", good.encode()[:-1] + b', "x": "\xe2\x82"}', refused
    yield "overlong UTF-8", good.encode()[:-1] + b', "x": "\xc0\xaf"}', refused
    yield "NUL in a string", good.encode()[:-1] + b', "x": "\x00"}', refused
    yield "trailing data", good.encode() + b"{}", refused
    yield "100,000 brackets", b"[" * 100_000, refused
    yield "100,000 objects", b'{"a":' * 100_000, refused
    yield "100,000 nested, closed", put("x", nested(100_000, "[", "]")), either
    yield "1,000 nested, closed", put("x", nested(1000, '{"a":', "}")), either
    yield "1e400", put("x", "1e400"), either
    yield "long number", put("x", "9" * 100_000), either
    yield "tiny exponent", put("x", "1e-999999999999"), either
    yield "huge exponent", put("x", "1E+999999999999999999"), either
    yield "lone surrogate", put("x", '"\\ud800"'), either
    yield "surrogates the wrong way", put("x", '"\\udc00\\ud800"'), either
    yield "odd key", put("__proto__", '{"x": 1}'), either
    yield "empty key", put("", "1"), either
    yield "twice the same key", put("schema_version", '"other"'), either
    for field in ("jobs", "edges", "cycles", "lanes", "roles", "branch", "parallelism", "harness_profiles",
                  "recovery_policy", "review_revision_policy", "workflow_id", "schema_version"):
        for value in ("null", "1", '"x"', "[]", "{}", "[[]]", '[{"id": {}}]', '{"": {"": []}}', "[null, 1]"):
            document = json.loads(good)
            document[field] = json.loads(value)
            yield f"{field} = {value}", json.dumps(document).encode(), {0, 8}
    for key, value in hostile_jobs():
        document = workflow([{**job("draft"), key: value}])
        yield f"job {key} = {str(value)[:40]!r}", json.dumps(document).encode(), {0, 1, 8}


def hostile_jobs():
    for text in NASTY_TEXT:
        for key in ("id", "title", "role_id", "lane_id", "type", "objective"):
            yield key, text
    for path in [*OUTSIDE_PATHS, *GIT_PATHS]:
        yield "expected_artifacts", [{"logical_name": "main", "kind": "handoff", "path": path, "required": True}]
        yield "write_scope", {"mode": "repo_write", "repo_write": True, "allowed_paths": [path]}
    for value in ([], {}, None, -1, 1 << 70, 1.5, "9" * 500):
        yield "max_attempts", value


def json_files(examiner, arguments):
    for name in NAMES:
        start(examiner, name)
        for number, (title, content, codes) in enumerate(json_documents()):
            write(examiner.repo, "wf/hostile.json", content)
            examiner.before = examiner.sandbox.listing()
            examiner.probe(name, ["workflow", "validate", "wf/hostile.json"], codes, label=f"validate: {title}")
            # Planning and preparing meet the same file in other code; every third is enough for the long list.
            if number % 3 == 0 or number < 22:
                for verb in (["workflow", "plan"], ["workflow", "graph"], ["workflow", "graph", "--format", "dot"]):
                    examiner.probe(name, [*verb, "wf/hostile.json"], codes | {0, 8}, label=f"{verb[1]}: {title}")
                examiner.probe(name, ["run", "prepare", "--workflow", "wf/hostile.json"], codes | {1, 7},
                               label=f"prepare: {title}")
        flow = start(examiner, name)
        session = flow.session()
        for body in ("", "{", "[]", "1", '{"a":' * 5000, "[" * 50_000, '{"a": "\\ud800"}', '{"a": 1e999}',
                     '{"a": "\x01"}', "\ufeff{}", '{"a": ' + "9" * 50_000 + "}", '{"\\u0000": "\\u0000\\u001b"}'):
            examiner.probe(name, ["send", "--session-id", session, "--kind", "note", f"--body-json={body}"], {0, 4})


# --------------------------------------------------------------------------- Markdown

def markdown_files():
    yield "unclosed front matter", b"---\nschema_version: 1\n"
    yield "only dashes", b"---\n---\n"
    yield "dashes for ever", b"---\n" * 10_000
    yield "no newline", b"---"
    yield "deep value", b'---\nschema_version: "striatum.finding.v1"\nartifact_kind: "finding"\ntags: ' + b"[" * 50_000 \
        + b"\n---\n"
    yield "long key", b"---\n" + b"k" * 100_000 + b": 1\n---\n"
    yield "twice a key", b'---\nverdict_intent: "accept"\nverdict_intent: "reject"\n---\n'
    yield "NUL", b"---\nverdict_intent: \"\x00\"\n---\n\x00\x00"
    yield "not UTF-8", b"---\n\xff\xfe: 1\n---\n\xff\xff"
    yield "escapes in a byline", b"author: operator" + ESCAPES.encode() + b"\n"
    yield "another's byline", b"author: somebody-else-001\n"
    yield "many bylines", b"**Author:** operator\n" * 39 + b"author: mallory-001\n"
    yield "carriage returns", b"---\r\nschema_version: 1\r\n---\r\n# x\rauthor: mallory\r"
    yield "binary", bytes(range(256)) * 100


def markdown(examiner, arguments):
    kinds = ("finding", "decision", "synthesis", "findings_ledger", "support_ledger", "action_item_ledger", "handoff",
             "harness_improvement_proposal", "other")
    for name in NAMES:
        flow = start(examiner, name)
        held = flow.ack(flow.claim())
        for title, content in markdown_files():
            for kind in kinds:
                path = f"out/{kind}.md"
                write(examiner.repo, path, content)
                examiner.before = examiner.sandbox.listing()
                examiner.probe(name, ["publish-artifact", *held.who(), "--kind", kind, "--logical-name",
                                      f"{kind} {title}", "--path", path], {0, 6, 1}, label=f"{kind}: {title}",
                               may=["repo/out/synthesis.md"] if kind == "synthesis" else ())


# ------------------------------------------------------------------------------ traps

def trap_state_link(repo):
    forget(repo)
    (repo / ".striatum").symlink_to("../outside")


def trap(relative, make):
    def lay(repo):
        forget(repo)
        (repo / ".striatum").mkdir()
        make(repo / ".striatum" / relative, repo)
    return lay


def in_place(relative, make):
    """Into a state that works."""
    def lay(repo):
        target = repo / relative
        if target.is_symlink() or target.is_file():
            target.unlink()
        shutil.rmtree(target, ignore_errors=True)
        make(target, repo)
    return lay


def link_out(target, repo):
    target.symlink_to(os.path.relpath(repo.parent / "outside/secret.txt", target.parent))


def link_new(target, repo):
    target.symlink_to(os.path.relpath(repo.parent / "outside/new", target.parent))


def fifo(target, repo):
    os.mkfifo(target)


def folder(target, repo):
    target.mkdir()


def garbage(target, repo):
    target.write_bytes(os.urandom(5000))


TRAPS = {
    "state folder is a link": trap_state_link,
    "state file is a link": trap("state.sqlite3", link_out), "state file links to nothing": trap("state.sqlite3", link_new),
    "state file is a FIFO": trap("state.sqlite3", fifo), "state file is a folder": trap("state.sqlite3", folder),
    "state file is garbage": trap("state.sqlite3", garbage),
    "own .gitignore is a link": trap(".gitignore", link_out), "own .gitignore links to nothing": trap(".gitignore", link_new),
    "own .gitignore is a FIFO": trap(".gitignore", fifo),
    "lock is a link": in_place(".striatum/write.lock", link_out), "lock links to nothing": in_place(".striatum/write.lock", link_new),
    "lock is a FIFO": in_place(".striatum/write.lock", fifo),
    "wal is a link": in_place(".striatum/state.sqlite3-wal", link_out), "wal links to nothing": in_place(".striatum/state.sqlite3-wal", link_new),
    "shm is a link": in_place(".striatum/state.sqlite3-shm", link_out),
    "journal is a link": in_place(".striatum/state.sqlite3-journal", link_out),
    ".gitignore is a link": in_place(".gitignore", link_out), ".gitignore links to nothing": in_place(".gitignore", link_new),
    ".gitignore is a FIFO": in_place(".gitignore", fifo),
    "the target's folder is a link": in_place("decisions", lambda t, r: t.symlink_to("../outside")),
}
# What stands where git looks for a hook, and must still stand there after an installation of ours.
HOOKS = {"link": link_out, "link to nothing": link_new, "FIFO": fifo, "folder": folder, "garbage": garbage,
         "script": lambda t, r: (t.write_text("#!/bin/sh\nexit 0\n"), t.chmod(0o755)),
         "no newline": lambda t, r: (t.write_text("#!/bin/sh\nexit 0"), t.chmod(0o755)),
         "huge": lambda t, r: t.write_bytes(b"#!/bin/sh\n" + b"#" * (8 << 20))}


def traps(examiner, arguments):
    """Links, FIFOs and rubbish where the program has its own files."""
    repo = examiner.repo
    for name in NAMES:
        for title, lay in TRAPS.items():
            for extra in (".gitignore", "decisions"):
                path = repo / extra
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
            flow = start(examiner, name)
            session = flow.session()
            lay(repo)
            examiner.before = examiner.sandbox.listing()
            may = ["repo/.gitignore"] if "ignore" not in title else []
            may += ["repo/.git/striatum*"] if "backup" not in title else []
            codes = {0, 1, 3, 6}
            examiner.probe(name, ["init"], codes, may=may, label=f"{title}: init")
            examiner.probe(name, ["claim-next", "--session-id", session], codes, may=may, label=f"{title}: claim-next")
            examiner.probe(name, ["decision", "record", "--run-id", flow.run, "--path", "decisions/d.md", "--outcome",
                                  "accepted", "--title", "t"], codes, label=f"{title}: decision record",
                           may=may + (["repo/decisions*"] if "target" not in title else []))
            examiner.probe(name, ["run", "cancel", "--run-id", flow.run], codes, may=may, label=f"{title}: run cancel")
            shutil.rmtree(repo / "decisions", ignore_errors=True)
    forget(repo)
    if has(examiner, "hooks", "install"):
        hook_traps(examiner)


def hook_traps(examiner):
    flow = start(examiner, "git-striatum")
    target = examiner.repo / ".git/hooks/pre-commit"
    for title, make in HOOKS.items():
        for chain in ([], ["--chain"]):
            if examiner.left_out():
                continue
            make(target, examiner.repo)
            others = ["repo/.git/hooks/" + hook for hook in ("commit-msg", "post-*", "pre-applypatch", "pre-merge-commit",
                                                             "pre-push", "prepare-*")]
            others += ["repo/.git/striatum*", "repo/.git/config"]
            if chain and title in ("script", "no newline"):
                others.append("repo/.git/hooks/pre-commit")
            examiner.before = examiner.sandbox.listing()
            was = examiner.before["repo/.git/hooks/pre-commit"]
            part, examiner.part = examiner.part, (0, 1)  # what is installed is uninstalled
            examiner.probe("git-striatum", ["hooks", "install", *chain], {0, 1, 4, 6}, may=others,
                           label=f"hook is a {title}: install")
            examiner.probe("git-striatum", ["hooks", "status"], {0, 1}, label=f"hook is a {title}: status")
            examiner.probe("git-striatum", ["hooks", "uninstall"], {0, 1, 4, 6}, may=others,
                           label=f"hook is a {title}: uninstall")
            examiner.part = part
            if examiner.sandbox.listing().get("repo/.git/hooks/pre-commit") != was:
                examiner.finding("hooks", [title, *chain], "another hook after install and uninstall")
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)
    flow.do("run", "cancel", "--run-id", flow.run)


# --------------------------------------------------------------------------- terminal

def terminal(examiner, arguments):
    """What was stored raw is shown clean, and so is what is refused."""
    evil = ESCAPES
    spec = workflow([{**open_job("draft"), "title": evil, "objective": evil},
                     {**open_job("id" + evil), "title": "x\x1b[2J"}], name=evil, workflow_id="wf" + evil)
    for name in NAMES:
        forget(examiner.repo)
        flow = Flow(examiner.tool, name, examiner.repo, spec).start()
        held = flow.ack(flow.claim())
        flow.do("send", "--session-id", held.session, "--kind", "note" + evil, "--body-json", json.dumps({evil: evil}))
        flow.do("run", "pause", "--run-id", flow.run, "--reason", evil)
        flow.do("run", "resume", "--run-id", flow.run)
        flow.do("block", *held.who(), "--kind", evil, "--severity", "human_checkpoint", "--description", evil)
        shown = [["status"], ["status", "--run-id", flow.run], ["list", "runs"], ["list", "jobs", "--run-id", flow.run],
                 ["list", "sessions", "--run-id", flow.run], ["list", "workflows"], ["why", flow.run], ["why", held.job],
                 ["doctor"], ["doctor", "--verbose"], ["log"], ["log", "verify"], ["why", evil], [evil], ["--" + evil],
                 ["run", "start", "--run-id", evil], ["run", "start", "--run-id", flow.run],
                 ["workflow", "validate", "wf/workflow.json"], ["workflow", "plan", "wf/workflow.json"],
                 ["workflow", "graph", "wf/workflow.json"], ["workflow", "graph", "wf/workflow.json", "--format", "dot"],
                 ["workflow", "validate", "absent" + evil], ["claim-next", "--session-id", held.session],
                 ["register-session", "--run-id", flow.run, "--role", "author", "--lane", "local"],
                 ["branch", "confirm", "--run-id", flow.run, "--branch", evil], ["run", "cancel", "--run-id", flow.run],
                 ["publish-artifact", *held.who(), "--kind", evil, "--logical-name", evil, "--path", evil],
                 ["heartbeat", "--session-id", held.session, "--lease-id", held.lease, "--extend-seconds", evil],
                 ["verdict", *held.who(), "--verdict", evil], ["init"], ["-h"]]
        for args in shown:
            examiner.terminal(name, args)
    examiner.before = examiner.sandbox.listing()


# ------------------------------------------------------------------------------- huge

def huge_workflows(size):
    good = json.dumps(workflow([job("draft")])).encode()
    yield "one string", lambda: good[:-1] + b', "x": "' + b"x" * size + b'"}'
    yield "brackets", lambda: b"[" * size
    yield "objects", lambda: b'{"a":' * (size // 5)
    yield "blanks", lambda: good + b" " * size
    yield "numbers", lambda: good[:-1] + b', "x": [' + b"1," * (size // 2) + b"1]}"
    yield "jobs", lambda: good[:-2] + b", {}" * (size // 4) + b"]}"
    yield "keys", lambda: b"{" + b",".join(b'"%d":1' % i for i in range(size // 12)) + b"}"
    yield "a job's long type", lambda: good.replace(b'"type": "draft"', b'"type": "' + b"x" * size + b'"')
    yield "digits", lambda: b"9" * size
    yield "garbage", lambda: os.urandom(1 << 20) * (size >> 20)
    yield "NUL", lambda: b"\0" * size


def huge_texts(size):
    yield "one line", lambda: b"x" * size
    yield "newlines", lambda: b"\n" * size
    yield "front matter", lambda: b"---\n" + b'tags: "x"\n' * (size // 10)
    yield "many fields", lambda: b"---\n" + b"".join(b"f%d: 1\n" % i for i in range(size // 12)) + b"---\n"
    yield "dashes", lambda: b"---\n" * (size // 4)
    yield "bylines", lambda: b"author: operator\n" * (size // 17)
    yield "a long byline", lambda: b"author: " + b"x" * size + b"\n"
    yield "bylines in front matter", lambda: b"---\n" + b"author: operator\n" * (size // 17) + b"---\n"
    yield "NUL", lambda: b"\0" * size


def huge(examiner, arguments):
    """Linear in time and memory, or refused at once."""
    size = arguments.huge << 20
    name = "git-striatum"
    flow = start(examiner, name)
    examiner.limit_memory(HUGE_FACTOR * size + HUGE_BASE)
    for title, content in huge_workflows(size):
        write(examiner.repo, "wf/huge.json", content())
        examiner.before = examiner.sandbox.listing()
        examiner.probe(name, ["workflow", "validate", "wf/huge.json"], {0, 8}, label=f"huge validate: {title}")
        examiner.probe("striatum", ["run", "prepare", "--workflow", "wf/huge.json"], {0, 8},
                       label=f"huge prepare: {title}")
    (examiner.repo / "wf/huge.json").unlink()
    held = flow.ack(flow.claim())
    for title, content in huge_texts(size):
        text = content()
        for kind, path in (("finding", "out/huge.md"), ("other", "out/huge.bin"), ("synthesis", "out/synthesis.md")):
            write(examiner.repo, path, text)
            examiner.before = examiner.sandbox.listing()
            examiner.probe(name, ["publish-artifact", *held.who(), "--kind", kind, "--logical-name", f"{kind} {title}",
                                  "--path", path], {0, 6}, label=f"huge {kind}: {title}",
                           may=["repo/out/synthesis.md"])


FAMILIES = {"paths": paths, "branches": branches, "names": names, "json": json_files, "markdown": markdown,
            "traps": traps, "terminal": terminal, "huge": huge}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--only", default=",".join(FAMILIES))
    parser.add_argument("--huge", type=int, default=100, metavar="MB")
    parser.add_argument("--slice", default="0/1", metavar="K/N", help="every N-th call, from the K-th")
    parser.add_argument("--show", type=int, default=60)
    parser.add_argument("--tmp")
    arguments = parser.parse_args()
    findings = []
    for family in arguments.only.split(","):
        folder = workbench.scratch_folder("hostile-", arguments.tmp)
        begin = time.monotonic()
        try:
            part = tuple(map(int, arguments.slice.split("/")))
            examiner = Examiner(Sandbox(arguments.program, folder), part)
            FAMILIES[family](examiner, arguments)
        finally:
            workbench.remove(folder)
        print(f"{family:10} {examiner.calls:6} calls in {time.monotonic() - begin:5.0f} s, "
              f"{len(examiner.findings)} findings", flush=True)
        findings += examiner.findings
    for finding in findings[:arguments.show]:
        print("FINDING", finding.encode("utf-8", "backslashreplace").decode())
    if len(findings) > arguments.show:
        print(f"... and {len(findings) - arguments.show} more")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
