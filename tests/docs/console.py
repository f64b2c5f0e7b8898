# SPDX-License-Identifier: Apache-2.0
"""Runs the ```console blocks of a Markdown page in one shell on a terminal, and compares what they print.

In a block a line `$ COMMAND` (going on behind a backslash or `&&`, or to the end of `<< 'WORD'`) is a command, the
lines below it are its output; a line `...` stands for any lines, `[exit N]` as the last line for a status that is not
0. What differs from run to run is compared by kind: ids (by their first eight digits, one page id always standing for
one real id), hashes, key fingerprints, times, the home folder (on the page `~`)."""
import fcntl
import hashlib
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
DONE = "\x01done"
KINDS = [
    ("id", r"(?<![a-z0-9])(?:run|sess|msg|lease|art|verdict|wp|wfs|blk|dec|blocker|block)_(?:[0-9a-f]{32}|[0-9a-f]{8})(?![0-9a-f])"),
    ("fingerprint", r"SHA256:[A-Za-z0-9+/]{43}|SHA256:[A-Za-z0-9+/]{8}…"),
    ("hash", r"(?<![0-9a-z_])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-z])|(?<![0-9a-z_])[0-9a-f]{8}…"),
    ("shard", r"(?<=/)[0-9a-f]{2}(?=/[0-9a-f]{8})"),
    ("short", r"(?<![0-9a-z_])(?!ed25519)(?:[0-9a-f]{7}|[0-9a-f]{12})(?![0-9a-z])"),
    ("key", r"AAAA[A-Za-z0-9+/]{40,}=*|AAAA[A-Za-z0-9+/]{4}…"),
    ("time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?|(?<!\d)\d\d:\d\d(?::\d\d)?(?!\d)"),
    ("ago", r"\((?:now|\d+ (?:second|minute|hour|day)s? ago)\)"),
    ("span", r"\b\d+ ?(?:s|ms|min|minutes?|seconds?|h|hours?)\b(?: \d+ ?(?:s|min|seconds?|minutes?)\b)?"),
]
TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in KINDS))
ONE_TO_ONE = {"id", "fingerprint", "hash", "key"}
TIMEOUT = 120


def split(text):
    """Literal texts and (kind, value) tokens, in turn; of an id its first eight digits, which is what people are shown."""
    out, last = [], 0
    for found in TOKEN.finditer(text):
        value = re.sub(r"_([0-9a-f]{8})[0-9a-f]{24}$", r"_\1", found.group()) if found.lastgroup == "id" else found.group()
        out += [text[last:found.start()], (found.lastgroup, value)]
        last = found.end()
    return out + [text[last:]]


class Shell:
    """bash whose output is a terminal 100 columns wide."""

    def __init__(self, folder, env):
        self.master, slave = pty.openpty()
        mode = termios.tcgetattr(slave)
        mode[1] &= ~termios.ONLCR
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.bash = subprocess.Popen(["bash", "--norc", "--noprofile"], cwd=folder, env=env, stdin=subprocess.PIPE,
                                     stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)

    def run(self, command):
        """(output, status)"""
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null; printf '{DONE}%s\\n' $?\n".encode())
        self.bash.stdin.flush()
        seen, end = b"", time.monotonic() + TIMEOUT
        mark = re.compile(re.escape(DONE.encode()) + rb"(\d+)\n")
        while not mark.search(seen):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(command)
            try:
                seen += os.read(self.master, 65536)
            except OSError as error:
                raise EOFError(f"the shell ended in: {command}") from error
        found = mark.search(seen)
        return seen[:found.start()].decode(errors="replace"), int(found.group(1))

    def close(self):
        self.bash.stdin.close()
        self.bash.wait()
        os.close(self.master)


class Names:
    """Which name on the page stands for which real one."""

    def __init__(self):
        self.real, self.page, self.count = {}, {}, {}

    def learn(self, page, real):
        """Whether the two may stand for each other; they do from now on."""
        if self.real.get(page, real) != real or self.page.get(real, page) != page:
            return False
        self.real[page], self.page[real] = real, page
        return True

    def to_real(self, command):
        for page, real in self.real.items():
            command = command.replace(page, real)
        return command

    def to_page(self, text):
        out = ""
        for part in split(text):
            out += part if isinstance(part, str) else self._page_token(*part)
        return out

    def _page_token(self, kind, real):
        if kind == "time":
            return re.sub(r"\d{4}-\d\d-\d\d", "2026-03-02", re.sub(r"\d\d:\d\d(:\d\d)?", lambda m: "09:00" + (":00" if m[1] else ""), real))
        if kind in ("span", "ago"):
            return real
        if kind == "shard":
            return "aa"
        while real not in self.page:  # a name that the page gives to something else is not taken
            self.learn(self._fresh_name(kind, real), real)
        return self.page[real]

    def _fresh_name(self, kind, real):
        prefix = real[: real.rindex("_") + 1] if kind == "id" else ""
        number = self.count[kind + prefix] = self.count.get(kind + prefix, 0) + 1
        digits = hashlib.sha256(f"{kind}{prefix}{number}".encode()).hexdigest()
        return {"id": prefix + digits[:8], "fingerprint": f"SHA256:{digits[:8]}…", "hash": f"{digits[:8]}…",
                "key": f"AAAA{digits[:4]}…", "short": digits[:len(real) - 1] + "1"}[kind]


