#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Places that cannot be written, replies that cannot be delivered, children that must not outlive their parent.

    places.py PROGRAM

On a read-only file system, in folders and files of others: reading verbs answer or give one typed error, writing
verbs give one typed error, nothing is left behind. A reply into a full device is code 1, `output_failed`, after the
work; a closed pipe is nobody's fault; a closed stream never becomes one of our files.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "crash")]

import workbench
from injected import in_own_namespace
from workbench import Flow, Tool, job, query, workflow, write

NOBODY = 65534
READING = (("status",), ("list", "runs"), ("doctor",), ("log",), ("log", "verify"))
REFUSED = {"read_only", "no_permission", "db_unreadable", "unsafe_owner"}


class Bench:
    def __init__(self, program):
        self.program, self.findings, self.checks = program, [], 0

    def expect(self, what, found, wanted):
        self.checks += 1
        if found != wanted and not (isinstance(wanted, (set, tuple)) and found in wanted):
            self.findings.append(f"{what}: {found!r}, expected {wanted!r}")

    def flow(self, folder):
        tool = Tool(self.program, folder)
        repo = tool.repository(folder / "repo")
        flow = Flow(tool, "git-striatum", repo, workflow([job("draft"), job("more")])).start()
        flow.held = flow.ack(flow.claim())
        write(repo, flow.held.paths[0], "# work\n")
        return flow

    # -------------------------------------------------------- not to be written

    @staticmethod
    def writing(flow):
        held = flow.held
        return (("send", "--session-id", held.session, "--kind", "note"),
                ("heartbeat", "--session-id", held.session, "--lease-id", held.lease),
                ("publish-artifact", *held.who(), "--kind", "handoff", "--logical-name", "main", "--path", held.paths[0]),
                ("run", "pause", "--run-id", flow.run), ("workflow", "init", "starter"),
                ("decision", "record", "--run-id", flow.run, "--path", "docs/d.md", "--outcome", "accepted", "--title", "t"),
                ("evidence", "export", "--run-id", flow.run, "--path", "docs/e.md"), ("hooks", "install"),
                ("apply", "--run-id", flow.run))

    def as_nobody(self, flow, args):
        def become():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        done = subprocess.run(flow.tool.argv("git-striatum", flow.repo, args), cwd=flow.repo, env=flow.tool.env,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, preexec_fn=become)
        return workbench.Reply(done.returncode, done.stdout, done.stderr)

    @staticmethod
    def listing(folder):
        return sorted((str(path), path.lstat().st_size) for path in folder.rglob("*")
                      if not path.name.endswith(("-shm", "-wal")))

    def ask(self, title, flow, call, refused_reads):
        before = self.listing(flow.repo)
        for args in READING:
            reply = call(flow, args)
            label = f"{title}: {' '.join(args)}: {(reply.stdout + reply.stderr)[:160]!r}"
            self.expect(label + " code", reply.exit, {0, 1} if refused_reads else {0})
            if reply.exit:
                self.expect(label + " kind", reply.error.get("kind"), REFUSED)
        for args in self.writing(flow):
            reply = call(flow, args)
            label = f"{title}: {' '.join(args[:2])}: {(reply.stdout + reply.stderr)[:160]!r}"
            self.expect(label + " code", reply.exit, {1, 4} if args[0] == "apply" else {1})
            if reply.exit == 1:
                self.expect(label + " kind", reply.error.get("kind"), REFUSED)
        self.expect(f"{title}: files", self.listing(flow.repo), before)

    def read_only_disk(self):
        folder = Path(tempfile.mkdtemp(prefix="places-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "striatum-test", folder], check=True)
        try:
            flow = self.flow(folder)
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            call = lambda flow, args: flow.tool.call("git-striatum", flow.repo, *args)
            self.ask("read-only disk", flow, call, refused_reads=True)
            subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
            self.expect("writable again: heartbeat", call(flow, self.writing(flow)[1]).exit, 0)
        finally:
            subprocess.run(["umount", "-l", folder], check=False)
            workbench.remove(folder)

    def files_of_others(self):
        """Everything belongs to root; the caller is nobody."""
        with tempfile.TemporaryDirectory(prefix="places-", dir="/tmp") as name:
            folder = Path(name)
            folder.chmod(0o755)
            flow = self.flow(folder)
            subprocess.run(["git", "config", "--global", "safe.directory", "*"], env=flow.tool.env, check=True)
            subprocess.run(["chmod", "-R", "a+rX,go-w", folder], check=True)
            self.ask("files of others", flow, self.as_nobody, refused_reads=True)
            subprocess.run(["chmod", "-R", "go-rwx", flow.repo / ".striatum"], check=True)
            self.ask("unreadable state", flow, self.as_nobody, refused_reads=True)

    # ----------------------------------------------------------------- replies

    def sent(self, flow):
        return query(flow.repo, "SELECT count(*) FROM events WHERE event_type = 'message.sent'")[0][0]

    def replies(self):
        with tempfile.TemporaryDirectory(prefix="places-") as name:
            flow = self.flow(Path(name))
            argv = flow.tool.argv("git-striatum", flow.repo, ["--request-id", "r1", "send", "--session-id",
                                                              flow.held.session, "--kind", "note"])
            with open("/dev/full", "wb") as full:
                done = subprocess.run(argv, cwd=flow.repo, env=flow.tool.env, stdout=full, stderr=subprocess.PIPE)
            self.expect("reply into a full device: code", done.returncode, 1)
            self.expect("reply into a full device: a line", b"reply" in done.stderr, True)
            self.expect("reply into a full device: the work is done", self.sent(flow), 1)
            again = subprocess.run(argv, cwd=flow.repo, env=flow.tool.env, capture_output=True)
            self.expect("the same request again", (again.returncode, json.loads(again.stdout)["ok"], self.sent(flow)),
                        (0, True, 1))
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run(argv, cwd=flow.repo, env=flow.tool.env, stdout=writer, stderr=subprocess.PIPE)
            os.close(writer)
            self.expect("closed pipe", (done.returncode, done.stderr), (0, b""))
            self.closed_streams(flow)

    def closed_streams(self, flow):
        words = " ".join(f"'{word}'" for word in flow.tool.argv(
            "git-striatum", flow.repo, ["send", "--session-id", flow.held.session, "--kind", "note"]))
        for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"):
            before = self.sent(flow)
            done = subprocess.run(["sh", "-c", f"{words} {closed}"], cwd=flow.repo, env=flow.tool.env, capture_output=True)
            self.expect(f"with {closed}: code", done.returncode, 1 if "1>" in closed else 0)
            self.expect(f"with {closed}: the work is done", self.sent(flow), before + 1)
            holding = [str(path) for path in flow.repo.rglob("*") if path.is_file() and not path.name.startswith("state.")
                       and b'"message_id"' in path.read_bytes()]
            self.expect(f"with {closed}: files that hold the reply", holding, [])
        connection = sqlite3.connect(flow.repo / ".striatum/state.sqlite3")
        self.expect("after closed streams: unsound", workbench.broken_invariants(connection), [])
        connection.close()

    # ---------------------------------------------------------------- children

    def children(self):
        """A hook of the user's that would run for ever ends with the command that waits for it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory(prefix="places-") as name:
                folder = Path(name)
                flow = self.flow(folder)
                flow.do("key", "create", "--role", "human:author", "--no-passphrase")
                flow.do("publish-artifact", *flow.held.who(), "--kind", "handoff", "--logical-name", "main", "--path",
                        flow.held.paths[0])
                flow.do("complete", *flow.held.who())
                pipe = folder / "pipe"
                os.mkfifo(pipe)
                write(flow.repo, ".git/hooks/pre-commit", f"#!/bin/sh\necho $$ >{pipe}\nexec sleep 1000\n")
                (flow.repo / ".git/hooks/pre-commit").chmod(0o755)
                head = flow.tool.git(flow.repo, "rev-parse", "HEAD").stdout
                applying = subprocess.Popen(flow.tool.argv("git-striatum", flow.repo, ["apply", "--run-id", flow.run]),
                                            cwd=flow.repo, env=flow.tool.env, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                hook = int(pipe.read_text())
                applying.send_signal(number)
                out, _ = applying.communicate(timeout=60)
                self.expect(f"apply and {number.name}", applying.returncode, (-number, 128 + number))
                self.expect(f"apply and {number.name}: torn reply", out == b"" or out.endswith(b"\n"), True)
                self.expect(f"apply and {number.name}: the hook is gone", self.gone(hook), True)
                self.expect(f"apply and {number.name}: HEAD", flow.tool.git(flow.repo, "rev-parse", "HEAD").stdout, head)
                (flow.repo / ".git/hooks/pre-commit").unlink()
                self.expect("apply again", flow.tool.call("git-striatum", flow.repo, "apply", "--run-id", flow.run).exit, 0)

    @staticmethod
    def gone(pid):
        """Within a second."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                return True
            if state == "Z":
                return True
            time.sleep(.01)
        os.kill(pid, signal.SIGKILL)
        return False


def main():
    in_own_namespace()
    bench = Bench(sys.argv[1])
    bench.read_only_disk()
    if os.geteuid() == 0 and os.getuid() == 0 and Path("/proc/self/uid_map").read_text().split()[2] != "1":
        bench.files_of_others()
    bench.replies()
    bench.children()
    for finding in bench.findings:
        print("FINDING", finding)
    print(f"{bench.checks} checks, {len(bench.findings)} findings")
    return 1 if bench.findings else 0


if __name__ == "__main__":
    sys.exit(main())
