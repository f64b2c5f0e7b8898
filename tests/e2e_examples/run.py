#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives every example to its end: the commands of its README print what it says, the picture in it is that of its
workflow, and the run is what it should be.

    run.py --program PROG [--update] [EXAMPLE...]"""
import argparse
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "docs"))
import console  # noqa: E402

# Last state of each run: of the run, of its jobs by workflow job and number of attempts, the verdicts in order.
EXPECTED = {
    "code-change-flow": ("completed", {"implement": 1, "review": 1, "summary": 1}, ["accept"]),
    "docs-review-flow": ("completed", {"draft": 2, "review": 2, "follow-up": 1},
                         ["needs_revision", "accept_with_findings"]),
    "rfc-ledger-cleanup": ("completed", {"ledger": 1, "cleanup": 1, "review": 1}, ["accept"]),
    "failed-review-revision-cycle": ("completed", {"draft": 2, "review": 2}, ["needs_revision", "accept"]),
    "human-checkpoint-flow": ("completed", {"release-notes": 1}, []),
    "adapter-unavailable-flow": ("completed", {"report": 1}, []),
    "support-ledger-flow": ("completed", {"announcement": 2, "audit": 2, "sign-off": 1},
                            ["needs_revision", "accept", "accept"]),
    "multi-review-synthesis": ("completed", {"change": 1, "review-security": 1, "review-doubt": 1, "review-usage": 1,
                                             "synthesis": 1}, ["accept", "accept_with_findings", "accept"]),
}


def outcome(state_file):
    db = sqlite3.connect(state_file)
    runs = [row[0] for row in db.execute("SELECT state FROM runs")]
    unfinished = [row[0] for row in db.execute("SELECT job_id FROM jobs WHERE state <> 'completed'")]
    jobs = dict(db.execute("SELECT workflow_job_id, max(attempt) FROM jobs GROUP BY workflow_job_id"))
    verdicts = [row[0] for row in db.execute("SELECT verdict FROM verdicts ORDER BY rowid")]
    left = db.execute("SELECT (SELECT count(*) FROM leases WHERE state = 'active') + "
                      "(SELECT count(*) FROM sessions WHERE state = 'active') + "
                      "(SELECT count(*) FROM blockers WHERE state = 'open')").fetchone()[0]
    db.close()
    return runs, jobs, verdicts, unfinished, left


def check_picture(name, program, update):
    """The README shows the workflow as `workflow graph` draws it."""
    page = TOP / "examples" / name / "README.md"
    drawn = subprocess.run([program, "workflow", "graph", page.parent / "workflow.json"], capture_output=True, text=True,
                           check=True)
    block = f"```mermaid\n{drawn.stdout.strip()}\n```"
    text = page.read_text()
    if block in text:
        return []
    if update:
        page.write_text(re.sub(r"^(<!-- graph -->|```mermaid\n.*?^```)$", lambda _: block, text, count=1, flags=re.M | re.S))
    return [] if update else [f"{page}: the picture is not the workflow's"]


def drive(name, program, update):
    scratch = Path(tempfile.mkdtemp(prefix="example-"))
    try:
        folder, env = console.world(scratch, program)
        problems = console.run_page(TOP / "examples" / name / "README.md", folder, env, update)
        problems += check_picture(name, program, update)
        state, jobs, verdicts = EXPECTED[name]
        found = outcome(folder / "shop" / ".striatum" / "state.sqlite3")
        if found != ([state], jobs, verdicts, [], 0):
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
