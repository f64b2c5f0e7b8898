# SPDX-License-Identifier: Apache-2.0
"""Hooks: put in politely, taken out without a trace, and what they let into a commit.

usage: test_hooks.py PROGRAM [unittest options]"""
import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import implement, review, reviewed, reviewed_change

PROGRAM = None
USUAL = ("pre-commit", "pre-merge-commit", "pre-applypatch", "commit-msg", "post-rewrite", "pre-push")
GOOD = "def add(a, b):\n    return a + b\n"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="striatum-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.lab = lab.Lab(self.folder, PROGRAM)

    def states(self, repo):
        data = repo.call("hooks", "status")
        return data["ready"], {row["name"]: row["state"] for row in data["hooks"]}

    def actions(self, repo, *args):
        return {row["name"]: row["action"] for row in repo.call("hooks", *args)["hooks"]}


class Install(Case):
    def test_empty_folder(self):
        repo = self.lab.repo(trusted=())
        shutil.rmtree(repo.path / ".git/hooks")
        self.assertEqual(self.states(repo), (False, dict.fromkeys(USUAL, "missing")))
        self.assertEqual(self.actions(repo, "install", "--dry-run"), dict.fromkeys(USUAL, "created"))
        self.assertFalse((repo.path / ".git/hooks").exists())
        self.assertEqual(self.actions(repo, "install"), dict.fromkeys(USUAL, "created"))
        self.assertEqual(self.states(repo), (True, dict.fromkeys(USUAL, "ours")))
        self.assertEqual(self.actions(repo, "install"), dict.fromkeys(USUAL, "kept"))
        gone = self.actions(repo, "uninstall")
        self.assertEqual({name for name, action in gone.items() if action == "removed"}, set(USUAL))
        self.assertFalse((repo.path / ".git/hooks").exists(), "the folder was not there before")

    def test_all_hooks(self):
        repo = self.lab.repo(trusted=())
        done = self.actions(repo, "install", "--all")
        self.assertEqual({name for name in done if name not in USUAL}, {"prepare-commit-msg", "post-commit"})
        self.assertEqual(self.states(repo)[0], True)
        self.actions(repo, "uninstall")
        self.assertEqual([p.name for p in (repo.path / ".git/hooks").iterdir() if not p.name.endswith(".sample")], [])

    def test_without_a_reflog_post_commit_is_needed(self):
        repo = self.lab.repo(trusted=())
        repo.git("config", "core.logAllRefUpdates", "false")
        self.assertIn("post-commit", self.actions(repo, "install"))

    def test_hook_of_the_user(self):
        script = b"#!/bin/bash\n# mine\necho mine >> seen\nexit 0"
        repo = self.lab.repo(trusted=())
        repo.write(".git/hooks/pre-commit", script)
        path = repo.path / ".git/hooks/pre-commit"
        path.chmod(0o711)
        self.assertEqual(self.actions(repo, "install")["pre-commit"], "skipped")
        self.assertEqual(path.read_bytes(), script)
        self.assertEqual(self.states(repo)[1]["pre-commit"], "foreign")
        self.assertEqual(self.actions(repo, "install", "--chain")["pre-commit"], "chained")
        self.assertEqual(self.states(repo), (True, dict.fromkeys(USUAL, "ours") | {"pre-commit": "chained"}))
        repo.write("a.txt", "a\n")
        repo.git("add", "a.txt")
        repo.git("commit", "-q", "-m", "A")
        self.assertEqual(repo.read("seen"), "mine\n")
        self.assertEqual(self.actions(repo, "uninstall")["pre-commit"], "restored")
        self.assertEqual((path.read_bytes(), path.stat().st_mode & 0o777), (script, 0o711))

    def test_the_printed_line_in_a_hook_of_the_user(self):
        repo = self.lab.repo(trusted=(), files={".provenance/note": "guarded\n"})
        self.lab.env["PATH"] = f"{Path(PROGRAM).parent}:{self.lab.env['PATH']}"
        repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho mine >>seen\n")
        path = repo.path / ".git/hooks/pre-commit"
        path.chmod(0o755)
        rows = repo.call("hooks", "install")["hooks"]
        path.write_text(path.read_text() + rows[0]["snippet"] + "\necho after >>seen\n")
        self.assertEqual(self.states(repo)[1]["pre-commit"], "configured")
        repo.write(".striatum/x", "x\n")
        repo.git("add", "-f", ".striatum/x")
        done = self.lab.run(["git", "commit", "-q", "-m", "bad"], repo.path, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(repo.read("seen"), "mine\n")

    def test_what_is_never_touched(self):
        for name, make in {
                "program": lambda p: (p.write_bytes(b"\x7fELF\0\1"), p.chmod(0o755)),
                "python": lambda p: (p.write_text("#!/usr/bin/env python3\nprint()\n"), p.chmod(0o755)),
                "link": lambda p: p.symlink_to("../../elsewhere"),
                "folder": lambda p: p.mkdir(),
                "switched off": lambda p: (p.write_text("#!/bin/sh\nexit 1\n"), p.chmod(0o644)),
                "husky": lambda p: (p.write_text("#!/bin/sh\n. husky.sh\n"), p.chmod(0o755))}.items():
            with self.subTest(name):
                repo = self.lab.repo(name, trusted=())
                path = repo.path / ".git/hooks/pre-commit"
                make(path)
                before = path.lstat().st_mode, path.lstat().st_mtime_ns
                for verb in ("install", "uninstall"):
                    repo.call("hooks", verb, "--chain")
                    self.assertEqual((path.lstat().st_mode, path.lstat().st_mtime_ns), before)
                self.assertFalse((repo.path / "elsewhere").exists())
                self.assertEqual(self.states(repo)[0], False)

    def test_hooks_path_and_worktrees(self):
        repo = self.lab.repo(trusted=())
        repo.git("config", "core.hooksPath", "tools/hooks")
        repo.git("worktree", "add", "-q", "../side")
        self.assertEqual(self.actions(repo, "install")["pre-commit"], "created")
        self.assertTrue((repo.path / "tools/hooks/pre-commit").exists())
        rows = repo.call("hooks", "status")["hooks"]
        self.assertEqual([row["state"] for row in rows], ["ours"] * len(USUAL) + ["missing"] * len(USUAL))
        self.assertEqual(repo.git("config", "core.hooksPath"), "tools/hooks")

    def test_broken_is_not_ready(self):
        repo = self.lab.repo(trusted=())
        repo.call("hooks", "install")
        path = repo.path / ".git/hooks/pre-commit"
        text = path.read_text()
        path.chmod(0o644)
        self.assertEqual(self.states(repo)[1]["pre-commit"], "broken")
        path.chmod(0o755)
        path.write_text(text.replace("exec", "echo"))
        self.assertEqual(self.states(repo)[1]["pre-commit"], "broken")
        self.assertEqual(self.actions(repo, "uninstall")["pre-commit"], "left")
        path.unlink()
        repo.call("hooks", "install")
        for hook in USUAL:
            file = repo.path / ".git/hooks" / hook
            file.write_text(file.read_text().replace(str(Path(PROGRAM).resolve()), "/nowhere/git-striatum"))
        self.assertEqual(self.states(repo)[1]["pre-commit"], "broken")
        (repo.path / ".git/striatum").mkdir(exist_ok=True)
        (repo.path / ".git/striatum/active").touch()
        done = self.lab.run(["git", "commit", "--allow-empty", "-q", "-m", "goes on"], repo.path)
        self.assertEqual([line.split(";")[1] for line in done.stderr.splitlines()],
                         [" pre-commit checked nothing", " commit-msg checked nothing"])

    def test_a_closed_policy_stops_where_the_program_is_gone(self):
        repo = self.lab.repo()
        policy = json.loads(repo.read(".provenance/striatum/trust/policy.json"))
        policy["hooks"] = {"closed": True}
        repo.write(".provenance/striatum/trust/policy.json", json.dumps(policy))
        repo.git("commit", "-q", "-a", "-m", "Closed")
        repo.call("hooks", "install")
        path = repo.path / ".git/hooks/pre-commit"
        path.write_text(path.read_text().replace(str(Path(PROGRAM).resolve()), "/nowhere/git-striatum"))
        done = self.lab.run(["git", "commit", "--allow-empty", "-q", "-m", "x"], repo.path, check=False)
        self.assertNotEqual(done.returncode, 0)
        path.write_text(path.read_text().replace("    exit 1\n", ""))
        self.assertEqual(self.states(repo)[1]["pre-commit"], "broken")


class Configured(Case):
    """git 2.54 and later reads hooks from its configuration. The git here may be older: one that says it is 2.54 stands
    in front of it, and the commands are run as git-hook(1) tells."""

    def new_git(self):
        tools = self.lab.folder / "tools"
        tools.mkdir()
        git = tools / "git"
        git.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo git version 2.54.0 && exit\nexec {shutil.which("git")} "$@"\n')
        git.chmod(0o755)
        self.lab.env["PATH"] = f"{tools}:{self.lab.env['PATH']}"

    def run_configured(self, repo, hook, *args):
        command = repo.git("config", f"hook.striatum-{hook}.command")
        return self.lab.run(["sh", "-c", command + (' "$@"' if args else ""), command, *args], repo.path, check=False)

    def test_in_gits_configuration(self):
        repo = self.lab.repo(trusted=(), files={".provenance/note": "guarded\n"})
        self.assertEqual(set(self.actions(repo, "install").values()), {"created"})
        before = repo.read(".git/config")
        self.new_git()
        self.assertEqual(set(self.actions(repo, "install").values()), {"configured"})
        self.assertFalse((repo.path / ".git/hooks/pre-commit").exists(), "the files of an older git went")
        self.assertEqual(self.states(repo), (True, dict.fromkeys(USUAL, "configured")))
        self.assertEqual(set(self.actions(repo, "install").values()), {"kept"})
        self.assertEqual(repo.git("config", "hook.striatum-pre-push.event"), "pre-push")
        self.assertEqual(self.run_configured(repo, "pre-commit").returncode, 0)
        repo.write(".striatum/x", "x\n")
        repo.git("add", "-f", ".striatum/x")
        self.assertNotEqual(self.run_configured(repo, "pre-commit").returncode, 0)
        repo.write("message", "x\n\nStriatum-Run: a b\n")
        self.assertIn("Striatum-Run", self.run_configured(repo, "commit-msg", "message").stderr)
        repo.git("config", "hook.striatum-pre-commit.enabled", "false")
        self.assertEqual(self.states(repo)[1]["pre-commit"], "broken")
        repo.git("config", "--unset", "hook.striatum-pre-commit.enabled")
        self.actions(repo, "uninstall")
        self.assertEqual(repo.read(".git/config"), before)

    def test_changed_by_hand(self):
        repo = self.lab.repo(trusted=())
        self.new_git()
        self.actions(repo, "install")
        repo.git("config", "hook.striatum-pre-push.command", "make check")
        self.assertEqual(self.states(repo)[1]["pre-push"], "broken")
        self.assertEqual(self.actions(repo, "install")["pre-push"], "skipped")
        self.assertEqual(self.actions(repo, "uninstall")["pre-push"], "left")


class Probe(Case):
    def test_a_throw_away_commit(self):
        repo = self.lab.repo(trusted=())
        before = repo.head(), repo.git("worktree", "list"), repo.git("for-each-ref"), repo.status()
        rows = repo.call("hooks", "status", "--probe")["probe"]["hooks"]
        self.assertEqual([row["name"] for row in rows if row["ran"]], [])
        repo.call("hooks", "install")
        (repo.path / ".git/hooks/commit-msg").chmod(0o644)
        rows = repo.call("hooks", "status", "--probe")["probe"]["hooks"]
        self.assertEqual({row["name"] for row in rows if row["ran"]}, set(USUAL) - {"commit-msg"})
        self.assertEqual((repo.head(), repo.git("worktree", "list"), repo.git("for-each-ref"), repo.status()), before)
        self.assertEqual(sorted(p.name for p in (repo.path / ".git/striatum").iterdir()), ["baseline"])


class Commit(Case):
    def ready(self, **more):
        repo = self.lab.repo(**more)
        repo.call("hooks", "install")
        return repo

    def commit(self, repo, *paths, env=None):
        for path in paths:
            repo.git("add", "-f", path)
        return self.lab.run(["git", "commit", "-q", "-m", "by hand"], repo.path, check=False, env=env)

    def stopped(self, repo, done, text):
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(text, done.stderr)
        self.assertIn("hint", done.stderr)
        repo.git("reset", "-q", "--hard")

    def test_quiet_when_all_is_well(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        repo.write("README.md", "More.\n")
        done = self.commit(repo, "README.md")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertTrue((repo.path / ".git/striatum/active").exists())
        implement(repo, run, {"src/add.py": GOOD})
        review(repo, run)
        self.assertEqual(repo.apply(run)["status"], "applied")

    def test_state_stays_out(self):
        repo = self.ready()
        repo.prepare(reviewed_change())
        repo.write(".striatum/notes.txt", "x\n")
        self.stopped(repo, self.commit(repo, ".striatum/notes.txt"), ".striatum/notes.txt")

    def test_records(self):
        repo = self.ready()
        run = reviewed(repo, {"src/add.py": GOOD})
        receipt = repo.apply(run)["receipt_path"]
        repo.write(receipt, repo.read(receipt).replace("payload", "Payload"))
        self.stopped(repo, self.commit(repo, receipt), receipt)
        folder = ".provenance/striatum/changes/"
        repo.write(folder + "note.txt", "x\n")
        self.stopped(repo, self.commit(repo, folder + "note.txt"), "note.txt")
        wrong = folder + "ab/ab" + "0" * 62 + ".json"
        repo.write(wrong, "{}\n")
        self.stopped(repo, self.commit(repo, wrong), "other bytes")
        digest = hashlib.sha256(b"{}\n").hexdigest()
        repo.write(f"{folder}{digest[:2]}/{digest}.json", "{}\n")
        self.assertEqual(self.commit(repo, folder).returncode, 0)
        done = self.lab.run(["git", "revert", "--no-edit", "HEAD"], repo.path)
        self.assertEqual(done.returncode, 0)

    def test_published_file(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        implement(repo, run, {})
        repo.write("docs/HANDOFF.md", "something else\n")
        self.stopped(repo, self.commit(repo, "docs/HANDOFF.md"), "docs/HANDOFF.md")
        repo.write("docs/HANDOFF.md", "done\n")
        self.assertEqual(self.commit(repo, "docs/HANDOFF.md").returncode, 0)

    def test_scope_of_the_session(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        agent = repo.agent(run, "author")
        agent.claim()
        env = {"STRIATUM_SESSION_ID": agent.session}
        repo.write("README.md", "the agent was here\n")
        self.stopped(repo, self.commit(repo, "README.md", env=env), "README.md")
        repo.write("src/add.py", GOOD)
        self.assertEqual(self.commit(repo, "src/add.py", env=env).returncode, 0)
        self.assertIn("Striatum-Run: " + run, repo.git("log", "-1", "--format=%B"))

    def test_the_only_session_at_work_here(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        repo.agent(run, "author").claim()
        repo.write("README.md", "who was it\n")
        self.stopped(repo, self.commit(repo, "README.md"), "README.md")

    def test_a_lapsed_lease_is_nobodys_work(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        repo.agent(run, "author").claim()
        with sqlite3.connect(repo.path / ".striatum/state.sqlite3") as state:
            state.execute("UPDATE leases SET expires_at = '2020-01-01T00:00:00Z'")
        state.close()
        repo.write("README.md", "long after\n")
        self.assertEqual(self.commit(repo, "README.md").returncode, 0)

    def test_a_person_is_warned(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        repo.agent(run, "author").claim()
        repo.write("src/add.py", GOOD)
        done = self.commit(repo, "src/add.py", env={"STRIATUM_SESSION_ID": ""})
        self.assertEqual(done.returncode, 0)
        self.assertIn("a session works on", done.stderr)
        self.assertNotIn("Striatum-Run", repo.git("log", "-1", "--format=%B"))

    def test_the_worktrees_own_configuration(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        agent = repo.agent(run, "author")
        agent.claim()
        repo.git("worktree", "add", "-q", "../side")
        repo.git("config", "extensions.worktreeConfig", "true")
        side = lab.Repo(self.lab, repo.path.parent / "side")
        side.git("config", "--worktree", "striatum.session", agent.session)
        side.write("README.md", "outside\n")
        self.stopped(side, self.commit(side, "README.md"), "README.md")
        side.write("src/add.py", GOOD)
        self.assertEqual(self.commit(side, "src/add.py").returncode, 0)

    def test_switched_off_leaves_an_event(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        agent = repo.agent(run, "author")
        agent.claim()
        repo.write("README.md", "outside\n")
        done = self.commit(repo, "README.md", env={"STRIATUM_SESSION_ID": agent.session, "STRIATUM_SKIP_HOOKS": "1"})
        self.assertEqual(done.returncode, 0)
        agent.repo.call("heartbeat", "--session-id", agent.session, "--lease-id", agent.lease)
        events = [json.loads(line) for line in self.lab.run([self.lab.program, "log"], repo.path).stdout.splitlines()]
        skipped = [e["payload"] for e in events if e["event_type"] == "gs.hook_skipped"]
        self.assertEqual(skipped[0], {"hook": "pre-commit", "session_id": agent.session})
        seen = [e["payload"]["seen"] for e in events if e["event_type"] == "gs.commit"]
        self.assertEqual(seen[-1], "around")

    def test_a_private_key_stays_out_of_the_records(self):
        repo = self.ready()
        repo.write(".provenance/striatum/trust/keys/" + "a" * 64 + ".pub",
                   "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n")
        self.stopped(repo, self.commit(repo, ".provenance"), "private key")

    def test_trailers(self):
        repo = self.ready()
        run = reviewed(repo, {"src/add.py": GOOD})
        done = repo.apply(run)
        message = repo.git("log", "-1", "--format=%B")
        repo.git("commit", "-q", "--amend", "--allow-empty", "-m", message)
        for trailer in ("Striatum-Receipt: sha256:" + "0" * 64, "Striatum-Receipt: yes", "Striatum-Run: a b"):
            answer = self.lab.run(["git", "commit", "-q", "--allow-empty", "-m", "x\n\n" + trailer], repo.path, check=False)
            self.stopped(repo, answer, trailer.split(":")[0])
        self.assertIn(done["receipt"], repo.git("log", "-1", "--format=%B"))

    def test_the_trailer_of_the_run_stands_where_git_reads_it(self):
        repo = self.ready()
        run = repo.prepare(reviewed_change())
        repo.agent(run, "author").claim()
        messages = {"one line": "one line", "Body": "Body\n\nSome text\nof two lines.", "Colon": "Colon\n\nSee: this paragraph",
                    "Signed": "Signed\n\nText.\n\nSigned-off-by: Ann <ann@example.org>", "List": "List\n\n- a\n- b: c"}
        for subject, message in messages.items():
            repo.git("commit", "-q", "--allow-empty", "-m", message)
            self.assertEqual(repo.git("log", "-1", "--format=%(trailers:key=Striatum-Run,valueonly)"), run, message)
            body = repo.git("log", "-1", "--format=%B")
            self.assertTrue(body.startswith(message), body)
            self.assertEqual(body.count("Striatum-Run"), 1)
            repo.git("commit", "-q", "--allow-empty", "--amend", "--no-edit")
            self.assertEqual(repo.git("log", "-1", "--format=%B"), body, "once is enough")

    def test_marker(self):
        repo = self.ready(trusted=())
        marker = repo.path / ".git/striatum/active"
        self.assertFalse(marker.exists())
        run = repo.prepare(reviewed_change())
        self.assertTrue(marker.exists())
        repo.call("run", "cancel", "--run-id", run)
        self.assertFalse(marker.exists())


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
