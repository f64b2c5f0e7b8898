# SPDX-License-Identifier: Apache-2.0
"""Every git command that commits is judged on exactly what it commits, by pre-commit where git runs it, else by
pre-push; and whoever goes around the hooks is named here and refused by the server.

usage: test_hooks_commands.py PROGRAM [unittest options]"""
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import implement, review, reviewed, reviewed_change

PROGRAM = None
BAD = ".striatum/leak.txt"  # what no commit may hold
RECORD = ".provenance/striatum/changes/note.txt"  # in a record folder, not named by its digest


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="striatum-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.lab = lab.Lab(self.folder, PROGRAM)

    def ready(self, trusted=()):
        repo = self.lab.repo(trusted=trusted, files={"a.txt": "1\n2\n3\n4\n5\n", "b.txt": "b\n", "keep/x.txt": "x\n"})
        remote = self.lab.folder / "remote.git"
        repo.git("init", "-q", "--bare", str(remote))
        repo.git("remote", "add", "origin", str(remote))
        repo.git("push", "-q", "origin", "HEAD:main")
        repo.prepare(reviewed_change())
        self.assertEqual({row["action"] for row in repo.call("hooks", "install")["hooks"]}, {"created"})
        return repo

    def git(self, repo, *args, env=None, data=None):
        return self.lab.run(["git", *args], repo.path, check=False, env=env, data=data)

    def seen(self, repo):
        """What the log says of each commit, newest last: {subject: how}."""
        run = repo.call("list", "runs")["items"][0]["run_id"]
        self.lab.run([self.lab.program, "run", "resume", "--run-id", run], repo.path, check=False)  # any verb that writes
        events = [json.loads(line) for line in self.lab.run([self.lab.program, "log"], repo.path).stdout.splitlines()]
        pairs = [e["payload"] for e in events if e["event_type"] == "gs.commit"]
        return {repo.git("log", "-1", "--format=%s", p["commit"]): p["seen"] for p in pairs}

    def push(self, repo, ref="HEAD:refs/heads/out"):
        return self.git(repo, "push", "-q", "origin", ref)

    def refused(self, done, path=BAD):
        self.assertNotEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(path, done.stderr)


class ByPreCommit(Case):
    """git runs a hook before these."""

    def test_commit(self):
        repo = self.ready()
        repo.write(BAD, "x\n")
        repo.git("add", "-f", BAD)
        self.refused(self.git(repo, "commit", "-m", "bad"))
        repo.git("rm", "-q", "--cached", BAD)
        repo.write("a.txt", "good\n")
        repo.git("add", "a.txt")
        self.assertEqual(self.git(repo, "commit", "-q", "-m", "good").returncode, 0, "the work tree still holds the bad file")
        self.assertEqual(self.seen(repo)["good"], "judged")

    def test_commit_all(self):
        repo = self.ready()
        repo.write(BAD, "x\n")
        repo.git("add", "-f", BAD)
        repo.git("commit", "-q", "--no-verify", "-m", "before")
        repo.write(BAD, "y\n")
        self.refused(self.git(repo, "commit", "-a", "-m", "bad"))
        self.assertEqual(repo.git("diff", "--cached", "--name-only"), "")
        repo.git("checkout", "-q", "--", BAD)
        repo.write("a.txt", "good\n")
        self.assertEqual(self.git(repo, "commit", "-q", "-a", "-m", "good").returncode, 0)
        self.assertEqual(self.seen(repo)["good"], "judged")

    def test_commit_of_paths(self):
        repo = self.ready()
        repo.write(BAD, "x\n")
        repo.write("a.txt", "good\n")
        repo.git("add", "-f", BAD, "a.txt")
        self.assertEqual(self.git(repo, "commit", "-q", "-m", "good", "--", "a.txt").returncode, 0, "the bad path stays staged")
        self.refused(self.git(repo, "commit", "-m", "bad", "--", BAD))
        self.assertEqual(self.seen(repo)["good"], "judged")

    def test_amend(self):
        repo = self.ready()
        repo.write("a.txt", "good\n")
        repo.git("commit", "-q", "-a", "-m", "first")
        repo.write(BAD, "x\n")
        repo.git("add", "-f", BAD)
        self.refused(self.git(repo, "commit", "--amend", "--no-edit"))
        repo.git("rm", "-q", "--cached", BAD)
        repo.write("b.txt", "more\n")
        self.assertEqual(self.git(repo, "commit", "-q", "-a", "--amend", "-m", "amended").returncode, 0)
        self.assertEqual(self.git(repo, "commit", "-q", "--amend", "-m", "words only").returncode, 0)
        self.assertEqual(self.seen(repo)["words only"], "judged")

    def test_partial_staging(self):
        repo = self.ready()
        repo.write(RECORD, "half\n")
        repo.git("add", RECORD)
        (repo.path / RECORD).unlink()
        self.refused(self.git(repo, "commit", "-m", "bad"), RECORD)
        repo.git("rm", "-q", "--cached", RECORD)
        repo.write("a.txt", "staged\n2\n3\n4\n5\n")
        repo.git("add", "a.txt")
        repo.write("a.txt", "staged\n2\n3\n4\nnot staged\n")
        repo.write(RECORD, "not staged either\n")
        self.assertEqual(self.git(repo, "commit", "-q", "-m", "half").returncode, 0)
        self.assertEqual(repo.git("show", "HEAD:a.txt"), "staged\n2\n3\n4\n5")
        self.assertEqual(self.seen(repo)["half"], "judged")

    def test_merge(self):
        repo = self.ready()
        repo.git("switch", "-q", "-c", "side", "HEAD~0")
        repo.write("b.txt", "side\n")
        repo.git("commit", "-q", "-a", "-m", "side")
        repo.write(BAD, "x\n")
        repo.git("add", "-f", BAD)
        repo.git("commit", "-q", "--no-verify", "-m", "side with it")
        repo.git("switch", "-q", "work")
        repo.write("a.txt", "work\n")
        repo.git("commit", "-q", "-a", "-m", "work")
        self.refused(self.git(repo, "merge", "--no-edit", "side"))
        repo.git("reset", "-q", "--hard")
        self.assertEqual(self.git(repo, "merge", "--no-edit", "-m", "merged", "side~1").returncode, 0)
        self.assertEqual(self.seen(repo)["merged"], "judged")

    def test_am(self):
        repo = self.ready()
        repo.git("switch", "-q", "-c", "side")
        repo.write("b.txt", "mailed\n")
        repo.git("commit", "-q", "-a", "-m", "mailed")
        good = self.lab.run(["git", "format-patch", "--stdout", "-1"], repo.path).stdout
        repo.write(BAD, "x\n")
        repo.git("add", "-f", BAD)
        repo.git("commit", "-q", "--no-verify", "-m", "mailed with it")
        bad = self.lab.run(["git", "format-patch", "--stdout", "-1"], repo.path).stdout
        repo.git("switch", "-q", "work")
        repo.write("a.txt", "moved on\n")
        repo.git("commit", "-q", "-a", "-m", "moved on")
        self.assertEqual(self.git(repo, "am", "-q", data=good).returncode, 0)
        self.refused(self.git(repo, "am", "-q", data=bad))
        repo.git("am", "--abort")
        self.assertEqual(self.seen(repo)["mailed"], "judged")


