# SPDX-License-Identifier: Apache-2.0
"""The verbs that crash.py interrupts: how to come to the moment before each, and the command itself.

A case's `ready(flow)` brings a fresh repository to that moment and returns the verb's arguments. Adding a verb is
adding an entry. A case whose verb the program does not have is left out, and said so.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Callable

from workbench import BASE, Flow, edge, job, workflow, write

BOTH = ("striatum", "git-striatum")


@dataclass(frozen=True)
class Case:
    title: str
    verb: str
    ready: Callable
    names: tuple = BOTH
    # The verb does its work in steps that a repeated call finishes: any step between may be met after a kill.
    resumable: bool = False
    # Where the verb drives git: index and work tree are compared through git, and lock files that a killed git
    # leaves are git's own business, to be removed by hand as git's message says.
    git: bool = False
    # Text that may differ between a call that went through and one that was taken up again.
    alike: tuple = ()
    # The whole command line, where it is not the program that is called; then only calls of the program's own
    # processes are interrupted: what git does when git is killed is git's.
    argv: Callable = None
    # A reading verb whose exit code must be the model's once the next command is through.
    sound: tuple = ()
    # HOME lies in the repository's folder and is compared with it.
    home_inside: bool = False
    # A text of the user's that must be somewhere in work trees or saved refs after every interruption.
    kept: str = None
    # How work that stopped between two steps goes on, where that is not by typing the verb again.
    resume: Callable = None
    # What a program of the user's left half done has to be put back by the command line that this hint of the refusal
    # ends with.
    hint: str = None


def two_jobs():
    return workflow([job("draft"), job("next")], [edge("draft", "next")])


def reviewed():
    return workflow([job("draft"), job("review", "review", "reviewer", "rev", "finding"), job("after")],
                    [edge("draft", "review"), edge("review", "after")],
                    [{"from": "review", "to": "draft", "on_verdict": "needs_revision", "max_iterations": 1}])


def flow(bench, spec=None):
    return Flow(bench.tool, bench.name, bench.repo, spec or two_jobs())


# ------------------------------------------------------------------ before a run

def fresh(bench):
    return ["init"]


def init_with_all(bench):
    """Without the documents: what became of each of those stands in the reply, errors too, as in 1.24."""
    return ["init", "--with-skills", "--with-plugins"]


def restore(bench):
    flow(bench).start()
    for path in (bench.repo / ".striatum").iterdir():
        path.unlink()
    return ["init", "--restore"]


def scaffold(*words):
    def ready(bench):
        bench.tool.must(bench.name, bench.repo, "init")
        return list(words)
    return ready


def unplugged(bench):
    bench.tool.must(bench.name, bench.repo, *scaffold("plugin", "install", "--profile", "all")(bench))
    return ["plugin", "uninstall", "--profile", "all"]


def workflow_folder(bench):
    bench.tool.must(bench.name, bench.repo, "init")
    return ["workflow", "init", "starter", "--style", "code-change"]


def prepared(bench):
    flow(bench).do("init")
    return ["run", "prepare", "--workflow", "wf/workflow.json"]


def prepared_auto(bench):
    flow(bench, workflow([job("draft")], branch={"mode": "auto", "suggested_name": "work/auto"})).do("init")
    bench.tool.git(bench.repo, "add", ".")
    bench.tool.git(bench.repo, "commit", "-q", "-m", "Workflow")
    return ["run", "prepare", "--workflow", "wf/workflow.json"]


def confirm_prepared(bench, connection):
    """A run that its auto branch did not become: `branch confirm` finishes it, as the refusal says."""
    (run,) = connection.execute("SELECT run_id FROM runs").fetchone()
    return ["branch", "confirm", "--run-id", run, "--branch", "work/auto", "--create"]


def first_of_two(bench):
    """A state file that 1.24 wrote: none of our tables, none of our indexes."""
    f = flow(bench).start()
    session = f.session()
    connection = sqlite3.connect(bench.repo / ".striatum/state.sqlite3", isolation_level=None)
    for kind in ("index", "table"):
        for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = ? AND name LIKE 'gs!_%' ESCAPE '!'", (kind,)).fetchall():
            connection.execute(f"DROP {kind} {name}")
    connection.close()
    return ["claim-next", "--session-id", session]


# ----------------------------------------------------------------------- the run

def confirm(*flags):
    def ready(bench):
        f = flow(bench).prepare()
        return ["branch", "confirm", "--run-id", f.run, "--branch", "work/x", *flags]
    return ready


def confirm_again(bench):
    f = flow(bench).start()
    bench.tool.git(bench.repo, "commit", "-q", "--allow-empty", "-m", "More")
    return ["branch", "confirm", "--run-id", f.run, "--branch", "work/x", "--again"]


def started(*words):
    def ready(bench):
        f = flow(bench).start()
        return [*words, "--run-id", f.run]
    return ready


def to_start(bench):
    f = flow(bench).prepare().confirm()
    return ["run", "start", "--run-id", f.run]


def paused(bench):
    f = flow(bench).start()
    f.do("run", "pause", "--run-id", f.run)
    return ["run", "resume", "--run-id", f.run]


def cancel(bench):
    f = flow(bench).start()
    f.ack(f.claim())
    return ["run", "cancel", "--run-id", f.run]


def retry(bench):
    f = flow(bench, reviewed()).start()
    f.finish()
    held = f.review("reject")
    return ["run", "retry-job", "--run-id", f.run, "--job-id", held.job]


# ---------------------------------------------------------------------- sessions

def register(bench):
    f = flow(bench).start()
    return ["register-session", "--run-id", f.run, "--role", "author", "--lane", "local", "--capability", "write"]


def close(bench):
    return ["session", "close", "--session-id", flow(bench).start().session(), "--reason", "done"]


def send(bench):
    return ["send", "--session-id", flow(bench).start().session(), "--kind", "note", "--body-json", '{"a": [1, 2]}']


# -------------------------------------------------------------------------- work

def claim(bench):
    return ["claim-next", "--session-id", flow(bench).start().session()]


def claim_after_expiry(bench):
    f = flow(bench, reviewed()).start()
    f.finish()
    f.claim("reviewer", "--lease-seconds", "-5")
    return ["claim-next", "--session-id", f.session("reviewer")]


def claim_after_others(bench):
    """Events that another program appended are taken into the chain first."""
    f = flow(bench).start()
    session = f.session()
    connection = sqlite3.connect(bench.repo / ".striatum/state.sqlite3", isolation_level=None)
    connection.executemany("INSERT INTO events (run_id, event_type, payload_json, created_at) "
                           "VALUES (?, 'message.sent', '{}', '2026-01-01T00:00:00Z')", [(f.run,)] * 20)
    connection.close()
    return ["claim-next", "--session-id", session]


def ack(bench):
    f = flow(bench).start()
    held = f.claim()
    return ["ack", "--session-id", held.session, "--message-id", held.message, "--lease-id", held.lease]


def heartbeat(bench):
    held = flow(bench).start().claim()
    return ["heartbeat", "--session-id", held.session, "--lease-id", held.lease, "--extend-seconds", "99"]


def release(bench):
    f = flow(bench, reviewed()).start()
    f.finish()
    held = f.ack(f.claim("reviewer"))
    return ["release", "--session-id", held.session, "--message-id", held.message, "--lease-id", held.lease,
            "--reason", "later", "--requeue"]


def publish(kind, text):
    def ready(bench):
        f = flow(bench, workflow([job("draft", artifact_kind=kind)])).start()
        held = f.ack(f.claim())
        write(bench.repo, held.paths[0], text)
        return ["publish-artifact", *held.who(), "--kind", kind, "--logical-name", "main", "--path", held.paths[0]]
    return ready


def complete(bench):
    f = flow(bench).start()
    return ["complete", *f.publish(f.ack(f.claim())).who(), "--summary", "done"]


def complete_last(bench):
    f = flow(bench, workflow([job("draft")])).start()
    return ["complete", *f.publish(f.ack(f.claim())).who()]


def with_request(ready):
    return lambda bench: ["--request-id", "call-1", *ready(bench)]


def block(severity):
    def ready(bench):
        f = flow(bench).start()
        return ["block", *f.ack(f.claim()).who(), "--kind", "question", "--severity", severity, "--description", "?"]
    return ready


# ------------------------------------------------------------------------ review

def verdict(word):
    def ready(bench):
        f = flow(bench, reviewed()).start()
        f.finish()
        held = f.publish(f.ack(f.claim("reviewer")), kind="finding")
        return ["verdict", *held.who(), "--verdict", word, "--rationale", "so"]
    return ready


def verdict_past_limit(bench):
    f = flow(bench, reviewed()).start()
    f.finish()
    f.review("needs_revision")
    f.finish(text="# second\n")
    f.sessions.pop("reviewer")
    held = f.publish(f.ack(f.claim("reviewer")), kind="finding", text="# again\n")
    return ["verdict", *held.who(), "--verdict", "needs_revision"]


def submit(bench):
    f = flow(bench, reviewed()).start()
    f.finish()
    held = f.claim("reviewer")
    write(bench.repo, held.paths[0], "# finding\n")
    return ["submit-review", *held.who(), "--logical-name", "main", "--path", held.paths[0], "--verdict", "accept"]


def override(bench):
    f = flow(bench, reviewed()).start()
    f.finish()
    held = f.review("needs_revision")
    author = f.session()
    return ["override-verdict", "--session-id", author, "--job-id", held.job, "--verdict", "accept",
            "--rationale", "the owner accepts"]


def checkpoint(action):
    def ready(bench):
        f = flow(bench).start()
        held = f.ack(f.claim())
        blocker = f.do("block", *held.who(), "--kind", "question", "--severity", "human_checkpoint",
                       "--description", "?")["blocker_id"]
        return ["checkpoint", "resolve", "--blocker-id", blocker, "--action", action]
    return ready


def decision(bench):
    f = flow(bench).start()
    return ["decision", "record", "--run-id", f.run, "--path", "docs/decision.md", "--outcome", "accepted",
            "--title", "Go on", "--decision-id", "d-1"]


# ----------------------------------------------------------------- reports, reads

def evidence(bench):
    f = flow(bench, workflow([job("draft")])).start()
    f.finish()
    return ["evidence", "export", "--run-id", f.run, "--path", "docs/evidence.md"]


def evidence_long(bench):
    """So long that it is written in the background."""
    f = flow(bench, workflow([job(f"job{i}") for i in range(300)])).start()
    return ["evidence", "export", "--run-id", f.run, "--path", "docs/evidence.md"]


def evidence_again(bench):
    args = evidence(bench)
    bench.tool.must(bench.name, bench.repo, *args)
    return args


def swept(*words):
    """Reading verbs that take a lapsed lease back first."""
    def ready(bench):
        f = flow(bench).start()
        f.claim("author", "--lease-seconds", "-5")
        return [*words, "--run-id", f.run]
    return ready


def why_run(bench):
    f = flow(bench).start()
    f.claim("author", "--lease-seconds", "-5")
    return ["why", f.run]


def plain(*words):
    def ready(bench):
        flow(bench).start()
        return list(words)
    return ready


# ------------------------------------------------------------------- provenance

def fingerprint(bench, role):
    return bench.tool.must(bench.name, bench.repo, "key", "create", "--role", role, "--no-passphrase")["fingerprint"]


def reviewed_work(bench, files=None):
    scope = {"mode": "repo_write", "repo_write": True, "allowed_paths": ["out/draft.md", "src/"],
             "forbidden_paths": [".striatum/"]}
    f = flow(bench, workflow([job("draft", write_scope=scope), job("review", "review", "reviewer", "rev", "finding")],
                             [edge("draft", "review")]))
    fingerprint(bench, "human:author")
    bench.tool.git(bench.repo, "add", "wf")
    bench.tool.git(bench.repo, "commit", "-q", "-m", "Workflow")
    f.start()
    for path, text in (files or {}).items():
        write(bench.repo, path, text)
    f.finish()
    f.review("accept")
    return f


def apply(bench):
    return ["apply", "--run-id", reviewed_work(bench).run]


def apply_with_changes(bench):
    """The user has staged one file, changed another and works on."""
    f = reviewed_work(bench)
    write(bench.repo, "README.md", "# A repository, being changed\n")
    write(bench.repo, "staged.txt", "staged\n")
    bench.tool.git(bench.repo, "add", "staged.txt")
    write(bench.repo, "staged.txt", "staged, and changed again\n")
    return ["apply", "--run-id", f.run]


def apply_formatted(bench):
    """The user's formatter rewrites and stages a file of the work."""
    f = reviewed_work(bench, {"src/code.c": "int  x;\n"})
    hook = bench.repo / ".git/hooks/pre-commit"
    write(bench.repo, ".git/hooks/pre-commit", "#!/bin/sh\necho 'int x;' > src/code.c && git add src/code.c\n")
    hook.chmod(0o755)
    return ["apply", "--run-id", f.run]


