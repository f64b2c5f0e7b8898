#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second verifier of provenance format version 1, written from docs/format and nothing else; needs git and ssh-keygen.
Names follow the pages, so that both can be read side by side. tables.json holds the pages' tables of members,
primitives.py what a library would give: git objects, strict JSON, Ed25519, SSHSIG."""
import argparse, functools, json, math, re, sys
from collections import Counter, defaultdict, namedtuple
from types import SimpleNamespace as Record
from primitives import (ABSENT, BAD, EMPTY_TREE, LIMIT, TABLES, Hunk, Missing, commit_signer, content, cut_commits,
    entry_verifies, files, fingerprint, fits, git, graph, hunks, instant, merges_cleanly, need, open_repository,
    parse_envelope, parse_file, parse_json, parse_key, read, resolve, sha256, shown, time_of)

ROOT, TRUST, ATTRIBUTES = (b".provenance/striatum/" + name for name in (b"", b"trust", b".gitattributes"))
FOLDERS, FIXED = (b"receipts", b"changes", b"evidence", b"reviews"), ("100644", "29f002ab0132f6aceb6c6d208d287b9acc40aadf")
CLASSES = ["exact", "carried", "adapted", "proposed", "uncovered", "human", "before_adoption", "provenance_only"]
PASSING, ACCEPTING = {*CLASSES} - {"adapted", "proposed", "uncovered"}, {"accept", "accept_with_findings"}
NAMESPACE, ROLES, WELL_NAMED = "striatum-receipt@v1", {"lane", "human", "ci"}, re.compile(TABLES["record"].encode())
State = namedtuple("State", "tree version keys policy revoked")

# ---- paths and hunks: records.md 2 and 7, verification.md 2
def content_tree(x):
    rows = [f"{m} {i}\t".encode() + p + b"\0" for p, (m, i) in files(x).items() if kind_of(p) not in FOLDERS]
    git("read-tree", "--empty")
    git("update-index", "-z", "--index-info", stdin=b"".join(rows))
    return git("write-tree", "--missing-ok").decode().strip()
def kind_of(path):
    """a record folder, b"trust", b".gitattributes" or b"judged" """
    first = path[len(ROOT):].split(b"/")[0] if path.startswith(ROOT) else b""
    return first if first in (*FOLDERS, b"trust") or path == ATTRIBUTES else b"judged"
def changed(x, parents):
    new, olds = files(x), [files(p) for p in parents] or [{}]
    paths = {p for p in new.keys() | olds[0].keys() if all(old.get(p, ABSENT) != new.get(p, ABSENT) for old in olds)}
    bases = git("merge-base", "--all", *parents, check=False).decode().split() if len(parents) == 2 else []
    sides = lambda p: [tree.get(p, ABSENT) for tree in (*olds, files(bases[0]), new)]
    return sorted(p for p in paths if len(bases) != 1 or kind_of(p) != b"judged" or not merges_cleanly(*sides(p)))

# ---- envelopes and payloads: records.md 4 to 7 and 9. Whatever is wrong is one of BAD.
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
    value = parse_file(data, "changes", LIMIT)
    edges, squashed = ([parse_edge(e) for e in part["edges"]] for part in (value, value["cumulative"]))
    need(all(a.path < b.path or a.path == b.path and a.after == b.before for a, b in zip(edges, edges[1:])))
    need(all(a.path < b.path for a, b in zip(squashed, squashed[1:])))
    return edges, squashed, value["cumulative"]["base_commit"]
def parse_edge(value):
    before, after = (value["mode_before"], value["before"]), (value["mode_after"], value["after"])
    listed, path = tuple(Hunk(**hunk) for hunk in value["hunks"]), value["path"].encode()
    need(kind_of(path) == b"judged" and before != after and all((m is None) == (i is None) for m, i in (before, after)))
    try: need(listed == (hunks(before, after) or ()))
    except Missing: pass  # what the clone does not have is believed with the signature
    return Record(path=path, before=before, after=after, hunks=listed, value=(path, before, after))

# ---- trust.md
@functools.cache
def trust_state(tree):
    """the trust in a folder, None when it is not well-formed"""
    try:
        held = files(tree)
        policy = parse_json(read(held[b"policy.json"][1]), canonical=False)
        need(fits(policy, TABLES["policy"]) and all(rule.get("paths") for rule in policy.get("rules", [])))
        keys = [parse_key(p[5:], mode, read(oid)) for p, (mode, oid) in held.items() if p.startswith(b"keys/")]
        keys, revoked = {fingerprint(key.blob): key for key in keys}, {r["key"] for r in policy.get("revoked", [])}
        need(any("root" in key.roles and name not in revoked for name, key in keys.items()))
        return State(tree, policy["version"], keys, policy, revoked)
    except (*BAD, KeyError, Missing):
        return None
def trust_of(x):
    return git("rev-parse", "--verify", "--quiet", f"{x}:{TRUST.decode()}", check=False).decode().strip() or None
def highest(states):
    return max((s for s in states if s), key=lambda s: s.version, default=None)
def signed_by(x, role, state):
    """whether a commit has a good signature of a key with that role"""
    signer, good = commit_signer(x)
    key = good and state and state.keys.get(signer)
    return bool(key and role in key.roles and signer not in state.revoked and key.after <= time_of(x) <= key.before
                and "git" in (key.namespaces or ["git"]))

class Judge:
    def __init__(self, base, head, anchors):
        self.base, self.head, self.anchors, self.parents = base, head, anchors, graph(base) if base else {}
        self.findings, self.adopting, self.unread, self.cut, self.inside = [], set(), set(), cut_commits(), set()
        self.H, self.range, self.items, self.records, self.receipts = {None: None}, [], {}, [], []
        self.additions, self.instances, self.taken = defaultdict(list), defaultdict(list), Counter()
        for x in self.parents:
            self.H[x] = self.trust_after(x)
        if base and trust_of(base) == getattr(self.H[base], "tree", None):
            self.findings.clear()
        inside = graph(head, *(["--not", base] if base else []))
        self.inside, self.roots = {*inside}, {*git("rev-list", "--max-parents=0", head).decode().split()}
        self.parents.update(inside)
        for x in inside:
            self.H[x] = self.trust_after(x)
        self.J = {x: self.H[x] if x in self.adopting or not inside[x] else highest(
            [self.H[base], *map(self.H.get, inside[x])]) for x in inside}
        while left := self.inside.difference(self.range):
            self.range.append(min((time_of(x), x) for x in left if left.isdisjoint(self.parents[x]))[1])
        self.final = highest([self.H[base], self.H[head]])
        marks = [*self.adopting, self.final.policy.get("since", "")] if self.final else []
        known = [f"{mark}^@" for mark in marks if git("rev-parse", "--verify", "-q", mark + "^{commit}", check=False)]
        self.early = {*git("rev-list", *known, check=False).decode().split()}
        for x in self.range:
            try: self.items[x] = self.open(x)
            except Missing: self.unread.add(x)
        if self.final:
            self.consider()
            self.match()
        for item in self.items.values():
            item.cls = item.cls or max((p.cls for p in item.paths.values()), key=CLASSES.index)
        self.check_receipts()
        self.apply_policy()
    def find(self, kind, x, path, detail=""):
        self.findings.append({"kind": kind, "commit": x, "path": shown(path), "detail": detail})
    def trust_after(self, x):
        """H(x): trust.md 4"""
        own, before, held = trust_of(x), [self.H.get(p) for p in self.parents[x]], [trust_of(p) for p in self.parents[x]]
        h, state, problems = highest(before), trust_state(own) if own else None, []
        best = highest([self.H[self.base], *before]) if x in self.inside else h
        if x in self.cut:
            self.unread |= {x} if own else set()
            return state
        if own in (held or [None]) if len(held) < 2 or not h else own == h.tree and all(
                s is None or s.version != h.version or s.tree == own for s in before):
            return h
        if best is None and own:
            signer, good = commit_signer(x)
            roots = {name for name, key in state.keys.items() if "root" in key.roles} if state else set()
            stranger = "untrusted_key" if self.anchors and good else "trust_change_unsigned"
            problems = ["malformed"] if not state else [stranger] if not good or signer not in (self.anchors or roots) else []
            self.adopting |= set() if problems else {x}
        elif best:
            problems = [] if signed_by(x, "root", best) else ["trust_change_unsigned"]
            rollback = own is None or state and any(s and state.version <= s.version for s in (best, *before))
            problems += ["policy_rollback"] if rollback else [] if state else ["malformed"]
        for problem in problems:
            self.find(problem, x, TRUST)
        return h if problems else state

    # ---- verification.md 3 to 5
    def open(self, x):
        """what a commit changes, and its class as far as receipts have no part in it"""
        if x in self.cut:
            raise Missing(3, x)
        parents, new, trust, (signer, good) = self.parents[x], files(x), self.J[x], commit_signer(x)
        paths, old = changed(x, parents), files(parents[0] if parents else None)
        judged = [p for p in paths if kind_of(p) == b"judged"]
        fresh = [p for p in paths if p in new and not any(p in files(q) for q in parents)]
        receipts = [p for p in fresh if kind_of(p) == b"receipts" and p.endswith(b".dsse.json")]
        cls = ("uncovered" if not self.final else "provenance_only" if paths and not judged else
               "before_adoption" if x in self.early else "exact" if not paths else
               "human" if not receipts and signed_by(x, "human", trust) else None)
        for path in [p for p in paths if p in new] if self.final and x not in self.early else []:
            self.look_at(x, path, path in fresh)
        if self.final and x not in self.early and trust and signer in trust.keys and not good:
            self.find("bad_signature", x, None)
        sides = {p: (old.get(p, ABSENT), new.get(p, ABSENT)) for p in judged if cls != "before_adoption"}
        return Record(id=x, changed=paths, adds=[], cls=cls, paths={
            p: Record(path=p, before=before, after=after, hunks=hunks(before, after), vouchers={}, by_hunks=False, cls=cls)
            for p, (before, after) in sides.items()})
    def look_at(self, x, path, fresh):
        """section 4 for a path that x has"""
        name, entry, kind, data = WELL_NAMED.fullmatch(path[len(ROOT):]), files(x)[path], kind_of(path), content(x, path)
        altered = kind in FOLDERS and not (name and fresh and entry[0] == "100644")
        if kind in (b"receipts", b"reviews") and path.endswith(b".sig") or kind in (b"judged", b"trust"):
            return
        try:
            payload = parse_envelope(data)[0] if name and name[1] and not altered else data
            if altered or (sha256(payload) != name[name.lastindex].decode() if name else entry != FIXED):
                self.find("receipt_altered", x, path)
            elif name and name[1]:
                self.additions[name[1].decode(), name[name.lastindex].decode()].append(x)
        except BAD:
            self.find("malformed", x, path)
    def consider(self):
        for (kind, digest), commits in self.additions.items():
            record = self.examine(kind, digest, commits[0])
            if isinstance(record, str):
                self.find(record, commits[0], record_path(kind, digest))
            else:
                self.records.append(record)
                record.positions = [self.range.index(x) for x in commits]
        receipts = [r for r in self.records if r.kind == "receipts"]
        self.receipts = [r for r in receipts if r.applied or not any(a.applied and a.run == r.run and (
            {e.value for e in r.edges} <= {e.value for e in a.edges}) for a in receipts)]
        for n, r in sorted(((n, r) for r in self.receipts for n in r.positions), key=lambda use: (use[0], use[1].digest)):
            self.items[self.range[n]].adds.append(r)
            for edge in r.edges:
                self.instances[edge.path].append(Record(edge=edge, receipt=r, used=False))
    def examine(self, kind, digest, x):
        """a receipt or review in the tree of x under the trust of x, or the finding against it: section 5"""
        file, trust, results = record_path(kind, digest), self.J[x], {}
        try:
            payload, signatures = parse_envelope(content(x, file))
            need(sha256(payload) == digest)
            for name, signature in signatures.items():
                key = trust and trust.keys.get(name)
                results[name] = ("unknown" if not key or not key.roles & ROLES else "bad" if not entry_verifies(
                    key.blob, signature, payload, NAMESPACE if NAMESPACE in (key.namespaces or [NAMESPACE]) else None)
                    else "revoked" if name in trust.revoked else "ok")
            found = {*results.values()}
            if "bad" in found or "ok" not in found:
                return "bad_signature" if "bad" in found else "revoked" if "revoked" in found else "untrusted_key"
            subjects, predicate = parse_statement(kind, payload)
            issued, keys = instant(predicate["issued_at"]), {n: trust.keys[n] for n in results if results[n] == "ok"}
            late = {n for n, key in keys.items() if issued > (key.before + 300) * 10**9}
            signers = {n: k.roles for n, k in keys.items() if n not in late and issued >= (k.after - 300) * 10**9}
            if not signers:
                return "revoked" if "revoked" in found else "expired_key" if late else "key_not_yet_valid"
            record = Record(kind=kind, digest=digest, commit=x, file=file, subjects=subjects, predicate=predicate,
                            issued=issued, uses=0, signers=signers)
            return record if kind == "reviews" else self.with_contents(record, x)
        except BAD:
            return "malformed"
    def with_contents(self, r, x):
        p, run, s = r.predicate, r.predicate["run"]["run_id"], r.subjects
        need(self.cut or not self.roots.isdisjoint(p["repository"]["root_commits"]))
        for name in [name for name in ("changes", "evidence", "evidence-run") if name in s]:
            path = record_path(name.split("-")[0], s[name]["sha256"], run if name != "changes" else None)
            need(sha256(content(x, path) or b"") == s[name]["sha256"])
        r.edges, r.cumulative, base = parse_changes(content(x, record_path("changes", s["changes"]["sha256"])))
        r.run, r.applied, last = run, p["state"] == "applied", {v["job_id"]: v["verdict"] for v in p["verdicts"]}
        need(base == p["base"]["branch_base"] and not (r.applied and ({*last.values()} - {*ACCEPTING} or any(
            gate["outcome"] == "failed" for gate in p["gates"]))))
        r.previous = self.previous(p["previous"], x)
        return r
    def previous(self, digest, x):
        """(state, time) of an earlier receipt that the range adds or x holds, itself unchecked"""
        x = self.additions.get(("receipts", digest), [x])[0]
        try:
            value = parse_json(parse_envelope(content(x, record_path("receipts", digest)))[0])["predicate"]
            return value["state"], instant(value["issued_at"])
        except (*BAD, TypeError, KeyError):
            return None, -math.inf

    # ---- section 6
    def squashed(self, r, path):
        """the cumulative edge of a path, unless the run is spent for it"""
        mine = [i for i in self.instances[path] if i.receipt.run == r.run]
        spent = {i.edge.value for i in mine} - {i.edge.value for i in mine if not i.used}
        return [e for e in r.cumulative if e.path == path and not spent]
    def take(self, path, sides, kinds, strict):
        """takes the digests of [(mode, hunks)] if all are available"""
        def available(mode, kind, digest):
            count = lambda edges: sum(getattr(h, kind) == digest for e in edges if e.after[0] == mode for h in e.hunks)
            direct = count(i.edge for i in self.instances[path] if i.receipt.applied or not strict)
            squashed = max((count(self.squashed(r, path)) for r in self.receipts if r.applied or not strict), default=0)
            return max(direct, squashed) - self.taken[path, mode, kind, digest]
        wanted = Counter((mode, kind, getattr(h, kind)) for mode, hs in sides for h in hs for kind in kinds)
        good = all(available(*key) >= n for key, n in wanted.items())
        self.taken.update({(path, *key): n for key, n in wanted.items() if good})
        return good
    def try_exact(self, x, strict):
        for v in self.records if strict else []:
            if (v.kind == "reviews" and v.predicate["finding_path"].encode() == x.path and v.uses < len(v.positions)
                    and x.after == ("100644", v.subjects["finding"]["gitBlob"])):
                v.uses, x.vouchers = v.uses + 1, {v.digest: v}
                return True
        chains, todo = {x.before: []}, [x.before]
        for node in todo:
            for i in self.instances[x.path]:
                if not i.used and i.edge.before == node and i.edge.after not in chains and (i.receipt.applied or not strict):
                    chains[i.edge.after] = [*chains[node], i]
                    todo.append(i.edge.after)
        chain = chains.get(x.after)
        if not chain or not self.take(x.path, [(i.edge.after[0], i.edge.hunks) for i in chain], ("full", "bare"), strict):
            return False
        for i in chain:
            i.used, x.vouchers[i.receipt.digest] = True, i.receipt
        return True
    def try_hunks(self, x, strict, kinds):
        if not x.hunks or not self.take(x.path, [(x.after[0], x.hunks)], kinds, strict):
            return False
        digests, x.by_hunks = {getattr(h, kinds[0]) for h in x.hunks}, True
        for r in (r for r in self.receipts if r.applied or not strict):
            edges = [e for e in r.edges if e.path == x.path] + self.squashed(r, x.path)
            if any(e.after[0] == x.after[0] and getattr(h, kinds[0]) in digests for e in edges for h in e.hunks):
                x.vouchers[r.digest] = r
        return True
    def match(self):
        full, bare = (functools.partial(self.try_hunks, kinds=kinds) for kinds in (("full", "bare"), ("bare",)))
        todo = [p for item in self.items.values() for p in item.paths.values() if not p.cls]
        for cls, tests in (("exact", [self.try_exact]), ("carried", [full]), ("adapted", [bare]),
                           ("proposed", [self.try_exact, full, bare])):
            for x in (x for x in todo if not x.cls and shown(x.path).encode() == x.path):
                x.cls = cls if any(test(x, cls != "proposed") for test in tests) else None
        for x in todo:
            x.cls = x.cls or "uncovered"

    # ---- sections 7, 8, 10
    def arrives(self, r, path):
        mine, todo = [e for e in r.edges if e.path == path], []
        known = {mine[-1].after}
        while len(known) > len(todo):
            todo = [*known]
            known |= {i.edge.after for i in self.instances[path] if i.edge.before in known}
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
            for name, digest in r.subjects.items():
                if name.startswith("artifact/") and not self.artifact_stands(r, name, digest):
                    self.find("malformed", r.commit, r.file)
        for x, path in mismatched.items():
            self.find("tree_mismatch", x, path)
    def artifact_stands(self, r, name, digest):
        path, paths = name.removeprefix("artifact/").encode(), self.items[r.commit].paths
        return (files(r.commit).get(path, ABSENT)[1] == digest["gitBlob"] and sha256(content(r.commit, path)) == digest["sha256"]
                or path in paths and paths[path].by_hunks
                or any(o is not r and o.issued >= r.issued and (name in o.subjects or any(e.path == path for e in o.edges))
                       for o in self.receipts))
    def meets(self, r, rule):
        """whether a receipt reaches the thresholds of a rule, with the accepting reviews of it in the range or beside it"""
        beside = [WELL_NAMED.fullmatch(path[len(ROOT):]) for path in files(r.commit) if kind_of(path) == b"reviews"]
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
        path = lambda p: {"path": shown(p.path), "class": p.cls, "receipts": sorted(p.vouchers)} | {
            name: sum(getattr(h, name) for h in p.hunks or ()) for name in ("added", "removed")}
        commits = [{"commit": x, "class": item.cls, "receipts": sorted(r.digest for r in item.adds), "paths": [
            *map(path, item.paths.values())], "findings": [f for f in self.findings if f["commit"] == x]}
            for x, item in self.items.items()]
        return {"base": self.base, "head": self.head, "policy_version": self.final.version if self.final else None,
                "counts": dict.fromkeys(CLASSES, 0) | Counter(item.cls for item in self.items.values()),
                "commits": commits, "findings": self.findings, "unreadable": len(self.unread)}

def record_path(kind, digest, folder=None):
    return ROOT + f"{kind}/{folder or digest[:2]}/{digest}{'.dsse' * kind.startswith('re')}.json".encode()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, how in (("revision", {"nargs": "?", "default": "HEAD"}), ("--root", {"action": "append", "default": []}),
                      *((flag, {"action": "store_true"}) for flag in ("--all", "--self-asserted", "--json"))):
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
    try:
        sys.exit(main())
    except Missing:
        sys.exit(3)