class ByPrePush(Case):
    """git runs no pre-commit for these: what they made is judged when it leaves."""

    def bad_beside(self, repo):
        """A commit with the bad file on another branch, and one without."""
        repo.git("switch", "-q", "-c", "side")
        repo.write("b.txt", "side\n")
        repo.git("commit", "-q", "-a", "-m", "good pick")
        repo.write(RECORD, "x\n")
        repo.git("add", "-f", RECORD)
        repo.git("commit", "-q", "--no-verify", "-m", "bad pick")
        repo.git("switch", "-q", "work")
        repo.write("a.txt", "work\n")
        repo.git("commit", "-q", "-a", "-m", "work")

    def test_cherry_pick(self):
        repo = self.ready()
        self.bad_beside(repo)
        repo.git("cherry-pick", "side~1")
        self.assertEqual(self.seen(repo)["good pick"], "not_run")
        done = self.push(repo)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        repo.git("cherry-pick", "side")
        self.refused(self.push(repo), RECORD)

    def test_revert(self):
        repo = self.ready()
        self.bad_beside(repo)
        repo.git("cherry-pick", "side")
        repo.git("revert", "--no-edit", "HEAD")
        repo.git("revert", "--no-edit", "HEAD")
        self.refused(self.push(repo), RECORD)
        self.assertEqual(set(self.seen(repo).values()), {"judged", "not_run"})

    def test_rebase(self):
        for backend in ("--merge", "--apply"):
            with self.subTest(backend):
                shutil.rmtree(self.folder)
                self.lab = lab.Lab(self.folder, PROGRAM)
                repo = self.ready()
                self.bad_beside(repo)
                repo.git("switch", "-q", "side")
                repo.git("reset", "-q", "--hard", "HEAD~1")
                done = self.git(repo, "rebase", "-q", backend, "work")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(self.seen(repo)["good pick"], "not_run" if backend == "--merge" else "judged")
                done = self.push(repo)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_rebase_of_a_bad_commit(self):
        repo = self.ready()
        self.bad_beside(repo)
        repo.git("switch", "-q", "side")
        repo.git("rebase", "-q", "work")
        self.refused(self.push(repo), RECORD)

    def test_stash(self):
        repo = self.ready()
        repo.write(RECORD, "x\n")
        repo.write("a.txt", "stashed\n")
        repo.git("add", "-f", RECORD, "a.txt")
        self.assertEqual(self.git(repo, "stash").returncode, 0)
        self.assertEqual(repo.call("status")["around"], [])
        self.refused(self.push(repo, "refs/stash:refs/heads/out"), RECORD)
        repo.git("stash", "pop", "-q")
        self.refused(self.git(repo, "commit", "-m", "bad"), RECORD)


