# SPDX-License-Identifier: Apache-2.0
"""Small real repositories with trust and receipted commits, made with git and ssh-keygen alone.

The records are written here from docs/format, not by the program under test. `Repo.apply` is the seam: a repository
asks its `generator` for a receipted commit, and another generator may drive the real program."""
import base64
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

FOLDER = ".provenance/striatum"
ATTRIBUTES = ("* -text -filter -ident -working-tree-encoding -diff merge=binary "
              "linguist-generated gitlab-generated export-ignore\n")
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NAMESPACE = "striatum-receipt@v1"
START = 1767225600  # 2026-01-01T00:00:00Z


def environment(home):
    """Nobody's configuration and no GIT_ variable of the caller."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "SSH_"))}
    return env | {"HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC",
                  "LC_ALL": "C", "GIT_EDITOR": "true"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def blob_id(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def numbered(count, changes={}, start=1):
    """`count` lines of text; changes: {line number: text, or None to drop the line}."""
    lines = [changes.get(n, f"line {n}") for n in range(start, start + count)]
    return "".join(line + "\n" for line in lines if line is not None)


def pae(payload):
    return b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)


def armored(sshsig):
    text = base64.b64encode(sshsig).decode()
    lines = [text[i:i + 70] for i in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


# ---- keys ------------------------------------------------------------------------------------------------------------


class Key:
    """An unencrypted Ed25519 key pair made by ssh-keygen."""

    def __init__(self, folder, name):
        self.name, self.file = name, Path(folder) / name
        if not self.file.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.file], check=True)
        self.type, encoded = self.file.with_suffix(".pub").read_text().split()[:2]
        self.blob = base64.b64decode(encoded)
        self.fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")
        self.hex = sha256(self.blob)

    def line(self, principals, options=""):
        encoded = base64.b64encode(self.blob).decode()
        return f"{principals} {options + ' ' if options else ''}{self.type} {encoded} {self.name}\n"

    def sshsig(self, message, namespace=NAMESPACE):
        """Binary SSHSIG."""
        done = subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", self.file, "-n", namespace], input=message,
                              capture_output=True, check=True)
        return base64.b64decode(b"".join(done.stdout.splitlines()[1:-1]))

    def raw(self, message):
        """Raw Ed25519 signature, with the seed read from the OpenSSH private key file."""
        return ed25519_sign(self.seed(), message)

    def seed(self):
        body = base64.b64decode("".join(self.file.read_text().splitlines()[1:-1]))
        assert body.startswith(b"openssh-key-v1\0")
        public = self.blob[-32:]
        at = body.rindex(public)  # the private part ends in string(seed ‖ public), comment, padding
        return body[at - 32:at]


def ed25519_sign(seed, message):
    """RFC 8032, section 5.1.6, in extended coordinates."""
    p, order = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p

    def add(a, b):
        e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
        g, h = 2 * a[3] * b[3] * d, 2 * a[2] * b[2]
        x, t, z, y = f - e, h - g, h + g, f + e
        return x * t % p, z * y % p, t * z % p, x * y % p

    def encoded_multiple(n):
        y = 4 * pow(5, -1, p) % p
        x = 15112221349535400772501151409588531511454012693041857206046113283949847762202
        total, a = (0, 1, 1, 0), (x, y, 1, x * y % p)
        while n:
            total, a, n = add(total, a) if n & 1 else total, add(a, a), n >> 1
        inverse = pow(total[2], -1, p)
        return (total[1] * inverse % p | (total[0] * inverse % p & 1) << 255).to_bytes(32, "little")

    digest = hashlib.sha512(seed).digest()
    secret = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    number = lambda *parts: int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % order
    public, nonce = encoded_multiple(secret), number(digest[32:], message)
    commitment = encoded_multiple(nonce)
    answer = (nonce + number(commitment, public, message) * secret) % order
    return commitment + answer.to_bytes(32, "little")


class Keys:
    """Keys by name, made when first asked for and shared by all histories."""

    def __init__(self, folder):
        self._folder, self._keys = folder, {}

    def __getattr__(self, name):
        if name not in self._keys:
            self._keys[name] = Key(self._folder, name)
        return self._keys[name]


# ---- repositories ------------------------------------------------------------------------------------------------------


class Repo:
    """A repository with a work tree; every command has its own second on a clock that starts at START."""

    def __init__(self, path, keys, generator=None):
        self.path, self.keys, self.clock = Path(path), keys, START
        self.generator = generator or OwnGenerator()
        self.env = environment(self.path.parent)

    def init(self):
        self.path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        for name, value in (("user.name", "Tester"), ("user.email", "tester@example.org"), ("gpg.format", "ssh"),
                            ("advice.detachedHead", "false"), ("core.autocrlf", "false"), ("gc.auto", "0"),
                            ("maintenance.auto", "false"), ("protocol.file.allow", "always")):
            self.git("config", name, value)
        return self

    def copy(self, path):
        shutil.copytree(self.path, path, symlinks=True)
        clone = Repo(path, self.keys, self.generator)
        clone.clock = self.clock
        return clone

    def git(self, *args, stdin=None, check=True, text=True):
        self.clock += 1
        env = self.env | {"GIT_AUTHOR_DATE": f"{self.clock} +0000", "GIT_COMMITTER_DATE": f"{self.clock} +0000"}
        done = subprocess.run(["git", *map(str, args)], cwd=self.path, env=env, input=stdin, capture_output=True)
        if check and done.returncode:
            raise RuntimeError(f"git {args}: {done.stderr.decode()}{done.stdout.decode()}")
        return done.stdout.decode().strip() if text else done.stdout

    @property
    def head(self):
        return self.git("rev-parse", "HEAD")

    def write(self, path, data):
        """data: str or bytes, None to delete, (mode, data) for a mode; a pointer's data is a commit id."""
        mode, data = data if isinstance(data, tuple) else (None, data)
        file = self.path / path
        if mode == "160000":
            self.git("update-index", "--add", "--cacheinfo", f"160000,{data},{path}")
            return
        if data is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            data = data.encode() if isinstance(data, str) else data
            if mode == "120000":
                file.symlink_to(data.decode())
            else:
                file.write_bytes(data)
                if mode:
                    file.chmod(0o755 if mode == "100755" else 0o644)
        self.git("add", "-f", "-A", "--", path)

    def commit(self, message="change", files={}, sign=None, amend=False):
        """Commits the index with `files` written to it; `sign` is a key."""
        for path, data in files.items():
            self.write(path, data)
        options = ["-c", f"user.signingKey={sign.file}"] if sign else []
        self.git(*options, "commit", "-q", "--allow-empty", "--no-verify", *(["--amend"] if amend else []),
                 *(["-S"] if sign else []), "-m", message)
        return self.head

    def branch(self, name, start="HEAD"):
        self.git("checkout", "-q", "-B", name, start)

    def read(self, path, rev="HEAD"):
        return self.git("cat-file", "blob", f"{rev}:{path}", text=False)

    def files(self, rev):
        """{path: (mode, id)} of a commit or tree."""
        rows = self.git("ls-tree", "-r", "-z", rev, text=False).decode().split("\0")[:-1]
        return {path: tuple(meta.split()[::2]) for meta, path in (row.split("\t", 1) for row in rows)}

    def content_tree(self, rev):
        """records.md section 2, with a scratch index."""
        index = self.path / ".git/content-index"
        env = self.env | {"GIT_INDEX_FILE": str(index)}
        run = lambda *args: subprocess.run(["git", *args], cwd=self.path, env=env, check=True, capture_output=True)
        run("read-tree", rev)
        folders = [f"{FOLDER}/{name}" for name in ("receipts", "changes", "evidence", "reviews")]
        run("rm", "-r", "-q", "--cached", "--ignore-unmatch", *folders)
        tree = run("write-tree").stdout.decode().strip()
        index.unlink()
        return tree

    # ---- trust

    def write_trust(self, version=1, members=None, **policy):
        """members: [(key, principals, options)]; policy: members of policy.json."""
        folder = self.path / FOLDER / "trust/keys"
        shutil.rmtree(folder, ignore_errors=True)
        for key, principals, *options in members or self.members():
            self.write(f"{FOLDER}/trust/keys/{key.hex}.pub", key.line(principals, *options))
        self.write(f"{FOLDER}/trust/policy.json", json.dumps({"version": version} | policy, indent=2) + "\n")
        self.git("add", "-f", "-A", "--", f"{FOLDER}/trust")

    def members(self):
        return [(self.keys.root, "root:owner"), (self.keys.human, "human:alice"), (self.keys.codex, "lane:codex"),
                (self.keys.claude, "lane:claude")]

    def trust(self, version, sign="root", message="trust", **rest):
        """Commits another trust; `sign` names a key or is None."""
        self.write_trust(version, **rest)
        return self.commit(message, sign=getattr(self.keys, sign) if sign else None)

    def human(self, files, message="by hand"):
        """A commit signed by the human key."""
        return self.commit(message, files, sign=self.keys.human)

    # ---- receipted commits

    def apply(self, files, **options):
        """A receipted commit of `files` on HEAD; see OwnGenerator.apply_commit for the options."""
        return self.generator.apply_commit(self, files, **options)


