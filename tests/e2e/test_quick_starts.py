# SPDX-License-Identifier: Apache-2.0
"""The two quick starts of release 1.24, typed word for word with the binary's links on a fresh repository.

usage: test_quick_starts.py PROGRAM [unittest options]"""
import hashlib
import json
import os
import shlex
import sys
import unittest

import lab
from lab import artifact, job, workflow

PROGRAM = None


class Case(unittest.TestCase):
    def setUp(self):
        self.lab = lab.linked(self.addCleanup, PROGRAM)
        self.folder = self.lab.folder
        self.repo = self.lab.repo("R", trusted=())
        self.lab.run(["mkdir", "work"], self.folder)

    def type(self, line, **words):
        """A line as it is printed, typed outside of the repository; words in capitals filled in."""
        typed = [words.get(word, word) for word in shlex.split(line)]
        return self.lab.run(typed, f"{self.folder}/work").stdout

    def data(self, line, **words):
        reply = json.loads(self.type(line, **words))
        self.assertTrue(reply["ok"])
        return reply["data"]

    def workflow(self):
        """A workflow that makes its own branch, as both quick starts need it."""
        document = workflow([job("draft", "draft", ["docs/"], expected_artifacts=[artifact("notes", "handoff", "docs/N.md")])], [],
                            branch={"mode": "auto", "suggested_name": "work/first"})
        path = self.folder / "workflow.json"
        path.write_text(json.dumps(document))
        return str(path)


class Person(Case):
    def walk(self, program):
        where = {"R": str(self.repo.path), "W": self.workflow()}
        self.assertTrue(os.path.exists(self.data(f"{program} --repo R init --json", **where)["db"]))
        here = f"{program} --repo R"
        self.assertEqual(self.data(f"{here} workflow validate W --json", **where), {"valid": True, "workflow_id": "fix"})
        prepared = self.data(f"{here} run prepare --workflow W --json", **where)
        self.assertEqual(prepared["state"], "ready")
        where["ID"] = prepared["run_id"]
        self.assertEqual(self.data(f"{here} run start --run-id ID --json", **where)["state"], "running")
        frame = self.type(f"{here} dashboard --run-id ID --once", **where)
        self.assertTrue(frame.startswith(f"striatum dashboard - run {where['ID']} - branch "), frame)  # 80 columns
        self.assertIn("run.started", frame)
        self.assertEqual(self.repo.git("branch", "--show-current"), "work/first")

    def test_by_the_contracts_name(self):
        self.walk("striatum")

    def test_by_our_own_name(self):
        self.walk("git striatum")


class Agent(Case):
    def test_skills_and_documents(self):
        where = {"R": str(self.repo.path)}
        self.repo.write("docs/SPEC.md", "ours\n")
        preview = self.data("striatum --repo R init --with-skills claude_code --with-ddd-layout --ddd-layout-dry-run --json", **where)
        self.assertEqual([row["status"] for row in preview["ddd_layout"]["files"]], ["would_skip"] + ["would_create"] * 6)
        first = self.data("striatum --repo R init --with-skills claude_code --with-ddd-layout --json", **where)
        self.assertEqual([row["status"] for row in first["ddd_layout"]["files"]], ["skipped"] + ["created"] * 6)
        self.assertEqual(first["skills"]["profile"], "claude_code")
        forced = self.data("striatum --repo R init --with-skills claude_code --with-ddd-layout --ddd-layout-force --json", **where)
        spec = forced["ddd_layout"]["files"][0]
        self.assertEqual((spec["status"], spec["prior_sha256"]), ("overwritten", hashlib.sha256(b"ours\n").hexdigest()))
        self.assertTrue((self.repo.path / ".claude/skills/striatum-workflow/SKILL.md").is_file())
        # "drive the workflow at W using striatum": test_agents.py.

    def test_guide_for_a_system_prompt(self):
        where = {"R": str(self.repo.path)}
        data = self.data("striatum --repo R skills install --profile generic --json", **where)
        self.assertEqual(data["files"][0]["path"], "striatum-STRIATUM_AGENT_GUIDE.md")
        data = self.data("striatum --repo R skills install --profile generic --namespace '' --json", **where)
        self.assertEqual(data["files"][0]["path"], "STRIATUM_AGENT_GUIDE.md")
        self.assertEqual(self.repo.read("STRIATUM_AGENT_GUIDE.md").count("\n## "), 8)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
