# SPDX-License-Identifier: Apache-2.0
"""Histories in which somebody cheats: every one must be found out, and for the named reason."""
import base64
import json

from lib import FOLDER, Run, canonical, numbered, rfc3339, sha256
from rows import LINE, RECORDS_ONLY, TRUST, Check, exact, history, human, uncovered, unmet

CHANGED = {"a.txt": numbered(30, LINE)}
REFUSED = [uncovered("a.txt")]


def amend(repo, files):
    repo.commit("forged", files, amend=True)


def envelope_of(repo, applied):
    return json.loads(repo.read(applied.receipt))


@history
def forged_receipt_bytes(repo):
    applied = repo.apply(CHANGED)
    envelope = envelope_of(repo, applied)
    payload = base64.b64decode(envelope["payload"])
    forged = envelope | {"payload": base64.b64encode(payload.replace(b'"strict":false', b'"strict":true')).decode()}
    amend(repo, {applied.receipt: canonical(forged) + b"\n"})
    yield Check("payload byte", "HEAD", REFUSED, [("receipt_altered", 0, applied.receipt), *unmet("a.txt")])
    signature = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
    signature[40] ^= 1
    forged = envelope | {"signatures": [envelope["signatures"][0] | {"sig": base64.b64encode(signature).decode()}]}
    amend(repo, {applied.receipt: canonical(forged) + b"\n"})
    yield Check("signature byte", "HEAD", REFUSED, [("bad_signature", 0, applied.receipt), *unmet("a.txt")])
    for label, data in (("not canonical", json.dumps(envelope).encode() + b"\n"), ("no line feed", canonical(envelope)),
                        ("unknown member", canonical(envelope | {"x": 1}) + b"\n"), ("not JSON", b"{\n")):
        amend(repo, {applied.receipt: data})
        yield Check(label, "HEAD", REFUSED, [("malformed", 0, applied.receipt), *unmet("a.txt")])


@history
def forged_changes_bytes(repo):
    applied = repo.apply(CHANGED)
    data = repo.read(applied.changes)
    forged = data.replace(b'"added":1', b'"added":2')
    amend(repo, {applied.changes: forged})
    yield Check("byte", "HEAD", REFUSED, [("receipt_altered", 0, applied.changes), ("malformed", 0, applied.receipt),
                                          *unmet("a.txt")])
    other = f"{FOLDER}/changes/{sha256(forged)[:2]}/{sha256(forged)}.json"
    amend(repo, {applied.changes: None, other: forged})
    yield Check("byte and name", "HEAD", REFUSED, [("malformed", 0, applied.receipt), *unmet("a.txt")])


@history
def forged_evidence_bytes(repo):
    applied = repo.apply(CHANGED)
    amend(repo, {applied.evidence: repo.read(applied.evidence) + b" "})
    yield Check("byte", "HEAD", REFUSED, [("receipt_altered", 0, applied.evidence), ("malformed", 0, applied.receipt),
                                          *unmet("a.txt")])
    amend(repo, {applied.evidence: None})
    yield Check("left out", "HEAD", REFUSED, [("malformed", 0, applied.receipt), *unmet("a.txt")])


@history
def wrong_key(repo):
    base, codex, stranger = repo.head, repo.keys.codex, repo.keys.stranger
    for label, finding, options in (
            ("a stranger", "untrusted_key", {"key": stranger}),
            ("a stranger, SSHSIG", "untrusted_key", {"key": stranger, "form": "sshsig"}),
            ("under another's name", "bad_signature", {"signatures": lambda pae: [(codex.fingerprint, stranger.raw(pae))]}),
            ("the same, SSHSIG", "bad_signature", {"signatures": lambda pae: [(codex.fingerprint, stranger.sshsig(pae))]}),
            ("another namespace", "bad_signature", {"signatures": lambda pae: [(codex.fingerprint, codex.sshsig(pae, "git"))]}),
            ("a key without a role here", "untrusted_key", {"key": repo.keys.root}),
            ("one good, one bad", "bad_signature", {"signatures": lambda pae: [
                (codex.fingerprint, codex.raw(pae)), (repo.keys.claude.fingerprint, bytes(64))]})):
        repo.branch("main", base)
        applied = repo.apply(CHANGED, **options)
        yield Check(label, "HEAD", REFUSED, [(finding, 0, applied.receipt), *unmet("a.txt")])
    repo.branch("main", base)
    repo.apply(CHANGED, signatures=lambda pae: [(stranger.fingerprint, stranger.raw(pae)), (codex.fingerprint, codex.raw(pae))])
    yield Check("a stranger beside a good one", "HEAD", [exact("a.txt")])


