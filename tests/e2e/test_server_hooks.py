# SPDX-License-Identifier: Apache-2.0
"""The hooks of a server, on real bare repositories: what arrives is judged in git's quarantine, by the trust of the
branch that it arrives at.

usage: test_server_hooks.py PROGRAM [unittest options]"""
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import reviewed

PROGRAM = None
PACKAGED = Path(__file__).resolve().parents[2] / "packaging/server-hooks"
GOOD = "def add(a, b):\n    return a + b\n"


class Server(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="striatum-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.lab = lab.Lab(self.folder, PROGRAM)
        self.lab.env["PATH"] = f"{Path(PROGRAM).resolve().parent}:{self.lab.env['PATH']}"
        self.repo = self.lab.repo()
        self.remote = self.lab.folder / "remote.git"
        self.repo.git("init", "-q", "--bare", str(self.remote))
        self.repo.git("remote", "add", "origin", str(self.remote))
        self.repo.git("push", "-q", "origin", "HEAD:main")

    def install(self, name="pre-receive"):
        shutil.copy(PACKAGED / name, self.remote / "hooks" / name)

    def push(self, ref="HEAD:main", *options):
        done = self.lab.run(["git", "push", "-q", *options, "origin", ref], self.repo.path, check=False)
        return done.returncode, done.stderr

    def on_server(self, ref="main"):
        return self.lab.run(["git", "rev-parse", "--verify", "-q", ref], self.remote, check=False).stdout.strip()

    def applied(self):
        self.repo.apply(reviewed(self.repo, {"src/add.py": GOOD}))
        return self.repo.head()

    def by_hand(self, text="by hand\n"):
        self.repo.write("README.md", text)
        self.repo.git("commit", "-q", "-a", "-m", "by hand")
        return self.repo.head()

    def test_vouched_work_arrives_and_a_hand_made_commit_does_not(self):
        for name in ("pre-receive", "update"):
            with self.subTest(name):
                self.install(name)
                before = self.on_server()
                self.by_hand()
                code, said = self.push()
                self.assertNotEqual(code, 0)
                self.assertIn("policy_unmet", said)
                self.assertIn("git striatum verify", said)
                self.assertEqual(self.on_server(), before)
                self.repo.git("reset", "-q", "--hard", "HEAD~1")
        good = self.applied()
        self.assertEqual(self.push(), (0, ""))
        self.assertEqual(self.on_server(), good)

    def test_nothing_refused_stays_in_the_object_store(self):
        self.install()
        commit = self.by_hand()
        self.push()
        done = self.lab.run(["git", "cat-file", "-e", commit], self.remote, check=False)
        self.assertNotEqual(done.returncode, 0, "git's quarantine was left")

    def test_one_bad_ref_of_several(self):
        self.install()
        self.repo.git("branch", "same", "origin/main")
        self.by_hand()
        code, _ = self.push("HEAD:main", "--atomic")
        self.assertNotEqual(code, 0)
        done = self.lab.run(["git", "push", "-q", "origin", "same:refs/heads/same", "HEAD:refs/heads/other"], self.repo.path, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual((self.on_server("same"), self.on_server("other")), ("", ""), "pre-receive judges the whole push")

    def test_a_new_branch_is_judged_by_the_default_branch(self):
        self.lab.run(["git", "symbolic-ref", "HEAD", "refs/heads/main"], self.remote)
        self.install()
        self.repo.git("switch", "-q", "--orphan", "loose")
        self.repo.write("x.txt", "x\n")
        self.repo.git("add", "x.txt")
        self.repo.git("commit", "-q", "-m", "no history")
        code, said = self.push("HEAD:refs/heads/loose")
        self.assertNotEqual(code, 0)
        self.assertIn("policy_unmet", said)

    def test_the_head_cannot_loosen_its_own_policy(self):
        self.install()
        path = ".provenance/striatum/trust/policy.json"
        policy = json.loads(self.repo.read(path))
        policy["version"] += 1
        policy["rules"] = [{"paths": ["**"], "accept": ["exact", "uncovered"]}]
        self.repo.write(path, json.dumps(policy))
        self.repo.git("commit", "-q", "-a", "-m", "anything goes")
        code, said = self.push()
        self.assertNotEqual(code, 0)
        self.assertIn("trust_change_unsigned", said)

    def test_taking_a_branch_away_is_the_servers_own_matter(self):
        self.repo.git("push", "-q", "origin", "HEAD:refs/heads/old")
        self.install()
        self.assertEqual(self.push(":refs/heads/old"), (0, ""))

    def test_the_pushers_environment_does_not_switch_it_off(self):
        self.install()
        self.by_hand()
        done = self.lab.run(["git", "push", "-q", "origin", "HEAD:main"], self.repo.path, check=False,
                            env={"STRIATUM_SKIP_HOOKS": "1", "STRIATUM_PROBE": str(self.lab.folder / "notes")})
        self.assertNotEqual(done.returncode, 0)

    def test_without_the_program_nothing_is_accepted(self):
        self.install()
        self.by_hand()
        tools = self.lab.folder / "tools"
        tools.mkdir()
        for name in ("git", "sh"):
            (tools / name).symlink_to(shutil.which(name))
        done = self.lab.run(["git", "push", "-q", "origin", "HEAD:main"], self.repo.path, check=False, env={"PATH": str(tools)})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("not installed", done.stderr)

    def test_a_server_without_a_trust_accepts_what_it_always_did(self):
        bare = self.lab.folder / "plain.git"
        self.repo.git("init", "-q", "--bare", str(bare))
        shutil.copy(PACKAGED / "pre-receive", bare / "hooks/pre-receive")
        plain = self.lab.repo("plain", trusted=())
        plain.git("push", "-q", str(bare), "HEAD:main")

    def test_installed_by_the_verb(self):
        server = lab.Repo(self.lab, self.remote)
        rows = server.call("hooks", "install")["hooks"]
        self.assertEqual([(row["name"], row["action"]) for row in rows], [("pre-receive", "created")])
        self.assertEqual(server.call("hooks", "status")["ready"], True)
        self.by_hand()
        self.assertNotEqual(self.push()[0], 0)
        server.call("hooks", "uninstall")
        self.assertEqual(self.push(), (0, ""))

    def test_a_pinned_root(self):
        server = lab.Repo(self.lab, self.remote)
        server.git("config", "striatum.trustRoot", self.repo.root)
        self.install()
        good = self.applied()
        self.assertEqual(self.push(), (0, ""))
        self.assertEqual(self.on_server(), good)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
