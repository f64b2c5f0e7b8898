# SPDX-License-Identifier: Apache-2.0
"""Keys that people have: files, agents, tokens, git's own setting; each signs a receipt that verifies, and ssh-keygen
agrees. Thresholds over distinct keys.

usage: test_keys.py PROGRAM [unittest options]"""
import base64
import hashlib
import json
import shutil
from pathlib import Path

import lab
from sk_agent import SecurityKeyAgent


class Case(lab.Case):
    def setUp(self):
        super().setUp()
        self.files = self.folder / "ssh"
        self.files.mkdir()

    def keygen(self, name, *options, passphrase=""):
        self.lab.run(["ssh-keygen", "-q", "-N", passphrase, "-C", name, "-f", self.files / name, *options], self.folder)
        return self.files / name

    def fingerprint(self, path):
        return self.lab.run(["ssh-keygen", "-l", "-f", path], self.folder).stdout.split()[1]

    def agent(self, *keys, passphrase=None):
        """An ssh-agent of the test's own that holds these keys; returns its environment."""
        socket = self.files / f"agent-{len(list(self.files.iterdir()))}"
        words = self.lab.run(["ssh-agent", "-s", "-a", socket], self.folder).stdout
        env = {"SSH_AUTH_SOCK": str(socket), "SSH_AGENT_PID": words.split("SSH_AGENT_PID=")[1].split(";")[0]}
        self.addCleanup(self.lab.run, ["ssh-agent", "-k"], self.folder, False, env)
        answer = self.files / "askpass"
        answer.write_text(f"#!/bin/sh\necho {passphrase}\n")
        answer.chmod(0o755)
        for key in keys:
            self.lab.run(["ssh-add", "-q", key], self.folder,
                         env=env | {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"})
        return env

    def work(self, count, keys, rules=None):
        """A repository that trusts these public files, and `count` finished jobs."""
        repo = self.lab.repo()
        for path, principal in keys:
            steps = repo.call("trust", "add", str(path), "--principal", principal)
        if rules:
            repo.write("../rules.json", json.dumps({"rules": rules}))
            steps = repo.call("trust", "policy", "../rules.json")
        repo.sign(steps)
        run = repo.prepare(lab.workflow([lab.job(f"j{n}", "build", [f"work/{n}/"]) for n in range(count)], []))
        agent = repo.agent(run, "author")
        jobs = []
        for number in range(count):
            agent.claim()
            repo.write(agent.packet["write_scope"]["allowed_paths"][0] + "a.txt", f"{number}\n")
            agent.complete()
            jobs.append(agent.job)
        return repo, run, jobs

    def check(self, repo, done, public, principal):
        """Verifies here, and by ssh-keygen on the `.sig` file."""
        self.assertEqual(done["status"], "applied")
        code, data = repo.verify(done["commit"], "--root", repo.root)
        self.assertEqual((code, data["findings"], [c["class"] for c in data["commits"]]), (0, [], ["exact"]))
        envelope = json.loads(repo.git("show", f"{done['commit']}:{done['receipt_path']}"))
        shown = repo.call("receipt", "show", done["receipt"])
        self.assertIn(principal, [row["principal"] for row in shown["signatures"]])
        (self.files / "signers").write_text(f"{principal} " + " ".join(Path(public).read_text().split()[:2]) + "\n")
        payload = base64.b64decode(envelope["payload"])
        kind = envelope["payloadType"].encode()
        message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        hexed = self.hex_of(public)
        signature = self.files / "receipt.sig"
        signature.write_text(repo.git("show", f"{done['commit']}:{done['receipt_path'].removesuffix('.dsse.json')}.{hexed}.sig") + "\n")
        verdict = self.lab.run(["ssh-keygen", "-Y", "verify", "-f", self.files / "signers", "-I", principal, "-n",
                                "striatum-receipt@v1", "-s", signature], self.folder, data=message.decode())
        self.assertIn("Good", verdict.stdout)

    def hex_of(self, public):
        return hashlib.sha256(base64.b64decode(Path(public).read_text().split()[1])).hexdigest()


class Kinds(Case):
    KINDS = {"ed25519": ["-t", "ed25519"], "p256": ["-t", "ecdsa", "-b", "256"], "p384": ["-t", "ecdsa", "-b", "384"],
             "p521": ["-t", "ecdsa", "-b", "521"], "rsa": ["-t", "rsa", "-b", "3072"],
             "pem": ["-t", "rsa", "-b", "3072", "-m", "PEM"]}

    def test_by_file_and_by_agent(self):
        keys = {name: self.keygen(name, *options) for name, options in self.KINDS.items()}
        repo, run, jobs = self.work(2 * len(keys), [(f"{path}.pub", f"lane:{name}") for name, path in keys.items()])
        env = self.agent(*keys.values())
        for number, (name, path) in enumerate(keys.items()):
            with self.subTest(name):
                done = repo.apply(run, "--job-id", jobs[2 * number], "--key", str(path))
                self.check(repo, done, f"{path}.pub", f"lane:{name}")
                done = repo.apply(run, "--job-id", jobs[2 * number + 1], "--key", self.fingerprint(path), env=env)
                self.check(repo, done, f"{path}.pub", f"lane:{name}")

    def test_a_token_through_its_agent(self):
        token = SecurityKeyAgent(self.files / "token.sock")
        self.addCleanup(token.close)
        public = self.files / "token.pub"
        public.write_text(token.line + " token\n")
        repo, run, _ = self.work(1, [(public, "human:ann")])
        env = {"SSH_AUTH_SOCK": str(self.files / "token.sock")}
        done = repo.apply(run, "--key", self.fingerprint(public), env=env)
        self.check(repo, done, public, "human:ann")
        self.assertEqual(token.counter, 1)

    def test_weak_ones_are_refused(self):
        repo, run, _ = self.work(1, [(f"{self.keygen('good', '-t', 'ed25519')}.pub", "lane:good")])
        for name, options in {"small": ["-t", "rsa", "-b", "2048"], "dsa": ["-t", "dsa"]}.items():
            path = self.keygen(name, *options)
            code, error = repo.fails("apply", "--run-id", run, "--key", str(path))
            self.assertEqual((code, error["kind"]), (4, "bad_key"))
            self.assertEqual(repo.fails("trust", "add", f"{path}.pub", "--principal", "lane:weak")[0], 4)


class GitSettings(Case):
    def test_every_way_to_write_it(self):
        key = self.keygen("mine", "-t", "ed25519")
        public = f"{key}.pub"
        repo, run, jobs = self.work(4, [(public, "human:ann")])
        shutil.rmtree(self.lab.home / ".local")  # no key of our own
        env = self.agent(key)
        line = " ".join(Path(public).read_text().split()[:2])
        repo.git("config", "gpg.format", "ssh")
        away = self.files / "away"
        away.mkdir()
        for number, (text, keep) in enumerate([(str(key), True), (public, True), (public, False), ("key::" + line, False)]):
            with self.subTest(text, keep=keep):
                repo.git("config", "user.signingkey", text)
                if not keep and key.exists():
                    shutil.move(key, away)
                done = repo.apply(run, "--job-id", jobs[number], env=env)
                self.check(repo, done, public, "human:ann")
        listed = repo.call("key", "list", env=env)["items"]
        self.assertEqual([(row["type"], row["principal"], row["where"], row["default"]) for row in listed],
                         [("ssh-ed25519", "human:ann", ["user.signingkey", "agent"], True)])
        exported = repo.call("key", "export", listed[0]["fingerprint"], "--allowed-signers", env=env)["line"]
        self.assertEqual(exported, f"human:ann {line}")

    def test_export_without_a_name(self):
        key = self.keygen("mine", "-t", "ecdsa")
        code, error = self.lab.repo(trusted=()).fails("key", "export", str(key), "--allowed-signers")
        self.assertEqual(code, 4)
        self.assertIn("--principal", error["hints"][0])
        done = self.lab.call(["key", "export", str(key), "--allowed-signers", "--principal", "ci:build"], self.folder)
        self.assertTrue(done["line"].startswith("ci:build ecdsa-sha2-nistp256 "))
        self.assertEqual(done["fingerprint"], self.fingerprint(key))


class Locked(Case):
    def test_a_plain_error_and_no_wait(self):
        key = self.keygen("locked", "-t", "ed25519", passphrase="secret words")
        repo, run, _ = self.work(1, [(f"{key}.pub", "human:ann")])
        before = repo.head("work"), repo.status()
        code, error = repo.fails("apply", "--run-id", run, "--key", str(key))
        self.assertEqual((code, error["kind"], (repo.head("work"), repo.status())), (4, "key_locked", before))
        self.assertEqual(error["hints"], [f"ssh-add {key}"])
        listed = repo.call("key", "list", env=self.agent(key, passphrase="secret words"))["items"]
        self.assertIn([self.fingerprint(key), ["agent"]], [[row["fingerprint"], row["where"]] for row in listed])
        env = self.agent(key, passphrase="secret words")
        self.check(repo, repo.apply(run, "--key", str(key), env=env), f"{key}.pub", "human:ann")


class Thresholds(Case):
    def test_distinct_keys_of_a_role(self):
        people = [self.keygen(name, "-t", kind) for name, kind in (("ann", "ed25519"), ("bob", "ecdsa"))]
        repo, run, _ = self.work(1, [(f"{path}.pub", f"human:{path.name}") for path in people],
                                 [{"paths": ["work/**"], "signatures": {"human": 2, "lane": 1}}])
        env = self.agent(*people)
        lane = self.lab.keys["lane:local"]
        rehearsed = {gate["name"]: gate for gate in repo.apply(run, "--dry-run", env=env)["gates"]}["policy"]
        self.assertEqual((rehearsed["outcome"], rehearsed["detail_code"]), ("failed", "signatures"))
        self.assertIn("wants 2 signatures by keys of role human, has 0", rehearsed["detail"])
        first = self.fingerprint(people[0])
        code, error = repo.fails("apply", "--run-id", run, "--key", lane, "--key", first, "--key", first, env=env)
        self.assertEqual((code, error["kind"]), (4, "apply_refused"))
        words = error["hints"][0].removeprefix("git striatum ").split()
        self.assertIn(self.fingerprint(people[1]), words)
        done = repo.call(*words, env=env)
        self.check(repo, done, f"{people[1]}.pub", "human:bob")
        self.assertEqual(len(repo.call("receipt", "show", done["receipt"])["signatures"]), 3)


if __name__ == "__main__":
    lab.main()
