# SPDX-License-Identifier: Apache-2.0
"""Calling a program under test by its command line.

A program that is a Python console script is served by one resident interpreter that loads the script's
imports once and forks a child per call: the same answers as a fresh start at a fraction of the cost.
"""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import clock


@dataclass(frozen=True)
class Reply:
    exit: int
    stdout: str
    stderr: str

    def envelope(self):
        """The JSON object on standard output, or None."""
        if not self.stdout.startswith("{"):
            return None
        try:
            value = json.loads(self.stdout)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


FORK_SERVER = r"""
import json, os, runpy, sys, traceback
script = sys.argv[1]
runpy.run_path(script, run_name="preload")

def child(call, out, err):
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(call["cwd"])
    os.environ.clear()
    os.environ.update(call["env"])
    sys.stdin = open(0)
    sys.stdout = open(1, "w", closefd=False)
    sys.stderr = open(2, "w", closefd=False)
    sys.argv = [call["argv0"]] + call["args"]
    code = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 255)

def contents(fd):
    size = os.fstat(fd).st_size
    return os.pread(fd, size, 0).decode("utf-8", "backslashreplace")

for line in sys.stdin:
    call = json.loads(line)
    out, err = os.memfd_create("out"), os.memfd_create("err")
    pid = os.fork()
    if pid == 0:
        child(call, out, err)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(json.dumps([code, contents(out), contents(err)]), flush=True)
    os.close(out)
    os.close(err)
"""


def python_of(path):
    """The interpreter of a console script, or None for anything else."""
    with open(path, "rb") as file:
        first = file.readline(200)
    if not first.startswith(b"#!") or b"python" not in first:
        return None
    return first[2:].decode().split()[0]


def base_environment(home):
    """What every call gets: nothing of the caller's striatum or git settings leaks in."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com",
        "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.com",
    }


class Program:
    """One program, called as `striatum` whatever its file is named.

    With `set_clock`, every call happens at the second `now`, which the test moves on.
    """

    def __init__(self, path, scratch, resident=True, set_clock=True):
        self.path = str(Path(path).absolute())
        self.folder = Path(tempfile.mkdtemp(prefix="program-", dir=scratch))
        self.link = self.folder / "striatum"
        self.link.symlink_to(self.path)
        self.env = base_environment(self.folder)
        self.now = clock.START if set_clock else None
        if set_clock:
            self.env.update(clock.build(self.folder))
        self.server = self._start_server() if resident else None

    def _start_server(self):
        interpreter = python_of(self.path)
        if interpreter is None:
            return None
        return subprocess.Popen([interpreter, "-c", FORK_SERVER, self.path], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True, env=self.env)

    def call(self, args, cwd, env=None):
        environment = {**self.env, **(env or {})}
        if self.now is not None:
            environment["TEST_CLOCK"] = str(self.now)
        if self.server is None:
            return self._spawn(args, cwd, environment)
        request = {"args": list(args), "cwd": str(cwd), "env": environment, "argv0": str(self.link)}
        self.server.stdin.write(json.dumps(request) + "\n")
        self.server.stdin.flush()
        return Reply(*json.loads(self.server.stdout.readline()))

    def _spawn(self, args, cwd, environment):
        done = subprocess.run([str(self.link), *args], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120)
        return Reply(done.returncode, done.stdout.decode("utf-8", "backslashreplace"),
                     done.stderr.decode("utf-8", "backslashreplace"))

    def close(self):
        if self.server is not None:
            self.server.stdin.close()
            self.server.wait()
            self.server = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
