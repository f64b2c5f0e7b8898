# SPDX-License-Identifier: Apache-2.0
"""A small real repository, its own HOME, keys and trust, and scripted agents that work through the verbs."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LOCAL = {"adapter": "process", "display_model": "Scripted", "command": ["true"], "capabilities": ["write", "review"]}
ISOLATED = LOCAL | {"worktree_isolation": "per_job"}


def job(name, kind, allowed, **more):
    writes = kind != "review"
    row = {"id": name, "type": kind, "title": f"{name} the thing", "role_id": "reviewer" if kind == "review" else "author",
           "lane_id": "local", "objective": name, "task_prompt": {"inline": name},
           "write_scope": {"mode": "repo_write" if writes else "review_only_artifact", "repo_write": writes,
                           "allowed_paths": allowed, "forbidden_paths": [".striatum/"]}}
    if kind == "review":
        row["fresh_session_required"] = True
    return row | more


def artifact(name, kind, path):
    return {"logical_name": name, "kind": kind, "path": path, "required": True}


def workflow(jobs, edges, cycles=(), **more):
    return {"schema_version": "striatum.workflow.v1", "workflow_id": "fix", "workflow_version": "1", "name": "fix",
            "branch": {"mode": "confirm", "suggested_name": "work", "allow_dirty": False},
            "coordinator": {"role_id": "author", "lane_id": "local"}, "lanes": {"local": LOCAL},
            "roles": {"author": {"definition_path": "roles/author.md"}, "reviewer": {"definition_path": "roles/reviewer.md"}},
            "context_docs": [], "parallelism": {"mode": "declared"}, "jobs": jobs,
            "edges": [{"from": a, "to": b, "on": "completed"} for a, b in edges],
            "cycles": [{"from": a, "to": b, "on_verdict": "needs_revision", "max_iterations": 2} for a, b in cycles]} | more


def reviewed_change(scope=("src/",)):
    """One job that changes code, one that reviews it, with a revision cycle."""
    return workflow([job("implement", "build", list(scope) + ["docs/"],
                         expected_artifacts=[artifact("handoff", "handoff", "docs/HANDOFF.md")]),
                     job("review", "review", ["reviews/"],
                         expected_artifacts=[artifact("review", "finding", "reviews/REVIEW.md")])],
                    [("implement", "review")], [("review", "implement")])


# Of the git-striatum that waits for this hook.
KILL = ("pid=$PPID; while [ \"$(cat /proc/$pid/comm)\" != git-striatum ]; do\n"
        "pid=$(cut -d' ' -f4 /proc/$pid/stat); [ $pid -gt 1 ] || exit 0; done\nkill -9 $pid\n")


class Failed(AssertionError):
    def __init__(self, args, done):
        super().__init__(f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        self.code = done.returncode
        self.error = json.loads(done.stdout)["error"] if done.stdout.startswith("{") else {"message": done.stderr}


def search_path():
    """PATH without the folders that hold an installed program of ours: the one under test is the only one there is."""
    return os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep)
                           if not (Path(folder) / "git-striatum").exists())


class Lab:
    def __init__(self, folder, program):
        self.folder, self.program = Path(folder), str(Path(program).resolve())
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        self.env = {"PATH": search_path(), "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
        for name, value in {"user.name": "Ann", "user.email": "ann@example.org", "init.defaultBranch": "main",
                            "advice.detachedHead": "false"}.items():
            self.run(["git", "config", "--global", name, value], self.folder)
        self.keys = {}

    def run(self, args, cwd, check=True, env=None, data=None):
        done = subprocess.run([str(a) for a in args], cwd=cwd, env=self.env | (env or {}), text=True, capture_output=True,
                              input=data)
        if check and done.returncode != 0:
            raise Failed(args, done)
        return done

    def call(self, args, cwd, env=None):
        """The `data` of a verb."""
        return json.loads(self.run([self.program, *args, "--json"], cwd, env=env).stdout)["data"]

    def key(self, role):
        row = self.call(["key", "create", "--role", role, "--no-passphrase"], self.folder)
        self.keys[role] = row["fingerprint"]
        return row["fingerprint"]

    def repo(self, name="repo", files=None, trusted=("lane:local",)):
        repo = Repo(self, self.folder / name)
        repo.git("init", "-q")
        for path, text in (files or {"src/add.py": "def add(a, b):\n    return a - b\n", "README.md": "A thing.\n"}).items():
            repo.write(path, text)
        repo.git("add", "-A")
        repo.git("commit", "-q", "-m", "Start")
        if trusted:
            repo.adopt(trusted)
        return repo


def linked(add_cleanup, program):
    """A lab in a folder of its own whose PATH begins with the program's two links; its program is `striatum`."""
    folder = tempfile.mkdtemp(prefix="striatum-e2e-")
    add_cleanup(shutil.rmtree, folder, True)
    made = Lab(folder, program)
    links = made.folder / "bin"
    links.mkdir()
    for name in ("striatum", "git-striatum"):
        (links / name).symlink_to(made.program)
    made.env["PATH"] = f"{links}:{made.env['PATH']}"
    made.program = str(links / "striatum")
    return made


