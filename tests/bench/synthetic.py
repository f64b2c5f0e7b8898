# SPDX-License-Identifier: Apache-2.0
"""A large run, written row by row into a state file that a program's `init` made: the tables of the contract only.

Of every four jobs two are completed, one is queued and one waits behind it; the rest of the wanted number of events
are heartbeats, the commonest event of a long run.
"""

import hashlib
import json
import sqlite3
from datetime import datetime, timedelta, timezone

from workbench import broken_invariants, edge, job, workflow, write


def moment(second):
    return (datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def word(prefix, *parts):
    return prefix + "_" + hashlib.md5("/".join(map(str, parts)).encode()).hexdigest()


class Rows:
    """Collects rows by table and writes them in one transaction."""

    def __init__(self):
        self.rows = {}

    def add(self, table, **columns):
        self.rows.setdefault((table, tuple(columns)), []).append(tuple(columns.values()))

    def write(self, connection):
        for (table, columns), rows in self.rows.items():
            connection.executemany(f"INSERT INTO {table} ({','.join(columns)}) "
                                   f"VALUES ({','.join('?' * len(columns))})", rows)


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


class Filler:
    def __init__(self, repo, jobs, events):
        self.repo = repo
        self.count = jobs - jobs % 4
        self.events = events
        self.run, self.snapshot, self.session = word("run", jobs), word("wfs", jobs), word("sess", jobs)
        self.rows = Rows()
        self.leases = []

    def event(self, kind, second, payload="{}", **columns):
        every = dict.fromkeys(("actor_session_id", "job_id", "message_id", "artifact_id", "lease_id"))
        self.rows.add("events", run_id=self.run, event_type=kind, **{**every, **columns}, payload_json=payload,
                      created_at=moment(second))

    def head(self, specs):
        edges = [edge(specs[i - 1]["id"], specs[i]["id"]) for i in range(self.count) if i % 4]
        text = compact(workflow(specs, edges))
        self.rows.add("workflow_snapshots", workflow_snapshot_id=self.snapshot, workflow_id="wf", workflow_version="1",
                      source_path="wf/workflow.json", content_sha256=hashlib.sha256(text.encode()).hexdigest(),
                      workflow_json=text, loaded_at=moment(0))
        self.rows.add("runs", run_id=self.run, workflow_snapshot_id=self.snapshot, repo_root=str(self.repo),
                      state="running", branch_name="work/x", branch_confirmed_at=moment(1), branch_confirmed_by="human",
                      created_at=moment(0), started_at=moment(2))
        self.rows.add("sessions", session_id=self.session, run_id=self.run, role_id="author", lane_id="local",
                      slug="author-local-1", ordinal=1, state="active", registered_at=moment(3))
        self.event("run.created", 0, compact({"workflow_id": "wf", "workflow_snapshot_id": self.snapshot}))
        self.event("run.branch_confirmed", 1, compact({"branch": "work/x", "created": True, "mode": "create"}))
        self.event("run.started", 2)
        self.event("session.registered", 3, compact({"lane": "local", "role": "author", "slug": "author-local-1"}),
                   actor_session_id=self.session)

    def job_id(self, spec):
        return f"job_{self.run}_{spec['id']}"

    def one(self, index, spec, before):
        state = ("completed", "completed", "queued", "blocked")[index % 4]
        name, message = self.job_id(spec), word("msg", index)
        done = state == "completed"
        lease = word("lease", index) if done else None
        self.rows.add("jobs", job_id=name, run_id=self.run, workflow_job_id=spec["id"], title=spec["title"],
                      job_type="draft", role_id="author", lane_selector_json='{"lane_id":"local"}',
                      capability_requirements_json=compact({"inputs": [], "objective": "Write it.",
                                                            "task_prompt": {"path": "prompts/p.md"}}),
                      state=state, write_scope_json=compact(spec["write_scope"]),
                      expected_artifacts_json=compact(spec["expected_artifacts"]), idempotency_key=name,
                      created_at=moment(0), ready_at=None if state == "blocked" else moment(4),
                      started_at=moment(5) if done else None, completed_at=moment(6) if done else None,
                      current_message_id=None if state == "blocked" else message, current_lease_id=lease)
        if before:
            self.rows.add("job_dependencies", job_id=name, depends_on_job_id=self.job_id(before),
                          gate_json=compact({"from": before["id"], "on": "completed", "to": spec["id"]}))
        if state == "blocked":
            return
        self.rows.add("queue_messages", message_id=message, run_id=self.run, job_id=name, kind="work",
                      state="completed" if done else "pending", target_role_id="author", target_lane_id="local",
                      claim_count=int(done), max_claims=1, created_at=moment(4), updated_at=moment(6))
        self.event("queue.message_enqueued", 4, compact({"workflow_job_id": spec["id"]}), job_id=name,
                   message_id=message)
        if done:
            self.finished(index, spec, name, message, lease)

    def finished(self, index, spec, name, message, lease):
        artifact, path = word("art", index), spec["expected_artifacts"][0]["path"]
        body = f"# {spec['id']}\n".encode()
        digest = hashlib.sha256(body).hexdigest()
        if self.count <= 10000:
            write(self.repo, path, body)
        held = {"actor_session_id": self.session, "job_id": name, "lease_id": lease}
        self.rows.add("leases", lease_id=lease, run_id=self.run, resource_type="job", resource_id=name,
                      owner_session_id=self.session, state="released", acquired_at=moment(5), expires_at=moment(1805),
                      released_at=moment(6), release_reason="completed")
        self.rows.add("work_packets", packet_id=word("wp", index), run_id=self.run, job_id=name, message_id=message,
                      lease_id=lease, session_id=self.session, packet_json="{}",
                      packet_sha256=hashlib.sha256(b"{}").hexdigest(), created_at=moment(5))
        self.rows.add("artifacts", artifact_id=artifact, run_id=self.run, job_id=name, session_id=self.session,
                      logical_name="main", artifact_kind="handoff", repo_path=path, content_sha256=digest,
                      size_bytes=len(body), publish_mode="create", created_at=moment(6))
        self.event("queue.claimed", 5, message_id=message, **held)
        self.event("queue.acked", 5, message_id=message, **held)
        self.event("artifact.published", 6, compact({"logical_name": "main", "path": path, "sha256": digest}),
                   artifact_id=artifact, **held)
        self.event("job.completed", 6, compact({"summary": None}), message_id=message, **held)
        self.leases.append((name, lease))

    def heartbeats(self, connection, number):
        rows = ((self.run, "lease.heartbeat", self.session, *self.leases[i % len(self.leases)],
                 '{"expires_at":"2026-01-01T00:30:05Z"}', moment(6)) for i in range(number))
        connection.executemany("INSERT INTO events (run_id, event_type, actor_session_id, job_id, lease_id, "
                               "payload_json, created_at) VALUES (?,?,?,?,?,?,?)", rows)

    def fill(self, state):
        specs = [job(f"j{i:06d}") for i in range(self.count)]
        self.head(specs)
        for i, spec in enumerate(specs):
            self.one(i, spec, specs[i - 1] if i % 4 else None)
        connection = sqlite3.connect(state, isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        # Ahead of a program that keeps a chain of its own: as if another one had written all this.
        self.rows.write(connection)
        (written,) = connection.execute("SELECT count(*) FROM events").fetchone()
        self.heartbeats(connection, max(0, self.events - written))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


def fill(repo, jobs, events):
    """Returns what probes need: run, session, a queued job's id."""
    filler = Filler(repo, jobs, events)
    state = repo / ".striatum/state.sqlite3"
    filler.fill(state)
    return {"run": filler.run, "session": filler.session, "queued": f"job_{filler.run}_j000002"}


def check(repo):
    """A generated state must be sound: a fast answer about a broken one is worth nothing."""
    connection = sqlite3.connect(repo / ".striatum/state.sqlite3")
    try:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gs_event_chain'").fetchone():
            return broken_invariants(connection)
        return connection.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        connection.close()
