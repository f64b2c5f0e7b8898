# SPDX-License-Identifier: Apache-2.0
"""Trust and policy by verbs: what they write, the commands they name, and what counts afterwards.

usage: test_trust.py PROGRAM [unittest options]"""
import base64
import hashlib
import json

import lab

TRUST = ".provenance/striatum/trust"


class Case(lab.Case):
    def keygen(self, name, *options):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        self.lab.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path, *options], self.folder)
        return path

    def fingerprint(self, path):
        return self.lab.run(["ssh-keygen", "-l", "-f", path], self.folder).stdout.split()[1]

    def landed(self, repo, run, number, *args):
        """One more job of the run, applied."""
        agent = repo.agent(run, "author")
        agent.claim()
        repo.write(f"work/{number}.txt", f"{number}\n")
        agent.complete()
        return repo.apply(run, "--job-id", agent.job, *args)

    def running(self, repo, count=4):
        return repo.prepare(lab.workflow([lab.job(f"j{n}", "build", ["work/"]) for n in range(count)], []))

    def findings(self, repo, *args):
        code, data = repo.verify(*args, "--root", repo.root)
        return code, sorted({finding["kind"] for finding in data["findings"]})


class Signing(Case):
    def test_next_works_as_it_stands(self):
        root = self.keygen("my keys/root's key")
        repo = self.lab.repo(trusted=())
        self.lab.run(["git", "config", "--global", "gpg.format", "ssh"], self.folder)
        self.lab.run(["git", "config", "--global", "user.signingkey", str(root)], self.folder)
        repo.root = self.fingerprint(root)
        repo.sign(repo.call("trust", "init", "--root", repo.root))
        self.assertEqual(self.findings(repo), (0, []))
        lane = self.keygen("lane")
        repo.sign(repo.call("trust", "add", f"{lane}.pub", "--principal", "lane:codex", "--valid-before", "2090-01-01"))
        self.assertEqual(self.findings(repo, "--all"), (0, []))
        repo.sign(repo.call("trust", "retire", self.fingerprint(lane), "--reason", "it's gone; really"))
        self.assertEqual(self.findings(repo, "--all"), (0, []))
        shown = repo.call("trust", "show")
        self.assertEqual((shown["policy_version"], [key["revoked"] for key in shown["keys"] if key["principal"] == "lane:codex"]),
                         (3, [True]))
        self.assertEqual(repo.call("trust", "show", "HEAD^")["policy_version"], 2)

    def test_a_first_trust_that_nobody_signed(self):
        repo = self.lab.repo(trusted=())
        repo.root = repo.call("key", "create", "--role", "root:owner")["fingerprint"]
        repo.call("trust", "init", "--root", repo.root)
        repo.git("add", TRUST)
        repo.git("commit", "-q", "-m", "Trust, not signed")
        repo.write("src/app.py", "print(1)\n")
        repo.git("add", ".")
        repo.git("commit", "-q", "-m", "Work")
        _, data = repo.verify("--all", "--root", repo.root)
        hints = {finding["kind"]: finding["hints"] for finding in data["findings"]}
        self.assertIn("trust_change_unsigned", hints)
        self.assertEqual(hints["policy_unmet"], ["sign the change of trust first (trust_change_unsigned)"])

    def test_root_in_an_agent_alone(self):
        root = self.keygen("root")
        words = self.lab.run(["ssh-agent", "-s", "-a", self.folder / "agent"], self.folder).stdout
        env = {"SSH_AUTH_SOCK": str(self.folder / "agent"), "SSH_AGENT_PID": words.split("SSH_AGENT_PID=")[1].split(";")[0]}
        self.addCleanup(self.lab.run, ["ssh-agent", "-k"], self.folder, False, env)
        self.lab.run(["ssh-add", "-q", root], self.folder, env=env)
        repo = self.lab.repo(trusted=())
        repo.root = self.fingerprint(root)
        root.unlink()
        steps = repo.call("trust", "init", "--root", repo.root, env=env)
        self.assertIn("key::ssh-ed25519", steps["next"][1])
        for command in steps["next"]:
            self.lab.run(["sh", "-c", command], repo.path, env=env)
        self.assertEqual(self.findings(repo), (0, []))

    def test_an_unsigned_change_and_a_rollback(self):
        repo = self.lab.repo()
        good = repo.head()
        path = f"{TRUST}/policy.json"
        old = repo.git("show", f"HEAD^:{path}")
        policy = json.loads(repo.read(path))
        repo.write(path, json.dumps(policy | {"version": policy["version"] + 1}))
        repo.git("commit", "-q", "-a", "-m", "Nobody signed this")
        self.assertEqual(self.findings(repo), (14, ["trust_change_unsigned"]))
        repo.git("reset", "-q", "--hard", good)
        repo.write(path, old + "\n")
        key = next(row["path"] for row in repo.call("key", "list")["items"] if row["role"] == "root:owner")
        repo.git("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit", "-q", "-a", "-S", "-m", "Back")
        self.assertEqual(self.findings(repo), (14, ["policy_rollback"]))