# ---- the generator ---------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Run:
    """What receipts of one run share."""
    run_id: str = "run_1"
    branch_base: str | None = None
    edges: list = dataclasses.field(default_factory=list)  # of earlier applied receipts, in order
    previous: str | None = None


@dataclasses.dataclass
class Applied:
    """A receipted commit and what belongs to it. The paths are those of its record files."""
    commit: str
    digest: str
    receipt: str
    changes: str
    evidence: str
    edges: list


class OwnGenerator:
    """Writes changes file, evidence, receipt and signature from docs/format."""
    sig_files = False  # also the armored signatures for ssh-keygen
    log = {"store_id": "00112233445566778899aabbccddeeff", "seq": 0, "head": "0" * 64}
    redaction = {"policy": "default", "version": 1, "counts": {}}
    tool = {"name": "histories", "version": "1"}

    def apply_commit(self, repo, files, run=None, state="applied", key=None, form="raw", commit=True, message="apply",
                     edges=None, issued_at=None, previous=None, artifacts=(), verdicts=None, gates=None, signatures=None,
                     sign=None, change=None, payload=None, file=None):
        """key: who signs; form: raw or sshsig; edges: in place of those of the files (default: the difference to HEAD);
        commit=False leaves everything in the index; signatures(pae): the whole list, for forgeries;
        change(receipt predicate, changes, subjects): last word before signing; payload(bytes): the bytes signed instead;
        file(envelope): the file's bytes instead."""
        run, key = run or Run(), key or repo.keys.codex
        base = repo.head
        run.branch_base = run.branch_base or base
        for path, data in files.items():
            repo.write(path, data)
        result = repo.git("write-tree")
        edges = edges if edges is not None else self.edges(repo, base, result)
        changes = {"version": 1, "edges": edges,
                   "cumulative": {"base_commit": run.branch_base, "edges": self.cumulative(repo, run, base, result)}}
        issued_at = issued_at or rfc3339(repo.clock)
        evidence = canonical(self.evidence(run, issued_at)) + b"\n"
        predicate = self.predicate(repo, run, base, state, issued_at, previous, verdicts, gates)
        subjects = {"content-tree": {"gitTree": repo.content_tree(result)}, "evidence": {"sha256": sha256(evidence)}}
        for path in artifacts:
            data = repo.read(path, result)
            subjects["artifact/" + path] = {"gitBlob": blob_id(data), "sha256": sha256(data)}
        if change:
            change(predicate, changes, subjects)
        changes = canonical(changes) + b"\n"
        subjects.setdefault("changes", {"sha256": sha256(changes)})
        digest, envelope = self.envelope("apply-receipt", subjects, predicate, [(key, form)], signatures, payload, file)
        names = [self.write_envelope(repo, "receipts", digest, envelope, key),
                 f"{FOLDER}/changes/{sha256(changes)[:2]}/{sha256(changes)}.json",
                 f"{FOLDER}/evidence/{run.run_id}/{sha256(evidence)}.json"]
        for name, data in zip(names[1:], (changes, evidence)):
            repo.write(name, data)
        if state == "applied":
            run.edges += edges
        run.previous = digest
        made = repo.commit(f"{message}\n\nStriatum-Run: {run.run_id}\nStriatum-Receipt: {digest}", sign=sign) if commit else ""
        return Applied(made, digest, *names, edges)

    def review(self, repo, receipt, path, data, key, verdict="accept", form="raw", run=None, job="review"):
        """Writes a signed review of a receipt with its finding file; returns the file's name."""
        data = data.encode()
        predicate = {"receipt": receipt, "run_id": (run or Run()).run_id, "job_id": job, "snapshots": [], "artifacts": [],
                     "verdict": verdict, "posture": "independent", "finding_path": path, "reviewer": "alice"}
        subjects = {"finding": {"gitBlob": blob_id(data), "sha256": sha256(data)}, "receipt": {"sha256": receipt}}
        predicate |= self.common(rfc3339(repo.clock))
        digest, envelope = self.envelope("handoff-review", subjects, predicate, [(key, form)], None)
        repo.write(path, data)
        return self.write_envelope(repo, "reviews", digest, envelope, key)

    def write_envelope(self, repo, folder, digest, envelope, key):
        name = f"{FOLDER}/{folder}/{digest[:2]}/{digest}"
        repo.write(f"{name}.dsse.json", envelope)
        if self.sig_files:
            repo.write(f"{name}.{key.hex}.sig", armored(key.sshsig(pae(base64.b64decode(json.loads(envelope)["payload"])))))
        return f"{name}.dsse.json"

    @staticmethod
    def evidence(run, issued_at):
        return {"schema_version": "striatum.evidence.v1", "exported_at": issued_at,
                "run": {"run_id": run.run_id, "branch_name": "main", "state": "running"}}

    @staticmethod
    def envelope(predicate_type, subjects, predicate, signers, signatures, forge=None, file=None):
        payload = canonical({"_type": "https://in-toto.io/Statement/v1",
                             "predicateType": f"https://striatum.dev/{predicate_type}/v1",
                             "subject": [{"name": n, "digest": d} for n, d in sorted(subjects.items())],
                             "predicate": predicate})
        payload = forge(payload) if forge else payload
        message = pae(payload)
        entries = signatures(message) if signatures else [
            (key.fingerprint, key.raw(message) if form == "raw" else key.sshsig(message)) for key, form in signers]
        value = {"payload": base64.b64encode(payload).decode(), "payloadType": "application/vnd.in-toto+json",
                 "signatures": [{"keyid": name, "sig": base64.b64encode(sig).decode()} for name, sig in entries]}
        return sha256(payload), file(value) if file else canonical(value) + b"\n"

    @staticmethod
    def nonce():
        return os.urandom(16).hex()

    def common(self, issued_at):
        return {"nonce": self.nonce(), "issued_at": issued_at, "tool": dict(self.tool)}

    def predicate(self, repo, run, base, state, issued_at, previous, verdicts, gates):
        return {
            "repository": {"root_commits": sorted(repo.git("rev-list", "--max-parents=0", base).split()), "object_format": "sha1"},
            "base": {"commit": base, "content_tree": repo.content_tree(base), "branch_base": run.branch_base},
            "run": {"run_id": run.run_id, "jobs": [{"job_id": "job_1", "snapshot": "0" * 64}], "superseded_job_ids": [],
                    "workflow_sha256": "1" * 64, "branch": "main", "strict": False},
            "actors": [{"session_id": "ses_1", "role": "implementer", "lane": "codex", "attested": False, "lease_id": None}],
            "verdicts": verdicts or [], "gates": gates or [{"name": "scope", "outcome": "passed", "detail_code": None}],
            "log": dict(self.log), "redaction": dict(self.redaction),
            "previous": previous or run.previous, "state": state} | self.common(issued_at)

    def edges(self, repo, old, new):
        before, after, absent = repo.files(old), repo.files(new), (None, None)
        judged = lambda path: not path.startswith(FOLDER + "/")
        paths = sorted(path for path in before.keys() | after.keys() if judged(path) and before.get(path) != after.get(path))
        return [self.edge(repo, path, before.get(path, absent), after.get(path, absent)) for path in paths]

    def cumulative(self, repo, run, base, result):
        """Only paths whose blob at `base` this run's applied edges led to from the run's base."""
        at_start, at_base, absent = repo.files(run.branch_base), repo.files(base), (None, None)

        def led(path):
            here = at_start.get(path, absent)
            for edge in run.edges:
                if edge["path"] == path and here == (edge["mode_before"], edge["before"]):
                    here = edge["mode_after"], edge["after"]
            return here == at_base.get(path, absent)
        return [edge for edge in self.edges(repo, run.branch_base, result) if led(edge["path"])]

    @staticmethod
    def edge(repo, path, before, after):
        text = all(mode in (None, "100644", "100755") for mode, _ in (before, after)) and before[1] != after[1]
        for _, oid in (before, after) if text else ():
            text = text and (oid is None or b"\0" not in repo.git("cat-file", "blob", oid, text=False)[:8000])
        hunks = []
        if text:
            sides = [oid or repo.git("hash-object", "-w", os.devnull) for _, oid in (before, after)]
            diff = repo.git("-c", "diff.suppressBlankEmpty=false", "diff", "--text", "--no-ext-diff", "--no-textconv",
                            "--no-color", "--no-renames", "--diff-algorithm=myers", "--no-indent-heuristic", "-U3",
                            "--inter-hunk-context=0", *sides, text=False)
            for part in (b"\n" + diff).split(b"\n@@")[1:]:
                lines = part.removesuffix(b"\n").split(b"\n")[1:]
                digest = lambda kept: sha256(b"".join(line + b"\n" for line in kept))
                hunks.append({"full": digest(lines), "bare": digest([n for n in lines if not n.startswith(b" ")]),
                              "removed": sum(n.startswith(b"-") for n in lines),
                              "added": sum(n.startswith(b"+") for n in lines)})
        return {"path": path, "mode_before": before[0], "before": before[1], "mode_after": after[0], "after": after[1],
                "hunks": hunks}


def adopted(path, keys):
    """A repository of two commits: some files, then the adopting commit, its root key pinned in the configuration."""
    repo = Repo(path, keys).init()
    sections = "".join(f"begin\n{{\n  one\n  two\n  three\n}}\nend\n" for _ in range(4))
    repo.commit("first", {"a.txt": numbered(30), "b.txt": numbered(30, start=101), "c.txt": numbered(30, start=201),
                          "sections.txt": sections, "run.sh": "#!/bin/sh\n"})
    repo.write(f"{FOLDER}/.gitattributes", ATTRIBUTES)
    repo.write_trust()
    repo.commit("adopt", sign=keys.root)
    repo.git("config", "striatum.trustRoot", keys.root.fingerprint)
    return repo