def apply_dry(bench):
    return ["apply", "--run-id", reviewed_work(bench).run, "--dry-run"]


def isolated(bench):
    """Somebody holds a job that wants a worktree."""
    lanes = {"local": {**BASE["lanes"]["local"], "worktree_isolation": "per_job"}}
    f = flow(bench, workflow([job("draft"), job("next")], [edge("draft", "next")], lanes=lanes))
    fingerprint(bench, "human:author")
    f.start()
    return f, f.ack(f.claim())


def worktree_create(bench):
    _, held = isolated(bench)
    return ["worktree", "create", *held.who()]


UNCOMMITTED = "not committed anywhere"


def in_worktree(bench):
    """Work in a worktree: the flow, what is held, the worktree's id and folder."""
    f, held = isolated(bench)
    made = f.do("worktree", "create", *held.who())
    write(bench.repo / made["worktree_path"], held.paths[0], f"# {UNCOMMITTED}\n")
    return f, held, made


def worktree_release(*flags, dirty=True):
    def ready(bench):
        _, held, made = in_worktree(bench)
        if not dirty:
            (bench.repo / made["worktree_path"] / held.paths[0]).unlink()
        return ["worktree", "release", "--worktree-id", made["worktree_id"], *flags]
    return ready


def published_in_worktree(bench):
    f, held, made = in_worktree(bench)
    inside = bench.repo / made["worktree_path"]
    for args in (["publish-artifact", *held.who(), "--kind", "handoff", "--logical-name", "main", "--path", held.paths[0]],
                 ["complete", *held.who()]):
        bench.tool.must_in(bench.name, inside, *args)
    return f, made


