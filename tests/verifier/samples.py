#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The samples of docs/format/samples: made again from fixed keys, times and nonces, and held against what lies there.

    samples.py [--write] [--verifier 'git striatum verify']...

--write puts them there; without it every file must have the same bytes, the bundle's head the same id, every digest must
be what the pages say, and every verifier must give the answer of the samples' README for a clone of the bundle."""
import argparse
import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TESTS = Path(__file__).resolve().parent.parent
FORMAT = TESTS.parent / "docs" / "format"
SAMPLES = FORMAT / "samples"
sys.path.insert(0, str(TESTS / "histories"))
import lib  # noqa: E402
from lib import FOLDER, canonical, sha256  # noqa: E402

CLASSES = ["before_adoption", "provenance_only", "exact", "exact", "human"]


# ---- keys that are the same every time -------------------------------------------------------------------------------


class FixedKeys(lib.Keys):
    """Ed25519 seeds are SHA-256("striatum sample key NAME"): of no use for anything but these samples."""

    def __getattr__(self, name):
        file = Path(self._folder) / name
        if not name.startswith("_") and not file.exists():
            key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"striatum sample key " + name.encode()).digest())
            form = serialization
            file.touch(mode=0o600)
            file.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()))
            public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
            file.with_suffix(".pub").write_bytes(public + f" {name}\n".encode())
        return super().__getattr__(name)


# ---- the event chain: event-chain.md ---------------------------------------------------------------------------------

STORE = "00112233445566778899aabbccddeeff"
IDS = ("run_id", "session_id", "job_id", "message_id", "artifact_id", "lease_id")


def event(number, kind, second, payload, **ids):
    return {"event_id": number, "event_type": kind, "created_at": f"2026-01-02T03:04:0{second}Z", "payload_json": payload,
            } | {name: ids.get(name) for name in IDS}


EVENTS = [event(1, "run.prepared", 5, '{"path":"a.txt"}', run_id="run_1"),
          event(2, "job.claimed", 6, "{}", run_id="run_1", session_id="ses_1", job_id="job_1", lease_id="lease_1"),
          event(3, "job.acked", 7, '{"n":1}', run_id="run_1", session_id="ses_1", job_id="job_1", lease_id="lease_1"),
          event(4, "receipt.applied", 8, "{}", run_id="run_1", job_id="job_1")]


def field(value):
    """T(x)"""
    if value is None:
        return b"\xff" * 8
    value = value.encode() if isinstance(value, str) else value
    return len(value).to_bytes(8, "big") + value


def number(n):
    return n.to_bytes(8, "big")


def adopted(first, last):
    """The row of events that another program wrote."""
    digest = hashlib.sha256()
    for e in EVENTS[first - 1:last]:
        digest.update(number(e["event_id"]) + b"".join(map(field, (e["event_type"], *(e[i] for i in IDS), e["created_at"],
                                                                  e["payload_json"]))))
    body = canonical({"digest": digest.hexdigest(), "first": first, "last": last}).decode()
    return dict.fromkeys(IDS) | {"event_id": last, "event_type": "gs.adopted", "created_at": EVENTS[last - 1]["created_at"],
                                 "payload_json": body}


def chain():
    """Three rows: an event of its own, a range of adopted ones, an event again."""
    rows, previous = [], bytes(32)
    for seq, e in enumerate((EVENTS[0], adopted(2, 3), EVENTS[3]), 1):
        salt = bytes(range(32 * (seq - 1), 32 * seq))
        commitment = hashlib.sha256(salt + e["payload_json"].encode()).digest()
        previous = hashlib.sha256(
            field("striatum-event-chain-v1") + field(STORE) + field(previous) + number(seq) + number(e["event_id"])
            + b"".join(map(field, (e["event_type"], *(e[i] for i in IDS), e["created_at"], commitment)))).digest()
        rows.append({"seq": seq, "salt": salt.hex(), "body_commit": commitment.hex(), "hash": previous.hex()} | e)
    return {"store_id": STORE, "events": EVENTS, "rows": rows}


# ---- the history -----------------------------------------------------------------------------------------------------


