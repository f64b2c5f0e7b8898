# SPDX-License-Identifier: Apache-2.0
"""Our hooks beside everything else that may stand where git looks for hooks.

For each surrounding: what it had before runs with the same arguments, input, environment and exit code as without us;
ours runs, or `hooks status` says that it does not; uninstalling leaves identical bytes; no tracked file is edited,
core.hooksPath is not set, no commit is made.

usage: test_hooks_table.py PROGRAM [unittest options]"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import hook_managers
import lab

PROGRAM = None
FIRED = ("pre-commit", "commit-msg", "post-rewrite", "pre-push", "pre-merge-commit", "pre-applypatch")
RUNS = ("ours", "chained", "configured")
RECORDER = """#!/bin/sh
name=$(basename "$0")
{
  printf 'argv'; printf ' [%s]' "$@"; echo
  case $name in pre-push|post-rewrite) cat;; esac
  env | grep -v -E '^(_|SHLVL|OLDPWD|STRIATUM_PROBE)=' | LC_ALL=C sort
} >>"$RECORDS/$name"
exit ${HOOK_EXIT:-0}
"""
BINARY = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern char **environ;
int main(int argc, char **argv) {
  char path[4096];
  const char *name = strrchr(argv[0], '/');
  snprintf(path, sizeof path, "%s/%s", getenv("RECORDS"), name ? name + 1 : argv[0]);
  FILE *out = fopen(path, "a");
  for (int i = 0; i < argc; ++i) fprintf(out, "[%s]\n", i ? argv[i] : "");
  for (char **e = environ; *e; ++e) if (strncmp(*e, "STRIATUM_PROBE", 14)) fprintf(out, "%s\n", *e);
  fclose(out);
  return getenv("HOOK_EXIT") ? atoi(getenv("HOOK_EXIT")) : 0;
}
"""


def snapshot(*folders):
    """Everything below, by name: kind, mode, bytes."""
    out = {}
    for folder in folders:
        if not os.path.lexists(folder):
            out[str(folder)] = None
            continue
        for root, dirs, files in os.walk(folder):
            dirs[:] = sorted(d for d in dirs if d not in (".git", ".striatum", "node_modules"))
            for name in sorted(dirs + files):
                path = Path(root) / name
                mode = path.lstat().st_mode
                body = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
                out[str(path)] = (mode, body)
    return out