class BaseTrusted(Case):
    def test_a_branch_from_behind_brings_no_trust_of_its_own(self):
        repo = self.lab.repo()
        behind = repo.head()
        repo.git("commit", "-q", "--allow-empty", "-m", "verified once")
        trusted = repo.head()
        key = self.keygen("stranger")
        line = self.lab.run(["cat", f"{key}.pub"], self.folder).stdout
        digest = hashlib.sha256(base64.b64decode(line.split()[1])).hexdigest()
        repo.git("switch", "-q", "-c", "side", behind)
        repo.git("rm", "-qr", f"{TRUST}/keys")
        repo.write(f"{TRUST}/keys/{digest}.pub", f"root:stranger {line}")
        repo.write(f"{TRUST}/policy.json", '{"version": 999, "rules": [{"paths": ["**"], "accept": ["uncovered"]}]}\n')
        repo.git("add", "-A", TRUST)
        repo.git("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit", "-q", "-S", "-m", "mine")
        repo.git("switch", "-q", "main")
        repo.git("merge", "-q", "--no-edit", "side")
        repo.write("src/add.py", "by_hand = 1\n")
        repo.git("commit", "-q", "-am", "by hand")
        for args in (["--self-asserted"], ["--root", repo.root]):
            code, data = repo.verify("HEAD", "--base-trusted", trusted, *args)
            self.assertEqual((code, data["policy_version"] < 999), (14, True), args)
            self.assertIn("policy_unmet", [finding["kind"] for finding in data["findings"]])


class Retire(Case):
    def test_what_came_before_stays_good(self):
        repo = self.lab.repo()
        run = self.running(repo)
        first = self.landed(repo, run, 1)
        repo.sign(repo.call("trust", "retire", self.lab.keys["lane:local"], "--reason", "lost"))
        agent = repo.agent(run, "author")
        agent.claim()
        repo.write("work/2.txt", "2\n")
        agent.complete()
        code, error = repo.fails("apply", "--run-id", run)
        failed = [(gate["name"], gate["detail_code"]) for gate in error["gates"] if gate["outcome"] == "failed"]
        self.assertEqual((code, failed), (4, [("policy", "untrusted_key")]))
        self.assertEqual(self.findings(repo, first["commit"]), (0, []))
        fresh = repo.call("key", "create", "--role", "lane:fresh", "--no-passphrase")["fingerprint"]
        self.assertEqual(error["hints"], ["sign with another key: git striatum key create --role lane:NAME"])
        code, error = repo.fails("apply", "--run-id", run, "--key", fresh)
        self.assertEqual((code, error["hints"]), (4, [f"git striatum trust add {fresh}"]))
        repo.sign(repo.call("trust", "add", fresh))
        principals = {key["fingerprint"]: key["principal"] for key in repo.call("trust", "show")["keys"]}
        self.assertEqual(principals[fresh], "lane:fresh")
        self.assertEqual(repo.apply(run, "--key", fresh)["status"], "applied")
        self.assertEqual(self.findings(repo), (0, []))

    def test_refusals(self):
        repo = self.lab.repo()
        self.assertEqual(repo.fails("trust", "add", "SHA256:" + "A" * 43)[0], 3)
        self.assertEqual(repo.fails("trust", "add", f"{self.keygen('nameless')}.pub")[0], 2)
        lane, stranger = self.lab.keys["lane:local"], self.fingerprint(self.keygen("stranger"))
        self.assertEqual(repo.fails("trust", "retire", repo.root, "--reason", "x")[0], 4)
        self.assertEqual(repo.fails("trust", "retire", stranger, "--reason", "x")[0], 3)
        self.assertEqual(repo.fails("trust", "retire", "nonsense", "--reason", "x")[0], 4)
        repo.sign(repo.call("trust", "retire", lane, "--reason", "x"))
        self.assertEqual(repo.fails("trust", "retire", lane, "--reason", "x")[0], 4)
        self.assertEqual(repo.status(), "")

    def test_a_root_by_another_root(self):
        repo = self.lab.repo()
        second = self.keygen("second")
        repo.sign(repo.call("trust", "add", f"{second}.pub", "--principal", "root:second"))
        self.lab.run(["git", "config", "--global", "gpg.format", "ssh"], self.folder)
        self.lab.run(["git", "config", "--global", "user.signingkey", str(second)], self.folder)
        steps = repo.call("trust", "retire", repo.root, "--reason", "handed over")
        self.assertIn(str(second), steps["next"][1])
        repo.sign(steps)
        self.assertEqual(self.findings(repo, "--all"), (0, []))


