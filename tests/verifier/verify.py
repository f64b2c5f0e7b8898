#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second verifier of provenance format version 1, written from docs/format and nothing else; needs git and ssh-keygen.
Names follow the pages, so that both can be read side by side; tables.json holds the pages' tables of members."""
import argparse, base64, functools, hashlib, json, os, re, subprocess, sys, tempfile
from collections import Counter, defaultdict, namedtuple
from datetime import datetime
from types import SimpleNamespace as Record

ROOT, TRUST, ABSENT = b".provenance/striatum/", b".provenance/striatum/trust", (None, None)
ATTRIBUTES = (ROOT + b".gitattributes", ("100644", "29f002ab0132f6aceb6c6d208d287b9acc40aadf"))
FOLDERS, REGULAR, LIMIT = (b"receipts", b"changes", b"evidence", b"reviews"), ("100644", "100755"), 8388608
EMPTY_BLOB, EMPTY_TREE = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
CLASSES = ["exact", "carried", "adapted", "proposed", "uncovered", "human", "before_adoption", "provenance_only"]
PASSING = ["exact", "carried", "human", "before_adoption", "provenance_only"]
NAMESPACE, ROLES, ACCEPTING = "striatum-receipt@v1", {"lane", "human", "ci"}, ("accept", "accept_with_findings")
WELL_NAMED = re.compile(rb"(receipts|reviews)/([0-9a-f]{2})/(\2[0-9a-f]{62})\.dsse\.json|changes/([0-9a-f]{2})/"
                        rb"(\4[0-9a-f]{62})\.json|evidence/[A-Za-z0-9._-]{1,128}/([0-9a-f]{64})\.json")
PRINCIPAL = re.compile("(root|human|lane|ci):[a-z0-9._-]{1,64}")
KEY_LINE = re.compile(r'([^\s"]+)[ \t]+(?:((?:[a-z-]+="[^"\n]*",)*[a-z-]+="[^"\n]*")[ \t]+)?([^\s"]+)[ \t]+'
                      r'([A-Za-z0-9+/=]+)(?:[ \t][^\n]*)?\n', re.A)
Hunk = namedtuple("Hunk", "full bare removed added")
Key = namedtuple("Key", "blob roles after before namespaces")
State = namedtuple("State", "tree version keys policy revoked")
class Missing(Exception): """An object that the clone does not hold."""
class Refused(Exception): """A record that is not considered; the argument is the finding."""
sha256 = lambda data: hashlib.sha256(data).hexdigest()
fingerprint = lambda blob: "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tables.json")) as tables:
    TABLES = json.load(tables)

# ---- git: README.md, verification.md 2. What has to become an object goes to a scratch folder. --------------------
SCRATCH = tempfile.TemporaryDirectory(prefix="verify-")
ENV = {k: v for k, v in os.environ.items() if k != "GIT_DIFF_OPTS" and not k.endswith("_PATHSPECS")}
ENV.update(GIT_NO_REPLACE_OBJECTS="1", GIT_NO_LAZY_FETCH="1", GIT_GRAFT_FILE=os.devnull, LC_ALL="C")
def git(*args, stdin=b""):
    done = subprocess.run(["git", *args], env=ENV, input=stdin, capture_output=True)
    return done.stdout if done.returncode == 0 else None
def scratch(name, data):
    with open(f"{SCRATCH.name}/{name}", "wb") as file:
        file.write(data)
    return file.name
@functools.cache
def read(kind, oid):
    data = git("cat-file", kind, oid)
    if data is None:
        raise Missing(oid)
    return data
@functools.lru_cache(maxsize=64)
def files(tree):
    """{path: (mode, id)} of a commit or tree, folders entered; nothing for None"""
    listing = git("ls-tree", "-r", "-z", "--full-tree", tree) if tree else b""
    if listing is None:
        raise Missing(tree)
    rows = [row.split(b"\t", 1) for row in listing.split(b"\0")[:-1]]
    return {path: (meta[:6].decode(), meta[-40:].decode()) for meta, path in rows}
def content(x, path):
    mode, oid = files(x).get(path, ABSENT)
    return read("blob", oid) if mode not in (None, "160000") else None
def content_tree(x):
    rows = [f"{m} {i}\t".encode() + p + b"\0" for p, (m, i) in files(x).items() if kind_of(p) not in FOLDERS]
    git("read-tree", "--empty")
    git("update-index", "-z", "--index-info", stdin=b"".join(rows))
    return git("write-tree", "--missing-ok").decode().strip()
def kind_of(path):
    """a record folder, b"trust", b".gitattributes" or b"judged" """
    first = path[len(ROOT):].split(b"/")[0] if path.startswith(ROOT) else b""
    return first if first in (*FOLDERS, b"trust") or path == ATTRIBUTES[0] else b"judged"
def changed(x, parents):
    new, olds = files(x), [files(p) for p in parents] or [{}]
    paths = {p for p in new.keys() | olds[0].keys() if all(old.get(p, ABSENT) != new.get(p, ABSENT) for old in olds)}
    bases = (git("merge-base", "--all", *parents) or b"").decode().split() if len(parents) == 2 else []
    sides = lambda p: [tree.get(p, ABSENT) for tree in (*olds, files(bases[0]), new)]
    return sorted(p for p in paths if len(bases) != 1 or kind_of(p) != b"judged" or not merges_cleanly(*sides(p)))
