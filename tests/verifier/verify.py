#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second verifier of provenance format version 1, written from docs/format and nothing else: names follow the
pages, so that both can be read side by side, and schema.json beside them says which members a record has. Needs
git, ssh-keygen and Debian's python3-cryptography and python3-jsonschema. Wrong data is one of BAD; an object that
is not there is Missing. A path is text: bytes that are not UTF-8 are escaped as in Python's names of files."""
import argparse, base64, functools, hashlib, itertools, json, math, os, pathlib, re, subprocess, sys, tempfile
from collections import Counter, defaultdict, namedtuple
from datetime import datetime
from types import SimpleNamespace as Record
import cryptography.exceptions, jsonschema
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ROOT, TRUST, ATTRIBUTES = (".provenance/striatum/" + name for name in ("", "trust", ".gitattributes"))
FOLDERS, FIXED = ("receipts", "changes", "evidence", "reviews"), ("100644", "29f002ab0132f6aceb6c6d208d287b9acc40aadf")
CLASSES = ["exact", "carried", "adapted", "proposed", "uncovered", "human", "before_adoption", "provenance_only"]
PASSING, ACCEPTING = {*CLASSES} - {"adapted", "proposed", "uncovered"}, {"accept", "accept_with_findings"}
NAMESPACE, ROLES = "striatum-receipt@v1", {"receipts": {"lane", "human", "ci"}, "reviews": {"lane", "human"}}
ABSENT, LIMIT, EMPTY_TREE = (None, None), 8388608, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
SCHEMA = json.loads(pathlib.Path(__file__).parents[2].joinpath("docs/format/schema.json").read_text())
WELL_NAMED, KEY_LINE = (re.compile(SCHEMA["$defs"][name]["pattern"], re.A) for name in ("record name", "key line"))
Trust, Edge = namedtuple("Trust", "tree version keys policy revoked"), namedtuple("Edge", "path before after hunks")
Key, Hunk = namedtuple("Key", "blob roles after before namespaces"), namedtuple("Hunk", "full bare removed added")
Missing, BAD = subprocess.CalledProcessError, (ValueError, TypeError, RecursionError)
def need(good): return good or int("form")
def unique(pairs): return need(len(pairs) == len(dict(pairs))) and dict(pairs)
def sha256(data): return hashlib.sha256(data).hexdigest()
# ---- git: README.md. What has to become an object goes to a scratch folder, never into the repository.
SCRATCH = tempfile.TemporaryDirectory(prefix="verify-")
ENV = {k: v for k, v in os.environ.items() if k != "GIT_DIFF_OPTS" and not k.endswith("_PATHSPECS")} | {
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_GRAFT_FILE": os.devnull, "LC_ALL": "C"}
def run(*args, stdin=b"", check=False):
    return subprocess.run(args, env=ENV, input=stdin, capture_output=True, check=check)
def raw(*args, stdin=b"", check=True): return run("git", *args, stdin=stdin, check=check).stdout
def git(*args, **how): return raw(*args, **how).decode("utf-8", "surrogateescape").rstrip("\n")
def octets(path): return path.encode("utf-8", "surrogateescape")
def scratch(name, data):
    pathlib.Path(SCRATCH.name, name).write_bytes(data)
    return f"{SCRATCH.name}/{name}"
read = functools.cache(lambda oid, kind="blob": raw("cat-file", kind, oid))
@functools.lru_cache(maxsize=64)
def files(tree):  # {path: (mode, id)} of a commit or tree, folders entered; nothing for None
    rows = git("ls-tree", "-r", "-z", "--full-tree", tree).split("\0")[:-1] if tree else []
    return {path: (meta[:6], meta[-40:]) for meta, path in (row.split("\t", 1) for row in rows)}
def entry(x, path): return files(x).get(path, ABSENT)
def content(x, path): return read(entry(x, path)[1]) if entry(x, path)[0] not in (None, "160000") else None
def graph(*revisions):  # {commit: parents}, parents first
    rows = git("rev-list", "--topo-order", "--reverse", "--parents", *revisions).splitlines()
    return {row[:40]: row[41:].split() for row in rows}
def resolve(name): return git("rev-parse", "--verify", "-q", "--end-of-options", (name or "HEAD") + "^{commit}")
def time_of(x): return int(re.search(rb"^committer .*> (-?[0-9]+)", read(x, "commit"), re.M)[1])
def shown(path, names=dict(zip(b'\a\b\t\n\v\f\r"\\', 'abtnvfr"\\'))):  # C-quoted like git does if it is not UTF-8
    byte = lambda b: "\\" + names[b] if b in names else chr(b) if 32 <= b < 127 else f"\\{b:03o}"
    return f'"{"".join(map(byte, octets(path)))}"' if re.search("[\ud800-\udfff]", path or "") else path
# ---- paths and hunks: records.md 2 and 7, verification.md 2
def content_tree(x):
    rows = [octets(f"{m} {i}\t{p}\0") for p, (m, i) in files(x).items() if kind_of(p) not in FOLDERS]
    raw("read-tree", "--empty")
    raw("update-index", "-z", "--index-info", stdin=b"".join(rows))
    return git("write-tree", "--missing-ok")
def kind_of(path):  # a record folder, "trust", ".gitattributes" or "judged"
    first = path[len(ROOT):].split("/")[0] if path.startswith(ROOT) else ""
    return first if first in (*FOLDERS, "trust") or path == ATTRIBUTES else "judged"
def changed(x, parents):
    olds = parents or [None]
    paths = [p for p in files(x).keys() | files(olds[0]).keys() if all(entry(q, p) != entry(x, p) for q in olds)]
    bases = git("merge-base", "--all", *parents, check=False).split() if len(parents) == 2 else []
    clean = lambda path: merges_cleanly(*(entry(q, path) for q in (*parents, *bases, x)))
    paths = [p for p in paths if len(bases) != 1 or kind_of(p) != "judged" or not clean(p)]
    return sorted(paths, key=octets)
def merges_cleanly(ours, theirs, base, result):
    mode, texts = theirs[0] if ours[0] == base[0] else ours[0], [*map(text, (ours, base, theirs, result))]
    if result[0] != mode or None in texts or ABSENT in (ours, theirs, base, result): return False
    done = run("git", "merge-file", "-p", *(scratch(f"side{n}", data) for n, data in enumerate(texts[:3])))
    return done.returncode == 0 and done.stdout == texts[3]
def text(side):  # bytes of a side that may have hunks, else None
    data = b"" if side == ABSENT else read(side[1]) if side[0] in ("100644", "100755") else b"\0"
    return None if len(data) > LIMIT or b"\0" in data[:8000] else data
@functools.cache
def hunks(before, after):  # none for a pair of entries that has none by rule
    if before[1] == after[1] or None in (text(before), text(after)): return ()
    empty, count = git("hash-object", "-w", "--stdin"), lambda sign, body: len(re.findall(rb"(?m)^" + sign, body))
    diff = raw("-c", "diff.suppressBlankEmpty=false", "diff", "--text", "--no-ext-diff", "--no-textconv", "-U3",
               "--no-color", "--diff-algorithm=myers", "--no-indent-heuristic", "--inter-hunk-context=0",
               before[1] or empty, after[1] or empty)
    return tuple(Hunk(sha256(body), sha256(re.sub(rb"(?m)^ .*\n", b"", body)), count(b"-", body), count(rb"\+", body))
                 for body in re.split(rb"(?m)^@@.*\n", diff)[1:])
# ---- JSON, envelopes, payloads: records.md 3 to 7 and 9
def parse(data, shape, canonical=True, end=b"", limit=65536):  # the JSON value of that shape in a file or payload
    members = lambda pairs: need("".join(dict(pairs)).isascii()) and unique(pairs)
    number = lambda digits: int(need(digits != "-0" and abs(int(digits)) < 2**53 and digits))
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", data.decode() if len(data) <= limit else need(0))
    depths = itertools.accumulate((char in "[{") - (char in "]}") for char in bare)
    value = json.loads(data, object_pairs_hook=members, parse_int=number, parse_float=int, parse_constant=int)
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + end
    need(max(depths) <= 32 and (written == data or not canonical))
    need(jsonschema.Draft202012Validator(SCHEMA | {"$ref": "#/$defs/" + shape}).is_valid(value))
    return value
def from_base64(encoded):
    data = base64.b64decode(encoded, validate=True)
    return need(base64.b64encode(data).decode() == encoded) and data
def parse_envelope(data):  # (payload, {keyid: signature})
    value = parse(data, "envelope", end=b"\n")
    return from_base64(value["payload"]), unique([(s["keyid"], from_base64(s["sig"])) for s in value["signatures"]])
def parse_statement(kind, payload):  # ({subject name: digest}, predicate)
    value = parse(payload, kind)
    subjects, predicate = unique([(s["name"], s["digest"]) for s in value["subject"]]), value["predicate"]
    if kind == "reviews":
        need(predicate["receipt"] == subjects["receipt"]["sha256"] and kind_of(predicate["finding_path"]) == "judged")
    else:
        unique([(gate["name"], gate) for gate in predicate["gates"]])
        need(predicate["repository"]["root_commits"] == sorted(predicate["repository"]["root_commits"]))
    return subjects, predicate
def parse_changes(data):
    value = parse(data, "changes", end=b"\n", limit=LIMIT)
    edges, squashed = ([parse_edge(e) for e in part["edges"]] for part in (value, value["cumulative"]))
    need(all(a.path < b.path or a.path == b.path and a.after == b.before for a, b in zip(edges, edges[1:])))
    need(all(a.path < b.path for a, b in zip(squashed, squashed[1:])))
    return edges, squashed, value["cumulative"]["base_commit"]
def parse_edge(value):
    edge = Edge(value["path"], (value["mode_before"], value["before"]), (value["mode_after"], value["after"]),
                tuple(Hunk(**hunk) for hunk in value["hunks"]))
    need(all(side == ABSENT or None not in side for side in edge[1:3]))
    need(kind_of(edge.path) == "judged" and edge.before != edge.after)
    try: need(edge.hunks == hunks(edge.before, edge.after))
    except Missing: pass  # what the clone does not have is believed with the signature
    return edge
def instant(value):  # in nanoseconds
    whole = datetime.fromisoformat(value[:19] + "+00:00").timestamp()
    return int(whole) * 10**9 + int(f"{value[20:-1]:0<9}")
# ---- signatures: records.md 5, trust.md 7
def strings(data):  # the strings with u32 lengths that data consists of
    end = 4 + int.from_bytes(data[:4], "big")
    need(len(data) >= end or not data)
    return [data[4:end], *strings(data[end:])] if data else []
def key_type(blob):
    kind, *parts = strings(blob)
    need(kind != b"ssh-ed25519" or [*map(len, parts)] == [32])
    need(kind != b"ssh-rsa" or len(parts) == 2 and int.from_bytes(parts[1], "big").bit_length() >= 3072)
    return need(kind.decode() in SCHEMA["$defs"]["key type"]["enum"]) and kind.decode()
def fingerprint(blob): return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
def sshsig_key(signature):  # public key blob of a binary SSHSIG
    blob, _, reserved, digest, _ = strings(signature[10:])
    need(signature[:10] == b"SSHSIG\0\0\0\1" and not reserved and digest in (b"sha256", b"sha512") and key_type(blob))
    return blob
@functools.cache
def sshsig_verifies(signature, namespace, message):
    armor = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(signature) + b"-----END SSH SIGNATURE-----\n"
    check = ["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", scratch("sig", armor)]
    return run(*check, stdin=message).returncode == 0
def entry_verifies(key, signature, payload):  # a signature entry, raw Ed25519 or SSHSIG
    message = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    try:
        if len(signature) == 64 and key_type(key.blob) == "ssh-ed25519":
            return Ed25519PublicKey.from_public_bytes(key.blob[-32:]).verify(signature, message) is None
        bound = NAMESPACE in (key.namespaces or [NAMESPACE])
        return bound and sshsig_key(signature) == key.blob and sshsig_verifies(signature, NAMESPACE, message)
    except (*BAD, cryptography.exceptions.InvalidSignature): return False
def commit_signer(x):  # (fingerprint, whether it verifies); (None, False) for an unsigned commit
    head, _, body = read(x, "commit").partition(b"\n\n")
    header, head = rb"(?m)^gpgsig(-sha256)? (.*\n(?: .*\n)*)", head + b"\n"
    values = [value for other, value in re.findall(header, head) if not other]
    whole = rb"-----BEGIN SSH SIGNATURE-----((?:\n .*)*)\n -----END SSH SIGNATURE-----\n+"
    armor = re.fullmatch(whole, b"".join(values))
    try:
        signature = base64.b64decode(need(armor and len(values) == 1) and armor[1].replace(b"\n ", b""), validate=True)
        message = re.sub(header, b"", head) + b"\n" + body
        return fingerprint(sshsig_key(signature)), sshsig_verifies(signature, "git", message)
    except ValueError: return None, False
# ---- trust.md
def parse_key(name, mode, data):
    line = KEY_LINE.search(data.decode("latin-1"))
    need(line and len(data) <= 16384 and mode == "100644")
    principals, options, kind, encoded = line.groups("")
    given, blob = unique(re.findall('([a-z-]+)="([^"]*)"', options)), from_base64(encoded)
    need(key_type(blob) == kind and name == sha256(blob) + ".pub")
    time = lambda bound, none: none if bound not in given else int(
        datetime.strptime(f"{given[bound][:-1]:0<14}+0000", "%Y%m%d%H%M%S%z").timestamp())
    return Key(blob, {*re.findall("([a-z]+):", principals)}, time("valid-after", -math.inf),
               time("valid-before", math.inf), re.findall("[^,]+", given.get("namespaces", "")))
@functools.cache
def trust_state(tree):  # the trust in a folder, None when it is not well-formed
    try:
        policy = parse(content(tree, "policy.json"), "policy", canonical=False, limit=math.inf)
        keys = [parse_key(p[5:], mode, read(oid)) for p, (mode, oid) in files(tree).items() if p.startswith("keys/")]
        keys, revoked = {fingerprint(key.blob): key for key in keys}, {r["key"] for r in policy.get("revoked", [])}
        need(any("root" in key.roles and name not in revoked for name, key in keys.items()))
        return Trust(tree, policy["version"], keys, policy, revoked)
    except BAD: return None
@functools.cache
def trust_of(x): return git("rev-parse", "--verify", "--quiet", f"{x}:{TRUST}", check=False) or None
def highest(states): return max((s for s in states if s), key=lambda s: s.version, default=None)
def signed_by(x, role, state):  # whether a commit has a good signature of a key with that role
    signer, good = commit_signer(x)
    key = good and state and signer not in state.revoked and state.keys.get(signer)
    return bool(key and role in key.roles and key.after <= time_of(x) <= key.before and (
        "git" in key.namespaces or not key.namespaces))
def record_path(kind, digest, folder=None):
    return f"{ROOT}{kind}/{folder or digest[:2]}/{digest}{'.dsse' if kind in ROLES else ''}.json"
def name_in(path): return path.rpartition("/")[2][:64]  # the digest that names a well-named record
def stock(mode, listed, kinds=("full", "bare")): return Counter((mode, k, getattr(h, k)) for h in listed for k in kinds)
def chains(start, instances):  # {entry: the shortest chain from start to it}
    found, todo = {start: []}, [start]
    for node in todo:
        for i in [i for i in instances if i.edge.before == node and i.edge.after not in found]:
            todo.append(i.edge.after)
            found.setdefault(i.edge.after, [*found[node], i])
    return found
class Judge:
    def __init__(self, base, head, anchors):  # verification.md 1 and 3
        self.base, self.head, self.anchors, self.findings, self.records = base, head, anchors, [], []
        self.adopting, self.unread, self.range, self.items, self.H = set(), set(), [], {}, {None: None}
        self.additions, self.instances, self.taken = defaultdict(list), defaultdict(list), Counter()
        shallow = pathlib.Path(git("rev-parse", "--git-path", "shallow"))
        self.cut = {*shallow.read_text().split()} if shallow.exists() else set()
        before, self.inside = graph(base) if base else {}, graph(head, *(["--not", base] if base else []))
        self.parents = before | self.inside
        self.H.update((x, self.trust_after(x)) for x in before)
        if base and trust_of(base) == getattr(self.H[base], "tree", None): self.findings.clear()
        self.H.update((x, self.trust_after(x)) for x in self.inside)
        self.final = highest([self.H[base], self.H[head]])
        marks = [*self.adopting, self.final.policy.get("since", "")] if self.final else []
        known = [f"{mark}^@" for mark in marks if git("rev-parse", "--verify", "-q", mark + "^{commit}", check=False)]
        self.early = {*git("rev-list", *known, check=False).split()}
        while left := self.inside.keys() - {*self.range}:
            self.range.append(min((time_of(x), x) for x in left if left.isdisjoint(self.parents[x]))[1])
        for x in self.range:
            try: self.items[x] = self.open(x)
            except Missing: self.unread.add(x)
        self.consider()
        self.match()
        for item in self.items.values():
            item.cls = item.cls or max((p.cls for p in item.paths.values()), key=CLASSES.index)
            self.check_trees(item)
            self.apply_policy(item)
        for r in self.receipts: self.check_receipt(r)
    def find(self, kind, x, path=None):
        self.findings.append({"kind": kind, "commit": x, "path": shown(path), "detail": ""})
    def trust_after(self, x):  # H(x): trust.md 4
        own, held, before = trust_of(x), [*map(trust_of, self.parents[x])], [*map(self.H.get, self.parents[x])]
        try: h, state, problems = highest(before), own and trust_state(own), []
        except Missing: return self.unread.add(x)
        if x in self.cut:
            self.unread |= {x} if own else set()
            return state
        if own in (held or [None]) if len(held) < 2 or not h else own == h.tree and all(
                not s or s.version != h.version or s.tree == own for s in before): return h
        best, (signer, good) = highest([self.H[self.base], *before]) if x in self.inside else h, commit_signer(x)
        newer = own and not (state and any(s and state.version <= s.version for s in (best, *before)))
        if best and not signed_by(x, "root", best): problems += ["trust_change_unsigned"]
        if best and not newer: problems += ["policy_rollback"]
        elif own and not state: problems += ["malformed"]
        elif not best and own:
            roots = self.anchors or {name for name, key in state.keys.items() if "root" in key.roles}
            if good and signer in roots: self.adopting.add(x)
            else: problems += ["untrusted_key" if self.anchors and good else "trust_change_unsigned"]
        for problem in problems: self.find(problem, x, TRUST)
        return h if problems else state
    def J(self, x):  # trust.md 5
        alone = x in self.adopting or not self.parents[x]
        return self.H[x] if alone else highest([self.H[self.base], *map(self.H.get, self.parents[x])])
    # ---- verification.md 3 to 5
    def open(self, x):  # what a commit changes, and its class as far as receipts have no part in it
        if x in self.cut | self.unread: raise Missing(3, x)
        parents, trust, (signer, good) = self.parents[x], self.J(x), commit_signer(x)
        first, paths, judging = (parents or [None])[0], changed(x, parents), self.final and x not in self.early
        judged, present = [p for p in paths if kind_of(p) == "judged"], [p for p in paths if p in files(x)]
        fresh = [p for p in present if not any(p in files(q) for q in parents)]
        adds = any(kind_of(p) == "receipts" and p.endswith(".dsse.json") for p in fresh)
        cls = ("uncovered" if not self.final else "provenance_only" if paths and not judged else
               "before_adoption" if x in self.early else "exact" if not paths else
               "human" if not adds and signed_by(x, "human", trust) else None)
        for path in present if judging else []: self.look_at(x, path, path in fresh)
        if judging and trust and signer in trust.keys and not good: self.find("bad_signature", x)
        sides = [(p, entry(first, p), entry(x, p)) for p in judged if cls != "before_adoption"]
        return Record(id=x, changed=paths, adds=[], cls=cls, paths={p: Record(
            path=p, before=a, after=b, hunks=hunks(a, b), vouchers={}, by_hunks=False, cls=cls) for p, a, b in sides})
    def look_at(self, x, path, fresh):  # section 4 for a path that x has
        kind, named = kind_of(path), WELL_NAMED.search(path.removeprefix(ROOT))
        if kind in ("judged", "trust") or kind in ROLES and path.endswith(".sig"): return
        good = fresh and named and entry(x, path)[0] == "100644" if kind in FOLDERS else entry(x, path) == FIXED
        try:
            payload = parse_envelope(content(x, path))[0] if good and kind in ROLES else content(x, path)
            if not good or kind in FOLDERS and sha256(payload) != name_in(path): self.find("receipt_altered", x, path)
            elif kind in ROLES: self.additions[path].append(x)
        except BAD: self.find("malformed", x, path)
    def consider(self):
        for path, commits in self.additions.items():
            record = self.examine(path, commits[0])
            if isinstance(record, str): self.find(record, commits[0], path)
            else: self.records.append(record)
        receipts = [r for r in self.records if r.kind == "receipts"]
        repeated = lambda r: any(a.applied and a.run == r.run and r.values <= a.values for a in receipts)
        self.receipts = [r for r in receipts if r.applied or not repeated(r)]
        uses = [(self.range.index(x), r.digest, r) for r in self.receipts for x in self.additions[r.file]]
        for n, _, r in sorted(uses, key=lambda use: use[:2]):
            self.items[self.range[n]].adds.append(r)
            for squashed, edge in [(False, e) for e in r.edges] + [(True, e) for e in r.cumulative]:
                self.instances[edge.path].append(Record(
                    edge=edge, receipt=r, used=False, squashed=squashed, stock=stock(edge.after[0], edge.hunks)))
    def examine(self, path, x):  # section 5: the receipt or review in the tree of x, or the finding against it
        kind, trust, results = kind_of(path), self.J(x), {}
        try:
            payload, signatures = parse_envelope(content(x, path))
            need(sha256(payload) == name_in(path))
            for name, signature in signatures.items():
                key = trust and trust.keys.get(name)
                results[name] = ("untrusted_key" if not key or not key.roles & ROLES[kind] else
                                 "bad_signature" if not entry_verifies(key, signature, payload) else
                                 "revoked" if name in trust.revoked else "ok")
            worst = next(f for f in ("bad_signature", "ok", "revoked", "untrusted_key") if f in results.values())
            if worst != "ok": return worst
            subjects, predicate = parse_statement(kind, payload)
            issued, keys = instant(predicate["issued_at"]), {n: trust.keys[n] for n in results if results[n] == "ok"}
            late = {n for n, key in keys.items() if issued > (key.before + 300) * 10**9}
            signers = {n: k.roles for n, k in keys.items() if n not in late and issued >= (k.after - 300) * 10**9}
            if not signers:
                return "revoked" if "revoked" in results.values() else "expired_key" if late else "key_not_yet_valid"
            record = Record(kind=kind, digest=name_in(path), commit=x, file=path, subjects=subjects,
                            predicate=predicate, issued=issued, uses=0, signers=signers)
            return record if kind == "reviews" else self.with_contents(record, x)
        except BAD: return "malformed"
    def with_contents(self, r, x):
        p, r.run, s = r.predicate, r.predicate["run"]["run_id"], r.subjects
        roots = git("rev-list", "--max-parents=0", self.head).split()
        need(self.cut or {*roots} & {*p["repository"]["root_commits"]})
        for name in s.keys() & {"changes", "evidence", "evidence-run"}:
            path = record_path(name.split("-")[0], s[name]["sha256"], r.run if name != "changes" else None)
            need(sha256(content(x, path)) == s[name]["sha256"])
        r.edges, r.cumulative, base = parse_changes(content(x, record_path("changes", s["changes"]["sha256"])))
        last, gates = {v["job_id"]: v["verdict"] for v in p["verdicts"]}, {gate["outcome"] for gate in p["gates"]}
        r.applied, r.values, r.paths = p["state"] == "applied", {e[:3] for e in r.edges}, {e.path for e in r.edges}
        need(base == p["base"]["branch_base"])
        need(not r.applied or {*last.values()} <= ACCEPTING and "failed" not in gates)
        state, r.earlier = self.previous(p["previous"], x)
        r.follows = r.applied and state == "proposed"
        return r
    def previous(self, digest, x):  # (state, time) of an earlier receipt that the range adds or x holds, unchecked
        file = record_path("receipts", digest or "")
        try:
            data = content(self.additions.get(file, [x])[0], file)
            value = parse(parse_envelope(data)[0], "receipts")["predicate"]
            return value["state"], instant(value["issued_at"])
        except BAD: return None, -math.inf
    # ---- section 6
    def pool(self, path, strict):  # what vouches for a path now; not the cumulative edges of a run spent for it
        mine = [(i.receipt.run, i.edge[:3], i.used) for i in self.instances[path] if not i.squashed]
        spent = {run for run, value, _ in mine if (run, value, False) not in mine}
        return [i for i in self.instances[path] if (i.receipt.applied or not strict) and not (
            i.squashed and i.receipt.run in spent)]
    def take(self, path, pool, wanted):  # a stock if all of it is available
        there = lambda key: max(sum(i.stock[key] for i in pool if not i.squashed),
                                *(i.stock[key] for i in pool if i.squashed), 0)
        good = all(there(key) - self.taken[path, key] >= n for key, n in wanted.items())
        self.taken.update({(path, key): n for key, n in wanted.items() if good})
        return good
    def try_exact(self, x, pool, strict):
        for v in self.records if strict else []:
            if (v.kind == "reviews" and v.predicate["finding_path"] == x.path and v.uses < len(self.additions[v.file])
                    and x.after == ("100644", v.subjects["finding"]["gitBlob"])):
                v.uses, x.vouchers = v.uses + 1, {v.digest: v}
                return True
        chain = chains(x.before, [i for i in pool if not i.squashed and not i.used]).get(x.after)
        good = chain and self.take(x.path, pool, sum((i.stock for i in chain), Counter()))
        for i in chain if good else []:
            i.used, x.vouchers[i.receipt.digest] = True, i.receipt
        return good
    def try_hunks(self, x, pool, strict, kinds):
        wanted = stock(x.after[0], x.hunks, kinds)
        x.by_hunks = bool(wanted) and self.take(x.path, pool, wanted)
        x.vouchers = {i.receipt.digest: i.receipt for i in pool if x.by_hunks and any(
            i.stock[key] for key in wanted if key[1] == kinds[0])}
        return x.by_hunks
    def match(self):
        full, bare = (functools.partial(self.try_hunks, kinds=kinds) for kinds in (("full", "bare"), ("bare",)))
        paths = [p for item in self.items.values() for p in item.paths.values() if not p.cls]
        for cls, tests in (("exact", [self.try_exact]), ("carried", [full]), ("adapted", [bare]),
                           ("proposed", [self.try_exact, full, bare])):
            for x in [x for x in paths if not x.cls and shown(x.path) == x.path]:
                strict = cls != "proposed"
                x.cls = cls if any(test(x, self.pool(x.path, strict), strict) for test in tests) else None
        for x in paths: x.cls = x.cls or "uncovered"
    # ---- sections 7, 8, 10
    def arrives(self, r, path):
        mine = [e for e in r.edges if e.path == path]
        onward = chains(mine[-1].after, [i for i in self.instances[path] if not i.squashed])
        moved = any(path in item.changed for x, item in self.items.items() if x not in self.early)
        return moved or entry(self.base, path) == mine[-1].after or mine[0].before in onward
    def check_trees(self, item):  # tree_mismatch (a) to (c): the path to name, or None, or nothing
        adds, parents = [r for r in item.adds if not r.follows], self.parents[item.id]
        union = {path for r in adds for path in r.paths}
        lost = sorted(p for p in union & {*item.paths} if item.paths[p].cls == "uncovered")
        alone = [r for r in adds if r.commit == item.id and r.paths and not any(self.arrives(r, p) for p in r.paths)]
        whole = adds and {*item.paths} == union and not any(p.by_hunks for p in item.paths.values())
        other = (whole and len(parents) == 1
                 and content_tree(parents[0]) in [r.predicate["base"]["content_tree"] for r in adds]
                 and content_tree(item.id) not in [r.subjects["content-tree"]["gitTree"] for r in adds])
        if lost or alone or other: self.find("tree_mismatch", item.id, *lost[:1])
    def check_receipt(self, r):
        used = any(r.digest in p.vouchers for item in self.items.values() for p in item.paths.values())
        for path in r.paths if used else []:
            if not self.arrives(r, path): self.find("partial", r.commit, path)
        if r.earlier > r.issued: self.find("time_order", r.commit, r.file)
        if not all(self.artifact_stands(r, name) for name in r.subjects if name.startswith("artifact/")):
            self.find("malformed", r.commit, r.file)
    def artifact_stands(self, r, name):
        path, digest = name.removeprefix("artifact/"), r.subjects[name]
        held, item = content(r.commit, path), self.items[r.commit].paths.get(path)
        later = [o for o in self.receipts if o is not r and o.issued >= r.issued]
        return (entry(r.commit, path)[1] == digest["gitBlob"] and held is not None and sha256(held) == digest["sha256"]
                or item and item.by_hunks or any(name in o.subjects or path in o.paths for o in later))
    def meets(self, r, rule):  # whether a receipt, with its accepting reviews in the range or beside it, is enough
        beside = [self.examine(path, r.commit) for path in files(r.commit)
                  if kind_of(path) == "reviews" and WELL_NAMED.search(path.removeprefix(ROOT))]
        named = [v["review"] for v in r.predicate["verdicts"]]
        reviews = [v for v in self.records + beside if not isinstance(v, str) and v.kind == "reviews"]
        reviews = [v for v in reviews if v.predicate["verdict"] in ACCEPTING and (
            v.predicate["receipt"] == r.digest or v.digest in named)]
        accepting = [v for v in r.predicate["verdicts"] if v["verdict"] in ACCEPTING]
        keys = lambda role, records: len({name for v in records for name in v.signers if role in v.signers[name]})
        found = {"accepting": len(accepting), "distinct_lanes": len({v["lane"] for v in accepting} - {None}),
                 "human": keys("human", reviews)}
        return (all(found[name] >= n for name, n in rule.get("verdicts", {}).items())
                and all(keys(role, [r, *reviews]) >= n for role, n in rule.get("signatures", {}).items()))
    def apply_policy(self, item):
        trust, rules = self.J(item.id) if self.final else None, {}
        for rule in trust.policy.get("rules", []) if trust else []:
            specs = [":(top,glob)" + glob for glob in rule["paths"]]
            hit = git("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-relative",
                      "--ignore-submodules=none", *(self.parents[item.id] or [EMPTY_TREE])[:1], item.id, "--", *specs, check=False)
            rules.update(dict.fromkeys(hit.split("\0"), rule))
        if not self.final and not item.paths: self.find("policy_unmet", item.id)
        for p in item.paths.values() if item.cls not in ("before_adoption", "provenance_only") else []:
            rule = rules.get(p.path, {})
            receipts = [v for v in p.vouchers.values() if v.kind == "receipts"]
            if p.cls not in rule.get("accept", PASSING) or not all(self.meets(r, rule) for r in receipts):
                self.find("policy_unmet", item.id, p.path)
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
    parser.add_argument("revision", nargs="?", default="HEAD")
    parser.add_argument("--root", action="append")
    for flag in ("--all", "--self-asserted", "--json"): parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    if git("rev-parse", "--show-object-format") != "sha1": return 3
    objects = os.path.abspath(git("rev-parse", "--git-path", "objects"))
    ENV.update(GIT_ALTERNATE_OBJECT_DIRECTORIES=objects, GIT_OBJECT_DIRECTORY=SCRATCH.name,
               GIT_INDEX_FILE=f"{SCRATCH.name}/index")
    older, dots, newer = options.revision.partition("..")
    head = resolve(newer if dots else older)
    first_parent = "" if dots or options.all else git("rev-list", "--parents", "-1", head)[41:81]
    pinned = git("config", "--get-all", "striatum.trustRoot", check=False).split()
    judge = Judge(resolve(older) if dots else first_parent or None, head, options.root or pinned)
    status = 14 if judge.findings or not (judge.anchors or options.self_asserted) else 3 if judge.unread else 0
    anchor = "given" if options.root else "pinned" if pinned else "self_asserted"
    print(json.dumps({"ok": True, "data": judge.report() | {"anchor": anchor, "verified": status == 0}}))
    return status
if __name__ == "__main__":
    try: sys.exit(main())
    except Missing: sys.exit(3)
