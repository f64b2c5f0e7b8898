#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second verifier of provenance format version 1, written from docs/format and nothing else: names follow the
pages, so that both can be read side by side, and schema.json beside them says which members a record has. Needs
git, ssh-keygen and Debian's python3-cryptography and python3-jsonschema. Wrong data is one of BAD; an object that
is not there is Missing. A path is text: bytes that are not UTF-8 are escaped as in Python's names of files."""
import argparse, base64, contextlib, datetime, fractions, functools, hashlib, itertools, json, math, os, pathlib, re
import subprocess, sys, tempfile, cryptography.exceptions, jsonschema
from collections import Counter, defaultdict
from types import SimpleNamespace as Record
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ROOT, ABSENT, FIXED = ".provenance/striatum/", (None, None), ("100644", "29f002ab0132f6aceb6c6d208d287b9acc40aadf")
FOLDERS, EMPTY_TREE = ("receipts", "changes", "evidence", "reviews"), "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NAMESPACE, ROLES = "striatum-receipt@v1", {"receipts": {"lane", "human", "ci"}, "reviews": {"lane", "human"}}
CLASSES = ["exact", "carried", "adapted", "proposed", "uncovered", "human", "before_adoption", "provenance_only"]
PASSING, ACCEPTING = {*CLASSES} - {"adapted", "proposed", "uncovered"}, {"accept", "accept_with_findings"}
RESULTS = ["bad_signature", "ok", "revoked", "expired_key", "key_not_yet_valid", "untrusted_key"]  # the first counts
SCHEMA = json.loads(pathlib.Path(__file__).parents[2].joinpath("docs/format/schema.json").read_text())
OURS, WELL_NAMED, KEY_LINE = (
    re.compile(SCHEMA["$defs"][name]["pattern"], re.A) for name in ("path of ours", "record name", "key line"))
