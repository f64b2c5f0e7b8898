# SPDX-License-Identifier: Apache-2.0
"""The same random calls of `skills`, `plugin uninstall`, `init` and `doctor` for two programs, files changed in between.

    scaffold.py --ref PROG --ours PROG [--seed N] [--calls N]

Compared: exit code, reply, which files there are, and manifests; what the texts say is each program's own, so hashes
count as hashes. `plugin install` is left out: it ends in a crash in 1.24. Two differences are meant and are worked
around: a file that no manifest names is never edited here (ours keeps it, docs/design/0007-skills.md), and `init` with a
profile that does not exist ends a scenario (ours writes nothing then)."""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

STEPS = 8
PROFILES = ["claude_code", "codex", "gemini", "generic", "all"]
NOT_COMPARED = (".git/", ".striatum/state", ".striatum/write", ".striatum/.gitignore")


class Side:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        for name in ("repo", "home"):
            (folder / name).mkdir(parents=True)
        subprocess.run(["git", "init", "-q", folder / "repo"], check=True)

    def call(self, words):
        done = subprocess.run([self.program, "--repo", self.folder / "repo", *words], capture_output=True, text=True,
                              cwd=self.folder, env={"PATH": os.environ["PATH"], "HOME": str(self.folder / "home")})
        try:
            return done.returncode, self.masked(json.loads(done.stdout))
        except ValueError:
            return done.returncode, bool(done.stdout)

    def masked(self, value):
        if isinstance(value, list):
            return [self.masked(item) for item in value]
        if isinstance(value, dict):
            return {key: self.member(key, item) for key, item in value.items()}
        return value.replace(str(self.folder), "<FOLDER>") if isinstance(value, str) else value

    def member(self, key, item):
        if "sha256" in key:
            return item and "HASH"
        if key == "message" or key == "problems":
            return "TEXT" if isinstance(item, str) else len(item)
        return item.split(":")[0] if key == "reason" else self.masked(item)

    def files(self):
        out = {}
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder)).removeprefix("repo/")
            if path.is_file() and not name.startswith(NOT_COMPARED):
                out[name] = self.content(path)
        return out

    def content(self, path):
        if path.name == ".gitignore":
            return path.read_text()
        if not path.name.endswith("manifest.json"):
            return "a file"
        document = self.masked(json.loads(path.read_text()))
        return json.dumps(document | {"generated_at": "TIME"})

    def named(self):
        """Files that a manifest of the default place names."""
        out = set()
        for path in (self.folder / "repo").rglob("*manifest.json"):
            out |= {entry["path"] for entry in json.loads(path.read_text())["files"]}
        return sorted(name for name in out if (self.folder / "repo" / name).is_file())

    def disturb(self, chance):
        """What a user does in between; the same for the same numbers."""
        repo = self.folder / "repo"
        manifests = sorted(repo.rglob("*manifest.json"))
        named = self.named()
        kind = chance.random()
        if kind < 0.3 and named:
            with open(repo / chance.choice(named), "a") as file:
                file.write("edited\n")
        elif kind < 0.5 and named:
            (repo / chance.choice(named)).unlink()
        elif kind < 0.6 and manifests:
            path = chance.choice(manifests)
            path.write_text(path.read_text().replace('"1.24.0"', '"1.23.0"', 1))
        elif kind < 0.7:
            for name in ("docs/SPEC.md", "docs/rfcs/README.md"):
                (repo / name).parent.mkdir(parents=True, exist_ok=True)
                (repo / name).write_text("ours\n")


def flags(chance, words, **likely):
    for flag, (odds, values) in likely.items():
        if chance.random() < odds:
            words += ["--" + flag.replace("_", "-"), *([chance.choice(values)] if values else [])]
    return words


def next_call(chance):
    verb = chance.choice(["skills", "skills", "init", "init", "doctor", "doctor", "uninstall", "wrong"])
    if verb == "skills":
        words = flags(chance, ["skills", "install"], profile=(0.8, PROFILES), namespace=(0.3, ["", "x-", "team.", "striatum-"]),
                      force=(0.25, None), dry_run=(0.25, None), scope=(0.2, ["user", "project"]))
    elif verb == "init":
        words = flags(chance, ["init"], with_skills=(0.3, ["all", "codex", "generic", "vim"]), with_ddd_layout=(0.6, None),
                      ddd_layout_force=(0.3, None), ddd_layout_dry_run=(0.3, None))
        words += ["--with-skills"] if chance.random() < 0.2 else []
    elif verb == "doctor":
        words = flags(chance, ["doctor"], verbose=(0.7, None))
    elif verb == "uninstall":
        words = flags(chance, ["plugin", "uninstall"], profile=(0.5, ["all", "gemini", "codex"]))
    else:
        words = chance.choice([["init", "--with-plugins", "all"], ["skills", "install", "--profile", "vim"], ["skills"],
                               ["skills", "list"], ["plugin", "install", "--profile", "generic"]])
    return flags(chance, list(words), json=(0.85, None))


def scenario(programs, scratch, chance):
    """The number of calls, and the story of the first difference or nothing."""
    sides = [Side(program, scratch / name) for program, name in zip(programs, ("ref", "ours"))]
    story = []
    for step in range(STEPS):
        words = next_call(chance)
        story.append(words)
        replies = [side.call(words) for side in sides]
        if words[0] == "init" and [code for code, _ in replies] == [4, 4]:
            return step + 1, None
        seen = [(reply, side.files()) for reply, side in zip(replies, sides)]
        if seen[0] != seen[1]:
            return step + 1, "\n".join(map(str, [*story, *seen]))
        seed = chance.random()
        for side in sides:
            side.disturb(random.Random(seed))
    return STEPS, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ref", required=True)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=400)
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="differential-"))
    link = scratch / "striatum"
    link.symlink_to(Path(arguments.ours).resolve())
    chance, calls, failed = random.Random(arguments.seed), 0, 0
    while calls < arguments.calls:
        folder = scratch / "scenario"
        count, difference = scenario((arguments.ref, link), folder, chance)
        shutil.rmtree(folder)
        calls += count
        if difference:
            failed += 1
            print(difference, end="\n\n")
    shutil.rmtree(scratch)
    print(f"{calls} calls, {failed} differences")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