class Surrounding:
    """One row of the table. `make` builds the repository, always at the same place and with the same ids."""

    def __init__(self, case, chain=False):
        self.case, self.chain, self.folder = case, chain, case.folder

    def fresh(self):
        for name in os.listdir(self.folder):
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self.lab = lab.Lab(self.folder, PROGRAM)
        (self.folder / "records").mkdir()
        self.lab.env |= {"RECORDS": str(self.folder / "records"), "GIT_AUTHOR_DATE": "1700000000 +0000",
                         "GIT_COMMITTER_DATE": "1700000000 +0000",
                         "PATH": f"{Path(PROGRAM).resolve().parent}:{lab.search_path()}"}
        self.repo = self.make()
        return self.repo

    def base(self, name="repo"):
        repo = self.lab.repo(name, trusted=(), files={"a.txt": "1\n", "b.txt": "1\n", ".provenance/note": "guarded\n"})
        return repo

    def make(self):
        return self.base()

    def hooks(self):
        return Path(self.repo.git("rev-parse", "--path-format=absolute", "--git-path", "hooks"))

    def put(self, folder, text=RECORDER, mode=0o755, names=FIRED):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = folder / name
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            path.chmod(mode)

    # ---- what git does

    def commits(self, repo=None, env=None):
        """Commit, amend, merge, patch, push: every hook that people's work fires. Returns git's exit codes."""
        repo = repo or self.repo
        remote = self.folder / "remote.git"
        if not remote.exists():
            self.lab.run(["git", "init", "-q", "--bare", remote], self.folder)
        codes = []

        def git(*args, data=None):
            done = self.lab.run(["git", *args], repo.path, check=False, env=env, data=data)
            codes.append(done.returncode)

        branch = repo.git("symbolic-ref", "--short", "HEAD")
        repo.write("a.txt", "2\n")
        git("commit", "-q", "-m", "one", "--", "a.txt")
        git("commit", "-q", "--amend", "--allow-empty", "-m", "one again")
        repo.git("reset", "-q", "--hard")
        side = repo.git("commit-tree", "-p", "HEAD", "-m", "side", "HEAD^{tree}")
        git("merge", "-q", "--no-ff", "--no-edit", "-m", "merged", side)
        repo.git("reset", "-q", "--hard")
        blob = repo.git("hash-object", "-w", "--stdin", data="mailed\n")
        index = {"GIT_INDEX_FILE": str(self.folder / "index")}
        repo.git("read-tree", "HEAD", env=index)
        repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},mailed.txt", env=index)
        mailed = repo.git("commit-tree", "-p", "HEAD", "-m", "mailed", repo.git("write-tree", env=index))
        patch = self.lab.run(["git", "format-patch", "--stdout", "-1", mailed], repo.path).stdout
        git("am", "-q", data=patch)
        self.lab.run(["git", "am", "--abort"], repo.path, check=False)
        git("push", "-q", str(remote), f"{branch}:refs/heads/out")
        return codes

    def records(self):
        out = {}
        for path in sorted((self.folder / "records").iterdir()):
            text = re.sub(r"next-index-\d+", "next-index-N", path.read_text())
            out[path.name] = re.sub(r"\.striatum-tmp-\w+", "TMP", text)
        return out

    def alone(self, env=None):
        """As it is without us."""
        self.fresh()
        return self.commits(env=env), self.records()

    # ---- ours

    def install(self, *options):
        return self.repo.call("hooks", "install", *(["--chain"] if self.chain else []), *options)["hooks"]

    def states(self, repo=None):
        here = str((repo or self.repo).path)
        rows = (repo or self.repo).call("hooks", "status")
        return rows["ready"], {row["name"]: row["state"] for row in rows["hooks"] if row["worktree"] == here}

    def who_ran(self, repo=None):
        """The hooks of ours that really ran."""
        notes = self.folder / "notes"
        notes.unlink(missing_ok=True)
        self.commits(repo, env={"STRIATUM_PROBE": str(notes)})
        return set(notes.read_text().split()) if notes.exists() else set()

    def facts(self):
        """What installing must not change."""
        configured = self.lab.run(["git", "config", "--get-all", "core.hooksPath"], self.repo.path, check=False).stdout
        return self.repo.head(), configured, self.repo.git("diff", "--name-only", "HEAD"), self.repo.git("stash", "list")

    def kept(self):
        """Where bytes must come back."""
        return snapshot(self.hooks(), self.repo.path, self.lab.home)


class Row(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="striatum-e2e-"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder, True)

    def honest(self, row, repo=None, also=()):
        """Status says runs exactly where ours runs."""
        ready, states = row.states(repo)
        ran = row.who_ran(repo)
        for name in FIRED:
            self.assertEqual(states[name] in RUNS, name in ran, f"{name}: status says {states[name]}; ran: {sorted(ran)}")
        self.assertEqual(ready, all(state in RUNS for state in states.values()))
        return states

    def row(self, row, expected=None, codes=(None,)):
        """The whole row. `expected`: the state of each hook, or of all. `codes`: what the other hooks exit with."""
        for code in codes:
            env = {"HOOK_EXIT": code} if code else None
            alone = row.alone(env)
            row.fresh()
            facts = row.facts()
            row.install()
            self.assertEqual(row.facts(), facts, "installing changed what is the user's")
            self.assertEqual((row.commits(env=env), row.records()), alone, "another hook saw a difference")
        row.fresh()
        before = row.kept()
        row.install()
        states = self.honest(row)
        if expected:
            self.assertEqual(states, expected if isinstance(expected, dict) else dict.fromkeys(states, expected))
        row.fresh()
        row.install()
        row.repo.call("hooks", "uninstall")
        self.assertEqual(row.kept(), before, "uninstalling left other bytes")
        return states