Missing = subprocess.CalledProcessError
BAD = ValueError, TypeError, RecursionError, cryptography.exceptions.InvalidSignature
def need(good): return good or int("form")
def unique(pairs): return need(len(pairs) == len(dict(pairs))) and dict(pairs)
def sha256(data): return hashlib.sha256(data).hexdigest()
# ---- git: README.md. What has to become an object goes to a scratch folder, never into the repository.
SCRATCH = tempfile.TemporaryDirectory(prefix="verify-")
ENV = {k: v for k, v in os.environ.items() if k != "GIT_DIFF_OPTS" and not k.endswith("_PATHSPECS")} | {
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_GRAFT_FILE": os.devnull, "LC_ALL": "C"}
def run(*args, input=b"", **how): return subprocess.run(args, env=ENV, input=input, capture_output=True, **how)
def raw(*args, check=True, **how): return run("git", *args, check=check, **how).stdout
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
    return {x: parents for x, *parents in map(str.split, rows)}
def resolve(name): return git("rev-parse", "--verify", "-q", "--end-of-options", (name or "HEAD") + "^{commit}")
def time_of(x): return int(re.search(rb"^committer .*> (-?[0-9]+)", read(x, "commit"), re.M)[1])
def shown(path, names=dict(zip(b'\a\b\t\n\v\f\r"\\', 'abtnvfr"\\'))):  # C-quoted like git does if it is not UTF-8
    byte = lambda b: "\\" + names[b] if b in names else chr(b) if 32 <= b < 127 else f"\\{b:03o}"
    return f'"{"".join(map(byte, octets(path)))}"' if re.search("[\ud800-\udfff]", path or "") else path
# ---- paths and hunks: records.md 2 and 7, verification.md 2
def content_tree(x):
    rows = [octets(f"{m} {i}\t{p}\0") for p, (m, i) in files(x).items() if kind_of(p) not in FOLDERS]
    raw("read-tree", "--empty")
    raw("update-index", "-z", "--index-info", input=b"".join(rows))
    return git("write-tree", "--missing-ok")
def kind_of(path): return (OURS.search(path) or ("", "judged"))[1]
def changed(x, parents):
    olds = parents or [EMPTY_TREE]
    paths = [p for p in files(x).keys() | files(olds[0]).keys() if all(entry(q, p) != entry(x, p) for q in olds)]
    bases = git("merge-base", "--all", *parents, check=False).split() if len(parents) == 2 else []
    clean = lambda p: merges_cleanly(*(entry(q, p) for q in (parents[0], *bases, parents[1], x)))
    return sorted((p for p in paths if len(bases) != 1 or kind_of(p) != "judged" or not clean(p)), key=octets)
def merges_cleanly(*sides):  # first parent, base, second parent, result
    (ours, base, theirs, mode), texts = [mode for mode, _ in sides], [*map(text, sides)]
    if ABSENT in sides or None in texts or mode != (theirs if ours == base else ours): return False
    done = run("git", "merge-file", "-p", *(scratch(f"side{n}", data) for n, data in enumerate(texts[:3])))
    return done.returncode == 0 and done.stdout == texts[3]
def text(side):  # bytes of a side that may have hunks, else None
    data = b"" if side == ABSENT else read(side[1]) if side[0] in ("100644", "100755") else b"\0"
    return None if len(data) > 2**23 or b"\0" in data[:8000] else data
@functools.cache
def hunks(before, after):  # as an edge lists them; none for a pair of entries that has none by rule
    if before[1] == after[1] or None in (text(before), text(after)): return []
    empty, count = git("hash-object", "-w", "--stdin"), lambda sign, body: len(re.findall(rb"(?m)^" + sign, body))
    diff = raw("-c", "diff.suppressBlankEmpty=false", "diff", "--text", "--no-ext-diff", "--no-textconv", "-U3",
               "--no-color", "--diff-algorithm=myers", "--no-indent-heuristic", "--inter-hunk-context=0",
               before[1] or empty, after[1] or empty)
    return [{"full": sha256(body), "bare": sha256(re.sub(rb"(?m)^ .*\n", b"", body)), "removed": count(b"-", body),
             "added": count(rb"\+", body)} for body in re.split(rb"(?m)^@@.*\n", diff)[1:]]
# ---- JSON, envelopes, payloads: records.md 3 to 7 and 9
def parse(data, shape, end=b"", limit=math.inf):  # the JSON value of that shape in a file or payload
    written = need(len(data) <= limit) and data.decode()
    value = json.loads(written, object_pairs_hook=unique, parse_float=int, parse_constant=int)
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", written)
    depths = itertools.accumulate((char in "[{") - (char in "]}") for char in bare)
    form = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + end
    need(max(depths) <= 32 and "-0" not in bare and (form == data or shape == "policy"))
    need(jsonschema.Draft202012Validator(SCHEMA | {"$ref": "#/$defs/" + shape}).is_valid(value))
    return value
def parse_envelope(data):  # (payload, {keyid: signature})
    value, bytes_of = parse(data, "envelope", end=b"\n", limit=65536), base64.b64decode
    return bytes_of(value["payload"]), unique([(s["keyid"], bytes_of(s["sig"])) for s in value["signatures"]])
def parse_statement(kind, payload):  # ({subject name: digest}, predicate, time)
    value = parse(payload, kind)
    subjects, p = unique([(s["name"], s["digest"]) for s in value["subject"]]), value["predicate"]
    need(kind == "receipts" or p["receipt"] == subjects["receipt"]["sha256"])
    need(kind == "reviews" or p["repository"]["root_commits"] == sorted(p["repository"]["root_commits"]))
    return subjects, p, instant(p["issued_at"])
def parse_changes(data):  # (edges, cumulative edges, the commit that these begin at)
    file = parse(data, "changes", end=b"\n", limit=2**23)
    edges, squashed = ([parse_edge(e, part is not file) for e in part["edges"]] for part in (file, file["cumulative"]))
    need(all(a.path < b.path or a.path == b.path and a.after == b.before for a, b in zip(edges, edges[1:])))
    need(all(a.path < b.path for a, b in zip(squashed, squashed[1:])))
    return edges, squashed, file["cumulative"]["base_commit"]
def parse_edge(e, squashed):
    path, before, after = key = e["path"], (e["mode_before"], e["before"]), (e["mode_after"], e["after"])
    with contextlib.suppress(Missing):  # what the clone does not have is believed with the signature
        need(before != after and e["hunks"] == hunks(before, after))
    return Record(path=path, before=before, after=after, key=key, squashed=squashed, stock=stock(after[0], e["hunks"]))
def instant(value):  # in seconds; of a time, or of the bound of a key, which may stop at the day or minute
    digits = f"{re.sub('[^0-9]', '', value):0<14}"
    whole = datetime.datetime.strptime(digits[:14] + "+0000", "%Y%m%d%H%M%S%z").timestamp()
    return fractions.Fraction(whole) + fractions.Fraction("0." + digits[14:])
# ---- signatures: records.md 5, trust.md 7
def strings(data):  # the strings with u32 lengths that data consists of
    end = 4 + int.from_bytes(data[:4], "big")
    return [data[4:end], *strings(data[need(end <= len(data)) and end:])] if data else []
def key_type(blob):
    kind, *parts = strings(blob)
    need(kind != b"ssh-ed25519" or [*map(len, parts)] == [32])
    need(kind != b"ssh-rsa" or len(parts) == 2 and int.from_bytes(parts[1], "big").bit_length() >= 3072)
    return need(kind.decode() in SCHEMA["$defs"]["key type"]["enum"]) and kind.decode()
def fingerprint(blob): return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
@functools.cache
def sshsig(signature, namespace, message):  # (key blob, whether it verifies) of a binary SSHSIG
    blob, _, reserved, digest, _ = strings(signature[10:])
    need(signature[:10] == b"SSHSIG\0\0\0\1" and not reserved and digest in (b"sha256", b"sha512") and key_type(blob))
    armor = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(signature) + b"-----END SSH SIGNATURE-----\n"
    check = ["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", scratch("sig", armor)]
    return blob, run(*check, input=message).returncode == 0
def entry_verifies(key, signature, payload):  # a signature entry, raw Ed25519 or SSHSIG
    message = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    try:
        if len(signature) == 64 and key_type(key.blob) == "ssh-ed25519":
            return Ed25519PublicKey.from_public_bytes(key.blob[-32:]).verify(signature, message) is None
        return NAMESPACE in key.uses and sshsig(signature, NAMESPACE, message) == (key.blob, True)
    except BAD: return False
def commit_signer(x):  # (fingerprint, whether it verifies); (None, False) for an unsigned commit
    head, _, body = read(x, "commit").partition(b"\n\n")
    header, head = rb"(?m)^gpgsig(-sha256)? (.*\n(?: .*\n)*)", head + b"\n"
    values = b"\n".join(value for other, value in re.findall(header, head) if not other)
    armor = re.fullmatch(rb"-----BEGIN SSH SIGNATURE-----((?:\n .*)*)\n -----END SSH SIGNATURE-----\n", values)
    try:
        signature = base64.b64decode(need(armor) and armor[1].replace(b"\n ", b""), validate=True)
        blob, good = sshsig(signature, "git", re.sub(header, b"", head) + b"\n" + body)
        return fingerprint(blob), good
    except BAD: return None, False
# ---- trust.md
def parse_key(name, mode, data):
    line = KEY_LINE.search(data.decode("latin-1"))
    need(line and len(data) <= 16384 and mode == "100644")
    principals, options, kind, encoded = line.groups("")
    given, blob = unique(re.findall('([a-z-]+)="([^"]*)"', options)), base64.b64decode(encoded)
    need(key_type(blob) == kind and name == sha256(blob) + ".pub")
    bound = lambda option, none: instant(given[option]) if option in given else none
    after, before = bound("valid-after", -math.inf), bound("valid-before", math.inf)
    return Record(blob=blob, roles={*re.findall("([a-z]+):", principals)}, after=after, before=before,
                  uses=given.get("namespaces", NAMESPACE + ",git").split(","))
@functools.cache
def trust_state(tree):  # the trust in a folder, None when it is not well-formed
    try:
        policy = need(git("cat-file", "-t", tree) == "tree") and parse(content(tree, "policy.json"), "policy")
        keys = [parse_key(p[5:], mode, read(oid)) for p, (mode, oid) in files(tree).items() if p.startswith("keys/")]
        keys, revoked = {fingerprint(key.blob): key for key in keys}, {r["key"] for r in policy.get("revoked", [])}
        roots = {name for name, key in keys.items() if "root" in key.roles}
        version = need(roots - revoked) and policy["version"]
        return Record(tree=tree, version=version, keys=keys, policy=policy, roots=roots, revoked=revoked)
    except BAD: return None
trust_of = functools.cache(lambda x: git("rev-parse", "--verify", "--quiet", f"{x}:{ROOT}trust", check=False) or None)
def highest(states): return max(filter(None, states), key=lambda s: s.version, default=None)
def signed_by(x, role, state):  # whether a commit has a good signature of a key with that role
    signer, good = commit_signer(x)
    key = good and state and signer not in state.revoked and state.keys.get(signer)
    return key and role in key.roles and key.after <= time_of(x) <= key.before and "git" in key.uses
def record_path(kind, digest, run=None):
    return f"{ROOT}{kind}/{run if kind == 'evidence' else digest[:2]}/{digest}{'.dsse' * (kind in ROLES)}.json"
def name_in(path): return (found := WELL_NAMED.search(path.removeprefix(ROOT))) and found[found.lastindex]  # its digest
def stock(mode, listed, kinds=("full", "bare")): return Counter((mode, k, hunk[k]) for hunk in listed for k in kinds)
def chains(start, instances):  # {entry: the shortest chain from start to it}
    found, todo = {start: []}, [start]
    for node, i in ((node, i) for node in todo for i in instances):
        if i.before == node and i.after not in found and not i.squashed:
            todo.append(i.after)
            found[i.after] = [*found[node], i]
    return found
class Judge:
    def __init__(self, base, head, anchors):  # verification.md 1 and 3
        self.base, self.head, self.anchors, self.findings, self.H = base, head, anchors, [], {None: None}
        self.adopting, self.range, self.items = set(), [], {}
        self.additions, self.instances, self.taken = defaultdict(list), defaultdict(list), defaultdict(Counter)
        before, self.inside = graph(base) if base else {}, graph(head, *(["--not", base] if base else []))
        self.parents = before | self.inside
        self.cut = {*run("cat", git("rev-parse", "--git-path", "shallow")).stdout.decode().split()}
        self.unread = {x for x in self.cut & self.parents.keys() if x in self.inside or trust_of(x)}
        self.H.update((x, self.trust_after(x)) for x in before)
        if base and trust_of(base) == getattr(self.H[base], "tree", None): self.findings.clear()
        self.H.update((x, self.trust_after(x)) for x in self.inside)
        self.final = highest([self.H[base], self.H[head]])
        marks = [f"{x}^@" for x in (*self.adopting, self.final.policy.get("since")) if x] if self.final else []
        self.early = {*git("rev-list", "--ignore-missing", *marks, check=False).split()}
        while left := self.inside.keys() - {*self.range}:
            self.range.append(min((time_of(x), x) for x in left if left.isdisjoint(self.parents[x]))[1])
        for x in [x for x in self.range if x not in self.unread]:
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
    def above(self, x): return highest([self.H[self.base], *map(self.H.get, self.parents[x])])
    def J(self, x): return self.H[x] if x in self.adopting or not self.parents[x] else self.above(x)  # trust.md 5
    def trust_after(self, x):  # H(x): trust.md 4
        own, parents, before = trust_of(x), self.parents[x], [*map(self.H.get, self.parents[x])]
        try: h, state, problems = highest(before), trust_state(own), []
        except Missing: return self.unread.add(x)
        if x in self.cut: return state
        mixed = {s.tree for s in before if s and s.version == h.version}
        if mixed == {own} if h and len(parents) > 1 else own in ([*map(trust_of, parents)] or [None]): return h
        best, (signer, good) = self.above(x) if x in self.inside else h, commit_signer(x)
        if best and not signed_by(x, "root", best): problems += ["trust_change_unsigned"]
        if best and (not own or state and state.version <= best.version): problems += ["policy_rollback"]
        elif own and not state: problems += ["malformed"]
        elif own and not best and good and signer in (self.anchors or state.roots): self.adopting.add(x)
        elif own and not best: problems += ["untrusted_key" if self.anchors and good else "trust_change_unsigned"]
        for problem in problems: self.find(problem, x, ROOT + "trust")
        return h if problems else state
    def open(self, x):  # verification.md 3: what a commit changes, and its class as far as no receipt has a part in it
        parents, trust, (signer, good) = self.parents[x], self.J(x), commit_signer(x)
        paths, first, judging = changed(x, parents), [*parents, EMPTY_TREE][0], self.final and x not in self.early
        judged = [p for p in paths if kind_of(p) == "judged"]
        fresh = [p for p in paths if p in files(x) and not any(p in files(q) for q in parents)]
        adds = any(kind_of(p) == "receipts" and p.endswith(".dsse.json") for p in fresh)
        cls = ("uncovered" if not self.final else "provenance_only" if paths and not judged else
               "before_adoption" if x in self.early else "exact" if not paths else
               "human" if not adds and signed_by(x, "human", trust) else None)
        for path in paths if judging else []: self.look_at(x, path, path in fresh)
        if judging and trust and signer in trust.keys and not good: self.find("bad_signature", x)
        sides = [(p, entry(first, p), entry(x, p)) for p in judged if cls != "before_adoption"]
        return Record(id=x, first=first, changed=paths, cls=cls, paths={p: Record(
            path=p, before=a, after=b, hunks=hunks(a, b), vouchers=[], by_hunks=False, cls=cls) for p, a, b in sides})
    def look_at(self, x, path, fresh):  # section 4 for a path that x has
        kind, held = kind_of(path), entry(x, path)
        if held == ABSENT or kind in ("judged", "trust") or kind in ROLES and path.endswith(".sig"): return
        good = fresh and name_in(path) and held[0] == "100644" if kind in FOLDERS else held == FIXED
        try: payload = parse_envelope(content(x, path))[0] if good and kind in ROLES else content(x, path)
        except BAD: return self.find("malformed", x, path)
        if not good or kind in FOLDERS and sha256(payload) != name_in(path): self.find("receipt_altered", x, path)
        elif kind in ROLES: self.additions[path].append(x)
    def consider(self):  # section 5
        looked = [self.examine(path, commits[0]) for path, commits in self.additions.items()]
        for r in [r for r in looked if r.result != "ok"]: self.find(r.result, r.commit, r.file)
        receipts, self.reviews = ([r for r in looked if r.kind == kind and r.result == "ok"] for kind in ROLES)
        repeated = lambda r: any(a.applied and a.run == r.run and r.values <= a.values for a in receipts)
        self.receipts = sorted((r for r in receipts if r.applied or not repeated(r)), key=lambda r: r.digest)
        for x, item in self.items.items():
            item.adds = [r for r in self.receipts if x in self.additions[r.file]]
            for r, edge in [(r, edge) for r in item.adds for edge in r.edges + r.cumulative]:
                self.instances[edge.path].append(Record(**vars(edge), receipt=r, used=False))
    def examine(self, path, x):  # the receipt or review in the tree of x, and the result of looking at it
        r, trust = Record(kind=kind_of(path), digest=name_in(path), commit=x, file=path, uses=0), self.J(x)
        r.result, r.subjects, r.issued, results = "malformed", None, math.nan, {}
        with contextlib.suppress(*BAD):
            payload, signatures = parse_envelope(content(x, path))
            with contextlib.suppress(*BAD): r.subjects, r.predicate, r.issued = parse_statement(r.kind, payload)
            for name, signature in signatures.items():
                key = trust and trust.keys.get(name)
                results[name] = ("untrusted_key" if not key or not key.roles & ROLES[r.kind] else
                                 "bad_signature" if not entry_verifies(key, signature, payload) else
                                 "revoked" if name in trust.revoked else
                                 "expired_key" if r.issued > key.before + 300 else
                                 "key_not_yet_valid" if r.issued < key.after - 300 else "ok")
            r.signers = {name: trust.keys[name].roles for name in results if results[name] == "ok"}
            worst = need(sha256(payload) == r.digest) and min(results.values(), key=RESULTS.index)
            if worst == "ok" and need(r.subjects) and r.kind == "receipts": self.look_into(r, x)
            r.result = worst
        return r
    def look_into(self, r, x):  # what a receipt says and names, and the one that it follows
        p, subjects, gates = r.predicate, r.subjects, {gate["outcome"] for gate in r.predicate["gates"]}
        last = {v["job_id"]: v["verdict"] for v in p["verdicts"]}
        r.run, r.applied, r.follows, r.earlier = p["run"]["run_id"], p["state"] == "applied", False, -math.inf
        need(not r.applied or {*last.values()} <= ACCEPTING and "failed" not in gates)
        need(self.cut or {*git("rev-list", "--max-parents=0", self.head).split()} & {*p["repository"]["root_commits"]})
        digests = {name: subjects[name]["sha256"] for name in subjects.keys() & {"changes", "evidence", "evidence-run"}}
        held = {name: content(x, record_path(name.split("-")[0], digests[name], r.run)) for name in digests}
        r.edges, r.cumulative, base = parse_changes(held["changes"])
        need(base == p["base"]["branch_base"] and all(sha256(held[name]) == digests[name] for name in held))
        r.values, r.paths = {e.key for e in r.edges}, {e.path for e in r.edges}
        before = record_path("receipts", p["previous"] or "")
        with contextlib.suppress(*BAD):
            payload, _ = parse_envelope(content(self.additions.get(before, [x])[0], before))
            _, earlier, r.earlier = parse_statement("receipts", payload)
            r.follows = r.applied and earlier["state"] == "proposed"
    def pool(self, path, strict):  # section 6: (what vouches for a path now, how much of each digest is left)
        mine = [(i.receipt.run, i.key, i.used) for i in self.instances[path] if not i.squashed]
        spent = {run for run, key, _ in mine if (run, key, False) not in mine}
        pool = [i for i in self.instances[path] if (i.receipt.applied or not strict) and not (
            i.squashed and i.receipt.run in spent)]
        plain, squashed = ([i.stock for i in pool if i.squashed == kind] for kind in (False, True))
        return pool, functools.reduce(Counter.__or__, squashed, sum(plain, Counter())) - self.taken[path]
    def vouched(self, x, strict, kinds):  # try_exact, or with kinds of digests try_hunks
        pool, left = self.pool(x.path, strict)
        x.vouchers = [v for v in self.reviews if not kinds and v.predicate["finding_path"] == x.path and x.after == (
            "100644", v.subjects["finding"]["gitBlob"]) and v.uses < len(self.additions[v.file])][:1]
        chain = [] if kinds else chains(x.before, [i for i in pool if not i.used]).get(x.after, [])
        wanted = stock(x.after[0], x.hunks, kinds) if kinds else sum((i.stock for i in chain), Counter())
        by = chain or [i for i in pool if any(i.stock[key] for key in wanted if key[1] == kinds[0])]
        if by and wanted <= left and not x.vouchers:
            x.by_hunks, x.vouchers = bool(kinds), [i.receipt for i in by]
            self.taken[x.path] += wanted
            for i in chain: i.used = True
        return x.vouchers
    def match(self):
        paths = [p for item in self.items.values() for p in item.paths.values() if not p.cls]
        both, bare = ("full", "bare"), ("bare",)
        for cls, tests in (("exact", [()]), ("carried", [both]), ("adapted", [bare]), ("proposed", [(), both, bare])):
            for x in [x for x in paths if not x.cls and shown(x.path) == x.path]:
                x.cls = cls if any(self.vouched(x, cls != "proposed", kinds) for kinds in tests) else None
                for v in x.vouchers: v.uses += 1
        for x in paths: x.cls = x.cls or "uncovered"
    def arrives(self, r, path):  # section 8
        first, *_, last = [e for e in r.edges if e.path == path] * 2
        moved = any(path in item.changed for x, item in self.items.items() if x not in self.early)
        return moved or entry(self.base, path) == last.after or first.before in chains(last.after, self.instances[path])
    def check_trees(self, item):  # tree_mismatch (a) to (c): the path to name, or None, or nothing
        adds, parents, paths = [r for r in item.adds if not r.follows], self.parents[item.id], item.paths.values()
        union = {path for r in adds for path in r.paths}
        lost = sorted(p.path for p in paths if p.path in union and p.cls == "uncovered")
        alone = [r for r in adds if r.commit == item.id and r.paths and not any(self.arrives(r, p) for p in r.paths)]
        other = (adds and len(parents) == 1 and item.paths.keys() == union and not any(p.by_hunks for p in paths)
                 and content_tree(parents[0]) in [r.predicate["base"]["content_tree"] for r in adds]
                 and content_tree(item.id) not in [r.subjects["content-tree"]["gitTree"] for r in adds])
        if lost or alone or other: self.find("tree_mismatch", item.id, *lost[:1])
    def check_receipt(self, r):
        for path in [p for p in r.paths if r.uses and not self.arrives(r, p)]: self.find("partial", r.commit, path)
        if r.earlier > r.issued: self.find("time_order", r.commit, r.file)
        if not all(self.artifact_stands(r, name) for name in r.subjects if name.startswith("artifact/")):
            self.find("malformed", r.commit, r.file)
    def artifact_stands(self, r, name):
        path = name.removeprefix("artifact/")
        oid, data, item = entry(r.commit, path)[1], content(r.commit, path), self.items[r.commit].paths.get(path)
        return (data is not None and r.subjects[name] == {"gitBlob": oid, "sha256": sha256(data)}
                or item and item.by_hunks or any(name in o.subjects or path in o.paths for o in self.receipts
                                                 if o is not r and o.issued >= r.issued))
    def meets(self, r, rule):  # whether a receipt, with its accepting reviews in the range or beside it, is enough
        beside = [self.examine(p, r.commit) for p in files(r.commit) if kind_of(p) == "reviews" and name_in(p)]
        reviews = [v for v in self.reviews + beside if v.result == "ok" and v.predicate["verdict"] in ACCEPTING and (
            v.predicate["receipt"] == r.digest or v.digest in [u["review"] for u in r.predicate["verdicts"]])]
        lanes = [v["lane"] for v in r.predicate["verdicts"] if v["verdict"] in ACCEPTING]
        keys = lambda role, records: len({name for v in records for name in v.signers if role in v.signers[name]})
        found = {"accepting": len(lanes), "distinct_lanes": len({*lanes} - {None}), "human": keys("human", reviews)}
        return (all(found[name] >= n for name, n in rule.get("verdicts", {}).items())
                and all(keys(role, [r, *reviews]) >= n for role, n in rule.get("signatures", {}).items()))
    def apply_policy(self, item):
        trust, rules = self.J(item.id) if self.final else None, {}
        for rule in trust.policy.get("rules", []) if trust else []:
            hit = git("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=none",
                      item.first, item.id, "--", *(":(top,glob)" + glob for glob in rule["paths"]), check=False)
            rules.update(dict.fromkeys(hit.split("\0"), rule))
        if not self.final and not item.paths: self.find("policy_unmet", item.id)
        for p, rule in [(p, rules.get(p.path, {})) for p in item.paths.values()]:
            enough = all(self.meets(v, rule) for v in p.vouchers if v.kind == "receipts")
            if p.cls not in rule.get("accept", PASSING) or not enough: self.find("policy_unmet", item.id, p.path)
    def report(self):
        lines = lambda p: {sign: sum(hunk[sign] for hunk in p.hunks) for sign in ("added", "removed")}
        paths = lambda item: [lines(p) | {"path": shown(p.path), "class": p.cls, "receipts": sorted(
            {v.digest for v in p.vouchers})} for p in item.paths.values()]
        commits = [{"commit": x, "class": item.cls, "receipts": [r.digest for r in item.adds], "paths": paths(item),
                    "findings": [f for f in self.findings if f["commit"] == x]} for x, item in self.items.items()]
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
    ENV.update(GIT_ALTERNATE_OBJECT_DIRECTORIES=os.path.abspath(git("rev-parse", "--git-path", "objects")),
               GIT_OBJECT_DIRECTORY=SCRATCH.name, GIT_INDEX_FILE=f"{SCRATCH.name}/index")
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