def apply_from_worktree(bench):
    return ["apply", "--run-id", published_in_worktree(bench)[0].run]


def worktree_prune(bench):
    f, _ = published_in_worktree(bench)
    f.do("apply", "--run-id", f.run)
    return ["worktree", "prune"]


def lapsed(bench):
    f = flow(bench, reviewed()).start()
    f.finish()
    f.claim("reviewer", "--lease-seconds", "-5")
    return f


def recovery_auto(bench):
    return ["recovery", "auto", "--run-id", lapsed(bench).run, "--autonomous-review-requeue"]


def recovery_cancel(bench):
    f = flow(bench).start()
    held = f.ack(f.claim())
    return ["recovery", "cancel-job", "--run-id", f.run, "--job-id", held.job, "--reason", "stuck", "--cascade"]


def summary(bench):
    f = flow(bench, workflow([job("draft")])).start()
    f.finish()
    return ["run", "summary", "--run-id", f.run, "--path", "docs/summary.md"]


def create_key(bench):
    bench.tool.must(bench.name, bench.repo, "init")
    return ["key", "create", "--role", "human:author", "--no-passphrase"]


def trust_init(bench):
    return ["trust", "init", "--root", fingerprint(bench, "root:owner")]


def trust_add(bench):
    bench.tool.must(bench.name, bench.repo, "trust", "init", "--root", fingerprint(bench, "root:owner"))
    line = bench.tool.must(bench.name, bench.repo, "key", "export", fingerprint(bench, "human:author"))["line"]
    write(bench.repo, "author.pub", line + "\n")
    return ["trust", "add", "author.pub", "--principal", "human:author"]


