# SPDX-License-Identifier: Apache-2.0
"""The dashboard: frames, records, and the live view in a real terminal (tmux) and in pseudo-terminals of all sizes.

    test_dashboard.py PROGRAM
"""
import codecs
import fcntl
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import termios
import time

import lab

DEADLINE = 60
HOLD, SHOW = "\x1b[?2026h", "\x1b[?2026l"


def flow(count):
    jobs = [lab.job(f"job-{i:04}", "build", [f"src/{i}/"]) for i in range(count)]
    return lab.workflow(jobs, [(f"job-{i:04}", f"job-{i + 1:04}") for i in range(count - 1) if i % 40 != 39])


class Board:
    """A started run of so many jobs."""

    def __init__(self, folder, program, count=3):
        self.lab = lab.Lab(folder, program)
        self.lab.env["TERM"] = "xterm-256color"
        self.repo = self.lab.repo(trusted=())
        self.id = self.repo.prepare(flow(count))
        (folder / "striatum").symlink_to(self.lab.program)
        self.contract = folder / "striatum"

    def args(self, *more):
        return ["dashboard", "--run-id", self.id, *more]

    def once(self, *more, program=None, env=None):
        done = self.lab.run([program or self.lab.program, *self.args("--once", *more)], self.repo.path, env=env)
        return done.stdout