class Table(Row):
    def test_none(self):
        self.row(Surrounding(self), "ours")

    def test_own_shell(self):
        class Own(Surrounding):
            def make(self):
                repo = self.base()
                self.put(repo.path / ".git/hooks")
                return repo
        self.row(Own(self), "foreign")
        self.row(Own(self, chain=True), "chained", codes=(None, "3"))

    def test_own_binary(self):
        source, binary = self.folder / "b.c", self.folder.parent / (self.folder.name + ".bin")
        source.write_text(BINARY)
        subprocess.run(["cc", "-O1", "-o", binary, source], check=True)
        self.addCleanup(binary.unlink)

        class Own(Surrounding):
            def make(self):
                repo = self.base()
                self.put(repo.path / ".git/hooks", binary.read_bytes())
                return repo
        self.row(Own(self, chain=True), "foreign", codes=(None, "3"))

    def test_non_executable(self):
        class Off(Surrounding):
            def make(self):
                repo = self.base()
                repo.git("config", "advice.ignoredHook", "false")
                self.put(repo.path / ".git/hooks", mode=0o644)
                return repo
        self.row(Off(self, chain=True), "foreign")

    def test_hooks_path(self):
        for kind in ("relative", "absolute", "global", "missing"):
            with self.subTest(kind):
                class Elsewhere(Surrounding):
                    def make(self):
                        repo = self.base()
                        folder = {"relative": repo.path / "tools/hooks"}.get(kind, self.folder / "elsewhere/hooks")
                        if kind != "missing":
                            self.put(folder, names=("pre-commit", "pre-push"))
                        if kind == "relative":
                            repo.git("add", "tools")
                            repo.git("commit", "-q", "--no-verify", "-m", "Hooks for all")
                            self.lab.run(["rm", "-rf", self.folder / "records"], self.folder)
                            (self.folder / "records").mkdir()
                        value = "tools/hooks" if kind == "relative" else str(folder)
                        repo.git("config", "--global" if kind == "global" else "--local", "core.hooksPath", value)
                        return repo

                    def kept(self):
                        return super().kept() | snapshot(self.folder / "elsewhere")
                states = self.row(Elsewhere(self, chain=True))
                first = {"relative": "foreign", "missing": "ours"}.get(kind, "chained")  # a tracked hook is not edited
                self.assertEqual((states["pre-commit"], states["pre-push"], states["commit-msg"]), (first, first, "ours"))

    def test_template(self):
        class Template(Surrounding):
            def make(self):
                self.put(self.folder / "template/hooks")
                self.lab.run(["git", "config", "--global", "init.templateDir", self.folder / "template"], self.folder)
                repo = self.base()
                for path in (self.folder / "records").iterdir():
                    path.unlink()
                return repo
        self.row(Template(self, chain=True), "chained")

    def test_linked_worktree(self):
        class Linked(Surrounding):
            def make(self):
                main = self.base()
                self.put(main.path / ".git/hooks", names=("pre-commit",))
                main.git("worktree", "add", "-q", "-b", "side", "../side dir")
                return lab.Repo(self.lab, self.folder / "side dir")
        states = self.row(Linked(self, chain=True))
        self.assertEqual((states["pre-commit"], states["commit-msg"]), ("chained", "ours"))

    def test_bare_with_worktrees(self):
        class Bare(Surrounding):
            def make(self):
                seed = self.base("seed")
                seed.git("clone", "-q", "--bare", ".", str(self.folder / "store.git"))
                bare = lab.Repo(self.lab, self.folder / "store.git")
                self.put(bare.path / "hooks", names=("commit-msg",))
                bare.git("worktree", "add", "-q", "-b", "side", "../side")
                return lab.Repo(self.lab, self.folder / "side")
        states = self.row(Bare(self, chain=True))
        self.assertEqual((states["pre-commit"], states["commit-msg"]), ("ours", "chained"))

    def test_submodule(self):
        class Inside(Surrounding):
            def make(self):
                self.base("library")
                outer = self.base("outer")
                outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "lib")
                inner = lab.Repo(self.lab, outer.path / "lib")
                self.put(self.hooks_of(inner), names=("pre-push",))
                return inner

            def hooks_of(self, repo):
                return Path(repo.git("rev-parse", "--path-format=absolute", "--git-path", "hooks"))
        states = self.row(Inside(self, chain=True))
        self.assertEqual((states["pre-commit"], states["pre-push"]), ("ours", "chained"))

    def test_odd_paths(self):
        names = ("it's a \"repo\" $HOME `x`\n;&|\\", "-dash", "zeilen\numbruch", "ümläut ✓", "back\\slash")
        for name in names if os.environ.get("STRIATUM_LONG_TESTS") == "1" else names[:1]:
            with self.subTest(name):
                class Odd(Surrounding):
                    def make(self):
                        repo = self.base(name)
                        self.put(repo.path / ".git/hooks", names=("pre-push", "pre-commit"))
                        return repo
                states = self.row(Odd(self, chain=True))
                self.assertEqual((states["pre-commit"], states["commit-msg"]), ("chained", "ours"))

    def test_moved_repository(self):
        row = Surrounding(self)
        row.fresh()
        row.install()
        shutil.move(row.repo.path, self.folder / "moved")
        row.repo = lab.Repo(row.lab, self.folder / "moved")
        self.honest(row)
        row.repo.call("hooks", "uninstall")
        self.assertEqual(row.states()[1], dict.fromkeys(FIRED, "missing"))

    def test_moved_away_from_an_absolute_hooks_path(self):
        row = Surrounding(self)
        row.fresh()
        row.repo.git("config", "core.hooksPath", str(row.repo.path / "hooks"))
        row.install()
        shutil.move(row.repo.path, self.folder / "moved")
        row.repo = lab.Repo(row.lab, self.folder / "moved")
        self.assertEqual(set(self.honest(row).values()), {"missing"})

    def test_read_only_folder(self):
        row = Surrounding(self)
        row.fresh()
        folder = row.repo.path / ".git/hooks"
        folder.chmod(0o555)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if nobody:
            subprocess.run(["chown", "-R", "65534:65534", self.folder], check=True)
        before = snapshot(folder)
        done = subprocess.run([PROGRAM, "hooks", "install", "--json"], cwd=row.repo.path, env=row.lab.env, text=True,
                              capture_output=True, **nobody)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = json.loads(done.stdout)["data"]["hooks"]
        self.assertEqual({r["action"] for r in rows}, {"skipped"})
        self.assertTrue(all(r["reason"] and r["snippet"] for r in rows))
        self.assertEqual(snapshot(folder), before)
        done = subprocess.run([PROGRAM, "hooks", "status", "--json"], cwd=row.repo.path, env=row.lab.env, text=True,
                              capture_output=True, **nobody)
        self.assertEqual(json.loads(done.stdout)["data"]["ready"], False)

    def test_installed_twice(self):
        class Own(Surrounding):
            def make(self):
                repo = self.base()
                self.put(repo.path / ".git/hooks", names=("pre-commit",))
                return repo

            def install(self, *options):
                super().install(*options)
                after = self.kept()
                rows = super().install(*options)
                self.case.assertEqual(self.kept(), after)
                return rows
        states = self.row(Own(self, chain=True))
        self.assertEqual((states["pre-commit"], states["commit-msg"]), ("chained", "ours"))

    def test_binary_gone(self):
        row = Surrounding(self)
        row.fresh()
        copy = self.folder / "tools/git-striatum"
        copy.parent.mkdir()
        shutil.copy(PROGRAM, copy)
        row.lab.run([copy, "hooks", "install"], row.repo.path)
        row.lab.env["PATH"] = lab.search_path()
        copy.unlink()
        self.assertEqual(set(row.states()[1].values()), {"broken"})
        done = row.lab.run(["git", "commit", "-q", "--allow-empty", "-m", "goes on"], row.repo.path)
        self.assertIn("pre-commit checked nothing", done.stderr)
        row.lab.env["PATH"] = f"{Path(PROGRAM).resolve().parent}:{lab.search_path()}"
        self.assertEqual(set(self.honest(row).values()), {"ours"})


