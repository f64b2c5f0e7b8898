# SPDX-License-Identifier: Apache-2.0
"""The target's policy says what a branch misses, and the command it names supplies it.

usage: test_policy.py PROGRAM [unittest options]"""
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import reviewed

PROGRAM = None
POLICY = ".provenance/striatum/trust/policy.json"


class Policy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="striatum-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.lab = lab.Lab(self.folder, PROGRAM)
        self.repo = self.lab.repo(trusted=("lane:local", "human:ann"))
        self.repo.git("config", "striatum.signingKey", self.lab.keys["lane:local"])

    def applied(self, text):
        return self.repo.apply(reviewed(self.repo, {"src/add.py": text}))

    def rule(self, **rule):
        """The next version of the policy on main, with one rule, signed by the root; HEAD stays where it is."""
        branch = self.repo.git("branch", "--show-current")
        self.repo.git("switch", "-q", "main")
        policy = json.loads(self.repo.read(POLICY))
        policy |= {"version": policy["version"] + 1, "rules": [{"paths": ["src/"]} | rule]}
        self.repo.write(POLICY, json.dumps(policy) + "\n")
        key = next(row for row in self.lab.call(["key", "list"], self.repo.path)["items"] if row["role"].startswith("root"))
        self.repo.git("-c", "gpg.format=ssh", "-c", f"user.signingkey={key['path']}", "commit", "-q", "-S", "-am", "policy")
        self.repo.git("switch", "-q", branch)

    def unmet(self, revision):
        code, data = self.repo.verify(revision, "--root", self.repo.root)
        self.assertEqual(code, 14)
        self.assertEqual([finding["kind"] for finding in data["findings"]], ["policy_unmet"])
        return data["findings"][0]

    def passes(self, revision):
        code, data = self.repo.verify(revision, "--root", self.repo.root)
        self.assertEqual((code, data["findings"]), (0, []))

    def test_a_persons_review(self):
        done = self.applied("fine = 1\n")
        self.passes("main..HEAD")
        self.rule(verdicts={"human": 1})
        finding = self.unmet("main..HEAD")
        self.assertIn("wants 1 accepting reviews signed by people, has 0", finding["detail"])
        command = finding["hints"][0].partition(": ")[2].split()
        self.assertEqual(command[:4], ["git", "striatum", "receipt", "review"])
        self.assertTrue(done["receipt"].startswith(command[4]))

        self.repo.write("docs/seen.md", "I read it.\n")
        words = [*command[2:-1], "docs/seen.md"]
        code, error = self.repo.fails(*words[:-1], "docs/absent.md", "--key", self.lab.keys["human:ann"])
        self.assertEqual((code, "no such file" in error["message"]), (6, True))
        self.assertEqual(self.repo.fails(*words, "--key", self.repo.root)[0], 4)
        code, _ = self.repo.fails("receipt", "review", "abcdef", "--verdict", "accept", "--path", "docs/seen.md")
        self.assertEqual(code, 3)
        self.assertEqual(self.repo.status(), "?? docs/seen.md")

        signed = self.repo.call(*words, "--key", self.lab.keys["human:ann"])
        self.repo.sign(signed)
        self.assertEqual(self.repo.status(), "")
        self.passes("main..HEAD")
        code, data = self.repo.verify("main..HEAD", "--root", self.repo.root)
        self.assertEqual([commit["class"] for commit in data["commits"]], ["exact", "exact"])

    def test_a_second_signature(self):
        run = reviewed(self.repo, {"src/add.py": "fine = 2\n"})
        self.repo.apply(run)
        self.rule(signatures={"human": 1, "lane": 1})
        finding = self.unmet("main..HEAD")
        self.assertIn("wants 1 signatures by keys of role human, has 0", finding["detail"])
        self.assertIn(f"git striatum apply --run-id {run} --key", finding["hints"][0])
        self.repo.git("switch", "-q", "main")
        run = reviewed(self.repo, {"src/add.py": "fine = 3\n"}, branch="again")
        self.repo.apply(run, "--key", self.lab.keys["lane:local"], "--key", self.lab.keys["human:ann"])
        self.passes("HEAD")

    def test_verdicts_and_lanes(self):
        self.applied("fine = 4\n")
        self.rule(verdicts={"accepting": 1, "distinct_lanes": 2})
        finding = self.unmet("main..HEAD")
        self.assertIn("wants 2 lanes among the accepting verdicts, has 1 (local)", finding["detail"])
        self.assertTrue(any("submit-review" in hint for hint in finding["hints"]))

    def test_what_no_rule_accepts(self):
        self.rule(accept=["exact"])
        self.repo.write("src/add.py", "by_hand = 1\n")
        self.repo.write("README.md", "Also by hand.\n")
        self.repo.git("commit", "-q", "-am", "by hand")
        code, data = self.repo.verify("HEAD", "--root", self.repo.root)
        self.assertEqual(code, 14)
        details = {finding["path"]: finding["detail"] for finding in data["findings"]}
        self.assertEqual(details["src/add.py"], "class uncovered is not accepted: the rule for src/ accepts exact")
        self.assertIn("the default rule accepts exact, carried, human", details["README.md"])
        text = self.lab.run([PROGRAM, "verify", "HEAD", "--root", self.repo.root, "--annotations", "github"], self.repo.path,
                            check=False).stdout
        self.assertIn("git striatum apply --run-id RUN", text)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
