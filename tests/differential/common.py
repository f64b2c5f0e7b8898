# SPDX-License-Identifier: Apache-2.0
"""What the black-box yardsticks share: repositories, state file dumps, words of messages."""

import json
import re
import sqlite3
import subprocess
from pathlib import Path

RANDOM_ID = re.compile(r"(?<![0-9a-zA-Z])(run|wfs|sess|msg|lease|wp|art|verdict|blk|dec|proc|sup|wt)_[0-9a-f]{32}"
                       r"(?![0-9a-f])")

# Tables of the contract, each with its id column where rows have a random id.
TABLES = {
    "schema_meta": None, "workflow_snapshots": "workflow_snapshot_id", "runs": "run_id",
    "sessions": "session_id", "jobs": None, "job_dependencies": None, "queue_messages": "message_id",
    "leases": "lease_id", "work_packets": "packet_id", "artifacts": "artifact_id",
    "verdicts": "verdict_id", "blockers": "blocker_id", "process_executions": "process_id",
    "process_supervisors": "supervisor_id", "process_supervisor_pointers": None,
    "job_worktrees": "worktree_id", "events": None,
}


def state_file(repo):
    return Path(repo) / ".striatum" / "state.sqlite3"


def query(repo, sql, *parameters):
    """Rows as dictionaries, read-only; an absent or unreadable state file has no rows."""
    path = state_file(repo)
    if not path.exists():
        return []
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql, parameters)]
    finally:
        connection.close()


def table_rows(repo, table):
    return query(repo, f"SELECT * FROM {table} ORDER BY rowid")


def dump(repo):
    """Every row of every table of the contract, in order of insertion."""
    path = state_file(repo)
    if not path.exists():
        return {}
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("BEGIN")
        return {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")]
                for table in TABLES}
    finally:
        connection.close()


def git(repo, env, *args, check=True):
    done = subprocess.run(["git", "-C", str(repo), *args], env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"git {' '.join(args)}: {done.stderr.strip()}")
    return done


def make_repository(folder, env):
    """A git repository with one commit on `main`, the same commit every time."""
    folder = Path(folder)
    env = {**env, "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    folder.mkdir(parents=True)
    git(folder, env, "init", "-q", "-b", "main")
    (folder / "README.md").write_text("# A repository\n")
    git(folder, env, "add", "README.md")
    git(folder, env, "commit", "-q", "-m", "Start")
    return folder


def write_file(repo, path, content):
    target = Path(repo) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    target.write_bytes(data)


GROUPS = {"workflow", "run", "branch", "session", "evidence", "decision", "checkpoint", "list", "recovery",
          "worktree", "supervise", "adapter", "skills", "plugin", "daemon", "repo", "cross-repo"}


def verb_of(args):
    """`run start`, `ack`, …: the verb of a command line, or "" when it names none."""
    words = []
    skip = False
    for word in args:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = not words and word in ("--repo", "--rep", "--re", "--r")
        else:
            words.append(word)
            if len(words) == 2 or words[0] not in GROUPS:
                break
    return " ".join(words)


# Words that scripts look for in messages (contract page "messages"): where one program's message carries
# one of them, so does the other's.
WORDS = [
    "not initialized", "newer than this installation supports", "append-only", "refuses to overwrite", "JSON",
    "missing required fields", "schema_version", "branch.mode", "suggested_name",
    "both declare expected artifact path", "is inside forbidden_path", "is not inside any allowed_path",
    "unsound", "mixes repo_write and review-only jobs", "declared_cycle", "body must be an object",
    "unknown tool_family", "native_subagents must be", "first_class_registration must be",
    "prompt_envelope_path must be repo-relative", "fallback_profile_id",
    "references undeclared harness profile", "harness_profile_id must be a non-empty string",
    "requires enforcement for undeclared constraint", "only in cross-repo workflows",
    "cannot declare reviewer_access_scope/reviewer_context_policy", "has unknown reviewer_access_scope",
    "has unknown reviewer_context_policy", "allowed: fresh|cross_round",
    "declares reviewer_context_policy=fresh but fresh_session_required=false", "cannot declare review_posture",
    "review_posture must be a non-empty string", "unknown review_posture", "has empty custom name",
    "cannot declare required_review_postures", "required_review_postures must be a non-empty list", "contains invalid entry",
    "but no reachable review job declares it", "require_attested_lane", "apply_gate", "protected_paths",
    "operator_writable_paths", "primary_repository", "must declare repository",
    "single-repo workflows must not declare job repository", "share repo_id", "unknown repository alias",
    "cross_repo_cycle=true", "recovery_policy.", "escalation_hook.", "branch confirmation", "run start",
    "sealed_patch is unsupported", "current git branch", "terminal state", "not retriable", "unknown role",
    "unknown lane", "operator label", "--force-non-fresh", "non-empty --reason", "active lease",
    "lease is not active", "owned by another session", "does not belong to the job", "lease is expired",
    "must be running", "required artifact", "review jobs", "attached lane supervisor",
    "already has a verdict", "not open", "human_checkpoint", "waiting_human", "is not in the allowed kinds list",
    "outside the job write scope", "repo-relative", "inside the repository", ".striatum", "does not exist",
    "author line must match", "logical name already exists", "front matter", "missing required field",
    "unknown fields", "--follow-up", "decision id", "--use-current", "--strict", "supervise start",
    "repo-write stale jobs require manual inspection", "blocked dependents", "--cascade",
    "another recovery watch is active",
]
# Words that count in the messages of these verbs only.
ONLY_FOR = {"run start": {"claim-next"}, "unknown role": {"register-session"}, "unknown lane": {"register-session"},
            "current git branch": {"branch confirm"}, "does not exist": {"publish-artifact", "submit-review"},
            "does not belong to the job": {"ack", "complete", "verdict", "submit-review", "release", "block",
                                           "publish-artifact"},
            "review jobs": {"verdict", "submit-review", "override-verdict"}, "not open": {"checkpoint resolve"}, "inside the repository": {"publish-artifact", "submit-review"},
            "repo-relative": {"publish-artifact", "submit-review", "decision record", "evidence export"},
            ".striatum": {"publish-artifact", "submit-review", "decision record", "evidence export"}}
QUOTED = re.compile(r"(?<![\w'])'([^'\s<;][^']*)'")


def missing_words(model, message, verb=""):
    """What a caller of `verb` may look for in `model` and does not find in `message`."""
    wanted = [word for word in WORDS if word in model.replace("job does not exist", "unknown job")
              and verb in ONLY_FOR.get(word, {verb})]
    wanted += [match.group(0) for match in RANDOM_ID.finditer(model)]
    wanted += [value for value in QUOTED.findall(model) if len(value) < 60 and value != "None"
               and re.search(r"\w", value)]
    if "suggested_name" in wanted:
        wanted = [word for word in wanted if word not in ("branch.mode", "auto")]
    return sorted({word for word in wanted if word not in message})


def canonical_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
