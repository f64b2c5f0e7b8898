#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of pages in fresh folders and compares what they print with what the pages say.

    run_examples.py --program PROG [--update] PAGE...

The commands of a page begin in an empty folder, ~/demo on the page."""
import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import console


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--update", action="store_true", help="write what came into the pages")
    parser.add_argument("pages", nargs="+")
    arguments = parser.parse_args()
    problems = []
    for page in arguments.pages:
        scratch = Path(tempfile.mkdtemp(prefix="page-"))
        try:
            folder, env = console.world(scratch, arguments.program)
            problems += console.run_page(page, folder, env, arguments.update)
        finally:
            shutil.rmtree(scratch)
        count = len(console.steps_of(Path(page).read_text()))
        print(f"{page}: {count} commands")
        if not count:
            problems.append(f"{page}: has no command")
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