class Around(Case):
    """Bypasses: named by pre-push and status, uncovered in verify, refused by the server."""

    WAYS = {
        "no-verify": lambda case, repo: repo.git("commit", "-q", "--no-verify", "-a", "-m", "around"),
        "hooks off": lambda case, repo: repo.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-a", "-m", "around"),
        "update-ref": lambda case, repo: case.by_hand(repo, lambda commit: repo.git("update-ref", "refs/heads/work", commit)),
        "commit-tree": lambda case, repo: case.by_hand(repo, lambda commit: repo.git("reset", "-q", "--soft", commit)),
        "library": lambda case, repo: case.by_library(repo),
    }

    def by_hand(self, repo, move):
        repo.git("add", "-A")
        tree = repo.git("write-tree")
        move(repo.git("commit-tree", "-p", "HEAD", "-m", "around", tree))

    def by_library(self, repo):
        """As a library does it: objects and the ref's file written by hand, no git program at all."""
        import hashlib
        import zlib

        def store(kind, body):
            data = f"{kind} {len(body)}\0".encode() + body
            digest = hashlib.sha1(data).hexdigest()
            path = repo.path / ".git/objects" / digest[:2] / digest[2:]
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                path.write_bytes(zlib.compress(data))
            return digest

        head = repo.head()
        rows = [line.split(None, 3) for line in repo.git("ls-tree", "HEAD").splitlines()]
        blob = store("blob", (repo.path / "a.txt").read_bytes())
        tree = b"".join(f"{mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(blob if name == "a.txt" else sha)
                        for mode, _, sha, name in rows)
        who = "Lib <lib@example.org> 1700000000 +0000"
        body = f"tree {store('tree', tree)}\nparent {head}\nauthor {who}\ncommitter {who}\n\naround\n"
        (repo.path / ".git/refs/heads/work").write_text(store("commit", body.encode()) + "\n")

    def test_five_ways(self):
        for way, go in self.WAYS.items():
            with self.subTest(way):
                shutil.rmtree(self.folder)
                self.lab = lab.Lab(self.folder, PROGRAM)
                repo = self.ready(trusted=("lane:local",))
                hook = self.lab.folder / "remote.git/hooks/pre-receive"
                shutil.copy(Path(__file__).resolve().parents[2] / "packaging/server-hooks/pre-receive", hook)
                base = repo.head()
                repo.write("a.txt", "around\n2\n3\n4\n5\n")
                go(self, repo)
                commit = repo.head()
                self.assertEqual(repo.git("log", "-1", "--format=%s"), "around")
                named = repo.call("status")["around"]
                self.assertEqual([row["commit"] for row in named], [commit])
                self.assertIn(named[0]["seen"], ("around", "no_hook"))
                self.assertEqual(repo.call("hooks", "status")["around"], named)
                done = self.push(repo, "HEAD:main")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(f"commit {commit[:12]} was made", done.stderr)
                code, judged = repo.verify(f"{base}..HEAD", "--self-asserted")
                self.assertEqual((code, judged["commits"][0]["class"]), (14, "uncovered"))
                path = {"PATH": f"{Path(PROGRAM).resolve().parent}:{self.lab.env['PATH']}"}
                done = self.git(repo, "push", "-q", "--no-verify", "origin", "HEAD:main", env=path)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("policy_unmet", done.stderr)
                self.assertEqual(repo.git("ls-remote", "origin", "main").split()[0], base)

    def test_what_apply_makes_passes_everywhere(self):
        repo = self.ready(trusted=("lane:local",))
        repo.git("push", "-q", "origin", "HEAD:main")
        shutil.copy(Path(__file__).resolve().parents[2] / "packaging/server-hooks/pre-receive",
                    self.lab.folder / "remote.git/hooks/pre-receive")
        run = repo.call("list", "runs")["items"][0]["run_id"]
        implement(repo, run, {"src/add.py": "good\n"})
        review(repo, run)
        repo.apply(run)
        self.assertEqual(repo.call("status")["around"], [])
        self.assertIn("applied", self.seen(repo).values())
        path = {"PATH": f"{Path(PROGRAM).resolve().parent}:{self.lab.env['PATH']}"}
        done = self.git(repo, "push", "-q", "origin", "HEAD:main", env=path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
