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

    # ---- apply judges by the trust that its roots signed, not by whatever lies at the tip

    def change_trust(self, sign=None, **members):
        """A change of the policy on this branch, by a stranger or signed by this key file."""
        policy = json.loads(self.repo.read(POLICY)) | members
        self.repo.write(POLICY, json.dumps(policy) + "\n")
        options = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={sign}"] if sign else []
        self.repo.git(*options, "commit", "-q", *(["-S"] if sign else []), "-m", "policy", "--", POLICY)
        return self.repo.head()

    def root_file(self):
        rows = self.lab.call(["key", "list"], self.repo.path)["items"]
        return next(row["path"] for row in rows if row["fingerprint"] == self.repo.root)

    def refused(self, run, code, *args):
        """The gate's row, after an apply that left everything as it was."""
        before = self.repo.head(), self.repo.status()
        exit_code, error = self.repo.fails("apply", "--run-id", run, *args)
        self.assertEqual((exit_code, error["kind"], (self.repo.head(), self.repo.status())), (4, "apply_refused", before))
        gate = next(gate for gate in error["gates"] if gate["name"] == "policy")
        self.assertEqual((gate["outcome"], gate["detail_code"]), ("failed", code), gate)
        self.assertEqual(error["hints"], [gate["hint"]])
        return gate

    def test_trust_that_no_root_signed(self):
        run = reviewed(self.repo, {"src/add.py": "fine = 5\n"})
        bad = self.change_trust(version=9, rules=[{"paths": ["src/"], "accept": ["uncovered"]}])
        for more in ([], ["--propose"]):
            gate = self.refused(run, "trust_change_unsigned", *more)
            self.assertIn(bad[:12], gate["detail"])
        self.repo.git("config", "striatum.trustRoot", self.repo.root)
        gate = self.refused(run, "trust_change_unsigned")
        command = gate["hint"].split(": ")[1].split(";")[0].split()
        self.assertEqual(command[:2], ["git", "revert"])
        self.repo.git(*command[1:])
        self.assertEqual(self.repo.apply(run)["status"], "applied")
        self.passes("HEAD")

    def test_trust_that_was_taken_away(self):
        run = reviewed(self.repo, {"src/add.py": "fine = 6\n"})
        self.repo.git("rm", "-rq", ".provenance/striatum/trust")
        self.repo.git("commit", "-q", "-m", "away", "--", ".provenance")
        self.refused(run, "policy_rollback")

    def test_an_older_policy_is_no_policy(self):
        self.change_trust(self.root_file(), version=7)
        run = reviewed(self.repo, {"src/add.py": "fine = 7\n"})
        self.assertEqual(self.repo.apply(run)["status"], "applied")
        self.repo.git("switch", "-q", "main")
        self.change_trust(self.root_file(), version=6)
        run = reviewed(self.repo, {"src/add.py": "fine = 8\n"}, branch="older")
        self.refused(run, "policy_rollback")

    def test_a_change_that_a_root_signed_counts_at_once(self):
        run = reviewed(self.repo, {"src/add.py": "fine = 9\n"})
        self.change_trust(self.root_file(), version=7, rules=[{"paths": ["src/"], "signatures": {"human": 1}}])
        self.refused(run, "signatures")

    def test_a_pinned_root_is_the_only_one(self):
        run = reviewed(self.repo, {"src/add.py": "fine = 10\n"})
        self.repo.git("config", "striatum.trustRoot", self.lab.key("root:other"))
        gate = self.refused(run, "untrusted_key")
        self.assertIn(self.repo.root, gate["detail"])
        self.assertIn("git striatum verify --all --root SHA256:", gate["hint"])
        self.repo.git("config", "striatum.trustRoot", self.repo.root)
        self.assertEqual(self.repo.apply(run)["status"], "applied")

    def test_what_was_traced_before_is_not_walked_again(self):
        run = reviewed(self.repo, {"src/add.py": "fine = 11\n"})
        self.repo.apply(run)
        traced = self.repo.path / ".git/striatum/traced-trust"
        known = traced.read_text()
        self.assertEqual(known.split("\n")[0], self.repo.head("HEAD^"))
        run = reviewed(self.repo, {"src/add.py": "fine = 12\n"}, branch="next")
        self.repo.apply(run)
        self.assertEqual(traced.read_text(), known)
        for n in range(101):
            self.repo.git("commit", "-q", "--allow-empty", "-m", str(n))
        self.repo.apply(reviewed(self.repo, {"src/add.py": "fine = 14\n"}, branch="far"))
        self.assertEqual(traced.read_text(), self.repo.head("HEAD^") + "\n" + known)
        bad = self.change_trust(version=9)
        run = reviewed(self.repo, {"src/add.py": "fine = 13\n"}, branch="third")
        self.assertIn(bad[:12], self.refused(run, "trust_change_unsigned")["detail"])
        traced.write_text("nonsense\n")
        self.refused(run, "trust_change_unsigned")


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