class Repo:
    def __init__(self, lab, path):
        self.lab, self.path = lab, Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    # ---- files and git

    def git(self, *args, **more):
        return self.lab.run(["git", *args], self.path, **more).stdout.strip()

    def write(self, path, text):
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, path):
        return (self.path / path).read_text()

    def head(self, rev="HEAD"):
        return self.git("rev-parse", rev)

    def status(self):
        return self.git("status", "--porcelain", "-uall")

    def clone(self, name, *options):
        other = Repo(self.lab, self.lab.folder / name)
        shutil.rmtree(other.path)
        self.git("clone", "-q", "--no-hardlinks", *options, str(self.path), str(other.path))
        return other

    # ---- verbs

    def call(self, *args, env=None):
        return self.lab.call(list(args), self.path, env)

    def fails(self, *args, env=None):
        """(exit code, error object) of a verb that has to be refused."""
        try:
            data = self.call(*args, env=env)
        except Failed as failed:
            return failed.code, failed.error
        raise AssertionError(f"{args} went through: {data}")

    def die(self, hook, *args, before=""):
        """The program is killed by a hook of the repository, behind the shell lines `before` of that hook."""
        path = self.path / ".git/hooks" / hook
        self.write(f".git/hooks/{hook}", "#!/bin/sh\n" + before + KILL)
        path.chmod(0o755)
        done = self.lab.run([self.lab.program, *args, "--json"], self.path, check=False)
        assert done.returncode == -signal.SIGKILL, done
        path.unlink()

    def adopt(self, trusted):
        """Root key, trust with the keys of these roles, signed commits."""
        self.root = self.lab.keys.get("root:owner") or self.lab.key("root:owner")
        steps = self.call("trust", "init", "--root", self.root)
        self.sign(steps)
        for role in trusted:
            fingerprint = self.lab.keys.get(role) or self.lab.key(role)
            line = self.lab.call(["key", "export", fingerprint], self.path)["line"]
            self.write("../key.pub", line + "\n")
            steps = self.call("trust", "add", "../key.pub", "--principal", role)
        if trusted:
            self.sign(steps)

    def sign(self, steps):
        for command in steps["next"]:
            self.lab.run(["sh", "-c", command], self.path)

    def prepare(self, document, branch="work"):
        self.write("../workflow.json", json.dumps(document))
        self.call("init")
        run = self.call("run", "prepare", "--workflow", "../workflow.json")["run_id"]
        self.git("branch", "-f", branch)
        self.git("switch", "-q", branch)
        self.call("branch", "confirm", "--run-id", run, "--branch", branch)
        self.call("run", "start", "--run-id", run)
        return run

    def agent(self, run, role):
        args = ["register-session", "--run-id", run, "--role", role, "--lane", "local"]
        if role == "reviewer":
            args.append("--fresh")
        return Agent(self, self.call(*args)["session_id"])

    def apply(self, run, *args, **more):
        return self.call("apply", "--run-id", run, *args, **more)

    def verify(self, *args):
        """(exit code, data)"""
        done = self.lab.run([self.lab.program, "verify", *args, "--json"], self.path, check=False)
        answer = json.loads(done.stdout)
        return done.returncode, answer.get("data") or answer["error"]


class Agent:
    """A session that does what the script says, through the verbs alone."""

    def __init__(self, repo, session):
        self.repo, self.session = repo, session

    def claim(self):
        packet = self.try_claim()
        assert packet, "no work"
        return packet

    def try_claim(self):
        """The packet, or None when there is no work."""
        reply = self.repo.call("claim-next", "--session-id", self.session)
        if reply["status"] != "claimed":
            return None
        packet = self.packet = reply["packet"]
        self.job, self.lease = packet["job"]["job_id"], packet["lease"]["lease_id"]
        self.repo.call("ack", "--session-id", self.session, "--message-id", packet["lease"]["message_id"],
                       "--lease-id", self.lease)
        return packet

    def held(self):
        return ["--session-id", self.session, "--job-id", self.job, "--lease-id", self.lease]

    def enter(self):
        """From here on the agent works in a worktree of its own."""
        made = self.repo.call("worktree", "create", *self.held())
        self.worktree = made["worktree_id"]
        self.side = self.repo = Repo(self.repo.lab, made["folder"])

    def publish(self, name, kind, path, text):
        self.repo.write(path, text)
        return self.repo.call("publish-artifact", *self.held(), "--kind", kind, "--logical-name", name, "--path", path)

    def complete(self):
        return self.repo.call("complete", *self.held())

    def close(self):
        self.repo.call("session", "close", "--session-id", self.session, "--reason", "done")

    def review(self, verdict, text, path="reviews/REVIEW.md"):
        self.repo.write(path, text)
        return self.repo.call("submit-review", *self.held(), "--path", path, "--verdict", verdict)


def implement(repo, run, changes, note="done\n", close=True):
    agent = repo.agent(run, "author")
    agent.claim()
    for path, text in changes.items():
        repo.write(path, text)
    agent.publish("handoff", "handoff", "docs/HANDOFF.md", note)
    agent.complete()
    if close:  # a workflow with fresh reviewers wants no author beside them
        agent.close()
    return agent


def review(repo, run, verdict="accept", text="fine\n"):
    agent = repo.agent(run, "reviewer")
    agent.claim()
    agent.review(verdict, text)
    return agent


def reviewed(repo, changes, document=None, branch="work"):
    """A run whose work is done and accepted."""
    run = repo.prepare(document or reviewed_change(), branch)
    implement(repo, run, changes)
    review(repo, run)
    return run


class Case(unittest.TestCase):
    """A test with a lab of its own."""
    program = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="striatum-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.lab = Lab(self.folder, self.program)


def main():
    """Runs the cases of the script that was started with the program as its first argument."""
    Case.program = sys.argv.pop(1)
    unittest.main()


def run_tests(tests):
    """Command line PROGRAM [TEST...]: each test is a function of a folder of its own and the program."""
    program, chosen = sys.argv[1], sys.argv[2:]
    for test in tests:
        if chosen and test.__name__ not in chosen:
            continue
        folder = Path(tempfile.mkdtemp(prefix="e2e-"))
        test(folder, program)
        shutil.rmtree(folder)
        print("ok", test.__name__)
