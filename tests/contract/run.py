# SPDX-License-Identifier: Apache-2.0
"""Replays the project's own fixtures against a program: replies, files and rows are what they were.

    run.py --program PROG [--fixtures DIR] [NAME ...]
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from engine import Matcher, Replay
import common
from program import Program


SHOWN = 20  # differences printed of one fixture; the first ones tell


def load(folder):
    fixtures = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    if not fixtures:
        raise SystemExit(f"no fixtures in {folder}")
    return fixtures


def chain(name, fixtures):
    """A fixture and those that continue it in the same repository, in order."""
    following = [other for other, fixture in fixtures.items() if fixture["continues"] == name]
    return [(name, fixtures[name])] + [part for other in following for part in chain(other, fixtures)]


def replay_chain(name, fixtures, program, scratch):
    """Replays a chain of fixtures; returns the differences and the number of commands."""
    repo = common.make_repository(scratch / name, program.env)
    problems = []
    replay = Replay(program, repo, Matcher(repo, exact_messages=True))
    for part, fixture in chain(name, fixtures):
        replay.matcher.learn(fixture["steps"])
        for index, step in enumerate(fixture["steps"]):
            problems += replay.run(step, f"{part} step {index}")
    return problems, replay.compared


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--fixtures", default=str(Path(__file__).parent / "fixtures"))
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    fixtures = load(Path(arguments.fixtures))
    failed = commands = 0
    scratch = Path(tempfile.mkdtemp(prefix="contract-"))
    try:
        with Program(arguments.program, scratch) as program:
            for name, fixture in fixtures.items():
                if fixture["continues"] or arguments.names and name not in arguments.names:
                    continue
                problems, compared = replay_chain(name, fixtures, program, scratch)
                print("\n".join([f"FAIL {name}", *problems[:SHOWN]]) if problems else f"ok   {name}")
                failed += bool(problems)
                commands += compared
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{commands} commands compared, {failed} fixtures differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
