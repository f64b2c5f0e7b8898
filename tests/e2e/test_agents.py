# SPDX-License-Identifier: Apache-2.0
"""Agents that know nothing but the texts that were installed for them drive code-change-flow to its end: through a lost
lease, a human checkpoint and a revision.

usage: test_agents.py PROGRAM [unittest options]"""
import json
import os
import re
import shlex
import shutil
import sys
import unittest
from pathlib import Path

import lab

PROGRAM = None
LONG = os.environ.get("STRIATUM_LONG_TESTS")
TOP = Path(__file__).resolve().parent.parent.parent
FLOW = TOP / "examples" / "code-change-flow" / "workflow.json"
TEXTS = {"claude_code": ".claude/skills/*/SKILL.md", "codex": ".codex/agents/*.md", "gemini": "*GEMINI_GUIDE.md",
         "generic": "*AGENT_GUIDE.md"}


class Manual:
    """The command lines of installed texts. A word in capitals is a value that the reader fills in."""

    def __init__(self, texts):
        self.lines = []
        for text in texts:
            for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S):
                self.add(block.strip().split("\n"))
            self.add(re.findall(r"`((?:git )?striatum [^`]*)`", text))

    def add(self, lines):
        for line in lines:
            words = shlex.split(line)
            assert "striatum" in words[:2], line
            if words not in self.lines:
                self.lines.append(words)

    def command(self, verb, values, *flags):
        """The one line for this verb that asks for exactly these values and has these flags."""
        fitting = []
        for words in self.lines:
            rest = words[words.index("striatum") + 1:]
            asked = {word for word in rest if re.fullmatch(r"[A-Z][A-Z_]+", word)}
            if rest[:len(verb.split())] == verb.split() and asked == set(values) and all(flag in rest for flag in flags):
                fitting.append(words)
        assert fitting, f"no text says how to `{verb}` with {sorted(values)} {flags}"
        shortest = min(fitting, key=len)
        return [values.get(word, word) for word in shortest]


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Reader:
    """An agent: what it types it has from its manual, what it fills in from replies."""

    def __init__(self, case, manual, repo):
        self.case, self.manual, self.repo = case, manual, repo
        self.used = set()

    def type(self, verb, *flags, **values):
        words = self.manual.command(verb, values, *flags)
        self.used.add(verb)
        done = self.repo.lab.run(words, self.repo.path, check=False)
        if "--json" not in words:
            self.case.assertEqual(done.returncode, 0, f"{words}\n{done.stderr}")
            return done.stdout
        if done.returncode == 2:
            raise AssertionError(f"{words}\n{done.stderr}")
        reply = json.loads(done.stdout)
        if not reply["ok"]:
            raise Refused(reply["error"]["code"], reply["error"]["message"])
        return reply["data"]

    # ---- from nothing to a started run

    def begin(self, workflow):
        try:
            self.type("status")
            raise AssertionError("there is a state already")
        except Refused as refused:
            self.case.assertEqual(refused.code, 3)
        self.type("init")
        self.type("workflow validate", WORKFLOW_FILE=workflow)
        self.type("workflow plan", WORKFLOW_FILE=workflow)
        prepared = self.type("run prepare", WORKFLOW_FILE=workflow)
        self.run = prepared["run_id"]
        if prepared["state"] == "needs_branch_confirmation":
            self.type("branch confirm", RUN_ID=self.run, BRANCH=prepared["suggested_branch_name"])
        self.type("run start", RUN_ID=self.run)

    def status(self):
        return self.type("status", RUN_ID=self.run)

    # ---- the loop

    def register(self, role, lane):
        fresh = ["--fresh"] if role == "reviewer" else []
        self.session = self.type("register-session", *fresh, RUN_ID=self.run, ROLE=role, LANE=lane)["session_id"]

    def claim(self):
        reply = self.type("claim-next", SESSION_ID=self.session)
        if reply["status"] == "no_work":
            return False
        self.packet = packet = reply["packet"]
        self.job, self.lease = packet["job"]["job_id"], packet["lease"]["lease_id"]
        self.message = packet["lease"]["message_id"]
        self.type("ack", SESSION_ID=self.session, MESSAGE_ID=self.message, LEASE_ID=self.lease)
        self.hold()
        return True

    def hold(self):
        self.type("heartbeat", SESSION_ID=self.session, LEASE_ID=self.lease)

    def held(self):
        return {"SESSION_ID": self.session, "JOB_ID": self.job, "LEASE_ID": self.lease}

    def artifact(self, text):
        """Writes the artifact that is owed; the values that its publication asks for."""
        owed = self.packet["expected_artifacts"][0]
        self.repo.write(owed["path"], f"# {owed['logical_name']}\n{owed['author_line']}\n\n{text}\n")
        return {"KIND": owed["kind"], "NAME": owed["logical_name"], "FILE": owed["path"]}

    def do(self, text):
        """Any job but a review, from the claim on."""
        attempt = self.packet["job"]["attempt"]
        if attempt > 1:
            findings = [row for row in self.type("list artifacts", RUN_ID=self.run)["items"] if row["artifact_kind"] == "finding"]
            text += " because " + self.repo.read(findings[-1]["repo_path"]).split("\n")[-2]
        if "hello.sh" in self.packet["write_scope"]["allowed_paths"]:
            self.repo.write("hello.sh", f"echo hello, $1 # {attempt}\n")
        self.hold()
        self.type("publish-artifact", **self.held(), **self.artifact(f"attempt {attempt}: {text}"))
        self.type("complete", **self.held(), TEXT="done")

    def review(self, verdict, text):
        return self.type("submit-review", **self.held(), **self.artifact(text), VERDICT=verdict, TEXT=text)

    def close(self):
        self.type("session close", SESSION_ID=self.session)