def same_line(page, real, names):
    wanted, got = split(page), split(real)
    if [p if isinstance(p, str) else p[0] for p in wanted] != [p if isinstance(p, str) else p[0] for p in got]:
        return False
    pairs = [(w, g) for w, g in zip(wanted, got) if not isinstance(w, str) and w[0] in ONE_TO_ONE]
    return all(names.learn(w[1], g[1]) for w, g in pairs)


def same(page, real, names):
    """Whether the lines agree; `...` on the page stands for any number of lines."""
    if not page:
        return not real
    if page[0].strip() == "...":
        return any(same(page[1:], real[skip:], names) for skip in range(len(real) + 1))
    return bool(real) and same_line(page[0], real[0], names) and same(page[1:], real[1:], names)


class Step:
    def __init__(self, first, command):
        self.first, self.command, self.output = first, command, []


def rest_of_command(lines, index):
    """The lines behind the one at `index` that its command goes on in."""
    ends = re.search(r"<< '(\w+)'", lines[index])
    while True:
        line = lines[index]
        if line == ends[1] if ends else not line.endswith(("\\", "&&")):
            return
        index += 1
        yield lines[index]


def steps_of(text):
    """The commands of all console blocks, each with the page's lines of output; line numbers are from 0."""
    steps, inside = [], False
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("```"):
            inside = line == "```console" if not inside else False
        elif inside and line.startswith("$ "):
            step = Step(index, line[2:])
            for line in rest_of_command(lines, index):
                index += 1
                step.command += "\n" + line
            step.last = index
            steps.append(step)
        elif inside:
            if not steps:
                raise SystemExit(f"line {index + 1}: output before the first command")
            steps[-1].output.append(line)
        index += 1
    return steps


def run_page(page, folder, env, update=False):
    """Problems as texts. With `update` the page gets the outputs that came, where they differ."""
    text = Path(page).read_text()
    names, problems, fresh = Names(), [], {}
    shell = Shell(folder, env)
    try:
        for step in steps_of(text):
            output, status = shell.run(names.to_real(step.command))
            real = [line.rstrip() for line in output.replace(env["HOME"], "~").split("\n")]
            while real and not real[-1]:
                real.pop()
            if status:
                real.append(f"[exit {status}]")
            wanted = list(step.output)
            while wanted and not wanted[-1]:
                wanted.pop()
            if same(wanted, real, names):
                continue
            fresh[step.first] = [names.to_page(line) for line in real]
            if not update:
                problems.append(f"{page}:{step.first + 1}: $ {step.command}\n  the page says:\n"
                                + "".join(f"    {line}\n" for line in wanted) + "  it printed:\n"
                                + "".join(f"    {line}\n" for line in fresh[step.first]))
    finally:
        shell.close()
    if update and fresh:
        Path(page).write_text(rewritten(text, fresh))
    return problems


def rewritten(text, fresh):
    lines = text.split("\n")
    for step in reversed(steps_of(text)):
        if step.first in fresh:
            lines[step.last + 1: step.last + 1 + len(step.output)] = fresh[step.first]
    return "\n".join(lines)


def world(scratch, program):
    """The folder ~/demo and an environment: home, git configuration, the program first in the path by its names."""
    home, binaries = Path(scratch, "home"), Path(scratch, "bin")
    (home / "demo").mkdir(parents=True)
    binaries.mkdir()
    for name in ("git-striatum", "striatum", "striatumd"):
        (binaries / name).symlink_to(Path(program).resolve())
    env = {"PATH": f"{binaries}:{os.environ['PATH']}", "HOME": str(home), "TERM": "dumb", "NO_COLOR": "1",
           "TOP": str(TOP), "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", "GIT_PAGER": "cat", "PAGER": "cat", "TZ": "UTC", "COLUMNS": "100"}
    for name, value in (("user.name", "You"), ("user.email", "you@example.org"), ("init.defaultBranch", "main"),
                        ("advice.detachedHead", "false")):
        subprocess.run(["git", "config", "--global", name, value], env=env, check=True)
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    return home / "demo", env