class Generator(lib.OwnGenerator):
    sig_files = True
    tool = {"name": "git-striatum", "version": "2.0.0"}
    redaction = {"policy": "typed", "version": 1, "counts": {"free_text": 3}}

    def __init__(self, head):
        self.drawn, self.log = 0, {"store_id": STORE, "seq": 3, "head": head}

    def nonce(self):
        self.drawn += 1
        return hashlib.sha256(b"nonce %d" % self.drawn).hexdigest()[:32]

    @staticmethod
    def evidence(run, issued_at):
        """Every member of records.md section 8."""
        gone = "<redacted-free-text>"
        author = {"role_id": "author", "lane_id": "codex", "display_model": gone, "workflow_job_id": "implement", "ordinal": 1,
                  "line": "author/codex #1 (implement)"}
        job = {"job_id": "job_1", "workflow_job_id": "implement", "job_type": "build", "role_id": "author", "lane": "codex",
               "display_model": gone, "author": author, "state": "completed", "attempt": 1, "max_attempts": 3,
               "fresh_session_required": False, "dependencies": []}
        reviewing = job | {"job_id": "job_2", "workflow_job_id": "review", "job_type": "review", "role_id": "reviewer",
                           "lane": "claude", "fresh_session_required": True, "dependencies": ["job_1"],
                           "author": author | {"role_id": "reviewer", "lane_id": "claude", "workflow_job_id": "review",
                                               "line": "reviewer/claude #1 (review)"}}
        return {
            "schema_version": "striatum.evidence.v1", "exported_at": issued_at,
            "workflow": {"workflow_id": "fix", "workflow_version": "1"},
            "run": {"run_id": run.run_id, "branch_name": "main", "state": "running"},
            "jobs": [job, reviewing],
            "artifacts": [{"artifact_id": "art_1", "job_id": "job_1", "session_id": "ses_1", "logical_name": "handoff",
                           "artifact_kind": "handoff", "repo_path": "docs/HANDOFF.md",
                           "content_sha256": sha256(HANDOFF.encode()),
                           "author": author | {"actual_author_line": "author/codex #1 (implement)"}}],
            "sessions": [{"session_id": f"ses_{n}", "role_id": role, "lane_id": lane, "slug": f"{role}-{lane}-1", "ordinal": 1,
                          "state": "closed", "registered_at": f"2026-01-02T03:04:0{n}Z", "closed_at": "2026-01-02T03:05:00Z",
                          "close_reason": "done", "non_fresh_reason": None}
                         for n, role, lane in ((1, "author", "codex"), (2, "reviewer", "claude"))],
            "verdicts": [{"verdict_id": "ver_1", "job_id": "job_2", "session_id": "ses_2", "verdict": "accept",
                          "findings_artifact_id": "art_2", "posture": "independent", "summary": gone}],
            "blockers": [], "blocked_downstream_jobs": []}


HANDOFF = "# Hand-off\n\nLine three says what it should.\n"
VERDICT = {"verdict_id": "ver_1", "job_id": "job_2", "verdict": "accept", "posture": "independent", "session_id": "ses_2",
           "lane": "claude", "artifact_sha256": None, "reviewed": [{"job_id": "job_1", "snapshot": "2" * 64}], "review": None}
ALLOWED = {"version": 1, "exceptions": [{
    "rule": "generic-high-entropy", "path": "tests/fixtures/**", "salt": "0f" * 16,
    "digest": sha256(bytes.fromhex("0f" * 16) + b"not a secret: a test vector"),
    "reason": "published test vector", "expires": "2027-01-01T00:00:00Z"}]}


def make(folder):
    """(repository, {sample name: path in it})"""
    rows = chain()
    repo = lib.Repo(folder / "repo", FixedKeys(folder), Generator(rows["rows"][-1]["hash"])).init()
    keys = repo.keys
    repo.commit("first", {"a.txt": lib.numbered(12), "run.sh": "#!/bin/sh\n"})
    repo.write(f"{FOLDER}/.gitattributes", lib.ATTRIBUTES)
    repo.write(f"{FOLDER}/trust/redaction-allow.json", json.dumps(ALLOWED, indent=2) + "\n")
    repo.write_trust(members=[
        (keys.root, "root:owner"), (keys.human, "human:alice"), (keys.claude, "lane:claude"),
        (keys.codex, "lane:codex", 'valid-after="20260101Z",valid-before="20270101000000Z"')],
        rules=[{"paths": ["**"], "accept": ["exact", "carried", "human"], "verdicts": {"accepting": 1},
                "signatures": {"lane": 1}}, {"paths": ["docs/reviews/"], "accept": ["exact"]}],
        revoked=[{"key": keys.stranger.fingerprint, "reason": "laptop lost"}], hooks={"closed": False})
    repo.commit("adopt", sign=keys.root)
    run = lib.Run()
    applied = repo.apply({"a.txt": lib.numbered(12, {3: "line three", 9: None}), "docs/HANDOFF.md": HANDOFF,
                          "run.sh": ("100755", "#!/bin/sh\n")}, run=run, artifacts=["docs/HANDOFF.md"], verdicts=[VERDICT])
    review = repo.generator.review(repo, applied.digest, "docs/reviews/1.md", "Read and agreed.\n", keys.human, run=run)
    repo.commit("review")
    repo.human({"a.txt": lib.numbered(12, {3: "line three", 9: None, 12: "the end"})})
    names = {"receipt.dsse.json": applied.receipt, "changes.json": applied.changes, "evidence.json": applied.evidence,
             "receipt.sig": applied.receipt.replace("dsse.json", f"{keys.codex.hex}.sig"),
             "review.dsse.json": review, "review.sig": review.replace("dsse.json", f"{keys.human.hex}.sig"),
             "trust-key.pub": f"{FOLDER}/trust/keys/{keys.codex.hex}.pub", "policy.json": f"{FOLDER}/trust/policy.json",
             "redaction-allow.json": f"{FOLDER}/trust/redaction-allow.json", "gitattributes": f"{FOLDER}/.gitattributes"}
    return repo, names


