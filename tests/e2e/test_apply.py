# SPDX-License-Identifier: Apache-2.0
"""From `init` to a commit that a second clone verifies, and what is refused on the way.

usage: test_apply.py PROGRAM [unittest options]"""
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import implement, review, reviewed, reviewed_change

PROGRAM = None
GOOD = "def add(a, b):\n    return a + b\n"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="striatum-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.lab = lab.Lab(self.folder, PROGRAM)

    def gates(self, reply):
        return {gate["name"]: gate["outcome"] for gate in reply["gates"]}

    def refused(self, repo, run, gate, code, *args):
        """A gate says no: nothing but the state has changed."""
        before = repo.head("work"), repo.status(), repo.git("diff", "HEAD")
        number, error = repo.fails("apply", "--run-id", run, *args)
        self.assertEqual(number, code, error)
        self.assertEqual(error["kind"], "apply_refused", error)
        failed = [row["name"] for row in error["gates"] if row["outcome"] == "failed"]
        self.assertIn(gate, failed)
        self.assertTrue(error["hints"], error)
        self.assertEqual((repo.head("work"), repo.status(), repo.git("diff", "HEAD")), before)
        return error


class WholeRun(Case):
    def test_from_init_to_a_verified_commit(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        implement(repo, run, {"src/add.py": "def add(a, b):\n    return a * b\n"}, "first try\n")
        review(repo, run, "needs_revision", "it multiplies\n")
        implement(repo, run, {"src/add.py": GOOD}, "second try\n")
        review(repo, run, "accept", "adds now\n")
        repo.write("README.md", "A thing, being edited by its owner.\n")
        repo.write("notes.txt", "mine\n")
        base = repo.head()

        done = repo.apply(run)
        self.assertEqual(done["status"], "applied")
        self.assertEqual(done["base"], base)
        self.assertEqual(done["commit"], repo.head("work"))
        self.assertEqual(repo.head("work^"), base)
        self.assertEqual(done["paths"], ["docs/HANDOFF.md", "reviews/REVIEW.md", "src/add.py"])
        self.assertEqual(sorted(done["left_alone"]), ["README.md", "notes.txt"])
        self.assertEqual(repo.status(), "M README.md\n?? notes.txt")
        message = repo.git("log", "-1", "--format=%B")
        self.assertIn(f"Striatum-Run: {run}", message)
        self.assertIn(f"Striatum-Receipt: sha256:{done['receipt']}", message)
        self.assertEqual(repo.apply(run)["status"], "nothing_to_apply")
        self.assertEqual(repo.head("work"), done["commit"])

        other = repo.clone("second", "-b", "work")
        code, data = other.verify("--root", repo.root)
        self.assertEqual((code, data["findings"]), (0, []), data)
        self.assertEqual([c["class"] for c in data["commits"]], ["exact"])
        self.assertEqual(other.verify()[0], 14)
        self.assertEqual(other.verify("--self-asserted")[0], 0)
        self.assertEqual(other.verify("--root", repo.root, "--pin")[0], 0)
        code, data = other.verify("--all")
        self.assertEqual((code, data["anchor"]), (0, "pinned"))

    def test_one_byte_is_refused(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        done = repo.apply(run)
        other = repo.clone("second", "-b", "work")
        other.write("src/add.py", GOOD.replace("+", "*"))
        other.git("commit", "-q", "-a", "--amend", "--no-edit")
        code, data = other.verify("--root", repo.root)
        self.assertEqual(code, 14)
        self.assertEqual(data["commits"][0]["class"], "uncovered")
        self.assertIn("tree_mismatch", [f["kind"] for f in data["findings"]])

        third = repo.clone("third", "-b", "work")
        text = third.read(done["receipt_path"])
        at = text.index('"payload":"') + 40
        third.write(done["receipt_path"], text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:])
        third.git("commit", "-q", "-a", "--amend", "--no-edit")
        self.assertEqual(third.verify("--root", repo.root)[0], 14)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
