# SPDX-License-Identifier: Apache-2.0
"""`verify` in CI: annotations, and the shell commands of the workflow templates run as a forge would run them.

usage: test_ci.py PROGRAM [unittest options]"""
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import reviewed

PROGRAM = None
TEMPLATES = Path(__file__).resolve().parents[2] / "packaging" / "ci"


def commands(template):
    """The shell text of the `run: |` and `- |` blocks of a template, in order."""
    found, indent = [], None
    for line in (TEMPLATES / template).read_text().splitlines():
        if indent is not None and line.startswith(indent):
            indent = indent if found[-1] else re.match(" *", line)[0]
            found[-1] += line[len(indent):] + "\n"
        elif opened := re.match(r"( *)(run:|-) \|$", line):
            indent = opened[1] + " "
            found.append("")
        else:
            indent = None
    return found


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="striatum-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.lab = lab.Lab(cls.folder, PROGRAM)
        cls.upstream = cls.lab.repo()
        run = reviewed(cls.upstream, {"src/add.py": "def add(a, b):\n    return a + b\n"})
        cls.upstream.apply(run)
        cls.upstream.git("branch", "good")
        cls.upstream.write("src/add.py", "def add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n")
        cls.upstream.git("commit", "-q", "-am", "::error::Not what it says\n\n##[warning]nor this")
        cls.upstream.git("branch", "bad")
        # What the templates install is stood in for: the program is there, sudo and apt-get only note what they are told.
        cls.bin = cls.folder / "bin"
        cls.bin.mkdir()
        (cls.bin / "git-striatum").symlink_to(Path(PROGRAM).resolve())
        for name, text in {"sudo": 'exec "$@"\n', "apt-get": f'echo "$@" >>{cls.folder}/apt\n'}.items():
            (cls.bin / name).write_text(f"#!/bin/sh\n{text}")
            (cls.bin / name).chmod(0o755)
        cls.package = cls.folder / "package.deb"
        cls.package.write_bytes(b"a package\n")

    def shell(self, text, repo, env):
        path = {"PATH": f"{self.bin}:{lab.search_path()}", "CI": "true"}
        return self.lab.run(["bash", "-e", "-c", text], repo.path, check=False, env=path | env)

    def install(self, text, repo, env):
        """The digest of the package is held against the one that was set."""
        url = f"file://{self.package}"
        good = hashlib.sha256(self.package.read_bytes()).hexdigest()
        for digest, code in (("0" * 64, 1), (good, 0)):
            names = {"URL": url, "SHA256": digest, "STRIATUM_DEB_URL": url, "STRIATUM_DEB_SHA256": digest}
            done = self.shell(text, repo, env | names)
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn("git-striatum.deb", (self.folder / "apt").read_text())

    def pull_request(self, name, branch):
        """What a forge checks out: the head, detached, with the whole history."""
        made = self.upstream.clone(name, "-b", branch)
        made.git("checkout", "-q", "--detach", branch)
        return made


class Templates(Case):
    def test_github(self):
        install, verify = commands("github-provenance.yml")
        for branch, code in (("good", 0), ("bad", 14)):
            repo = self.pull_request(f"github-{branch}", branch)
            env = {"RUNNER_TEMP": str(self.folder), "ROOT": self.upstream.root, "TARGET": "main", "BEFORE": ""}
            self.install(install, repo, env)
            done = self.shell(verify, repo, env)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertEqual(json.loads((self.folder / "vsa.json").read_text())["predicate"]["verificationResult"],
                             "FAILED" if code else "PASSED")
            pushed = env | {"TARGET": "", "BEFORE": self.upstream.head("main")}
            self.assertEqual(self.shell(verify, repo, pushed).returncode, code)

    def test_gitlab(self):
        install, verify = commands("gitlab-provenance.yml")
        for branch, code in (("good", 0), ("bad", 14)):
            repo = self.pull_request(f"gitlab-{branch}", branch)
            env = {"STRIATUM_ROOT": self.upstream.root, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
            self.install(install.replace("/tmp/", f"{self.folder}/"), repo, env)
            done = self.shell(verify, repo, env)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            rows = json.loads(repo.read("gl-code-quality-report.json"))
            self.assertEqual([(row["location"]["path"], row["location"]["lines"]["begin"], row["severity"]) for row in rows
                              if row["severity"] != "info"], [("src/add.py", 3, "major")] if code else [])
            for row in rows:
                self.assertEqual(set(row), {"description", "check_name", "fingerprint", "severity", "location"})


class Annotations(Case):
    def annotated(self, *args):
        repo = self.pull_request(f"annotated-{len(args)}", "bad")
        done = self.lab.run([PROGRAM, "verify", *args, "--annotations", "github"], repo.path, check=False)
        self.assertEqual(done.returncode, 14)
        return done.stdout.splitlines()

    def test_github_reads_our_commands_and_no_others(self):
        lines = self.annotated("origin/main..HEAD", "--root", self.upstream.root)
        token = re.fullmatch("::stop-commands::([0-9a-f]{32})", lines[0])[1]
        end = lines.index(f"::{token}::")
        self.assertTrue(any("Not what it says" in line for line in lines[:end]))
        commands = lines[end + 1:]
        self.assertEqual(len(commands), 1, commands)
        self.assertRegex(commands[0], r"^::error file=src/add\.py,line=3,title=striatum policy_unmet in [0-9a-f]{12}::")
        self.assertIn("%0A", commands[0])

    def test_a_missing_anchor_is_said(self):
        self.assertTrue(any(line.startswith("::error title=striatum not_anchored::") for line in self.annotated("HEAD")))

    def test_two_forms_of_one_reply_are_refused(self):
        code, error = self.upstream.fails("verify", "--annotations", "gitlab")
        self.assertEqual((code, "--json" in error["message"]), (2, True))

    def test_pinned_once_and_taken_from_there(self):
        repo = self.pull_request("pinned", "good")
        self.assertEqual(repo.verify("origin/main..HEAD", "--root", self.upstream.root, "--pin")[0], 0)
        code, data = repo.verify("origin/main..HEAD")
        self.assertEqual((code, data["anchor"]), (0, "pinned"))

    def test_a_shallow_clone_with_a_trusted_base(self):
        deep = self.upstream.head("good^")
        shallow = lab.Repo(self.lab, self.folder / "shallow")
        shutil.rmtree(shallow.path)
        self.upstream.git("clone", "-q", "--depth", "2", "-b", "good", f"file://{self.upstream.path}", str(shallow.path))
        self.assertEqual(shallow.verify("HEAD", "--root", self.upstream.root)[0], 3)
        self.assertEqual(shallow.verify("HEAD", "--root", self.upstream.root, "--base-trusted", deep)[0], 0)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