def install(bench):
    flow(bench).start()
    return ["hooks", "install"]


def install_chained(bench):
    hook = bench.repo / ".git/hooks/pre-commit"
    write(bench.repo, ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    flow(bench).start()
    return ["hooks", "install", "--chain"]


def uninstall(bench):
    args = install_chained(bench)
    bench.tool.must(bench.name, bench.repo, *args)
    return ["hooks", "uninstall", "--chain"]


def commit(bench):
    f = flow(bench).start()
    bench.tool.must(bench.name, bench.repo, "hooks", "install")
    f.publish(f.ack(f.claim()))
    bench.tool.git(bench.repo, "add", "out")
    return []


def amend(bench):
    commit(bench)
    bench.tool.must(bench.name, bench.repo, "hooks", "install", "--all")
    bench.tool.git(bench.repo, "commit", "-q", "-m", "By hand")
    return []


def amend_words(bench):
    return ["git", "-C", str(bench.repo), "commit", "-q", "--amend", "-m", "By hand, again"]


def push(bench):
    """Through pre-push here and pre-receive there."""
    commit(bench)
    bench.tool.git(bench.repo, "commit", "-q", "-m", "By hand")
    remote = bench.repo / "remote.git"
    bench.tool.git(bench.repo, "init", "-q", "--bare", "--template=", str(remote))
    bench.tool.must(bench.name, remote, "hooks", "install")
    return []


def push_words(bench):
    return ["git", "-C", str(bench.repo), "push", "-q", "remote.git", "HEAD:refs/heads/main"]


def commit_words(bench):
    return ["git", "-C", str(bench.repo), "commit", "-q", "-m", "By hand"]


OURS = ("git-striatum",)

CASES = [
    Case("init", "init", fresh, resumable=True),
    Case("init with all extras", "skills install", init_with_all, resumable=True),
    Case("init --restore", "init", restore, OURS, resumable=True),
    Case("skills install", "skills install", scaffold("skills", "install", "--profile", "all"), resumable=True),
    Case("plugin install", "plugin install", scaffold("plugin", "install", "--profile", "all"), resumable=True),
    Case("plugin uninstall", "plugin uninstall", unplugged, resumable=True),
    Case("workflow init", "workflow init", workflow_folder, resumable=True),
    Case("run prepare", "run prepare", prepared),
    Case("run prepare (auto branch)", "run prepare", prepared_auto, resumable=True, git=True,
         resume=confirm_prepared, alike=(r'"branch_created":(true|false)', r'"created":(true|false)')),
    Case("first verb on a 1.24 state", "claim-next", first_of_two, resumable=True),
    Case("branch confirm", "branch confirm", confirm(), names=("striatum",)),
    Case("branch confirm --create", "branch confirm", confirm("--create"), resumable=True, git=True,
         alike=(r'"created":(true|false)',)),
    Case("branch confirm --again", "branch confirm", confirm_again, names=("git-striatum",)),
    Case("run start", "run start", to_start),
    Case("run pause", "run pause", started("run", "pause")),
    Case("run resume", "run resume", paused),
    Case("run cancel", "run cancel", cancel),
    Case("run retry-job", "run retry-job", retry),
    Case("register-session", "register-session", register),
    Case("session close", "session close", close),
    Case("send", "send", send),
    Case("claim-next", "claim-next", claim),
    Case("claim-next (expired lease)", "claim-next", claim_after_expiry),
    Case("claim-next (others' events)", "claim-next", claim_after_others),
    Case("ack", "ack", ack),
    Case("heartbeat", "heartbeat", heartbeat),
    Case("release --requeue", "release", release),
    Case("publish-artifact", "publish-artifact", publish("handoff", "# work\n")),
    Case("publish-artifact (synthesis)", "publish-artifact", publish("synthesis", "# work\n"), resumable=True),
    Case("complete", "complete", complete),
    Case("complete (last job)", "complete", complete_last),
    Case("complete --request-id", "complete", with_request(complete)),
    Case("block", "block", block("blocked")),
    Case("block (checkpoint)", "block", block("human_checkpoint")),
    Case("verdict accept", "verdict", verdict("accept")),
    Case("verdict needs_revision", "verdict", verdict("needs_revision")),
    Case("verdict reject", "verdict", verdict("reject")),
    Case("verdict past the cycle's limit", "verdict", verdict_past_limit),
    Case("submit-review", "submit-review", submit, resumable=True),
    Case("override-verdict", "override-verdict", override),
    Case("checkpoint resolve continue", "checkpoint resolve", checkpoint("continue")),
    Case("checkpoint resolve cancel", "checkpoint resolve", checkpoint("cancel")),
    Case("decision record", "decision record", decision, resumable=True),
    Case("evidence export", "evidence export", evidence, resumable=True, alike=(r'"sha256":"[0-9a-f]{64}"',)),
    Case("evidence export (long)", "evidence export", evidence_long, resumable=True, alike=(r'"sha256":"[0-9a-f]{64}"',)),
    Case("evidence export (again)", "evidence export", evidence_again, resumable=True,
         alike=(r'"sha256":"[0-9a-f]{64}"',)),
    Case("status (sweep)", "status", swept("status")),
    Case("list jobs (sweep)", "list jobs", swept("list", "jobs")),
    Case("why RUN (sweep)", "why", why_run),
    Case("doctor", "doctor", plain("doctor")),
    Case("log", "log", plain("log")),
    Case("apply", "apply", apply, OURS, resumable=True, git=True, sound=("verify", "--self-asserted", "HEAD")),
    Case("apply (the user at work)", "apply", apply_with_changes, OURS, resumable=True, git=True,
         sound=("verify", "--self-asserted", "HEAD")),
    Case("apply (a formatter)", "apply", apply_formatted, OURS, resumable=True, git=True,
         sound=("verify", "--self-asserted", "HEAD"), hint="put it back as it was completed: "),
    Case("apply --dry-run", "apply", apply_dry, OURS, git=True),
    Case("worktree create", "worktree create", worktree_create, OURS, resumable=True, git=True),
    Case("worktree release", "worktree release", worktree_release(dirty=False), OURS, resumable=True, git=True),
    Case("worktree release --save", "worktree release", worktree_release("--save"), OURS, resumable=True, git=True,
         kept=UNCOMMITTED),
    Case("worktree release --discard", "worktree release", worktree_release("--discard"), OURS, resumable=True, git=True),
    Case("worktree prune", "worktree prune", worktree_prune, OURS, resumable=True, git=True, kept=UNCOMMITTED),
    Case("apply, from a worktree", "worktree create", apply_from_worktree, OURS, resumable=True, git=True,
         kept=UNCOMMITTED, sound=("verify", "--self-asserted", "HEAD")),
    Case("recovery auto", "recovery auto", recovery_auto, resumable=True),
    Case("recovery cancel-job", "recovery cancel-job", recovery_cancel),
    Case("run summary", "run summary", summary, resumable=True, alike=(r'"sha256":"[0-9a-f]{64}"',)),
    Case("key create", "key create", create_key, OURS, resumable=True, home_inside=True),
    Case("trust init", "trust init", trust_init, OURS, resumable=True),
    # Typed again, the policy's next version may be the one after next.
    Case("trust add", "trust add", trust_add, OURS, resumable=True, alike=(r'"(policy_)?version":\s*\d+',)),
    Case("hooks install", "hooks install", install, OURS, resumable=True),
    Case("hooks install --chain", "hooks install", install_chained, OURS, resumable=True),
    Case("hooks uninstall", "hooks uninstall", uninstall, OURS, resumable=True),
    Case("git commit, through the hooks", "hook", commit, OURS, git=True, argv=commit_words),
    Case("git commit --amend, through all", "hooks install", amend, OURS, resumable=True, git=True,
         argv=amend_words),
    Case("git push, to a server with hooks", "hooks install", push, OURS, git=True, argv=push_words),
]