class Terminal:
    """The program on a pseudo-terminal of its own; what it wrote is kept."""

    def __init__(self, board, args, columns, rows, env=None, program=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(board.repo.path)
            path = program or board.lab.program
            os.execve(path, [path, *args], board.lab.env | (env or {}))
        self.out = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def read(self):
        try:
            if select.select([self.fd], [], [], 1)[0]:
                data = os.read(self.fd, 1 << 20)
                self.out += self.decoder.decode(data)
                return bool(data)
        except OSError:  # the other end is closed
            return False
        return True

    def until(self, found):
        end = time.monotonic() + DEADLINE
        while not found(self.out):
            assert time.monotonic() < end and self.read(), self.out[-2000:]

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self, number=signal.SIGINT):
        if number:
            os.kill(self.pid, number)
        while self.read():
            pass
        _, status, used = os.wait4(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


def frames(out):
    """The frames of a live view; everything between them must be the ways in and out."""
    parts = re.split(re.escape(HOLD) + "(.*?)" + re.escape(SHOW), out, flags=re.S)
    return parts[1::2], "".join(parts[0::2])


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def lines_of(frame):
    return re.split("\r+\n", plain(frame))


# ---- one frame

def a_frame_by_the_contracts_name(folder, program):
    board = Board(folder, program)
    text = board.once(program=board.contract)
    lines = text.split("\n")
    assert lines[0].startswith(f"striatum dashboard - run {board.id} - branch work")
    assert "Jobs:" in text and "Verdicts:" in text and "Claimable now:" in text and "\x1b" not in text
    assert all(len(line) <= 80 for line in lines)
    assert board.once("--json", program=board.contract).split("\n")[2:] == lines[2:]  # no effect there
    assert "Graph" not in text and "Graph (layered):" in board.once("--graph", program=board.contract)
    wide = board.once(program=board.contract, env={"COLUMNS": "100", "LINES": "30"})
    assert "Graph (layered):" in wide and "L2 [job-0002 B" in wide


def data_by_our_name(folder, program):
    board = Board(folder, program)
    data = json.loads(board.once("--json"))["data"]
    assert {"run", "status", "events", "verdict_counts", "posture_counts", "updated_at", "workflow", "node_states", "refresh_seconds"} <= set(data)
    assert data["node_states"] == {"job-0000": "queued", "job-0001": "blocked", "job-0002": "blocked"}
    assert len(data["events"]) <= 10 and data["run"]["run_id"] == board.id
    records = subprocess.Popen([board.lab.program, *board.args("--json", "--refresh", "0.1")], cwd=board.repo.path, env=board.lab.env,
                               text=True, stdout=subprocess.PIPE)
    for _ in range(3):
        assert json.loads(records.stdout.readline())["run"]["state"] == "running"
    records.stdout.close()  # nobody reads on: the program notices
    assert records.wait(DEADLINE) == 0


def refusals(folder, program):
    board = Board(folder, program)
    for args, code in ((["dashboard", "--once"], 2), (["dashboard", "--run-id", "nope", "--once"], 3), (["dashboard", "--all"], 11)):
        found, error = board.repo.fails(*args)
        assert found == code and error["message"], (args, error)
    for args in (["--graph", "--no-graph"], ["--all"], ["--refresh", "soon"], ["--refresh", "inf"]):
        assert board.lab.run([board.lab.program, *board.args(*args)], board.repo.path, check=False).returncode == 2, args


def without_a_terminal(folder, program):
    board = Board(folder, program)
    live = subprocess.Popen([board.lab.program, *board.args("--refresh", "0.1", "--no-graph")], cwd=board.repo.path, env=board.lab.env,
                            text=True, stdout=subprocess.PIPE)
    seen = 0
    while seen < 3:
        seen += live.stdout.readline().startswith("striatum dashboard")
    live.send_signal(signal.SIGINT)
    rest = live.stdout.read()
    assert live.wait(DEADLINE) == 0 and rest.endswith("bye\n") and "\x1b" not in rest


# ---- live

def a_frame_is_one_write_and_fits(folder, program):
    """Whatever the size and the number of jobs: whole frames, no line too wide, no frame too high, the way back."""
    for count in (1, 40, 200, 2000):
        board = Board(folder / str(count), program, count)
        shake(board)
        for columns, rows in ((80, 24), (100, 30), (133, 45), (200, 60), (60, 8)):
            for style in ("auto", "list", "fancy"):
                term = Terminal(board, board.args("--graph", "--graph-style", style, "--refresh", "30"), columns, rows)
                term.until(lambda out: SHOW in out)
                code, _ = term.end()
                shown, around = frames(term.out)
                assert code == 0 and plain(around).replace("\r\n", "") in ("bye", "^Cbye"), (code, around)
                assert around.startswith("\x1b[?1049h\x1b[?25l\x1b[?7l") and "\x1b[?7h\x1b[?25h\x1b[?1049l" in around
                for frame in shown:
                    lines = lines_of(frame)
                    assert len(lines) <= rows, (count, columns, rows, len(lines))
                    assert all(len(line) <= columns for line in lines), (columns, max(lines, key=len))
                    assert "\x1b[2J" not in frame and frame.startswith("\x1b[H") and frame.endswith("\x1b[J")


def shake(board):
    """States of all kinds, and a lease to look at."""
    session = board.repo.call("register-session", "--run-id", board.id, "--role", "author", "--lane", "local", "--operator-label", "ann")["session_id"]
    board.repo.call("claim-next", "--session-id", session)
    db = sqlite3.connect(board.repo.path / ".striatum/state.sqlite3")
    states = ["completed", "running", "blocked", "waiting_human", "failed", "canceled", "stale_lease", "queued"]
    jobs = [job for (job,) in db.execute("SELECT job_id FROM jobs ORDER BY rowid")]
    db.executemany("UPDATE jobs SET state = ? WHERE job_id = ?", [(states[i % 8], job) for i, job in enumerate(jobs) if i > 0])
    db.commit()


def for_people(folder, program):
    board = Board(folder, program)
    term = Terminal(board, board.args("--once"), 120, 40)
    term.end(None)
    assert "to be taken by author/local: job-0000" in plain(term.out) and "\nnext: git striatum register-session" in plain(term.out), term.out
    shake(board)
    term = Terminal(board, board.args("--once"), 120, 40)
    code, _ = term.end(None)
    assert code == 0 and "held by author-local-1 (ann), ends in" in plain(term.out), term.out
    assert "\x1b[3" in term.out
    bare = Terminal(board, board.args("--once"), 120, 40, env={"NO_COLOR": "1"})
    bare.end(None)
    assert "\x1b" not in bare.out
    agent = Terminal(board, board.args("--once", "--no-graph"), 120, 40, env={"STRIATUM_SESSION_ID": "sess_1"})
    agent.end(None)
    assert agent.out.startswith("striatum dashboard - run") and "\x1b" not in agent.out


def signals_give_the_terminal_back(folder, program):
    board = Board(folder, program)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        term = Terminal(board, board.args(), 80, 24)
        term.until(lambda out: SHOW in out)
        code, _ = term.end(number)
        assert code == 0 and term.out.rstrip().endswith("\x1b[?1049l"), (number, code, term.out[-100:])
    term = Terminal(board, board.args("--refresh", "30"), 80, 24)
    term.until(lambda out: SHOW in out)
    os.kill(term.pid, signal.SIGTSTP)
    term.until(lambda out: out.endswith("\x1b[?1049l"))
    assert os.WIFSTOPPED(os.waitpid(term.pid, os.WUNTRACED)[1])  # it says goodbye before it stops
    os.kill(term.pid, signal.SIGCONT)
    term.until(lambda out: out.count("\x1b[?1049h") == 2 and out.endswith(SHOW))
    assert term.end()[0] == 0
    term = Terminal(board, board.args("--refresh", "0.1"), 80, 24)
    term.until(lambda out: SHOW in out)
    db = sqlite3.connect(board.repo.path / ".striatum/state.sqlite3")
    db.execute("DROP TABLE blockers")  # the state fails under the live view
    db.commit()
    code, _ = term.end(None)
    assert code == 1 and "\x1b[?1049l" in term.out, (code, term.out[-300:])


class Tmux:
    def __init__(self, board, columns, rows):
        self.socket = str(board.lab.folder / "tmux")
        self.board = board
        self.call("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "env", "-i",
                  *(f"{k}={v}" for k, v in board.lab.env.items() if k != "TERM"), "TERM=screen", "PS1=$ ", "sh")
        self.call("set-option", "-g", "status", "off")

    def call(self, *args):
        return subprocess.run(["tmux", "-S", self.socket, *args], cwd=self.board.repo.path, check=True, text=True, capture_output=True).stdout

    def screen(self):
        return self.call("capture-pane", "-p").rstrip("\n").split("\n")

    def facts(self):
        names = ["alternate_on", "cursor_flag", "wrap_flag", "insert_flag", "keypad_flag", "mouse_any_flag"]
        return self.call("display-message", "-p", " ".join(f"#{{{name}}}" for name in names)).split()

    def type(self, *keys):
        self.call("send-keys", *keys)

    def until(self, found):
        end = time.monotonic() + DEADLINE
        while not found(self.screen()):
            assert time.monotonic() < end, self.screen()

    def close(self):
        self.call("kill-server")


def in_a_real_terminal(folder, program):
    if not shutil.which("tmux"):
        print("  tmux is not here: no real terminal tried")
        return
    board = Board(folder, program, 12)
    term = Tmux(board, 100, 40)
    try:
        term.type("echo before; stty -g | cksum", "Enter")
        term.until(lambda lines: any(re.fullmatch(r"\d+ \d+", line) for line in lines))
        sum_before = [line for line in term.screen() if re.fullmatch(r"\d+ \d+", line)][-1]
        before, facts = term.screen(), term.facts()
        term.type(f"{board.lab.program} dashboard --run-id {board.id} --refresh 0.1 --graph", "Enter")
        term.until(lambda lines: lines[0].startswith("updated"))
        assert term.facts()[:3] == ["1", "0", "0"], term.facts()
        for number in range(40):  # while the run changes, no screen is seen half-drawn
            if number % 10 == 0:
                board.repo.call("register-session", "--run-id", board.id, "--role", "author", "--lane", "local")
            lines = term.screen()
            assert lines[0].startswith("updated") and lines[-1].startswith(("next:", "or:")), lines
            assert sum(line.startswith("updated") for line in lines) == 1, lines
            assert len(lines) <= 40
        term.call("resize-window", "-x", "150", "-y", "50")
        term.until(lambda lines: any(line.startswith("L0 [") and len(line) > 100 for line in lines) and lines[-1].startswith(("next:", "or:")))
        term.call("resize-window", "-x", "70", "-y", "20")
        term.until(lambda lines: len(lines) <= 20 and lines[0].startswith("updated") and lines[-1].startswith(("next:", "or:")))
        term.call("resize-window", "-x", "100", "-y", "40")
        term.type("C-c")
        term.until(lambda lines: "bye" in lines and lines[-1] == "$")  # the shell is back
        assert term.facts() == facts, (term.facts(), facts)
        after = term.screen()
        assert [line for line in before if line != "$"][:3] == after[:3], (before, after)
        term.type("stty -g | cksum", "Enter")
        term.until(lambda lines: sum(line == sum_before for line in lines) == 2)
    finally:
        term.close()


def what_the_first_frame_costs(folder, program):
    """A figure, not a bar: the build decides."""
    board = Board(folder, program, 200)
    shake(board)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(5):
        board.once("--graph", program=board.contract)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"  first frame of 200 jobs: {(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 200:.1f} ms CPU")


TESTS = [a_frame_by_the_contracts_name, data_by_our_name, refusals, without_a_terminal, a_frame_is_one_write_and_fits, for_people,
         signals_give_the_terminal_back, in_a_real_terminal, what_the_first_frame_costs]


if __name__ == "__main__":
    lab.run_tests(TESTS)
