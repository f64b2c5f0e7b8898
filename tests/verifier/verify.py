#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second verifier of provenance format version 1, written from docs/format and nothing else: names follow the pages, so that
both can be read side by side, and schema.json beside them says which members a record has. Needs git, ssh-keygen and Debian's
python3-cryptography and python3-jsonschema. Wrong data is one of BAD; an object that is not there is Missing."""
import argparse, base64, functools, hashlib, json, math, os, pathlib, re, subprocess, sys, tempfile
from collections import Counter, defaultdict, namedtuple
from datetime import datetime
from types import SimpleNamespace as Record
import cryptography.exceptions, jsonschema
from cryptography.hazmat.primitives.asymmetric import ed25519

ROOT, TRUST, ATTRIBUTES = (b".provenance/striatum/" + name for name in (b"", b"trust", b".gitattributes"))
FOLDERS, FIXED = (b"receipts", b"changes", b"evidence", b"reviews"), ("100644", "29f002ab0132f6aceb6c6d208d287b9acc40aadf")
CLASSES = ["exact", "carried", "adapted", "proposed", "uncovered", "human", "before_adoption", "provenance_only"]
PASSING, ACCEPTING = {*CLASSES} - {"adapted", "proposed", "uncovered"}, {"accept", "accept_with_findings"}
NAMESPACE, ROLES = "striatum-receipt@v1", {"receipts": {"lane", "human", "ci"}, "reviews": {"lane", "human"}}
ABSENT, REGULAR, LIMIT = (None, None), ("100644", "100755"), 8388608
EMPTY_BLOB, EMPTY_TREE = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
SCHEMA = json.loads(pathlib.Path(__file__).parents[2].joinpath("docs/format/schema.json").read_text())
WELL_NAMED, KEY_LINE = (re.compile(SCHEMA["$defs"][name]["pattern"].encode()) for name in ("record name", "key line"))
State, Key = namedtuple("State", "tree version keys policy revoked"), namedtuple("Key", "blob roles after before namespaces")
Hunk, Missing, BAD = namedtuple("Hunk", "full bare removed added"), subprocess.CalledProcessError, (ValueError, TypeError, RecursionError)
def need(good): return good or int("form")
def sha256(data): return hashlib.sha256(data).hexdigest()
# ---- git: README.md. What has to become an object goes to a scratch folder, never into the repository.
SCRATCH = tempfile.TemporaryDirectory(prefix="verify-")
ENV = {k: v for k, v in os.environ.items() if k != "GIT_DIFF_OPTS" and not k.endswith("_PATHSPECS")} | {
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_GRAFT_FILE": os.devnull, "LC_ALL": "C"}
def git(*args, stdin=b"", check=True): return subprocess.run(["git", *args], env=ENV, input=stdin, capture_output=True, check=check).stdout
def open_repository():
    if git("rev-parse", "--show-object-format") != b"sha1\n":
        raise Missing(3, "object format")
    ENV.update(GIT_ALTERNATE_OBJECT_DIRECTORIES=os.path.abspath(git("rev-parse", "--git-path", "objects")[:-1].decode()),
               GIT_OBJECT_DIRECTORY=SCRATCH.name, GIT_INDEX_FILE=f"{SCRATCH.name}/index")
    git("hash-object", "-w", "--stdin")  # the empty blob
def scratch(name, data):
    pathlib.Path(SCRATCH.name, name).write_bytes(data)
    return f"{SCRATCH.name}/{name}"
read = functools.cache(lambda oid, kind="blob": git("cat-file", kind, oid))
@functools.lru_cache(maxsize=64)
def files(tree):  # {path: (mode, id)} of a commit or tree, folders entered; nothing for None
    rows = git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")[:-1] if tree else []
    return {path: (meta[:6].decode(), meta[-40:].decode()) for meta, path in (row.split(b"\t", 1) for row in rows)}
def content(x, path):
    mode, oid = files(x).get(path, ABSENT)
    return read(oid) if mode not in (None, "160000") else None
def graph(*revisions):  # {commit: parents}, parents first
    rows = git("rev-list", "--topo-order", "--reverse", "--parents", *revisions).decode().splitlines()
    return {row[:40]: row[41:].split() for row in rows}
def resolve(name): return git("rev-parse", "--verify", "-q", "--end-of-options", (name or "HEAD") + "^{commit}").decode().strip()
def shown(path, names=dict(zip(b'\a\b\t\n\v\f\r"\\', 'abtnvfr"\\'))):  # as text; C-quoted like git does where it is not UTF-8
    try: return path and path.decode()
    except ValueError:
        byte = lambda b: "\\" + names[b] if b in names else chr(b) if 32 <= b < 127 else f"\\{b:03o}"
        return f'"{"".join(map(byte, path))}"'
def time_of(x): return int(re.search(rb"^committer .*> (-?[0-9]+)", read(x, "commit"), re.M)[1])
# ---- paths and hunks: records.md 2 and 7, verification.md 2
def content_tree(x):
    rows = [f"{m} {i}\t".encode() + p + b"\0" for p, (m, i) in files(x).items() if kind_of(p) not in FOLDERS]
    git("read-tree", "--empty")
    git("update-index", "-z", "--index-info", stdin=b"".join(rows))
    return git("write-tree", "--missing-ok").decode().strip()
def kind_of(path):  # a record folder, b"trust", b".gitattributes" or b"judged"
    first = path[len(ROOT):].split(b"/")[0] if path.startswith(ROOT) else b""
    return first if first in (*FOLDERS, b"trust") or path == ATTRIBUTES else b"judged"
def changed(x, parents):
    new, olds = files(x), [files(p) for p in parents] or [{}]
    paths = {p for p in new.keys() | olds[0].keys() if all(old.get(p, ABSENT) != new.get(p, ABSENT) for old in olds)}
    bases = git("merge-base", "--all", *parents, check=False).decode().split() if len(parents) == 2 else []
    sides = lambda p: [tree.get(p, ABSENT) for tree in (*olds, files(bases[0]), new)]
    return sorted(p for p in paths if len(bases) != 1 or kind_of(p) != b"judged" or not merges_cleanly(*sides(p)))
def merges_cleanly(ours, theirs, base, result):
    mode = theirs[0] if ours[0] == base[0] else ours[0]
    if any(s[0] not in REGULAR or text(s) is None for s in (ours, theirs, base, result)) or result[0] != mode:
        return False
    sides = [scratch(name, text(side)) for name, side in (("ours", ours), ("base", base), ("theirs", theirs))]
    done = subprocess.run(["git", "merge-file", "-p", *sides], env=ENV, capture_output=True)
    return done.returncode == 0 and done.stdout == text(result)
def text(side):  # bytes of a side that may have hunks, else None
    data = b"" if side == ABSENT else read(side[1]) if side[0] in REGULAR else b"\0"
    return None if len(data) > LIMIT or b"\0" in data[:8000] else data
@functools.cache
def hunks(before, after):  # none for a pair of entries that has none by rule
    if before[1] == after[1] or {before[0], after[0]} - {None, *REGULAR} or None in (text(before), text(after)):
        return ()
    diff = git("-c", "diff.suppressBlankEmpty=false", "diff", "--text", "--no-ext-diff", "--no-textconv", "--no-color",
               "--diff-algorithm=myers", "--no-indent-heuristic", "-U3", "--inter-hunk-context=0",
               before[1] or EMPTY_BLOB, after[1] or EMPTY_BLOB)
    count = lambda sign, body: len(re.findall(rb"(?m)^" + sign, body))
    return tuple(Hunk(sha256(body), sha256(re.sub(rb"(?m)^ .*\n", b"", body)), count(b"-", body), count(rb"\+", body))
                 for body in re.split(rb"(?m)^@@.*\n", diff)[1:])
# ---- JSON, envelopes, payloads: records.md 3 to 7 and 9
def parse(data, shape, canonical=True, end=b"", limit=65536):  # the JSON value of that shape in a file or payload
    members = lambda pairs: need(len(dict(pairs)) == len(pairs) and all(k.isascii() for k, _ in pairs)) and dict(pairs)
    number = lambda digits: int(digits) if re.fullmatch("0|-?[1-9][0-9]{0,15}", digits) and abs(int(digits)) < 2**53 else need(0)
    inner = lambda value: value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    depth = lambda value: 0 if inner(value) is None else 1 + max(map(depth, inner(value)), default=0)
    need(len(data) <= limit)
    value = json.loads(data.decode(), object_pairs_hook=members, parse_int=number, parse_float=number, parse_constant=number)
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + end
    need(depth(value) <= 32 and (written == data or not canonical))
    need(jsonschema.Draft202012Validator(SCHEMA | {"$ref": "#/$defs/" + shape}).is_valid(value))
    return value
def from_base64(encoded):
    data = base64.b64decode(encoded, validate=True)
    return need(base64.b64encode(data).decode() == encoded) and data
def parse_envelope(data):  # (payload, {keyid: signature})
    value = parse(data, "envelope", end=b"\n")
    signatures = {s["keyid"]: from_base64(s["sig"]) for s in value["signatures"]}
    need(len(signatures) == len(value["signatures"]))
    return from_base64(value["payload"]), signatures
def parse_statement(kind, payload):  # ({subject name: digest}, predicate)
    value = parse(payload, kind)
    subjects, predicate = {s["name"]: s["digest"] for s in value["subject"]}, value["predicate"]
    need(len(subjects) == len(value["subject"]))
    if kind == "reviews":
        need(predicate["receipt"] == subjects["receipt"]["sha256"] and kind_of(predicate["finding_path"].encode()) == b"judged")
    else:
        roots, gates = predicate["repository"]["root_commits"], [g["name"] for g in predicate["gates"]]
        need(roots == sorted(roots) and len({*gates}) == len(gates))
    return subjects, predicate
def parse_changes(data):
    value = parse(data, "changes", end=b"\n", limit=LIMIT)
    edges, squashed = ([parse_edge(e) for e in part["edges"]] for part in (value, value["cumulative"]))
    need(all(a.path < b.path or a.path == b.path and a.after == b.before for a, b in zip(edges, edges[1:])))
    need(all(a.path < b.path for a, b in zip(squashed, squashed[1:])))
    return edges, squashed, value["cumulative"]["base_commit"]
def parse_edge(value):
    before, after = (value["mode_before"], value["before"]), (value["mode_after"], value["after"])
    listed, path = tuple(Hunk(**hunk) for hunk in value["hunks"]), value["path"].encode()
    need(kind_of(path) == b"judged" and before != after and all((m is None) == (i is None) for m, i in (before, after)))
    try: need(listed == hunks(before, after))
    except Missing: pass  # what the clone does not have is believed with the signature
    return Record(path=path, before=before, after=after, hunks=listed, value=(path, before, after))
def instant(value): return int(datetime.fromisoformat(value[:19] + "+00:00").timestamp()) * 10**9 + int(value[20:-1].ljust(9, "0"))
# ---- signatures: records.md 5, trust.md 7
def strings(data):  # the strings with u32 lengths that data consists of
    end = 4 + int.from_bytes(data[:4], "big")
    need(len(data) >= end or not data)
    return [data[4:end], *strings(data[end:])] if data else []
def key_type(blob):
    kind, *parts = strings(blob)
    need(kind.decode() in SCHEMA["$defs"]["key type"]["enum"] and (kind != b"ssh-ed25519" or [*map(len, parts)] == [32]))
    need(kind != b"ssh-rsa" or len(parts) == 2 and int.from_bytes(parts[1], "big").bit_length() >= 3072)
    return kind
def fingerprint(blob): return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
def sshsig_key(signature):  # public key blob of a binary SSHSIG
    blob, _, reserved, digest, _ = strings(signature[10:])
    need(signature[:10] == b"SSHSIG\0\0\0\1" and reserved == b"" and digest in (b"sha256", b"sha512") and key_type(blob))
    return blob
@functools.cache
def sshsig_verifies(signature, namespace, message):
    armor = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(signature) + b"-----END SSH SIGNATURE-----\n"
    return subprocess.run(["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", scratch("sig", armor)],
                          input=message, capture_output=True).returncode == 0
def entry_verifies(key, signature, payload):  # a signature entry, raw Ed25519 or SSHSIG
    message = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    try:
        if len(signature) == 64 and key_type(key.blob) == b"ssh-ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(key.blob[-32:]).verify(signature, message) is None
        return (sshsig_key(signature) == key.blob and NAMESPACE in (key.namespaces or [NAMESPACE])
                and sshsig_verifies(signature, NAMESPACE, message))
    except (*BAD, cryptography.exceptions.InvalidSignature): return False
def commit_signer(x):  # (fingerprint, whether it verifies); (None, False) for an unsigned commit
    head, _, body = read(x, "commit").partition(b"\n\n")
    values = re.findall(rb"^gpgsig (.*\n(?: .*\n)*)", head + b"\n", re.M)
    message = re.sub(rb"(?m)^gpgsig(-sha256)? .*\n( .*\n)*", b"", head + b"\n") + b"\n" + body
    armor = re.fullmatch(rb"-----BEGIN SSH SIGNATURE-----\n((?: .*\n)*) -----END SSH SIGNATURE-----\n+", b"".join(values))
    try:
        signature = base64.b64decode(need(armor and len(values) == 1) and re.sub(rb"\n ?", b"", armor[1][1:]), validate=True)
        return fingerprint(sshsig_key(signature)), sshsig_verifies(signature, "git", message)
    except ValueError: return None, False
# ---- trust.md
def parse_key(name, mode, data):
    line = KEY_LINE.search(data)
    need(line and len(data) <= 16384 and mode == "100644")
    (principals, options, kind, encoded), blob = line.groups(b""), from_base64(line[4].decode())
    given = dict(pairs := re.findall('([a-z-]+)="([^"]*)"', options.decode("latin-1")))
    need(key_type(blob) == kind and name == sha256(blob).encode() + b".pub" and len(given) == len(pairs))
    bound = lambda name, none: none if name not in given else int(datetime.strptime(
        given[name][:-1].ljust(14, "0") + "+0000", "%Y%m%d%H%M%S%z").timestamp())
    return Key(blob, {*re.findall("([a-z]+):", principals.decode())}, bound("valid-after", -math.inf),
               bound("valid-before", math.inf), given["namespaces"].split(",") if "namespaces" in given else None)
@functools.cache
def trust_state(tree):  # the trust in a folder, None when it is not well-formed
    try:
        held = files(tree)
        policy = parse(read(held[b"policy.json"][1]), "policy", canonical=False, limit=math.inf)
        keys = [parse_key(p[5:], mode, read(oid)) for p, (mode, oid) in held.items() if p.startswith(b"keys/")]
        keys, revoked = {fingerprint(key.blob): key for key in keys}, {r["key"] for r in policy.get("revoked", [])}
        need(any("root" in key.roles and name not in revoked for name, key in keys.items()))
        return State(tree, policy["version"], keys, policy, revoked)
    except (*BAD, KeyError): return None
def trust_of(x): return git("rev-parse", "--verify", "--quiet", f"{x}:{TRUST.decode()}", check=False).decode().strip() or None
def highest(states): return max((s for s in states if s), key=lambda s: s.version, default=None)
def signed_by(x, role, state):  # whether a commit has a good signature of a key with that role
    signer, good = commit_signer(x)
    key = good and state and state.keys.get(signer)
    return bool(key and role in key.roles and signer not in state.revoked and key.after <= time_of(x) <= key.before
                and "git" in (key.namespaces or ["git"]))
def record_path(kind, digest, folder=None):  return ROOT + f"{kind}/{folder or digest[:2]}/{digest}{'.dsse' * kind.startswith('re')}.json".encode()
class Judge:
    def __init__(self, base, head, anchors):  # verification.md 1 and 3
        self.base, self.head, self.anchors, self.findings, self.adopting, self.unread = base, head, anchors, [], set(), set()
        shallow, self.range, self.items, self.records = git("rev-parse", "--git-path", "shallow")[:-1], [], {}, []
        self.cut = {*open(shallow).read().split()} if os.path.exists(shallow) else set()
        self.additions, self.instances, self.taken, self.H = defaultdict(list), defaultdict(list), Counter(), {None: None}
        before, self.inside = graph(base) if base else {}, graph(head, *(["--not", base] if base else []))
        self.parents, self.roots = before | self.inside, {*git("rev-list", "--max-parents=0", head).decode().split()}
        self.H.update((x, self.trust_after(x)) for x in before)
        if base and trust_of(base) == getattr(self.H[base], "tree", None):
            self.findings.clear()
        self.H.update((x, self.trust_after(x)) for x in self.inside)
        self.final = highest([self.H[base], self.H[head]])
        self.J = {x: self.H[x] if x in self.adopting or not above else highest([self.H[base], *map(self.H.get, above)])
                  for x, above in self.inside.items()}
        marks = [*self.adopting, self.final.policy.get("since", "")] if self.final else []
        known = [f"{mark}^@" for mark in marks if git("rev-parse", "--verify", "-q", mark + "^{commit}", check=False)]
        self.early = {*git("rev-list", *known, check=False).decode().split()}
        while left := self.inside.keys() - {*self.range}:
            self.range.append(min((time_of(x), x) for x in left if left.isdisjoint(self.parents[x]))[1])
        for x in self.range:
            try: self.items[x] = self.open(x)
            except Missing: self.unread.add(x)
        self.consider()
        self.match()
        for item in self.items.values():
            item.cls = item.cls or max((p.cls for p in item.paths.values()), key=CLASSES.index)
        self.check_receipts()
        self.apply_policy()
    def find(self, kind, x, path): self.findings.append({"kind": kind, "commit": x, "path": shown(path), "detail": ""})
    def trust_after(self, x):  # H(x): trust.md 4
        own, before, held = trust_of(x), [self.H.get(p) for p in self.parents[x]], [trust_of(p) for p in self.parents[x]]
        try: h, state, problems = highest(before), trust_state(own) if own else None, []
        except Missing: return self.unread.add(x)
        best = highest([self.H[self.base], *before]) if x in self.inside else h
        if x in self.cut:
            self.unread |= {x} if own else set()
            return state
        if own in (held or [None]) if len(held) < 2 or not h else own == h.tree and all(
                s is None or s.version != h.version or s.tree == own for s in before):
            return h
        if best:
            rollback = own is None or state and any(s and state.version <= s.version for s in (best, *before))
            problems = ["trust_change_unsigned"] * (not signed_by(x, "root", best)) + (
                ["policy_rollback"] if rollback else ["malformed"] * (not state))
        elif own:
            signer, good = commit_signer(x)
            roots = self.anchors or {name for name, key in state.keys.items() if "root" in key.roles} if state else ()
            problems = ["malformed"] if not state else [] if good and signer in roots else [
                "untrusted_key" if self.anchors and good else "trust_change_unsigned"]
            self.adopting |= {x} if not problems else set()
        for problem in problems:
            self.find(problem, x, TRUST)
        return h if problems else state
    # ---- verification.md 3 to 5
    def open(self, x):  # what a commit changes, and its class as far as receipts have no part in it
        if x in self.cut | self.unread: raise Missing(3, x)
        parents, new, trust, (signer, good) = self.parents[x], files(x), self.J[x], commit_signer(x)
        paths, old, judging = changed(x, parents), files(parents[0] if parents else None), self.final and x not in self.early
        judged, fresh = [p for p in paths if kind_of(p) == b"judged"], [
            p for p in paths if p in new and not any(p in files(q) for q in parents)]
        adds = any(kind_of(p) == b"receipts" and p.endswith(b".dsse.json") for p in fresh)
        cls = ("uncovered" if not self.final else "provenance_only" if paths and not judged else
               "before_adoption" if x in self.early else "exact" if not paths else
               "human" if not adds and signed_by(x, "human", trust) else None)
        for path in [p for p in paths if p in new and judging]:
            self.look_at(x, path, path in fresh)
        if judging and trust and signer in trust.keys and not good:
            self.find("bad_signature", x, None)
        sides = {p: (old.get(p, ABSENT), new.get(p, ABSENT)) for p in judged if cls != "before_adoption"}
        return Record(id=x, changed=paths, adds=[], cls=cls, paths={p: Record(
            path=p, before=a, after=b, hunks=hunks(a, b), vouchers={}, by_hunks=False, cls=cls) for p, (a, b) in sides.items()})
    def look_at(self, x, path, fresh):  # section 4 for a path that x has
        name, kind, data = WELL_NAMED.search(path[len(ROOT):]), kind_of(path), content(x, path)
        altered = kind in FOLDERS and not (name and fresh and files(x)[path][0] == "100644")
        if kind in (b"receipts", b"reviews") and path.endswith(b".sig") or kind in (b"judged", b"trust"):
            return
        try:
            payload = parse_envelope(data)[0] if name and name[1] and not altered else data
            if altered or (sha256(payload) != name[name.lastindex].decode() if name else files(x)[path] != FIXED):
                self.find("receipt_altered", x, path)
            elif name and name[1]:
                self.additions[name[1].decode(), name[name.lastindex].decode()].append(x)
        except BAD: self.find("malformed", x, path)
    def consider(self):
        for (kind, digest), commits in self.additions.items():
            record = self.examine(kind, digest, commits[0])
            if isinstance(record, str): self.find(record, commits[0], record_path(kind, digest))
            else: self.records.append(record), setattr(record, "positions", [*map(self.range.index, commits)])
        receipts = [r for r in self.records if r.kind == "receipts"]
        self.receipts = [r for r in receipts if r.applied or not any(a.applied and a.run == r.run and (
            {e.value for e in r.edges} <= {e.value for e in a.edges}) for a in receipts)]
        for n, r in sorted(((n, r) for r in self.receipts for n in r.positions), key=lambda use: (use[0], use[1].digest)):
            self.items[self.range[n]].adds.append(r)
            for squashed, edge in [(False, e) for e in r.edges] + [(True, e) for e in r.cumulative]:
                self.instances[edge.path].append(Record(edge=edge, receipt=r, used=False, squashed=squashed))
    def examine(self, kind, digest, x):  # section 5: the receipt or review in the tree of x, or the finding against it
        file, trust, found, keys = record_path(kind, digest), self.J[x], set(), {}
        try:
            payload, signatures = parse_envelope(content(x, file))
            need(sha256(payload) == digest)
            for name, signature in signatures.items():
                key = trust and trust.keys.get(name)
                result = ("untrusted_key" if not key or not key.roles & ROLES[kind] else "bad_signature" if not entry_verifies(
                    key, signature, payload) else "revoked" if name in trust.revoked else "ok")
                found, keys = found | {result}, keys | ({name: key} if result == "ok" else {})
            if "bad_signature" in found or not keys:
                return next(f for f in ("bad_signature", "revoked", "untrusted_key") if f in found)
            subjects, predicate = parse_statement(kind, payload)
            issued = instant(predicate["issued_at"])
            late = {n for n, key in keys.items() if issued > (key.before + 300) * 10**9}
            signers = {n: k.roles for n, k in keys.items() if n not in late and issued >= (k.after - 300) * 10**9}
            if not signers:
                return "revoked" if "revoked" in found else "expired_key" if late else "key_not_yet_valid"
            record = Record(kind=kind, digest=digest, commit=x, file=file, subjects=subjects, predicate=predicate,
                            issued=issued, uses=0, signers=signers)
            return record if kind == "reviews" else self.with_contents(record, x)
        except BAD: return "malformed"
    def with_contents(self, r, x):
        p, r.run, s = r.predicate, r.predicate["run"]["run_id"], r.subjects
        need(self.cut or not self.roots.isdisjoint(p["repository"]["root_commits"]))
        for name in s.keys() & {"changes", "evidence", "evidence-run"}:
            path = record_path(name.split("-")[0], s[name]["sha256"], r.run if name != "changes" else None)
            need(sha256(content(x, path)) == s[name]["sha256"])
        r.edges, r.cumulative, base = parse_changes(content(x, record_path("changes", s["changes"]["sha256"])))
        r.applied, last = p["state"] == "applied", {v["job_id"]: v["verdict"] for v in p["verdicts"]}
        need(base == p["base"]["branch_base"] and not (r.applied and ({*last.values()} - {*ACCEPTING} or any(
            gate["outcome"] == "failed" for gate in p["gates"]))))
        r.previous = self.previous(p["previous"], x)
        return r
    def previous(self, digest, x):  # (state, time) of an earlier receipt that the range adds or x holds, itself unchecked
        x = self.additions.get(("receipts", digest), [x])[0]
        try:
            value = parse(parse_envelope(content(x, record_path("receipts", digest)))[0], "receipts")["predicate"]
            return value["state"], instant(value["issued_at"])
        except BAD: return None, -math.inf
    # ---- section 6
    def pool(self, path, strict):  # what vouches for a path now; not the cumulative edges of a run spent for it
        mine = [(i.receipt.run, i.edge.value, i.used) for i in self.instances[path] if not i.squashed]
        spent = {run for run, value, _ in mine if (run, value, False) not in mine}
        return [i for i in self.instances[path] if (i.receipt.applied or not strict) and not (
            i.squashed and i.receipt.run in spent)]
    def take(self, x, pool, sides, kinds):  # the digests of [(mode, hunks)] if all are available
        def available(mode, kind, digest):
            found = [(i.squashed, sum(getattr(h, kind) == digest for h in i.edge.hunks)) for i in pool if i.edge.after[0] == mode]
            return max(sum(n for squashed, n in found if not squashed), *(n for squashed, n in found if squashed), 0)
        wanted = Counter((mode, kind, getattr(h, kind)) for mode, hs in sides for h in hs for kind in kinds)
        good = all(available(*key) - self.taken[(x.path, *key)] >= n for key, n in wanted.items())
        self.taken.update({(x.path, *key): n for key, n in wanted.items() if good})
        return good
    def try_exact(self, x, pool, strict):
        for v in self.records if strict else []:
            if (v.kind == "reviews" and v.predicate["finding_path"].encode() == x.path and v.uses < len(v.positions)
                    and x.after == ("100644", v.subjects["finding"]["gitBlob"])):
                v.uses, x.vouchers = v.uses + 1, {v.digest: v}
                return True
        chains, todo = {x.before: []}, [x.before]
        for node in todo:
            for i in pool:
                if i.edge.before == node and not (i.squashed or i.used or i.edge.after in chains):
                    chains[i.edge.after] = [*chains[node], i]
                    todo.append(i.edge.after)
        chain = chains.get(x.after)
        good = chain and self.take(x, pool, [(i.edge.after[0], i.edge.hunks) for i in chain], ("full", "bare"))
        for i in chain if good else []:
            i.used, x.vouchers[i.receipt.digest] = True, i.receipt
        return good
    def try_hunks(self, x, pool, strict, kinds):
        if x.hunks and self.take(x, pool, [(x.after[0], x.hunks)], kinds):
            digests, x.by_hunks = {getattr(h, kinds[0]) for h in x.hunks}, True
            x.vouchers = {i.receipt.digest: i.receipt for i in pool if i.edge.after[0] == x.after[0] and not digests.isdisjoint(
                getattr(h, kinds[0]) for h in i.edge.hunks)}
        return x.by_hunks
    def match(self):
        full, bare = (functools.partial(self.try_hunks, kinds=kinds) for kinds in (("full", "bare"), ("bare",)))
        todo = [p for item in self.items.values() for p in item.paths.values() if not p.cls]
        for cls, tests in (("exact", [self.try_exact]), ("carried", [full]), ("adapted", [bare]),
                           ("proposed", [self.try_exact, full, bare]), ("uncovered", [lambda *_: True])):
            for x in [x for x in todo if not x.cls and (shown(x.path).encode() == x.path or cls == "uncovered")]:
                strict = cls != "proposed"
                x.cls = cls if any(test(x, self.pool(x.path, strict), strict) for test in tests) else None
    # ---- sections 7, 8, 10
    def arrives(self, r, path):
        mine, todo = [e for e in r.edges if e.path == path], []
        known = {mine[-1].after}
        while len(known) > len(todo):
            todo = [*known]
            known |= {i.edge.after for i in self.instances[path] if i.edge.before in known and not i.squashed}
        return (any(path in item.changed for x, item in self.items.items() if x not in self.early)
                or files(self.base).get(path, ABSENT) == mine[-1].after or mine[0].before in known)
    def check_receipts(self):
        used, mismatched = {v for item in self.items.values() for p in item.paths.values() for v in p.vouchers}, {}
        follows = lambda r: r.applied and r.previous[0] == "proposed"
        for item in self.items.values():
            adds, parents = [r for r in item.adds if not follows(r)], self.parents[item.id]
            union = {e.path for r in adds for e in r.edges}
            for path in sorted(p for p in union & item.paths.keys() if item.paths[p].cls == "uncovered")[:1]:
                mismatched[item.id] = path
            if (adds and len(parents) == 1 and {*item.paths} == union and not any(p.by_hunks for p in item.paths.values())
                    and content_tree(parents[0]) in [r.predicate["base"]["content_tree"] for r in adds]
                    and content_tree(item.id) not in [r.subjects["content-tree"]["gitTree"] for r in adds]):
                mismatched.setdefault(item.id, None)
        for r in self.receipts:
            paths = {e.path for e in r.edges}
            missing = sorted(p for p in paths if not self.arrives(r, p))
            for p in missing if r.digest in used else []:
                self.find("partial", r.commit, p)
            if paths and len(missing) == len(paths) and not follows(r):
                mismatched.setdefault(r.commit, None)
            if r.previous[1] > r.issued:
                self.find("time_order", r.commit, r.file)
            if not all(self.artifact_stands(r, name, s) for name, s in r.subjects.items() if name.startswith("artifact/")):
                self.find("malformed", r.commit, r.file)
        for x, path in mismatched.items():
            self.find("tree_mismatch", x, path)
    def artifact_stands(self, r, name, digest):
        path, paths = name.removeprefix("artifact/").encode(), self.items[r.commit].paths
        mode, oid = files(r.commit).get(path, ABSENT)
        return (oid == digest["gitBlob"] and mode != "160000" and sha256(read(oid)) == digest["sha256"]
                or path in paths and paths[path].by_hunks or any(o is not r and o.issued >= r.issued and (
                    name in o.subjects or any(e.path == path for e in o.edges)) for o in self.receipts))
    def meets(self, r, rule):  # whether a receipt, with the accepting reviews of it in the range or beside it, is enough for a rule
        beside = [WELL_NAMED.search(path[len(ROOT):]) for path in files(r.commit) if kind_of(path) == b"reviews"]
        beside = [self.examine("reviews", name[name.lastindex].decode(), r.commit) for name in beside if name]
        reviews = [v for v in self.records + beside if not isinstance(v, str) and v.kind == "reviews"
                   and v.predicate["verdict"] in ACCEPTING and (v.predicate["receipt"] == r.digest or v.digest in [
                       verdict["review"] for verdict in r.predicate["verdicts"]])]
        accepting = [v for v in r.predicate["verdicts"] if v["verdict"] in ACCEPTING]
        keys = lambda role, records: len({name for record in records for name in record.signers if role in record.signers[name]})
        found = {"accepting": len(accepting), "distinct_lanes": len({v["lane"] for v in accepting} - {None}),
                 "human": keys("human", reviews)}
        return (all(found[name] >= n for name, n in rule.get("verdicts", {}).items())
                and all(keys(role, [r, *reviews]) >= n for role, n in rule.get("signatures", {}).items()))
    def apply_policy(self):
        for x, item in self.items.items():
            trust, rules = self.J[x] if self.final else None, {}
            for rule in trust.policy.get("rules", []) if trust else []:
                hit = git("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-relative", "--ignore-submodules=none",
                          *(self.parents[x] or [EMPTY_TREE])[:1], x, "--", *(":(top,glob)" + g for g in rule["paths"]), check=False)
                rules.update(dict.fromkeys(hit.split(b"\0"), rule))
            if not self.final and not item.paths:
                self.find("policy_unmet", x, None)
            for p in item.paths.values() if item.cls not in ("before_adoption", "provenance_only") else []:
                rule = rules.get(p.path, {})
                if p.cls not in rule.get("accept", PASSING) or not all(
                        self.meets(v, rule) for v in p.vouchers.values() if v.kind == "receipts"):
                    self.find("policy_unmet", x, p.path)
    def report(self):
        path = lambda p: {"path": shown(p.path), "class": p.cls, "receipts": sorted(p.vouchers),
                          "added": sum(h.added for h in p.hunks), "removed": sum(h.removed for h in p.hunks)}
        commits = [{"commit": x, "class": item.cls, "receipts": sorted(r.digest for r in item.adds), "paths": [
            *map(path, item.paths.values())], "findings": [f for f in self.findings if f["commit"] == x]}
            for x, item in self.items.items()]
        return {"base": self.base, "head": self.head, "policy_version": self.final.version if self.final else None,
                "counts": dict.fromkeys(CLASSES, 0) | Counter(item.cls for item in self.items.values()),
                "commits": commits, "findings": self.findings, "unreadable": len(self.unread)}
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    flags = [(flag, {"action": "store_true"}) for flag in ("--all", "--self-asserted", "--json")]
    for name, how in (("revision", {"nargs": "?", "default": "HEAD"}), ("--root", {"action": "append", "default": []}), *flags):
        parser.add_argument(name, **how)
    options = parser.parse_args()
    open_repository()
    older, dots, newer = options.revision.partition("..")
    head = resolve(newer if dots else older)
    first_parent = "" if dots or options.all else git("rev-list", "--parents", "-1", head).decode()[41:81].strip()
    pinned = git("config", "--get-all", "striatum.trustRoot", check=False).decode().split()
    judge = Judge(resolve(older) if dots else first_parent or None, head, options.root or pinned)
    status = 14 if judge.findings or not (judge.anchors or options.self_asserted) else 3 if judge.unread else 0
    anchor = "given" if options.root else "pinned" if pinned else "self_asserted"
    print(json.dumps({"ok": True, "data": judge.report() | {"anchor": anchor, "verified": status == 0}}))
    return status
if __name__ == "__main__":
    try: sys.exit(main())
    except Missing: sys.exit(3)