@history
def retired_key(repo):
    codex, base = repo.keys.codex, repo.head
    before = repo.apply(CHANGED)
    repo.trust(2, revoked=[{"key": codex.fingerprint, "reason": "lost"}])
    yield Check("used before", f"{base}..HEAD", [exact("a.txt"), RECORDS_ONLY])
    late = repo.apply({"b.txt": "b\n"}, run=Run("run_2"), issued_at=rfc3339(repo.clock - 86400))
    yield Check("revoked", "HEAD", [uncovered("b.txt")], [("revoked", 0, late.receipt), *unmet("b.txt")])
    assert before.digest != late.digest
    rest = repo.members()[:2]
    for label, options, finding in (("expired", 'valid-before="20251231Z"', "expired_key"),
                                    ("not yet valid", 'valid-after="20260201000000Z"', "key_not_yet_valid"),
                                    ("other namespace", 'namespaces="git"', "bad_signature"),
                                    ("in its time", 'valid-after="20260101Z",valid-before="20270101Z",'
                                     'namespaces="git,striatum-receipt@v1"', None)):
        repo.branch("main", base)
        repo.trust(2, members=[*rest, (codex, "lane:codex", options)])
        late = repo.apply(CHANGED, form="sshsig")
        yield Check(label, "HEAD", REFUSED if finding else [exact("a.txt")],
                    [(finding, 0, late.receipt), *unmet("a.txt")] if finding else [])


@history
def renamed_receipt(repo):
    applied = repo.apply(CHANGED)
    digest = applied.digest[::-1]  # no palindrome in any likely world
    other = f"{FOLDER}/receipts/{digest[:2]}/{digest}.dsse.json"
    data = repo.read(applied.receipt)
    amend(repo, {applied.receipt: None, other: data})
    yield Check("another digest", "HEAD", REFUSED, [("receipt_altered", 0, other), *unmet("a.txt")])
    deep = f"{FOLDER}/receipts/{applied.digest[:2]}/x/{applied.digest}.dsse.json"
    amend(repo, {other: None, deep: data})
    yield Check("another folder", "HEAD", REFUSED, [("receipt_altered", 0, deep), *unmet("a.txt")])
    review = f"{FOLDER}/reviews/{applied.digest[:2]}/{applied.digest}.dsse.json"
    amend(repo, {deep: None, review: data})
    yield Check("as a review", "HEAD", REFUSED, [("malformed", 0, review), *unmet("a.txt")])


@history
def replayed_receipt(repo):
    applied = repo.apply(CHANGED)
    records = {name: repo.read(name) for name in (applied.receipt, applied.changes, applied.evidence)}
    repo.branch("foreign", "HEAD~1")
    repo.git("checkout", "-q", "--orphan", "elsewhere")
    repo.commit("another project", sign=repo.keys.root)
    repo.commit("replayed", CHANGED | records)
    yield Check("in another project", "HEAD", REFUSED, [("malformed", 0, applied.receipt), *unmet("a.txt")])
    repo.branch("main", "main")
    repo.commit("elsewhere", {"b.txt": numbered(30, LINE)})
    yield Check("for another path", "HEAD", [uncovered("b.txt")], unmet("b.txt"))
    base = repo.git("rev-parse", "main~2")
    repo.branch("records", base)
    repo.commit("records alone", records)
    yield Check("without its change", "HEAD", [RECORDS_ONLY], [("tree_mismatch", 0, None)])