def merges_cleanly(ours, theirs, base, result):
    if any(side[0] not in REGULAR or text(side) is None for side in (ours, theirs, base, result)):
        return False
    sides = [scratch(name, text(side)) for name, side in (("ours", ours), ("base", base), ("theirs", theirs))]
    mode = theirs[0] if ours[0] == base[0] else ours[0]
    return result[0] == mode and git("merge-file", "-p", *sides) == text(result)
def text(side):
    """bytes of a side that may have hunks, else None"""
    data = b"" if side == ABSENT else read("blob", side[1]) if side[0] in REGULAR else b"\0"
    return None if len(data) > LIMIT or b"\0" in data[:8000] else data
@functools.cache
def hunks(before, after):
    """of a pair of entries, None for a pair that has none by rule: records.md 7"""
    if before[1] == after[1] or text(before) is None or text(after) is None:
        return None
    bodies = []
    for line in git("-c", "diff.suppressBlankEmpty=false", "diff", "--text", "--no-ext-diff", "--no-textconv",
                    "--no-color", "--diff-algorithm=myers", "--no-indent-heuristic", "-U3", "--inter-hunk-context=0",
                    before[1] or EMPTY_BLOB, after[1] or EMPTY_BLOB).split(b"\n")[:-1]:
        if line.startswith(b"@@"):
            bodies.append([])
        elif bodies:
            bodies[-1].append(line + b"\n")
    return tuple(Hunk(sha256(b"".join(body)), sha256(b"".join(line for line in body if line[:1] != b" ")),
                      *(sum(line[:1] == sign for line in body) for sign in (b"-", b"+"))) for body in bodies)

# ---- JSON, envelopes, payloads: records.md 3, 4, 6, 7, 9. Whatever is wrong is one of BAD. ------------------------
BAD = (ValueError, RecursionError)
def need(good):
    if not good:
        raise ValueError("form")
def parse_json(data, canonical=True):
    def members(pairs):
        need(len(dict(pairs)) == len(pairs) and all(key.isascii() for key, _ in pairs))
        return dict(pairs)
    def number(digits):
        need(re.fullmatch("0|-?[1-9][0-9]{0,15}", digits) and abs(int(digits)) < 2**53)
        return int(digits)
    def depth(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)
    value = json.loads(data.decode(), object_pairs_hook=members, parse_int=number, parse_float=number, parse_constant=number)
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    need(depth(value) <= 32 and (written == data or not canonical))
    return value
