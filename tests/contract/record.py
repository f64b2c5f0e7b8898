# SPDX-License-Identifier: Apache-2.0
"""Writes the project's own fixtures: what our program answers to the recorded conversations.

    record.py --program PROG --transcripts DIR [--skip VERBS] [--out fixtures]

Only a program that agrees with every recording may be recorded. Ids are numbered in order of appearance, so that a new
recording shows only what changed.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from replay import Recordings, options, replay_all
import common
from program import Program

NAMES = {"01": "init-and-workflow-files", "02": "whole-run", "03": "lists-and-doctor", "04": "why", "05": "evidence", "06": "dashboard",
         "07": "revision-cycle", "08": "exhausted-cycle", "09": "blockers", "10": "pause-and-cancel",
         "11": "refusals", "12": "branch-confirmation", "13": "automatic-branch", "14": "rejected-review",
         "15": "recovery", "16": "worktrees",
         "20": "release-send-close", "21": "starter-workflows", "22": "review-policy"}

DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class Numbering:
    """Stable names for the random ids of one repository, and for digests of what holds such ids."""

    def __init__(self, replay):
        self.repo = str(replay.repo)
        self.fixed = replay.matcher.fixed_digests
        self.names = {}
        self.counts = {}

    def name(self, match):
        kind = match.group(1)
        if match.group(0) not in self.names:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.names[match.group(0)] = f"{kind}_{self.counts[kind]:032x}"
        return self.names[match.group(0)]

    def digest(self, match):
        if match.group(0) in self.fixed:
            return match.group(0)
        self.counts["digest"] = self.counts.get("digest", 0) + (match.group(0) not in self.names)
        return self.names.setdefault(match.group(0), f"{self.counts['digest']:064x}")

    def text(self, value):
        value = common.RANDOM_ID.sub(self.name, value.replace(self.repo, "<REPO>"))
        return DIGEST.sub(self.digest, value)

    def apply(self, value):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.apply(entry) for entry in value]
        if isinstance(value, dict):
            return {self.text(key): self.apply(entry) for key, entry in value.items()}
        return value


def write_fixture(path, continues, steps):
    lines = ",\n".join(json.dumps(step, ensure_ascii=True) for step in steps)
    path.write_text(f'{{"continues": {json.dumps(continues)}, "steps": [\n{lines}\n]}}\n')


def main():
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--out", default=str(Path(__file__).parent / "fixtures"))
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="record-"))
    out = Path(arguments.out)
    out.mkdir(exist_ok=True)
    skip = [verb for verb in arguments.skip.split(",") if verb]
    numberings, last, failed = {}, {}, 0
    try:
        with Program(arguments.program, scratch) as program:
            recordings = Recordings(arguments.transcripts)
            for number, _, replay, steps, problems in replay_all(program, recordings, arguments.only.split(","),
                                                                 scratch, skip):
                failed += bool(problems)
                print("\n".join(problems) or f"recorded {NAMES[number]}")
                numbering = numberings.setdefault(id(replay), Numbering(replay))
                write_fixture(out / f"{NAMES[number]}.json", last.get(id(replay)), numbering.apply(steps))
                last[id(replay)] = NAMES[number]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