class Policy(Case):
    def rules(self, repo, document):
        repo.write("../rules.json", json.dumps(document))
        return repo.call("trust", "policy", "../rules.json")

    def test_rules_reach_every_judge(self):
        repo = self.lab.repo()
        repo.sign(self.rules(repo, {"version": 99, "rules": [{"paths": ["work/**"], "verdicts": {"accepting": 1}}]}))
        self.assertEqual(repo.call("trust", "show")["policy_version"], 3)
        run = self.running(repo)
        agent = repo.agent(run, "author")
        agent.claim()
        repo.write("work/1.txt", "1\n")
        agent.complete()
        code, error = repo.fails("apply", "--run-id", run)
        self.assertEqual((code, [g["detail_code"] for g in error["gates"] if g["outcome"] == "failed"]), (4, ["verdicts"]))
        self.assertEqual(repo.apply(run, "--propose")["status"], "proposed")
        code, kinds = self.findings(repo)
        self.assertEqual((code, kinds), (14, ["policy_unmet"]))

    def test_a_file_that_is_no_policy(self):
        repo = self.lab.repo()
        for document in ({"rulez": []}, {"rules": [{"paths": []}]}, {"rules": [{"paths": ["a"], "accept": ["fine"]}]},
                         {"since": "yesterday"}, {"since": "0" * 40}, {"hooks": {"closed": "yes"}}, []):
            with self.subTest(document):
                repo.write("../rules.json", json.dumps(document))
                self.assertEqual(repo.fails("trust", "policy", "../rules.json")[0], 8)
        self.assertEqual(repo.fails("trust", "policy", "../none.json")[0], 3)
        self.assertEqual(repo.status(), "")

    def test_revocations_stay(self):
        repo = self.lab.repo()
        repo.sign(repo.call("trust", "retire", self.lab.keys["lane:local"], "--reason", "lost"))
        repo.sign(self.rules(repo, {"rules": [], "revoked": []}))
        self.assertEqual([row["reason"] for row in repo.call("trust", "show")["policy"]["revoked"]], ["lost"])

    def test_since(self):
        repo = self.lab.repo()
        repo.write("README.md", "By hand.\n")
        repo.git("commit", "-q", "-a", "-m", "By hand, unsigned")
        by_hand = repo.head()
        self.assertEqual(self.findings(repo), (14, ["policy_unmet"]))
        repo.write("later.txt", "later\n")
        repo.sign(self.rules(repo, {"since": by_hand}))
        self.assertEqual(self.findings(repo, by_hand)[0], 14)
        repo.git("add", "later.txt")
        repo.git("commit", "-q", "-m", "By hand again")
        repo.sign(self.rules(repo, {"since": repo.head()}))
        code, data = repo.verify("--all", "--root", repo.root)
        classes = {row["commit"]: row["class"] for row in data["commits"]}
        self.assertEqual(classes[by_hand], "before_adoption")


if __name__ == "__main__":
    lab.main()