def fits(value, shape):
    """Shapes: {member: shape}, "name?" may be absent, "..." stands for all others; [shape]; words with | between."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, str):
        patterns = [TABLES["words"].get(word, f'"{re.escape(word)}"') for word in shape.split("|")]
        return shape == "any" or re.fullmatch("|".join(patterns), json.dumps(value)) is not None
    known = {name.rstrip("?"): inner for name, inner in shape.items() if name != "..."}
    return (isinstance(value, dict) and all(name in value or name + "?" in shape for name in known)
            and all(name in known or "..." in shape for name in value)
            and all(fits(item, known.get(name, shape.get("..."))) for name, item in value.items()))
def instant(value):
    """nanoseconds since 1970"""
    whole = datetime.fromisoformat(value[:19] + "+00:00").timestamp()
    return int(whole) * 10**9 + int(value[20:-1].ljust(9, "0"))
def from_base64(encoded):
    data = base64.b64decode(encoded, validate=True)
    need(base64.b64encode(data).decode() == encoded)
    return data
def parse_file(data, shape, limit):
    need(data is not None and len(data) <= limit and data.endswith(b"\n"))
    need(fits(value := parse_json(data[:-1]), TABLES[shape]))
    return value
def parse_envelope(data):
    """(payload, {keyid: signature})"""
    value = parse_file(data, "envelope", 65536)
    signatures = {s["keyid"]: from_base64(s["sig"]) for s in value["signatures"]}
    need(1 <= len(signatures) == len(value["signatures"]) <= 16)
    return from_base64(value["payload"]), signatures
def parse_statement(kind, payload):
    """({subject name: digest}, predicate)"""
    need(fits(value := parse_json(payload), TABLES[kind]))
    subjects, predicate = {s["name"]: s["digest"] for s in value["subject"]}, value["predicate"]
    artifacts = {n: TABLES["artifact"] for n in subjects if kind == "receipts" and n.startswith("artifact/")}
    need(len(subjects) == len(value["subject"]) and fits(subjects, TABLES[kind + " subjects"] | artifacts))
    if kind == "reviews":
        need(predicate["receipt"] == subjects["receipt"]["sha256"] and kind_of(predicate["finding_path"].encode()) == b"judged")
    else:
        roots, gates = predicate["repository"]["root_commits"], [g["name"] for g in predicate["gates"]]
        need(roots and roots == sorted(roots) and len({*gates}) == len(gates))
    return subjects, predicate
def parse_changes(data):
    """(edges, cumulative edges, base of the latter)"""
    value = parse_file(data, "changes", LIMIT)
    edges, squashed = ([parse_edge(e) for e in part["edges"]] for part in (value, value["cumulative"]))
    need(all(a.path < b.path or a.path == b.path and a.after == b.before for a, b in zip(edges, edges[1:])))
    need(all(a.path < b.path for a, b in zip(squashed, squashed[1:])))
    return edges, squashed, value["cumulative"]["base_commit"]
def parse_edge(value):
    before, after = (value["mode_before"], value["before"]), (value["mode_after"], value["after"])
    listed, path = tuple(Hunk(**hunk) for hunk in value["hunks"]), value["path"].encode()
    need(kind_of(path) == b"judged" and before != after and all((m is None) == (i is None) for m, i in (before, after)))
    try:
        need(listed == (hunks(before, after) or ()))
    except Missing:  # what the clone does not have is believed with the signature
        pass
    return Record(path=path, before=before, after=after, hunks=listed, value=(path, before, after))

# ---- signatures: records.md 5, trust.md 7, RFC 8032 section 5.1 ----------------------------------------------------
PRIME, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME
def point(raw):
    y, sign = int.from_bytes(raw, "little") & (2**255 - 1), raw[31] >> 7
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    x = x if (x * x - square) % PRIME == 0 else x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    need(y < PRIME and (x * x - square) % PRIME == 0 and not (x == 0 and sign))
    return (x if x % 2 == sign else PRIME - x), y
def plus(a, b):
    k = CURVE * a[0] * b[0] * a[1] * b[1]
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, PRIME) % PRIME,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, PRIME) % PRIME)
def times(n, a):
    total = (0, 1)
    while n:
        total, a, n = plus(total, a) if n & 1 else total, plus(a, a), n >> 1
    return total
BASE_POINT = point((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little"))
def ed25519_verifies(public, signature, message):
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return s < ORDER and times(s, BASE_POINT) == plus(point(signature[:32]), times(h, point(public)))
def strings(data):
    """the strings with u32 lengths that data consists of"""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        need(len(data) >= 4 + size)
        found, data = found + [data[4:4 + size]], data[4 + size:]
    return found
def key_type(blob):
    kind, *parts = strings(blob)
    need(kind.decode() in TABLES["key types"] and (kind != b"ssh-ed25519" or [len(part) for part in parts] == [32]))
    need(kind != b"ssh-rsa" or len(parts) == 2 and int.from_bytes(parts[1], "big").bit_length() >= 3072)
    return kind.decode()
def sshsig_key(signature):
    """public key blob of a binary SSHSIG"""
    blob, _, reserved, digest, _ = strings(signature[10:])
    need(signature[:10] == b"SSHSIG\0\0\0\1" and reserved == b"" and digest in (b"sha256", b"sha512"))
    need(key_type(blob))
    return blob
@functools.cache
def sshsig_verifies(signature, namespace, message):
    armor = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(signature) + b"-----END SSH SIGNATURE-----\n"
    return subprocess.run(["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", scratch("sig", armor)],
                          input=message, capture_output=True).returncode == 0
def verifies(key, signature, message):
    try:
        if len(signature) == 64:
            return key_type(key.blob) == "ssh-ed25519" and ed25519_verifies(key.blob[-32:], signature, message)
        return (sshsig_key(signature) == key.blob and NAMESPACE in (key.namespaces or [NAMESPACE])
                and sshsig_verifies(signature, NAMESPACE, message))
    except ValueError:
        return False
@functools.cache
def commit_signer(x):
    """(fingerprint, whether it verifies); (None, False) for an unsigned commit"""
    raw = read("commit", x)
    head = raw[:raw.index(b"\n\n") + 1]
    values = re.findall(rb"^gpgsig (.*\n(?: .*\n)*)", head, re.M)
    lines = values[0].replace(b"\n ", b"\n").rstrip(b"\n").split(b"\n") if len(values) == 1 else [b""]
    message = re.sub(rb"(?m)^gpgsig(-sha256)? .*\n( .*\n)*", b"", head) + raw[len(head):]
    try:
        need(lines[0] == b"-----BEGIN SSH SIGNATURE-----" and lines[-1] == b"-----END SSH SIGNATURE-----")
        signature = base64.b64decode(b"".join(lines[1:-1]), validate=True)
        return fingerprint(sshsig_key(signature)), sshsig_verifies(signature, "git", message)
    except ValueError:
        return None, False

# ---- trust.md -----------------------------------------------------------------------------------------------------
def bound(given, name, default):
    if name not in given:
        return default
    need(re.fullmatch("[0-9]{8}([0-9]{4}([0-9]{2})?)?Z", given[name]))
    return int(datetime.strptime(given[name][:-1].ljust(14, "0") + "+0000", "%Y%m%d%H%M%S%z").timestamp())
def parse_key(name, mode, data):
    line = KEY_LINE.fullmatch(data.decode("latin-1"))
    need(line and len(data) <= 16384 and mode == "100644" and all(PRINCIPAL.fullmatch(p) for p in line[1].split(",")))
    blob, options = from_base64(line[4]), re.findall('([a-z-]+)="([^"]*)"', line[2] or "")
    given = dict(options)
    need(key_type(blob) == line[3] and name == sha256(blob).encode() + b".pub" and len(given) == len(options))
    need(given.keys() <= {"valid-after", "valid-before", "namespaces"} and not {*"*?!"} & {*given.get("namespaces", "")})
    return Key(blob, {p.split(":")[0] for p in line[1].split(",")}, bound(given, "valid-after", float("-inf")),
               bound(given, "valid-before", float("inf")), given["namespaces"].split(",") if "namespaces" in given else None)
@functools.cache
def trust_state(tree):
    """the trust in a folder, None when it is not well-formed"""
    try:
        held = files(tree)
        policy = parse_json(read("blob", held[b"policy.json"][1]), canonical=False)
        need(fits(policy, TABLES["policy"]) and all(rule.get("paths") for rule in policy.get("rules", [])))
        keys = [parse_key(p[5:], mode, read("blob", oid)) for p, (mode, oid) in held.items() if p.startswith(b"keys/")]
        state = State(tree, policy["version"], {fingerprint(k.blob): k for k in keys}, policy,
                      {r["key"] for r in policy.get("revoked", [])})
        need(any("root" in key.roles and name not in state.revoked for name, key in state.keys.items()))
        return state
    except (*BAD, KeyError, Missing):
        return None
def trust_of(x):
    return (git("rev-parse", "--verify", "--quiet", f"{x}:{TRUST.decode()}") or b"").decode().strip() or None
def highest(states):
    return max((s for s in states if s), key=lambda s: s.version, default=None)
def time_of(x):
    return int(re.search(rb"^committer .*> (-?[0-9]+)", read("commit", x), re.M)[1])
def signed_by(x, role, state):
    """whether a commit has a good signature of a key with that role"""
    signer, good = commit_signer(x)
    key = good and state and state.keys.get(signer)
    return bool(key and role in key.roles and signer not in state.revoked and key.after <= time_of(x) <= key.before
                and "git" in (key.namespaces or ["git"]))

class Judge:
    def __init__(self, base, head, anchors):
        self.base, self.head, self.anchors, self.findings, self.warnings = base, head, anchors, [], []
        self.parents, self.H, self.adopting, self.untraced, self.range = {}, {None: None}, set(), set(), set()
        shallow = git("rev-parse", "--git-path", "shallow").decode()[:-1]
        self.cut = {*open(shallow).read().split()} if os.path.exists(shallow) else set()
        for x in self.graph(base) if base else []:
            self.H[x] = self.trust_after(x)
        if base and trust_of(base) == (self.H[base].tree if self.H[base] else None):
            self.findings.clear()
        left = self.range = dict.fromkeys(self.graph(head, *(["--not", base] if base else [])))
        for x in self.range:
            self.H[x] = self.trust_after(x)
        left, self.range = {*self.range}, []
        while left:
            ready = [x for x in left if left.isdisjoint(self.parents[x])]
            self.range.append(min(ready, key=lambda x: (time_of(x), x)))
            left.remove(self.range[-1])
        self.roots = {x for x in git("rev-list", "--max-parents=0", head).decode().split()}
    def graph(self, *args):
        """commits, parents first; notes their parents"""
        rows = git("rev-list", "--topo-order", "--reverse", "--parents", *args).decode().splitlines()
        self.parents.update({x: parents for x, *parents in map(str.split, rows)})
        return [row[:40] for row in rows]
    def find(self, kind, x, path, detail="", to=None):
        (self.findings if to is None else to).append({"kind": kind, "commit": x, "path": shown(path), "detail": detail})
    def trust_after(self, x):
        """H(x): trust.md 4"""
        own, before = trust_of(x), [self.H.get(p) for p in self.parents[x]]
        h, state, held = highest(before), trust_state(own) if own else None, [trust_of(p) for p in self.parents[x]] or [None]
        if x in self.cut:
            self.untraced |= {x} if own else set()
            return state
        if own == held[0] if len(held) == 1 else own in held if not h else own == h.tree and all(
                s is None or s.version != h.version or s.tree == own for s in before):
            return h
        best, problems = highest([self.H[self.base], *before]) if x in self.range else h, []
        if best is None:
            signer, good = commit_signer(x)
            roots = {name for name, key in state.keys.items() if "root" in key.roles} if state else {}
            problems += ([] if not own else ["malformed"] if not state else ["trust_change_unsigned"] if not good or not (
                self.anchors or signer in roots) else ["untrusted_key"] if self.anchors and signer not in self.anchors else [])
            self.adopting |= {x} if state and not problems else set()
        else:
            problems += [] if signed_by(x, "root", best) else ["trust_change_unsigned"]
            rollback = own is None or state and any(s and state.version <= s.version for s in (best, *before))
            problems += ["policy_rollback"] if rollback else [] if state else ["malformed"]
        for problem in problems:
            self.find(problem, x, TRUST)
        return h if problems else state
    def J(self, x):
        before = [self.H.get(p) for p in self.parents[x]]
        return highest([self.H[self.base], *before]) if before and x not in self.adopting else self.H[x]

    # ---- verification.md 3 to 5 -----------------------------------------------------------------------------------
    def judge(self):
        self.final, self.items, self.additions = highest([self.H[self.base], self.H[self.head]]), {}, defaultdict(list)
        self.uncovered, self.unread, self.records, self.taken = [], {*self.untraced} - {*self.range}, [], Counter()
        marks = [*self.adopting] + ([self.final.policy["since"]] if self.final and "since" in self.final.policy else [])
        known = [f"{mark}^@" for mark in marks if git("cat-file", "-e", mark + "^{commit}") is not None]
        self.early = {*(git("rev-list", *known) or b"").decode().split()}
        for x in self.range:
            try:
                self.items[x] = self.open(x)
            except Missing:
                self.unread.add(x)
        if self.final:
            self.consider()
            self.match()
        for item in self.items.values():
            classes = [p.cls for p in item.paths.values()] if not item.cls else []
            item.cls = item.cls or max(classes, key=CLASSES.index, default="uncovered")
        if self.final:
            self.check_receipts()
        self.apply_policy()
    def open(self, x):
        """what a commit changes, and its class as far as that does not depend on receipts"""
        parents, early = self.parents[x], x in self.early
        if x in self.cut:
            raise Missing(x)
        item = Record(id=x, changed=changed(x, parents), adds=[], cls=None, paths={})
        old, new = files(parents[0] if parents else None), files(x)
        for p in item.changed:
            content(x, p)
            if kind_of(p) == b"judged" and not (early and self.final):
                sides = (old.get(p, ABSENT), new.get(p, ABSENT))
                item.paths[p] = Record(path=p, commit=x, before=sides[0], after=sides[1], hunks=hunks(*sides), vouchers={},
                                       by_hunks=False, cls=None if self.final else "uncovered")
        if not self.final:
            return item
        if not early:
            fresh = [self.look_at(x, p) for p in item.changed]
            signer, good = commit_signer(x)
            if signer and not good and self.J(x) and signer in self.J(x).keys:
                self.find("bad_signature", x, None)
        item.cls = ("provenance_only" if item.changed and all(kind_of(p) != b"judged" for p in item.changed)
                    else "before_adoption" if early else "exact" if not item.changed
                    else "human" if b"receipts" not in fresh and signed_by(x, "human", self.J(x)) else None)
        for path in item.paths.values():
            path.cls = "human" if item.cls == "human" else None
        return item
    def look_at(self, x, path):
        """checks a record path: section 4; tells which kind of record it adds"""
        here, name = files(x).get(path), WELL_NAMED.fullmatch(path[len(ROOT):])
        data = content(x, path)
        if kind_of(path) not in (*FOLDERS, b".gitattributes") or re.fullmatch(rb"(receipts|reviews)/.*\.sig", path[len(ROOT):], re.S):
            return None
        if not here:
            return self.find("record_removed", x, path, to=self.warnings)
        if path == ATTRIBUTES[0]:
            return None if here == ATTRIBUTES[1] else self.find("receipt_altered", x, path)
        digest = (name[3] or name[5] or name[6]).decode() if name else ""
        if not name or here[0] != "100644" or any(path in files(p) for p in self.parents[x]):
            return self.find("receipt_altered", x, path)
        try:
            payload = parse_envelope(data)[0] if name[1] else data
        except BAD:
            return self.find("malformed", x, path) or name[1]
        if sha256(payload) != digest:
            return self.find("receipt_altered", x, path) or name[1]
        if name[1]:
            self.additions[name[1].decode(), digest].append(x)
        return name[1]
    def consider(self):
        """steps A and B: receipts and reviews that count, in order of their first addition"""
        for (kind, digest), commits in self.additions.items():
            try:
                self.records.append(self.examine(kind, digest, commits[0]))
                self.records[-1].positions = [self.range.index(x) for x in commits]
            except Refused as refused:
                self.find(str(refused), commits[0], record_path(kind, digest))
        applied = [r for r in self.records if r.kind == "receipts" and r.applied]
        self.receipts = [r for r in self.records if r.kind == "receipts" and (r.applied or not any(
            a.run == r.run and {e.value for e in r.edges} <= {e.value for e in a.edges} for a in applied))]
        self.instances = defaultdict(list)
        for r in self.receipts:
            for position in r.positions:
                self.items[self.range[position]].adds.append(r)
        for _, r in sorted(((n, r) for r in self.receipts for n in r.positions), key=lambda use: (use[0], use[1].digest)):
            for edge in r.edges:
                self.instances[edge.path].append(Record(edge=edge, receipt=r, used=False))
    def examine(self, kind, digest, x):
        """a receipt or review in the tree of x, judged by the trust of x: section 5"""
        payload, signatures = parse_envelope(content(x, record_path(kind, digest)))
        message, trust, results = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload), self.J(x), {}
        for name, signature in signatures.items():
            key = trust and trust.keys.get(name)
            results[name] = ("unknown" if not key or not key.roles & ROLES else "bad" if not verifies(key, signature, message)
                             else "revoked" if name in trust.revoked else "ok")
        if "bad" in results.values():
            raise Refused("bad_signature")
        if "ok" not in results.values():
            raise Refused("revoked" if "revoked" in results.values() else "untrusted_key")
        try:
            subjects, predicate = parse_statement(kind, payload)
            issued = instant(predicate["issued_at"])
            for name in [name for name, result in results.items() if result == "ok"]:
                key = trust.keys[name]
                results[name] = ("early" if issued < (key.after - 300) * 10**9 else
                                 "late" if issued > (key.before + 300) * 10**9 else "ok")
            order = {"ok": None, "revoked": "revoked", "late": "expired_key", "early": "key_not_yet_valid"}
            finding = next(order[result] for result in order if result in results.values())
            if finding:
                raise Refused(finding)
            record = Record(kind=kind, digest=digest, commit=x, file=record_path(kind, digest), subjects=subjects,
                            predicate=predicate, issued=issued, uses=0, signers={n: trust.keys[n].roles for n in results if results[n] == "ok"})
            if kind == "receipts":
                self.check_contents(record, x)
            return record
        except BAD as error:
            raise Refused("malformed") from error
    def check_contents(self, r, x):
        p, run = r.predicate, r.predicate["run"]["run_id"]
        need(self.cut or not self.roots.isdisjoint(p["repository"]["root_commits"]))
        for name, kind, folder in (("changes", "changes", None), ("evidence", "evidence", run), ("evidence-run", "evidence", run)):
            if name in r.subjects:
                data = content(x, record_path(kind, r.subjects[name]["sha256"], folder))
                need(data is not None and sha256(data) == r.subjects[name]["sha256"])
        r.edges, r.cumulative, base = parse_changes(content(x, record_path("changes", r.subjects["changes"]["sha256"])))
        r.run, r.applied, verdicts = run, p["state"] == "applied", {v["job_id"]: v["verdict"] for v in p["verdicts"]}
        need(base == p["base"]["branch_base"])
        need(not r.applied or all(v in ACCEPTING for v in verdicts.values()) and all(g["outcome"] != "failed" for g in p["gates"]))
    def previous(self, r):
        """predicate of the receipt that r names, from the range or the adding tree, unchecked"""
        digest = r.predicate["previous"]
        x = self.additions.get(("receipts", digest), [r.commit])[0]
        try:
            return parse_json(parse_envelope(content(x, record_path("receipts", digest)))[0])["predicate"]
        except (*BAD, TypeError, KeyError):
            return None

    # ---- section 6 ------------------------------------------------------------------------------------------------
    def available(self, path, mode, kind, digest, strict):
        count = lambda edges: sum(getattr(h, kind) == digest for e in edges if e.after[0] == mode for h in e.hunks)
        direct = count(i.edge for i in self.instances[path] if i.receipt.applied or not strict)
        squashed = max((count(self.squashed(r, path)) for r in self.asked(strict)), default=0)
        return max(direct, squashed) - self.taken[path, mode, kind, digest]
    def asked(self, strict):
        return [r for r in self.receipts if r.applied or not strict]
    def squashed(self, r, path):
        """the cumulative edge of a path, unless the run is spent for it"""
        mine = [i for i in self.instances[path] if i.receipt.run == r.run]
        spent = {i.edge.value for i in mine} - {i.edge.value for i in mine if not i.used}
        return [] if spent else [e for e in r.cumulative if e.path == path]
    def take(self, path, mode_and_hunks, kinds, strict):
        """takes the digests of hunks, by mode, if all are available"""
        wanted = Counter((mode, kind, getattr(h, kind)) for mode, hs in mode_and_hunks for h in hs for kind in kinds)
        if any(self.available(path, *key, strict) < n for key, n in wanted.items()):
            return False
        self.taken.update({(path, *key): n for key, n in wanted.items()})
        return True
    def try_exact(self, x, strict):
        for review in self.records if strict else []:
            if (review.kind == "reviews" and review.predicate["finding_path"].encode() == x.path
                    and x.after == ("100644", review.subjects["finding"]["gitBlob"]) and review.uses < len(review.positions)):
                review.uses, x.vouchers = review.uses + 1, {review.digest: review}
                return True
        chains, todo = {x.before: []}, [x.before]
        while todo and x.after not in chains:
            node = todo.pop(0)
            for i in self.instances[x.path]:
                if not i.used and i.edge.before == node and i.edge.after not in chains and (i.receipt.applied or not strict):
                    chains[i.edge.after] = chains[node] + [i]
                    todo.append(i.edge.after)
        chain = chains.get(x.after)
        if not chain or not self.take(x.path, [(i.edge.after[0], i.edge.hunks) for i in chain], ("full", "bare"), strict):
            return False
        for i in chain:
            i.used, x.vouchers[i.receipt.digest] = True, i.receipt
        return True
    def try_hunks(self, x, kinds, strict):
        if not x.hunks or not self.take(x.path, [(x.after[0], x.hunks)], kinds, strict):
            return False
        digests = {getattr(h, kinds[0]) for h in x.hunks}
        for r in self.asked(strict):
            edges = [e for e in r.edges if e.path == x.path] + self.squashed(r, x.path)
            if any(e.after[0] == x.after[0] and getattr(h, kinds[0]) in digests for e in edges for h in e.hunks):
                x.vouchers[r.digest] = r
        x.by_hunks = True
        return True
    def match(self):
        todo = [p for x in self.range if x in self.items for p in self.items[x].paths.values() if not p.cls and is_utf8(p.path)]
        hunk_test = lambda kinds: lambda x, strict: self.try_hunks(x, kinds, strict)
        by_full, by_bare = hunk_test(("full", "bare")), hunk_test(("bare",))
        for cls, strict, tests in (("exact", True, [self.try_exact]), ("carried", True, [by_full]), ("adapted", True, [by_bare]),
                                   ("proposed", False, [self.try_exact, by_full, by_bare])):
            for x in todo:
                x.cls = x.cls or (cls if any(test(x, strict) for test in tests) else None)
        for item in self.items.values():
            for x in item.paths.values():
                x.cls = x.cls or "uncovered"
    def uncovered_rows(self, x):
        seen, rows = Counter(), []
        for h in x.hunks or ():
            spare = lambda kind: self.available(x.path, x.after[0], kind, getattr(h, kind), False) > seen[getattr(h, kind), kind]
            if not self.final or not (spare("full") or spare("bare")):
                rows.append((h.removed, h.added))
            seen.update([(h.full, "full"), (h.bare, "bare")])
        modes = (x.before[0], x.after[0])
        kind = ("pointer" if "160000" in modes else "symlink" if "120000" in modes else "mode" if x.before[1] == x.after[1]
                else "binary" if x.hunks is None else "text")
        return [{"commit": x.commit, "path": shown(x.path), "kind": kind, "removed": removed, "added": added}
                for removed, added in rows or [lines(x)]]

    # ---- sections 7 and 8 -----------------------------------------------------------------------------------------
    def arrives(self, r, path):
        mine = [e for e in r.edges if e.path == path]
        if path in self.touched or files(self.base).get(path, ABSENT) == mine[-1].after:
            return True
        known, todo = set(), [mine[-1].after]
        while todo:
            known.add(node := todo.pop())
            todo += [i.edge.after for i in self.instances[path] if i.edge.before == node and i.edge.after not in known]
        return mine[0].before in known
    def check_receipts(self):
        self.touched = {p for x, item in self.items.items() if x not in self.early for p in item.changed}
        used = {digest for item in self.items.values() for p in item.paths.values() for digest in p.vouchers}
        mismatched = {}
        for item in self.items.values():
            adds = [r for r in item.adds if not self.follows_proposal(r)]
            union = {e.path for r in adds for e in r.edges}
            bad = [p.path for p in item.paths.values() if p.cls == "uncovered" and p.path in union]
            if bad:
                mismatched.setdefault(item.id, bad[0])
        for r in self.receipts:
            missing = [p for p in dict.fromkeys(e.path for e in r.edges) if not self.arrives(r, p)]
            for p in missing if r.digest in used else []:
                self.find("partial", r.commit, p)
            if r.edges and len(missing) == len({e.path for e in r.edges}) and not self.follows_proposal(r):
                mismatched.setdefault(r.commit, None)
            before = self.previous(r)
            if before and fits(before.get("issued_at"), "time") and instant(before["issued_at"]) > r.issued:
                self.find("time_order", r.commit, r.file)
            if r.predicate["previous"] and not before:
                self.find("unknown_previous", r.commit, r.file, to=self.warnings)
            for name, digest in r.subjects.items():
                if name.startswith("artifact/") and not self.artifact_stands(r, name, digest):
                    self.find("malformed", r.commit, r.file)
        for item in self.items.values():
            adds = [r for r in item.adds if not self.follows_proposal(r)]
            if adds and len(self.parents[item.id]) == 1 and not any(p.by_hunks for p in item.paths.values()) and (
                    {*item.paths} == {e.path for r in adds for e in r.edges}) and (content_tree(self.parents[item.id][0])
                    in [r.predicate["base"]["content_tree"] for r in adds]) and (
                    content_tree(item.id) not in [r.subjects["content-tree"]["gitTree"] for r in adds]):
                mismatched.setdefault(item.id, None)
        for x, path in mismatched.items():
            self.find("tree_mismatch", x, path)
    def follows_proposal(self, r):
        return r.applied and (self.previous(r) or {}).get("state") == "proposed"
    def artifact_stands(self, r, name, digest):
        path, item = name.removeprefix("artifact/").encode(), self.items[r.commit]
        data = content(r.commit, path)
        return (data is not None and files(r.commit)[path][1] == digest["gitBlob"] and sha256(data) == digest["sha256"]
                or path in item.paths and item.paths[path].by_hunks
                or any(o is not r and o.issued >= r.issued and (name in o.subjects or any(e.path == path for e in o.edges))
                       for o in self.receipts))
    def reviews_of(self, r):
        """accepting trusted reviews of a receipt, in the range or beside it"""
        named, found = [v["review"] for v in r.predicate["verdicts"]], {v.digest: v for v in self.records if v.kind == "reviews"}
        for path in files(r.commit):
            name = WELL_NAMED.fullmatch(path[len(ROOT):]) if path.startswith(ROOT + b"reviews/") else None
            try:
                if name and name[1] and sha256(parse_envelope(content(r.commit, path))[0]) == name[3].decode():
                    found.setdefault(name[3].decode(), self.examine("reviews", name[3].decode(), r.commit))
            except (*BAD, Refused):
                pass
        return [v for v in found.values() if v.predicate["verdict"] in ACCEPTING
                and (v.predicate["receipt"] == r.digest or v.digest in named)]
    def meets(self, r, rule):
        accepting = [v for v in r.predicate["verdicts"] if v["verdict"] in ACCEPTING]
        least, reviews = rule.get("verdicts", {}), self.reviews_of(r)
        keys = lambda role, records: {name for record in records for name, roles in record.signers.items() if role in roles}
        return (len(accepting) >= least.get("accepting", 0)
                and len({v["lane"] for v in accepting} - {None}) >= least.get("distinct_lanes", 0)
                and len(keys("human", reviews)) >= least.get("human", 0)
                and all(len(keys(role, [r, *reviews])) >= n for role, n in rule.get("signatures", {}).items()))
    def apply_policy(self):
        for x, item in self.items.items():
            if item.cls in ("before_adoption", "provenance_only"):
                continue
            if not self.final and not item.paths:
                self.find("policy_unmet", x, None)
            trust, rules = self.J(x) if self.final else None, {}
            for rule in trust.policy.get("rules", []) if trust else []:
                globs = [f":(top,glob){g}" for g in rule["paths"]]
                hit = git("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-relative", "--ignore-submodules=none",
                          *(self.parents[x] or [EMPTY_TREE])[:1], x, "--", *globs) or b""
                rules.update(dict.fromkeys(hit.split(b"\0"), rule))
            for p in item.paths.values():
                rule, receipts = rules.get(p.path, {}), [v for v in p.vouchers.values() if v.kind == "receipts"]
                if p.cls not in rule.get("accept", PASSING) or not all(self.meets(r, rule) for r in receipts):
                    self.find("policy_unmet", x, p.path)
    def report(self):
        of = lambda item, p: {"path": shown(p.path), "class": p.cls, "removed": lines(p)[0], "added": lines(p)[1],
                              "receipts": sorted(p.vouchers)}
        commits = [{"commit": x, "class": item.cls, "receipts": sorted(r.digest for r in item.adds),
                    "paths": [of(item, p) for p in item.paths.values()],
                    "findings": [f for f in self.findings if f["commit"] == x]} for x, item in self.items.items()]
        counts = dict.fromkeys(CLASSES, 0) | Counter(item.cls for item in self.items.values())
        uncovered = [row for item in self.items.values() for p in item.paths.values() if p.cls == "uncovered"
                     for row in self.uncovered_rows(p)]
        return {"base": self.base, "head": self.head, "policy_version": self.final.version if self.final else None,
                "counts": counts, "commits": commits, "uncovered": uncovered, "findings": self.findings,
                "warnings": self.warnings, "unreadable": len(self.unread)}

def record_path(kind, digest, folder=None):
    return ROOT + f"{kind}/{folder or digest[:2]}/{digest}{'.dsse' if kind in ('receipts', 'reviews') else ''}.json".encode()
def lines(x):
    return sum(h.removed for h in x.hunks or ()), sum(h.added for h in x.hunks or ())
def is_utf8(path):
    return path.decode(errors="replace").encode() == path
def shown(path):
    """a path as text, C-quoted like git does where it is not UTF-8"""
    if path is None or is_utf8(path):
        return path and path.decode()
    special = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    return '"' + "".join(special.get(b, chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in path) + '"'
def resolve(name):
    x = git("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}")
    return x.decode().strip() if x else sys.exit(3)

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", nargs="?", default="HEAD")
    parser.add_argument("--root", action="append", default=[])
    for flag in ("--all", "--self-asserted", "--json"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    if git("rev-parse", "--show-object-format") != b"sha1\n":
        sys.exit(3)
    if "..." in options.revision:
        parser.error("A...B is no range")
    objects = git("rev-parse", "--git-path", "objects").decode()[:-1]
    ENV.update(GIT_ALTERNATE_OBJECT_DIRECTORIES=os.path.abspath(objects), GIT_OBJECT_DIRECTORY=SCRATCH.name,
               GIT_INDEX_FILE=f"{SCRATCH.name}/index")
    git("hash-object", "-w", "--stdin")
    older, dots, newer = options.revision.partition("..")
    head, base = resolve((newer if dots else older) or "HEAD"), None
    if dots:
        base = resolve(older or "HEAD")
    elif not options.all:
        base = (git("rev-list", "--parents", "-1", head).decode().split() + [None])[1]
    pinned = (git("config", "--get-all", "striatum.trustRoot") or b"").decode().split()
    judge = Judge(base, head, options.root or pinned)
    judge.judge()
    data = judge.report()
    trusted = options.root or pinned or options.self_asserted
    status = 14 if judge.findings or not trusted else 3 if judge.unread else 0
    data |= {"anchor": "given" if options.root else "pinned" if pinned else "self_asserted", "verified": status == 0}
    print(json.dumps({"ok": True, "data": data}, indent=None if options.json else 2))
    sys.exit(status)

if __name__ == "__main__":
    main()
