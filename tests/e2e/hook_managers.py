# SPDX-License-Identifier: Apache-2.0
"""The real husky, lefthook and pre-commit, fetched once into the build folder with the registries' own clients."""
import shutil
import subprocess
import sys
from pathlib import Path

HUSKY, LEFTHOOK, PRE_COMMIT = "husky@9", "lefthook@2", "pre-commit>=4,<5"


class Missing(Exception):
    """Not to be had here: no client, or no registry."""


def fetch(args, done):
    if done.exists():
        return
    if shutil.which(args[0]) is None:
        raise Missing(f"{args[0]} is not installed")
    for attempt in range(2):
        got = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=300)
        if got.returncode == 0 and done.exists():
            return
    raise Missing(f"{' '.join(map(str, args))}: {(got.stderr or got.stdout).strip().splitlines()[-1:]}")


class Managers:
    def __init__(self, program):
        self.folder = Path(program).resolve().parent.parent / "hook-managers"
        self.folder.mkdir(exist_ok=True)

    def husky(self):
        fetch(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", self.folder / "husky", HUSKY],
              self.folder / "husky/node_modules/.bin/husky")
        return self.folder / "husky/node_modules/.bin/husky"

    def lefthook(self):
        fetch(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", self.folder / "lefthook", LEFTHOOK],
              self.folder / "lefthook/node_modules/.bin/lefthook")
        found = list((self.folder / "lefthook/node_modules").glob("lefthook-*/bin/lefthook"))
        return found[0] if found else self.folder / "lefthook/node_modules/.bin/lefthook"

    def pre_commit(self):
        venv = self.folder / "pre-commit"
        fetch([sys.executable, "-m", "venv", venv], venv / "bin/pip")
        fetch([venv / "bin/pip", "install", "-q", PRE_COMMIT], venv / "bin/pre-commit")
        return venv / "bin/pre-commit"
