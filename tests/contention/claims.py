#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many processes claim one job at the same moment, round after round: each round has one winner.

    claims.py PROGRAM [--processes 64] [--rounds 1000]

The job is given back after each round. The rest of a round must hear `no_work`, nothing else. Exit status 1:
a round with another number of winners, another answer, or a state that breaks its rules at the end.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import workbench
from workbench import Flow, Tool, job, workflow


class Rounds:
    def __init__(self, program, processes, folder):
        self.folder = Path(folder)
        self.tool = Tool(program, self.folder)
        self.repo = self.tool.repository(self.folder / "repo")
        review = job("review", "review", "reviewer", "rev", "finding")
        self.flow = Flow(self.tool, "striatum", self.repo, workflow([review])).start()
        self.sessions = []
        for _ in range(processes):
            self.flow.sessions.clear()
            self.sessions.append(self.flow.session("reviewer"))
        self.driver = self._start()
        self.problems = []

    def _start(self):
        start, table = self.folder / "start", self.folder / "table"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", start, HERE / "start.c"], check=True)
        self.answers = self.folder / "answers"
        self.answers.mkdir()
        table.write_text("".join("\t".join(self.tool.argv("striatum", self.repo, ["claim-next", "--session-id", s]))
                                 + "\n" for s in self.sessions))
        return subprocess.Popen([start, table, self.answers], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                env=self.tool.env)

    def one(self, number):
        self.driver.stdin.write("\n")
        self.driver.stdin.flush()
        codes = self.driver.stdout.readline().split()
        winners = []
        for i, code in enumerate(codes):
            text = (self.answers / str(i)).read_text()
            try:
                data = json.loads(text)["data"]
            except (ValueError, KeyError):
                data = {}
            if data.get("status") == "claimed":
                winners.append(data["packet"])
            elif code != "0" or data != {"status": "no_work"}:
                self.problems.append(f"round {number}: process {i}: exit {code}: {text[:300]}")
        if len(winners) != 1 or len(codes) != len(self.sessions):
            self.problems.append(f"round {number}: {len(winners)} winners of {len(codes)}")
        for packet in winners:
            self.flow.do("release", "--session-id", packet["session"]["session_id"], "--message-id",
                         packet["lease"]["message_id"], "--lease-id", packet["lease"]["lease_id"], "--reason", "next",
                         "--requeue")

    def finish(self, rounds):
        self.driver.stdin.close()
        self.driver.wait()
        connection = sqlite3.connect(self.repo / ".striatum/state.sqlite3")
        self.problems += workbench.broken_invariants(connection)
        for kind in ("queue.claimed", "lease.released"):
            (found,) = connection.execute("SELECT count(*) FROM events WHERE event_type = ?", (kind,)).fetchone()
            if found != rounds:
                self.problems.append(f"{found} events {kind} after {rounds} rounds")
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--processes", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--tmp")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="claims-", dir=arguments.tmp))
    begin = time.monotonic()
    try:
        rounds = Rounds(arguments.program, arguments.processes, folder)
        for number in range(arguments.rounds):
            rounds.one(number)
            if len(rounds.problems) > 20:
                break
        rounds.finish(arguments.rounds)
        problems = rounds.problems
    finally:
        workbench.remove(folder)
    for problem in problems[:40]:
        print("FINDING", problem)
    print(f"{arguments.rounds} rounds of {arguments.processes} processes in {time.monotonic() - begin:.0f} s: "
          f"{len(problems)} findings")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
