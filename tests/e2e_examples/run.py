#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives every example to its end: the commands of its README print what it says, and the run is what it should be.

    run.py --program PROG [--update] [EXAMPLE...]"""
import argparse
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "docs"))
import console  # noqa: E402

# Last state of each run: of the run, of its jobs by workflow job and attempt, the verdicts in order.
EXPECTED = {
    "code-change-flow": ("completed", {"implement 1": "completed", "review 1": "completed", "summary 1": "completed"},
                         ["accept"]),
    "failed-review-revision-cycle": ("completed", {"draft 1": "completed", "review 1": "completed",
                                                   "draft 2": "completed", "review 2": "completed"},
                                     ["needs_revision", "accept"]),
    "human-checkpoint-flow": ("completed", {"release-notes 1": "completed"}, []),
}


def outcome(state_file):
    db = sqlite3.connect(state_file)
    runs = [row[0] for row in db.execute("SELECT state FROM runs")]
    jobs = {f"{name} {attempt}": state
            for name, attempt, state in db.execute("SELECT workflow_job_id, attempt, state FROM jobs")}
    verdicts = [row[0] for row in db.execute("SELECT verdict FROM verdicts ORDER BY rowid")]
    left = db.execute("SELECT (SELECT count(*) FROM leases WHERE state = 'active') + "
                      "(SELECT count(*) FROM sessions WHERE state = 'active') + "
                      "(SELECT count(*) FROM blockers WHERE state = 'open')").fetchone()[0]
    db.close()
    return runs, jobs, verdicts, left


def drive(name, program, update):
    scratch = Path(tempfile.mkdtemp(prefix="example-"))
    try:
        folder, env = console.world(scratch, program)
        problems = console.run_page(TOP / "examples" / name / "README.md", folder, env, update)
        state, jobs, verdicts = EXPECTED[name]
        found = outcome(folder / "shop" / ".striatum" / "state.sqlite3")
        if found != ([state], jobs, verdicts, 0):
            problems.append(f"{name}: the run ended as {found}")
        return problems
    finally:
        shutil.rmtree(scratch)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("examples", nargs="*")
    arguments = parser.parse_args()
    there = {path.parent.name for path in TOP.glob("examples/*/workflow.json")} - {"demo"}
    problems = [f"examples/{name} is not in EXPECTED" for name in sorted(there ^ set(EXPECTED))]
    for name in arguments.examples or sorted(EXPECTED):
        found = drive(name, arguments.program, arguments.update)
        print(f"{name}: {'ok' if not found else 'FAILED'}")
        problems += found
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