class Case(unittest.TestCase):
    def setUp(self):
        self.lab = lab.linked(self.addCleanup, PROGRAM)

    def agent(self, profile, program="striatum", change=None):
        repo = self.lab.repo(f"{profile}-{program.replace(' ', '-')}", {"hello.sh": "echo hello\n"}, trusted=())
        repo.write("../workflow.json", FLOW.read_text())
        self.lab.run([*program.split(), "skills", "install", "--profile", profile], repo.path)
        texts = [path.read_text() for path in sorted(repo.path.glob(TEXTS[profile]))]
        self.assertTrue(texts)
        return Reader(self, Manual([change(text) if change else text for text in texts]), repo)

    def lose(self, agent):
        """Behind the agent's back: its time is over."""
        self.lab.run(["striatum", "heartbeat", "--session-id", agent.session, "--lease-id", agent.lease, "--extend-seconds", "-5"],
                     agent.repo.path)
        with self.assertRaises(Refused) as refused:
            agent.hold()
        self.assertEqual(refused.exception.code, 5)

    def take(self, agent, workflow_job):
        """What `status` says can be claimed is this job; the agent takes it."""
        claimable = agent.status()["claimable_jobs"]
        self.assertEqual([group["workflow_job_ids"] for group in claimable], [[workflow_job]])
        agent.register(claimable[0]["role_id"], claimable[0]["lane_id"])
        self.assertTrue(agent.claim())
        self.assertEqual(agent.packet["job"]["workflow_job_id"], workflow_job)

    def checkpoint(self, agent):
        agent.type("block", **agent.held(), WORD="wording", TEXT="hello or good morning?")
        waiting = agent.status()
        self.assertEqual(waiting["claimable_jobs"], [])
        blocker = waiting["human_checkpoints"][0]["blocker_id"]
        agent.type("why", ID=blocker)
        self.assertFalse(agent.claim())
        # The person has said: hello.
        agent.type("checkpoint resolve", "continue", BLOCKER_ID=blocker)

    def look(self, agent):
        """What a reader does first when something went wrong."""
        agent.status()
        agent.type("doctor", RUN_ID=agent.run)
        stale = agent.type("recovery stale-leases", RUN_ID=agent.run)["stale_leases"]
        self.assertIn(agent.job, [row["job_id"] for row in stale])
        self.assertIn(agent.run, agent.type("dashboard", RUN_ID=agent.run))
        return agent.type("why", ID=agent.job)["job"]["state"]

    def drive(self, agent):
        agent.begin("../workflow.json")
        self.take(agent, "implement")
        agent.repo.write("hello.sh", "echo half\n")
        self.lose(agent)
        self.assertEqual(self.look(agent), "stale_lease")
        self.assertFalse(agent.claim())
        # The person has looked: go on from there.
        agent.type("recovery requeue-stale", "--inspected", RUN_ID=agent.run, JOB_ID=agent.job)
        self.assertTrue(agent.claim())
        self.checkpoint(agent)
        self.assertTrue(agent.claim())
        agent.do("greets by name")
        agent.close()

        self.take(agent, "review")
        self.lose(agent)
        self.assertEqual(self.look(agent), "queued")
        self.take(agent, "review")
        self.assertEqual(agent.review("needs_revision", "quote the name")["verdict"]["status"], "revision_requested")

        self.take(agent, "implement")
        self.assertEqual(agent.packet["job"]["attempt"], 2)
        agent.do("quotes it")
        self.assertIn("because quote the name", agent.repo.read("docs/implement/HANDOFF.md"))
        agent.close()
        self.take(agent, "review")
        agent.review("accept", "works")
        self.take(agent, "summary")
        agent.do("greets whoever is named")
        self.assertFalse(agent.claim())
        self.assertEqual(agent.status()["runs"][0]["state"], "completed")
        agent.close()
        agent.type("evidence export", RUN_ID=agent.run, EVIDENCE_FILE="docs/EVIDENCE.md")
        jobs = self.lab.call(["list", "jobs", "--run-id", agent.run], agent.repo.path)["items"]
        self.assertEqual({(row["workflow_job_id"], row["attempt"], row["state"]) for row in jobs},
                         {(name, attempt, "completed") for name, attempt in
                          (("implement", 1), ("review", 1), ("implement", 2), ("review", 2), ("summary", 1))})


class Agents(Case):
    def test_by_the_contracts_name(self):
        for profile in TEXTS:
            with self.subTest(profile):
                self.drive(self.agent(profile))

    def test_by_our_own_name(self):
        for profile in TEXTS if LONG else ["gemini"]:
            with self.subTest(profile):
                self.drive(self.agent(profile, "git striatum"))

    def test_a_wrong_text_is_noticed(self):
        """The tests above can fail: a line that they use, spoilt, stops the agent."""
        verbs = ["claim-next", "submit-review"]
        if LONG:
            agent = self.agent("generic")
            self.drive(agent)
            verbs = sorted(agent.used)
            self.assertGreater(len(verbs), 15)
            shutil.rmtree(agent.repo.path)
        for verb in verbs:
            with self.subTest(verb):
                agent = self.agent("generic", change=lambda text: text.replace(f"striatum {verb} ", f"striatum {verb} --colour red "))
                with self.assertRaisesRegex(AssertionError, "--colour"):
                    self.drive(agent)
                shutil.rmtree(agent.repo.path)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
