# SPDX-License-Identifier: Apache-2.0
"""A throw-away repository and a program to drive in it: what the crash, contention, hostile and bench tests share."""

import json
import os
import sqlite3
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

BASE = {"lanes": {"local": {"adapter": "process", "display_model": "Test", "command": ["true"],
                            "capabilities": ["write", "review"]}},
        "roles": {"author": {"definition_path": "roles/author.md"},
                  "reviewer": {"definition_path": "roles/reviewer.md"}}}


class Unexpected(Exception):
    """A step that had to succeed did not."""


@dataclass(frozen=True)
class Reply:
    exit: int
    stdout: bytes
    stderr: bytes

    def json(self):
        """The envelope on standard output, or None."""
        try:
            value = json.loads(self.stdout)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    @property
    def data(self):
        return (self.json() or {}).get("data")

    @property
    def error(self):
        return (self.json() or {}).get("error") or {}


def environment(home):
    """What every call gets: nothing of the caller's striatum or git settings leaks in."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com",
            "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
            "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.com",
            "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}


def scratch_folder(prefix, wanted=None):
    """A folder in memory where that is possible: a sync then costs nothing."""
    base = wanted or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=base))


class Tool:
    """The program under test, callable by both of its names."""

    def __init__(self, path, folder):
        self.folder = Path(folder)
        self.home = self.folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.env = environment(self.home)
        self.links = {}
        for name in ("striatum", "git-striatum"):
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(Path(path).absolute())
            self.links[name] = str(link)

    def argv(self, name, repo, args):
        return [self.links[name], "--repo", str(repo), *map(str, args), "--json"]

    def call(self, name, repo, *args, env=None, timeout=60):
        done = subprocess.run(self.argv(name, repo, args), cwd=str(repo), env={**self.env, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        return Reply(done.returncode, done.stdout, done.stderr)

    def must_in(self, name, folder, *args):
        """As `must`, in a folder that finds its repository by itself."""
        done = subprocess.run([self.links[name], *map(str, args), "--json"], cwd=folder, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return self.data_of(Reply(done.returncode, done.stdout, done.stderr), name, args)

    def must(self, name, repo, *args, **kwargs):
        """The data of a call that has to succeed."""
        return self.data_of(self.call(name, repo, *args, **kwargs), name, args)

    @staticmethod
    def data_of(reply, name, args):
        if reply.exit != 0 or reply.data is None:
            raise Unexpected(f"{name} {' '.join(map(str, args))}: exit {reply.exit}: "
                             f"{(reply.stdout + reply.stderr).decode('utf-8', 'replace').strip()}")
        return reply.data

    def git(self, repo, *args, check=True):
        done = subprocess.run(["git", "-C", str(repo), *args], env=self.env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if check and done.returncode != 0:
            raise Unexpected(f"git {' '.join(args)}: {done.stderr.strip()}")
        return done

    def repository(self, folder):
        """A git repository with one commit on `main`, the same every time."""
        folder = Path(folder)
        folder.mkdir(parents=True)
        self.git(folder, "init", "-q", "-b", "main", "--template=")
        write(folder, "README.md", "# A repository\n")
        self.git(folder, "add", "README.md")
        self.git(folder, "commit", "-q", "-m", "Start")
        return folder


def write(repo, path, content):
    target = Path(repo) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())


def job(name, kind="draft", role="author", folder="out", artifact_kind="handoff", **more):
    """A workflow job with one required artifact at FOLDER/NAME.md."""
    path = f"{folder}/{name}.md"
    review = kind == "review"
    scope = {"mode": "review_only_artifact" if review else "repo_write", "repo_write": not review,
             "allowed_paths": [folder + "/"] if review else [path], "forbidden_paths": [".striatum/"]}
    return {"id": name, "type": kind, "title": name, "role_id": role, "lane_id": "local", "objective": "Write it.",
            "task_prompt": {"path": "prompts/p.md"}, "write_scope": scope,
            "expected_artifacts": [{"logical_name": "main", "kind": artifact_kind, "path": path, "required": True}],
            **more}


def edge(source, target):
    return {"from": source, "to": target, "on": "completed"}


def workflow(jobs, edges=(), cycles=(), branch=None, **more):
    return {"schema_version": "striatum.workflow.v1", "workflow_id": "wf", "workflow_version": "1", "name": "wf",
            "branch": branch or {"mode": "confirm", "suggested_name": "work/x", "allow_dirty": True},
            "coordinator": {"role_id": "author", "lane_id": "local"}, **BASE, "context_docs": [],
            "jobs": list(jobs), "edges": list(edges), "cycles": list(cycles),
            "parallelism": {"mode": "declared", "max_active_jobs": 64, "require_disjoint_write_scopes": True}, **more}


class Flow:
    """Drives a run in `repo` step by step; each step must succeed."""

    def __init__(self, tool, name, repo, spec):
        self.tool, self.name, self.repo = tool, name, Path(repo)
        write(repo, "wf/workflow.json", json.dumps(spec))
        write(repo, "wf/roles/author.md", "# author\n")
        write(repo, "wf/roles/reviewer.md", "# reviewer\n")
        write(repo, "wf/prompts/p.md", "# prompt\n")
        self.run = None
        self.sessions = {}

    def do(self, *args):
        return self.tool.must(self.name, self.repo, *args)

    def prepare(self):
        self.do("init")
        self.run = self.do("run", "prepare", "--workflow", "wf/workflow.json")["run_id"]
        return self

    def confirm(self):
        self.do("branch", "confirm", "--run-id", self.run, "--branch", "work/x", "--create")
        return self

    def start(self):
        self.prepare().confirm()
        self.do("run", "start", "--run-id", self.run)
        return self

    def session(self, role="author"):
        if role not in self.sessions:
            extra = ("--force-non-fresh", "--reason", "test") if role == "reviewer" else ()
            self.sessions[role] = self.do("register-session", "--run-id", self.run, "--role", role, "--lane", "local",
                                          *extra)["session_id"]
        return self.sessions[role]

    def claim(self, role="author", *extra):
        """Claims the next job of the role: the words every verb under its lease begins with."""
        packet = self.do("claim-next", "--session-id", self.session(role), *extra)["packet"]
        return Held(self.session(role), packet["job"]["job_id"], packet["lease"]["message_id"],
                    packet["lease"]["lease_id"], [a["path"] for a in packet["expected_artifacts"]])

    def ack(self, held):
        self.do("ack", "--session-id", held.session, "--message-id", held.message, "--lease-id", held.lease)
        return held

    def publish(self, held, kind="handoff", text="# work\n"):
        write(self.repo, held.paths[0], text)
        self.do("publish-artifact", *held.who(), "--kind", kind, "--logical-name", "main", "--path", held.paths[0])
        return held

    def finish(self, role="author", **publishing):
        """One job from claim to complete."""
        held = self.publish(self.ack(self.claim(role)), **publishing)
        self.do("complete", *held.who())
        return held

    def review(self, verdict):
        held = self.publish(self.ack(self.claim("reviewer")), kind="finding")
        self.do("verdict", *held.who(), "--verdict", verdict)
        return held


@dataclass(frozen=True)
class Held:
    """A claimed job."""
    session: str
    job: str
    message: str
    lease: str
    paths: list

    def who(self):
        return ("--session-id", self.session, "--job-id", self.job, "--lease-id", self.lease)


def query(repo, sql, *parameters):
    path = Path(repo) / ".striatum" / "state.sqlite3"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql, parameters).fetchall()
    finally:
        connection.close()


# Each answers with the rows that break a rule between tables and log; no row, no damage.
INVARIANTS = {
    "active job without its active lease":
        "SELECT job_id FROM jobs j WHERE state IN ('claimed','running') AND NOT EXISTS (SELECT 1 FROM leases l "
        "WHERE l.lease_id = j.current_lease_id AND l.state = 'active' AND l.resource_id = j.job_id)",
    "active lease without its active job":
        "SELECT lease_id FROM leases l WHERE state = 'active' AND NOT EXISTS (SELECT 1 FROM jobs j "
        "WHERE j.job_id = l.resource_id AND j.current_lease_id = l.lease_id AND j.state IN ('claimed','running'))",
    "two active leases on a job":
        "SELECT resource_id FROM leases WHERE state = 'active' GROUP BY resource_id HAVING count(*) > 1",
    "queued job without pending message":
        "SELECT job_id FROM jobs j WHERE state = 'queued' AND NOT EXISTS (SELECT 1 FROM queue_messages m "
        "WHERE m.message_id = j.current_message_id AND m.state = 'pending')",
    "two live messages on a job":
        "SELECT job_id FROM queue_messages WHERE kind = 'work' AND state IN ('pending','claimed','acked') "
        "GROUP BY job_id HAVING count(*) > 1",
    "job and message disagree":
        "SELECT j.job_id FROM jobs j JOIN queue_messages m ON m.message_id = j.current_message_id "
        "WHERE (j.state = 'claimed' AND m.state <> 'claimed') OR (j.state = 'running' AND m.state <> 'acked') "
        "OR (j.state = 'completed' AND m.state <> 'completed')",
    "lease without a packet":
        "SELECT lease_id FROM leases l WHERE NOT EXISTS (SELECT 1 FROM work_packets w WHERE w.lease_id = l.lease_id)",
    "lease without exactly one claim event":
        "SELECT l.lease_id FROM leases l LEFT JOIN events e ON e.lease_id = l.lease_id "
        "AND e.event_type = 'queue.claimed' GROUP BY l.lease_id HAVING count(e.event_id) <> 1",
    "artifact without exactly one event":
        "SELECT a.artifact_id FROM artifacts a LEFT JOIN events e ON e.artifact_id = a.artifact_id AND "
        "e.event_type IN ('artifact.published','decision.recorded') GROUP BY a.artifact_id HAVING count(e.event_id) <> 1",
    "completed job without exactly one event":
        "SELECT j.job_id FROM jobs j WHERE j.state = 'completed' AND (SELECT count(*) FROM events e "
        "WHERE e.job_id = j.job_id AND e.event_type IN ('job.completed','verdict.overridden')) < 1",
    "completed job with an active lease":
        "SELECT job_id FROM jobs WHERE state = 'completed' AND EXISTS "
        "(SELECT 1 FROM leases l WHERE l.resource_id = job_id AND l.state = 'active')",
    "an event that the chain does not hold":
        "SELECT event_id FROM events e WHERE event_id <= (SELECT max(event_id) FROM gs_event_chain) "
        "AND NOT EXISTS (SELECT 1 FROM gs_event_chain c WHERE c.event_id = e.event_id) "
        "AND NOT EXISTS (SELECT 1 FROM gs_event_chain c WHERE c.adopted_json IS NOT NULL AND e.event_id BETWEEN "
        "json_extract(c.adopted_json, '$.first') AND json_extract(c.adopted_json, '$.last'))",
    "a gap in the chain":
        "SELECT count(*) FROM gs_event_chain HAVING count(*) <> coalesce(max(seq), 0)",
    "a chain row without its event":
        "SELECT seq FROM gs_event_chain c WHERE adopted_json IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM events e WHERE e.event_id = c.event_id)",
}


def broken_invariants(connection):
    """Names of the broken rules with up to three offenders each, the integrity check included."""
    found = []
    answer = connection.execute("PRAGMA integrity_check").fetchall()
    if answer != [("ok",)]:
        found.append(f"integrity: {answer[:3]}")
    if answer := connection.execute("PRAGMA foreign_key_check").fetchall():
        found.append(f"foreign keys: {answer[:3]}")
    for name, sql in INVARIANTS.items():
        if rows := connection.execute(sql).fetchmany(3):
            found.append(f"{name}: {[row[0] for row in rows]}")
    return found


def remove(path):
    """Whatever lies there, however deep."""
    subprocess.run(["rm", "-rf", "--", str(path)], stderr=subprocess.DEVNULL)