class WithManagers(Row):
    """The real tools. `skip` says which cannot be had here."""

    def tool(self, name):
        try:
            return getattr(hook_managers.Managers(PROGRAM), name)()
        except hook_managers.Missing as missing:
            print(f"SKIPPED: {name} cannot be had: {missing}", file=sys.stderr)
            self.skipTest(str(missing))

    def add_snippets(self, row, write):
        for hook in row.repo.call("hooks", "status")["hooks"]:
            if hook["snippet"] and hook["worktree"] == str(row.repo.path):
                write(hook["name"], hook["snippet"].split("\n", 1)[1])

    def test_husky(self):
        husky = self.tool("husky")

        class Husky(Surrounding):
            def make(self):
                repo = self.base()
                self.lab.env["PATH"] = f"{husky.parent}:{self.lab.env['PATH']}"
                self.lab.run([husky], repo.path)
                for name in ("pre-commit", "commit-msg", "pre-push"):
                    repo.write(f".husky/{name}", f'exec "$RECORDS/../record" {name} "$@"\n')
                record = self.folder / "record"
                record.write_text(RECORDER.replace('name=$(basename "$0")', "name=$1; shift"))
                record.chmod(0o755)
                repo.git("add", ".husky")
                repo.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "husky")
                return repo
        row = Husky(self, chain=True)
        self.row(row, "foreign", codes=(None, "3"))
        row.fresh()
        row.install()
        self.add_snippets(row, lambda name, text: row.repo.write(f".husky/{name}", text))
        row.repo.git("add", ".husky")
        row.repo.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "ours too")
        states = self.honest(row)
        self.assertEqual(states, dict.fromkeys(FIRED, "configured"))
        probe = row.repo.call("hooks", "status", "--probe")["probe"]["hooks"]
        self.assertEqual({hook["name"] for hook in probe if hook["ran"]}, set(FIRED))

    def test_lefthook(self):
        lefthook = self.tool("lefthook")

        class Lefthook(Surrounding):
            def make(self):
                repo = self.base()
                self.lab.env |= {"PATH": f"{lefthook.parent}:{self.lab.env['PATH']}", "LEFTHOOK_QUIET": "meta,summary,execution"}
                repo.write("lefthook.yml", "commit-msg:\n  commands:\n    mine:\n      run: cat {1} >>\"$RECORDS/seen\"\n"
                                           "pre-push:\n  commands:\n    mine:\n      run: echo {1} >>\"$RECORDS/seen\"\n")
                repo.git("add", "lefthook.yml")
                repo.git("commit", "-q", "-m", "lefthook")
                self.lab.run([lefthook, "install"], repo.path)
                return repo
        row = Lefthook(self, chain=True)
        states = self.row(row)
        self.assertEqual((states["commit-msg"], states["pre-push"], states["pre-commit"]), ("foreign", "foreign", "ours"))
        row.fresh()
        row.repo.write("lefthook.yml", "")
        for name in FIRED:  # every hook is lefthook's
            row.repo.write("lefthook.yml", row.repo.read("lefthook.yml") + f"{name}:\n  commands:\n    x:\n      run: 'true'\n")
        row.lab.run([lefthook, "install"], row.repo.path)
        row.install()
        self.assertEqual(set(row.states()[1].values()), {"foreign"})
        texts = []
        self.add_snippets(row, lambda name, text: texts.append(text))
        row.repo.write("lefthook.yml", "\n".join(texts))
        row.repo.git("commit", "-q", "-n", "-a", "-m", "ours too", env={"LEFTHOOK": "0"})
        row.lab.run([lefthook, "install"], row.repo.path)
        self.assertEqual(self.honest(row), dict.fromkeys(FIRED, "configured"))

    def test_lefthook_after_us(self):
        lefthook = self.tool("lefthook")
        row = Surrounding(self)
        row.fresh()
        row.install()
        row.lab.env |= {"PATH": f"{lefthook.parent}:{row.lab.env['PATH']}"}
        row.repo.write("lefthook.yml", "pre-commit:\n  commands:\n    mine:\n      run: 'true'\n")
        row.repo.git("add", "lefthook.yml")
        row.repo.git("commit", "-q", "-n", "-m", "lefthook")
        row.lab.run([lefthook, "install"], row.repo.path)
        self.assertEqual(self.honest(row)["pre-commit"], "foreign")

    def framework(self, tool, texts=""):
        class Framework(Surrounding):
            def make(self):
                repo = self.base()
                self.lab.env |= {"PRE_COMMIT_HOME": str(self.folder / "cache"), "PATH": f"{tool.parent}:{self.lab.env['PATH']}"}
                mine = ("- repo: local\n  hooks:\n  - id: mine\n    name: mine\n    entry: sh -c 'echo \"$@\" >>\"$RECORDS/seen\"' --\n"
                        "    language: system\n    stages: [pre-commit, commit-msg, pre-push]\n    always_run: true\n    require_serial: true\n")
                repo.write(".pre-commit-config.yaml", "repos:\n" + mine + texts)
                repo.git("add", ".pre-commit-config.yaml")
                repo.git("commit", "-q", "-m", "pre-commit")
                args = [x for name in ("pre-commit", "commit-msg", "pre-push", "post-rewrite", "pre-merge-commit") for x in ("-t", name)]
                self.lab.run([tool, "install", *args], repo.path)
                return repo
        return Framework(self, chain=True)

    def test_pre_commit(self):
        tool = self.tool("pre_commit")
        row = self.framework(tool)
        states = self.row(row)
        self.assertEqual((states["pre-commit"], states["pre-push"], states["pre-applypatch"]), ("foreign", "foreign", "ours"))
        texts = []
        self.add_snippets(row, lambda name, text: texts.append(text))
        row = self.framework(tool, "".join(texts))
        row.fresh()
        row.install()
        self.assertEqual(self.honest(row), dict.fromkeys(FIRED, "configured") | {"pre-applypatch": "ours"})

    def test_pre_commit_after_us(self):
        tool = self.tool("pre_commit")
        row = Surrounding(self)
        row.fresh()
        row.install()
        row.lab.env |= {"PRE_COMMIT_HOME": str(self.folder / "cache"), "PATH": f"{tool.parent}:{row.lab.env['PATH']}"}
        row.repo.write(".pre-commit-config.yaml", "repos: []\n")
        row.repo.git("add", ".pre-commit-config.yaml")
        row.repo.git("commit", "-q", "-n", "-m", "pre-commit")
        row.lab.run([tool, "install"], row.repo.path)
        self.assertEqual(self.honest(row)["pre-commit"], "chained", "pre-commit calls what it found")
        row.repo.call("hooks", "uninstall")
        self.assertEqual(row.states()[1]["pre-commit"], "foreign")

    def test_our_own_hooks_file(self):
        tool = self.tool("pre_commit")
        manifest = Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml"
        row = Surrounding(self)
        row.fresh()
        row.lab.env["PRE_COMMIT_HOME"] = str(self.folder / "cache")
        row.lab.run([tool, "validate-manifest", manifest], row.repo.path)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