@history
def key_added_in_head(repo):
    base, members = repo.head, [*repo.members(), (repo.keys.stranger, "lane:mine,human:me")]
    for sign, findings in ((None, [("trust_change_unsigned", 0, TRUST)]), (repo.keys.stranger, [("trust_change_unsigned", 0, TRUST)]),
                           (repo.keys.root, [])):
        repo.branch("main", base)
        repo.write_trust(2, members=members)
        applied = repo.apply(CHANGED, key=repo.keys.stranger, sign=sign)
        yield Check(f"signed by {sign.name if sign else 'nobody'}", "HEAD", REFUSED,
                    [*findings, ("untrusted_key", 0, applied.receipt), *unmet("a.txt")])
    repo.branch("main", base)
    repo.trust(2, sign=None, members=members)
    repo.commit("as a human", CHANGED, sign=repo.keys.stranger)
    yield Check("the commit before", f"{base}..HEAD", [RECORDS_ONLY, uncovered("a.txt")],
                [("trust_change_unsigned", 0, TRUST), *unmet("a.txt", at=1)])
    yield Check("as the base", "HEAD", [uncovered("a.txt")],
                [("trust_change_unsigned", repo.git("rev-parse", "HEAD~1"), TRUST), *unmet("a.txt")])


@history
def policy_rollback(repo):
    everything = [{"paths": ["**"], "accept": ["uncovered", "exact"]}]
    repo.trust(2, rules=[{"paths": ["**"], "accept": ["exact"]}])
    base = repo.head
    for label, version, sign, kind in (("older version", 1, "root", "policy_rollback"), ("same version", 2, "root", "policy_rollback"),
                                       ("unsigned", 3, None, "trust_change_unsigned")):
        repo.branch("main", base)
        repo.trust(version, sign=sign, rules=everything)
        repo.commit("change", CHANGED)
        yield Check(label, f"{base}..HEAD", [RECORDS_ONLY, uncovered("a.txt")],
                    [(kind, 0, TRUST), *unmet("a.txt", at=1)])
    repo.branch("main", base)
    repo.git("rm", "-q", "-r", TRUST)
    repo.commit("no trust", sign=repo.keys.root)
    yield Check("removed", "HEAD", [RECORDS_ONLY], [("policy_rollback", 0, TRUST)])
    repo.branch("main", base)
    repo.trust(3, rules=everything)
    repo.commit("change", CHANGED)
    yield Check("newer and signed", f"{base}..HEAD", [RECORDS_ONLY, uncovered("a.txt")])


@history
def revoked_root(repo):
    """A root key that the target revoked cannot act from an old branch."""
    base, members = repo.head, [*repo.members(), (repo.keys.second, "root:second")]
    repo.trust(2, members=members)
    repo.trust(3, members=members, sign="second", revoked=[{"key": repo.keys.root.fingerprint, "reason": "lost"}])
    repo.branch("old", base)
    repo.trust(9, members=[*members, (repo.keys.stranger, "lane:mine")])
    yield Check("from an old branch", "main..old", [RECORDS_ONLY], [("trust_change_unsigned", 0, TRUST)])
    repo.git("checkout", "-q", "main")
    repo.trust(4, members=members, sign="root")
    yield Check("on the target", "HEAD", [RECORDS_ONLY], [("trust_change_unsigned", 0, TRUST)])


