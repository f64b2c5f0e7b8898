# SPDX-License-Identifier: Apache-2.0
"""Recovery verbs: lapsed leases, jobs to give up, sweeps and their hooks, watches that are killed.

    test_recovery.py PROGRAM
"""
import http.server
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading

import lab

KILLS = 100 if os.environ.get("STRIATUM_LONG_TESTS") else 10


def flow(**policy):
    """Two reviews to take, one build, and one job behind that."""
    jobs = [lab.job("r1", "review", ["r/"], fresh_session_required=False), lab.job("r2", "review", ["r/"], fresh_session_required=False),
            lab.job("b1", "build", ["src/"]), lab.job("b2", "build", ["docs/"])]
    return lab.workflow(jobs, [("b1", "b2")], **({"recovery_policy": policy} if policy else {}))


class Run:
    """A started run of `flow`."""

    def __init__(self, folder, program, **policy):
        self.lab = lab.Lab(folder, program)
        self.repo = self.lab.repo(trusted=())
        self.id = self.repo.prepare(flow(**policy))
        self.reviewer, self.author = self.session("reviewer"), self.session("author")

    def session(self, role):
        return self.repo.call("register-session", "--run-id", self.id, "--role", role, "--lane", "local")["session_id"]

    def claim(self, session, seconds="1800"):
        packet = self.repo.call("claim-next", "--session-id", session, "--lease-seconds", seconds)["packet"]
        return packet["job"]["job_id"], packet["lease"]["lease_id"]

    def block(self, severity):
        job, lease = self.claim(self.reviewer)
        return self.repo.call("block", "--session-id", self.reviewer, "--job-id", job, "--lease-id", lease, "--kind", "question",
                              "--severity", severity, "--description", "Which one?")["blocker_id"]

    def auto(self, *args):
        return self.repo.call("recovery", "auto", "--run-id", self.id, *args)

    def states(self):
        items = self.repo.call("list", "jobs", "--run-id", self.id)["items"]
        return {item["workflow_job_id"]: item["state"] for item in items}

    def tables(self):
        """Every row of the state, to see that nothing was written."""
        db = sqlite3.connect(f"file:{self.repo.path}/.striatum/state.sqlite3?mode=ro", uri=True)
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}

    def events(self, kind):
        db = sqlite3.connect(f"file:{self.repo.path}/.striatum/state.sqlite3?mode=ro", uri=True)
        return [json.loads(text) for (text,) in db.execute("SELECT payload_json FROM events WHERE event_type = ? ORDER BY event_id", [kind])]

    def watch(self, *args, **more):
        return subprocess.Popen([self.lab.program, "recovery", "watch", "--run-id", self.id, *args], cwd=self.repo.path,
                                env=self.lab.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def pid_file(self):
        return self.repo.path / ".striatum" / "scratch" / f"recovery-watch-{self.id}.pid"


def a_dead_agents_job_is_claimable_within_one_sweep(folder, program):
    run = Run(folder, program)
    job, _ = run.claim(run.reviewer, "-5")
    assert run.auto()["still_stuck"][0]["reason"] == "autonomous_review_requeue_disabled"
    again, _ = run.claim(run.session("reviewer"))
    assert again == job, (again, job)


def what_wrote_the_repository_waits_for_a_person(folder, program):
    run = Run(folder, program)
    job, lease = run.claim(run.author, "-5")
    listed = run.repo.call("recovery", "stale-leases", "--run-id", run.id)
    assert [(row["lease_id"], row["job_state"], row["recovery_policy"]) for row in listed["stale_leases"]] == \
        [(lease, "stale_lease", "manual_inspection_required")], listed
    code, error = run.repo.fails("recovery", "requeue-stale", "--run-id", run.id, "--job-id", job)
    assert code == 4 and "repo-write" in error["message"], error
    code, error = run.repo.fails("recovery", "cancel-job", "--run-id", run.id, "--job-id", job, "--reason", "gone")
    assert code == 4 and "b2" in error["message"] and "--cascade" in error["message"], error
    done = run.repo.call("recovery", "cancel-job", "--run-id", run.id, "--job-id", job, "--reason", "gone", "--cascade")
    assert [row["workflow_job_id"] for row in done["downstream_canceled"]] == ["b2"], done
    assert run.states() == {"r1": "queued", "r2": "queued", "b1": "canceled", "b2": "canceled"}
    assert run.events("job.canceled")[1]["reason"] == "cascade:gone"
    assert run.repo.call("run", "retry-job", "--run-id", run.id, "--job-id", job)["new_state"] == "queued"


def what_a_person_looked_at_goes_back_to_the_queue(folder, program):
    run = Run(folder, program)
    job, lease = run.claim(run.author, "-5")
    ids = ["recovery", "requeue-stale", "--run-id", run.id, "--job-id", job]
    assert "--inspected" in run.repo.fails(*ids)[1]["hints"][0]
    done = run.repo.call(*ids, "--inspected")
    assert (done["status"], done["lease_id"], done["repo_write"]) == ("requeued", lease, True), done
    assert run.events("recovery.stale_requeued")[0]["repo_write"] is True
    assert run.repo.call(*ids, "--inspected")["status"] == "already_reclaimable"
    assert run.claim(run.author)[0] == job


def a_dry_run_writes_nothing(folder, program):
    run = Run(folder, program, checkpoint_timeout_seconds=0, autonomous_review_requeue=True,
              escalation_hook={"kind": "marker_file", "path": "STALLED.md"})
    checkpoint = run.block("human_checkpoint")
    run.claim(run.reviewer, "-5")
    run.claim(run.author, "-5")
    before = run.tables()
    said = run.auto("--dry-run")
    assert run.tables() == before
    assert not (run.repo.path / "STALLED.md").exists()
    assert [row["kind"] for row in said["actions"]] == ["review_requeue_eligible"], said
    assert [(row["blocker_id"], row["hook"]) for row in said["escalations"]] == [(checkpoint, {"kind": "marker_file", "dry_run": True})]
    assert [row["reason"] for row in said["still_stuck"]] == ["repo_write_requires_operator_inspection"]
    done = run.auto()
    assert [row["job_id"] for row in done["actions"]] == [row["job_id"] for row in said["actions"]]


def one_action_a_cause(folder, program):
    run = Run(folder, program, checkpoint_timeout_seconds=0, autonomous_review_requeue=True, max_total_requeues_per_job=2,
              escalation_hook={"kind": "marker_file", "path": "notes/STALLED.md"})
    checkpoint = run.block("human_checkpoint")
    run.claim(run.reviewer, "-5")
    first, second = run.auto(), run.auto()
    assert [row["kind"] for row in first["actions"]] == ["review_requeued"] and second["actions"] == []
    assert first["escalations"][0]["hook"]["wrote"] is True and second["escalations"] == []
    text = run.repo.read("notes/STALLED.md")
    assert text.count(checkpoint) == 1 and f"- run_id: `{run.id}`" in text, text
    assert run.events("recovery.escalated") == [{"blocker_id": checkpoint, "hook": "marker_file", "wrote": True}]
    for expected in (["review_requeued"], []):
        run.claim(run.reviewer, "-5")
        last = run.auto()
        assert [row["kind"] for row in last["actions"]] == expected, last
    assert [row["reason"] for row in last["still_stuck"]] == ["max_total_requeues_per_job_reached"]


def a_job_claimed_again_is_left_alone(folder, program):
    run = Run(folder, program, autonomous_review_requeue=True)
    run.claim(run.reviewer, "-5")
    run.auto()
    run.claim(run.reviewer)
    assert run.auto()["actions"] == [] and run.auto()["still_stuck"] == []


def hooks_stay_in_their_bounds(folder, program):
    for place, setup in {".git/config": None, "src/add.py": None, "linked/x.md": "link"}.items():
        run = Run(folder / place.replace("/", "-"), program, checkpoint_timeout_seconds=0, escalation_hook={"kind": "marker_file", "path": place})
        if setup:
            (run.repo.path / "linked").symlink_to("..")
        run.block("human_checkpoint")
        before = (run.repo.path / place).read_bytes() if (run.repo.path / place).exists() else None
        hook = run.auto()["escalations"][0]["hook"]
        assert hook["wrote"] is False and hook["error"], hook
        assert before == ((run.repo.path / place).read_bytes() if (run.repo.path / place).exists() else None)


def commands_need_permission(folder, program):
    script = 'cat >got.json; printf "%s %s" "$STRIATUM_RUN_ID" "$EXTRA" >got.env; command -v cat >/dev/null'
    run = Run(folder, program, checkpoint_timeout_seconds=0,
              escalation_hook={"kind": "shell", "command": ["sh", "-c", script], "env": {"EXTRA": "more"}})
    first = run.block("human_checkpoint")
    hook = run.auto()["escalations"][0]["hook"]
    assert hook["wrote"] is False and "allowShellHooks" in hook["error"], hook
    run.repo.git("config", "striatum.allowShellHooks", "true")
    second = run.block("human_checkpoint")
    done = run.auto()["escalations"]
    assert [(row["blocker_id"], row["hook"]) for row in done] == [(second, {"kind": "shell", "wrote": True, "exit_code": 0})], done
    assert first != second
    assert json.loads(run.repo.read("got.json"))["blocker_id"] == second
    assert run.repo.read("got.env") == f"{run.id} more"


def a_webhook_is_signed_and_says_no_secret(folder, program):
    if not shutil.which("curl"):
        print("  curl is not here: webhooks not tried")
        return
    got = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(302 if "moved" in self.path else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    try:
        for path, wrote, status in (("/in?token=secret", True, 204), ("/moved", False, 302)):
            run = Run(folder / path.strip("/")[:2], program, checkpoint_timeout_seconds=0,
                      escalation_hook={"kind": "webhook", "url": f"http://user:word@{host}{path}"})
            run.repo.git("config", "striatum.webhookSecret", "Jefe")
            checkpoint = run.block("human_checkpoint")
            hook = run.auto()["escalations"][0]["hook"]
            assert hook == {"kind": "webhook", "wrote": wrote, "url": f"http://{host}{path.split('?')[0]}", "status": status}, hook
            where, headers, body = got.pop()
            import hashlib
            import hmac
            assert where == path and json.loads(body)["blocker_id"] == checkpoint
            assert headers["X-Striatum-Signature"] == "sha256=" + hmac.new(b"Jefe", body, hashlib.sha256).hexdigest()
    finally:
        server.shutdown()
    assert got == []


def a_watch_ends_as_it_should(folder, program):
    run = Run(folder, program)
    done = run.watch("--max-sweeps", "2", "--interval-seconds", "0", "--json")
    lines = done.communicate(timeout=60)[0].splitlines()
    assert [list(json.loads(line)) for line in lines] == \
        [["run_id", "swept_at", "policy_source", "dry_run", "actions", "escalations", "still_stuck"]] * 2 + \
        [["event", "run_id", "reason", "swept_total", "exited_at"]], lines
    assert json.loads(lines[2])["reason"] == "max_sweeps_reached" and not run.pid_file().exists()
    for number in (signal.SIGTERM, signal.SIGINT):
        done = run.watch()
        first = done.stdout.readline()
        assert first.startswith("swept_at=") and run.pid_file().read_text() == f"{done.pid}\n"
        done.send_signal(number)
        assert done.communicate(timeout=60)[0] == "recovery watch exit: reason=signal swept=1\n" and done.returncode == 0
        assert not run.pid_file().exists()
    run.repo.call("run", "cancel", "--run-id", run.id)
    done = run.watch()
    assert done.communicate(timeout=60)[0].splitlines()[-1] == "recovery watch exit: reason=run_terminal swept=1"


def two_watches_do_not_meet(folder, program):
    run = Run(folder, program)
    first = run.watch()
    first.stdout.readline()
    second = run.watch("--json")
    lines = second.communicate(timeout=60)[0].splitlines()
    collision, error = json.loads(lines[0]), json.loads(lines[1])
    assert second.returncode == 4 and error["error"]["code"] == 4
    assert collision["event"] == "watch_collision" and collision["pid"] == first.pid
    assert "another recovery watch is active" in collision["message"]
    assert run.pid_file().read_text() == f"{first.pid}\n"
    first.terminate()
    first.communicate(timeout=60)
    assert not run.pid_file().exists()


def a_watch_survives_being_killed(folder, program):
    """Killed in the middle, again and again; each checkpoint is told once, and nothing has to be cleaned up."""
    run = Run(folder, program, checkpoint_timeout_seconds=0, autonomous_review_requeue=True, max_total_requeues_per_job=1000,
              escalation_hook={"kind": "marker_file", "path": "STALLED.md"})
    run.claim(run.reviewer, "-5")
    checkpoint = run.block("human_checkpoint")
    for number in range(KILLS):
        watch = run.watch("--interval-seconds", "0")
        for _ in range(number % 3):
            watch.stdout.readline()
        if number % 3 == 0:
            while not run.pid_file().exists() or run.pid_file().read_text() != f"{watch.pid}\n":
                assert watch.poll() is None, watch.communicate()
        watch.kill()
        watch.communicate(timeout=60)
    last = run.watch("--max-sweeps", "1")
    out = last.communicate(timeout=60)
    assert last.returncode == 0 and "max_sweeps_reached" in out[0], out
    assert run.repo.call("doctor", "--deep")["deep"]["ok"]
    assert len(run.events("recovery.escalated")) <= 1
    text = run.repo.read("STALLED.md") if (run.repo.path / "STALLED.md").exists() else ""
    assert text.count(checkpoint) <= 1
    assert not run.pid_file().exists()
    print(f"  killed {KILLS} times")


TESTS = [a_dead_agents_job_is_claimable_within_one_sweep, what_wrote_the_repository_waits_for_a_person, a_dry_run_writes_nothing,
         one_action_a_cause, a_job_claimed_again_is_left_alone, hooks_stay_in_their_bounds, commands_need_permission,
         a_webhook_is_signed_and_says_no_secret, a_watch_ends_as_it_should, two_watches_do_not_meet, a_watch_survives_being_killed]


if __name__ == "__main__":
    lab.run_tests(TESTS)