def files_of(repo, names):
    """{sample name: bytes}; the payloads stand decoded beside their envelopes."""
    out = {name: repo.read(path) for name, path in names.items()}
    for kind in ("receipt", "review"):
        out[f"{kind}.payload.json"] = lib.base64.b64decode(json.loads(out[f"{kind}.dsse.json"])["payload"])
    out["chain.json"] = (json.dumps(chain(), indent=1) + "\n").encode()
    out["index.json"] = (json.dumps({
        "bundle": "sample.bundle", "branch": "main", "head": repo.head, "root": repo.keys.root.fingerprint,
        "classes": CLASSES, "paths": names}, indent=1) + "\n").encode()
    return out


# ---- checks ----------------------------------------------------------------------------------------------------------


def complaints_of_files(made):
    """Differences between what was made and what lies there, and between a file's name and its content."""
    there = {file.name for file in SAMPLES.iterdir()} - {"README.md", "sample.bundle"}
    for name in sorted(made.keys() | there):
        file = SAMPLES / name
        if name not in made or not file.exists() or file.read_bytes() != made[name]:
            yield f"{name}: not the bytes that are made"
    index = json.loads(made["index.json"])
    for name, path in index["paths"].items():
        digest = sha256(made[name.replace("dsse", "payload")])
        if name.endswith(".json") and "/trust/" not in path and digest not in path:
            yield f"{name}: {digest} is not in its path {path}"
    page = (FORMAT / "event-chain.md").read_text()
    for row in json.loads(made["chain.json"])["rows"]:
        if row["hash"] not in page or row["body_commit"] not in page:
            yield f"chain row {row['seq']} is not the vector of event-chain.md"


def complaints_of_schema(made):
    """Every record has its shape, and no member may be taken away, misspelt or be another type."""
    schema = json.loads((FORMAT / "schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, shape in (("receipt.dsse.json", "envelope"), ("receipt.payload.json", "receipts"), ("policy.json", "policy"),
                        ("review.payload.json", "reviews"), ("changes.json", "changes")):
        valid = jsonschema.Draft202012Validator(schema | {"$ref": f"#/$defs/{shape}"}).is_valid
        value = json.loads(made[name])
        if not valid(value):
            yield f"{name} does not fit its schema"
        for member in value:
            if shape != "policy" and valid({k: v for k, v in value.items() if k != member}):
                yield f"{name} fits its schema without {member}"
            if valid(value | {member: {"x": 1.5}}):
                yield f"{name} fits its schema with another type of {member}"


def complaints_of_clone(folder, verifiers, index):
    clone = folder / "clone"
    env = lib.environment(folder)
    subprocess.run(["git", "clone", "-q", "-b", "main", SAMPLES / "sample.bundle", clone], env=env, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, env=env, capture_output=True, text=True).stdout.strip()
    if head != index["head"]:
        yield f"the bundle's head is {head}, not {index['head']}"
    for name, path in index["paths"].items():
        if (clone / path).read_bytes() != (SAMPLES / name).read_bytes():
            yield f"{name} differs from {path} in the bundle"
    for command in verifiers:
        done = subprocess.run([*command, "--all", "--root", index["root"], "--json"], cwd=clone, env=env, capture_output=True)
        data = json.loads(done.stdout or b"{}").get("data", {})
        classes = [c["class"] for c in data.get("commits", [])]
        if done.returncode != 0 or classes != index["classes"] or data["findings"] or not data["verified"]:
            yield f"{command[-1]}: exit {done.returncode}, {classes}, {data.get('findings')} {done.stderr.decode()[-300:]}"


def write(repo, made):
    SAMPLES.mkdir(exist_ok=True)
    for name, data in made.items():
        (SAMPLES / name).write_bytes(data)
    repo.git("bundle", "create", SAMPLES / "sample.bundle", "main")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--verifier", action="append", metavar="CMD", help="default: verify.py beside this file")
    options = parser.parse_args()
    verifiers = [shlex.split(text) for text in options.verifier or [f"{sys.executable} {Path(__file__).with_name('verify.py')}"]]
    verifiers = [[str(Path(word).resolve()) if "/" in word else word for word in words] for words in verifiers]
    with tempfile.TemporaryDirectory(prefix="samples-") as scratch:
        folder = Path(scratch)
        repo, names = make(folder)
        made = files_of(repo, names)
        if options.write:
            write(repo, made)
        wrong = [*complaints_of_files(made), *complaints_of_schema(made),
                 *complaints_of_clone(folder, verifiers, json.loads(made["index.json"]))]
    for text in wrong:
        print("FAIL", text)
    print(f"{len(made)} samples, {len(verifiers)} verifiers, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