@history
def false_statements(repo):
    base = repo.head

    def hunk(predicate, changes, subjects):
        changes["edges"][0]["hunks"][0]["full"] = "0" * 64

    def tree(predicate, changes, subjects):
        subjects["content-tree"] = {"gitTree": "0" * 40}

    def member(predicate, changes, subjects):
        del predicate["log"]

    def subject(predicate, changes, subjects):
        subjects["extra"] = {"sha256": "0" * 64}

    def base_commit(predicate, changes, subjects):
        changes["cumulative"]["base_commit"] = "0" * 40

    def gate(predicate, changes, subjects):
        predicate["gates"][0]["outcome"] = "failed"

    def extra_member(predicate, changes, subjects):
        predicate["future"] = {"ü": 1}

    def more_members(predicate, changes, subjects):
        predicate["future"] = {"u": [1, {"v": None}]}

    def edge_of_records(predicate, changes, subjects):
        changes["edges"].insert(0, changes["edges"][0] | {"path": f"{FOLDER}/changes/x", "hunks": changes["edges"][0]["hunks"]})

    for change in (hunk, member, subject, base_commit, gate, extra_member, edge_of_records):
        repo.branch("main", base)
        applied = repo.apply(CHANGED, change=change)
        yield Check(change.__name__, "HEAD", REFUSED, [("malformed", 0, applied.receipt), *unmet("a.txt")])
    repo.branch("main", base)
    repo.apply(CHANGED, change=tree)
    yield Check("content-tree", "HEAD", [exact("a.txt")], [("tree_mismatch", 0, None)])
    repo.branch("main", base)
    repo.apply(CHANGED, change=more_members)
    yield Check("unknown members are allowed", "HEAD", [exact("a.txt")])


@history
def false_artifact(repo):
    repo.apply(CHANGED | {"docs/plan.md": "plan\n"}, artifacts=["docs/plan.md"])
    yield Check("true", "HEAD", [exact("a.txt", "docs/plan.md")])

    def wrong(predicate, changes, subjects):
        subjects["artifact/docs/other.md"] = {"gitBlob": "0" * 40, "sha256": "0" * 64}
    applied = repo.apply({"b.txt": "b\n"}, run=Run("run_2"), change=wrong)
    yield Check("false", "HEAD", [exact("b.txt")], [("malformed", 0, applied.receipt)])


@history
def time_goes_back(repo):
    run = Run()
    repo.apply(CHANGED, run=run)
    later = repo.apply({"b.txt": "b\n"}, run=run, issued_at=rfc3339(repo.clock - 3600))
    yield Check("earlier than its previous", "HEAD", [exact("b.txt")], [("time_order", 0, later.receipt)])


@history
def forged_commit_signature(repo):
    repo.human(CHANGED)
    yield Check("signed by a human", "HEAD", [human("a.txt")])
    raw = repo.git("cat-file", "commit", "HEAD", text=False)
    forged = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.replace(b"by hand", b"BY HAND"))
    yield Check("another message", forged, REFUSED, [("bad_signature", 0, None), *unmet("a.txt")])
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.commit("by a lane", CHANGED, sign=repo.keys.codex)
    yield Check("a key without the role", "HEAD", REFUSED, unmet("a.txt"))


@history
def records_out_of_place(repo):
    attributes = f"{FOLDER}/.gitattributes"
    for label, files, finding, commits in (
            ("other attributes", {attributes: "* text\n"}, attributes, [RECORDS_ONLY]),
            ("executable", {f"{FOLDER}/changes/00/{'0' * 64}.json": ("100755", "x\n")},
             f"{FOLDER}/changes/00/{'0' * 64}.json", [RECORDS_ONLY]),
            ("a note", {f"{FOLDER}/evidence/readme.txt": "x\n"}, f"{FOLDER}/evidence/readme.txt", [RECORDS_ONLY]),
            ("a file for a folder", {f"{FOLDER}/reviews": "x\n"}, f"{FOLDER}/reviews", [RECORDS_ONLY])):
        repo.branch("work", "main")
        repo.commit(label, files)
        yield Check(label, "HEAD", commits, [("receipt_altered", 0, finding)])
    repo.branch("work", "main")
    repo.commit("beside", {".provenance/other": "x\n", f"{FOLDER}/notes": "x\n"})
    yield Check("judged paths beside the records", "HEAD", [uncovered(".provenance/other", f"{FOLDER}/notes")],
                unmet(".provenance/other", f"{FOLDER}/notes"))
