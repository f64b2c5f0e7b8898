# SPDX-License-Identifier: Apache-2.0
"""Forged texts: records that are signed and named as they should be and whose bytes are still not what the pages ask for,
and signatures over something else. One commit each, every one to be found out."""
import base64
import json

from lib import FOLDER, Run, canonical, numbered, pae, rfc3339, sha256
from rows import LINE, TRUST, Check, exact, history, uncovered, unmet, RECORDS_ONLY

CHANGED = {"a.txt": numbered(30, LINE)}
REFUSED = [uncovered("a.txt")]


def each(repo, cases, finding, base=None):
    """cases: {label: options of apply}; each alone on the same base."""
    base = base or repo.head
    for label, options in cases.items():
        repo.branch("main", base)
        applied = repo.apply(CHANGED, **options)
        yield Check(label, "HEAD", REFUSED, [(finding, 0, applied.receipt), *unmet("a.txt")])


def swap(old, new):
    """Of a payload, before it is signed."""
    def change(payload):
        assert old in payload, old
        return payload.replace(old, new, 1)
    return {"payload": change}


def of_predicate(change):
    return {"change": lambda predicate, changes, subjects: change(predicate)}


def of_changes(change):
    return {"change": lambda predicate, changes, subjects: change(changes)}


def of_subjects(change):
    return {"change": lambda predicate, changes, subjects: change(subjects)}


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@history
def payload_forms(repo):
    yield from each(repo, {
        "a member twice": swap(b'"strict":false', b'"strict":false,"strict":true'),
        "a float": swap(b'"seq":0', b'"seq":0.0'),
        "an exponent": swap(b'"seq":0', b'"seq":0e0'),
        "minus nought": swap(b'"seq":0', b'"seq":-0'),
        "an integer of 2^53": swap(b'"seq":0', b'"seq":9007199254740992'),
        "white space": swap(b'"strict":false', b'"strict": false'),
        "a line feed at the end": {"payload": lambda payload: payload + b"\n"},
        "a byte order mark": {"payload": lambda payload: b"\xef\xbb\xbf" + payload},
        "not UTF-8": swap(b'"implementer"', b'"implementer\xff"'),
        "a lone surrogate": swap(b'"implementer"', b'"\\ud800"'),
        "an escape too many": swap(b'"implementer"', b'"\\u0069mplementer"'),
        "other order": {"payload": lambda payload: json.dumps(
            dict(reversed(json.loads(payload).items())), separators=(",", ":")).encode()},
        "too deep": of_predicate(lambda p: p.update(future=nested(31))),
        "not an object": {"payload": lambda payload: b"[]"},
        "empty": {"payload": lambda payload: b""},
        "another statement type": swap(b"https://in-toto.io/Statement/v1", b"https://in-toto.io/Statement/v0.1"),
        "another predicate": swap(b"apply-receipt/v1", b"apply-receipt/v2"),
        "a review's predicate": swap(b"apply-receipt/v1", b"handoff-review/v1"),
        "an unknown statement member": swap(b'{"_type"', b'{"Z":1,"_type"'),
    }, "malformed")


@history
def receipt_members(repo):
    drop = lambda *names: of_predicate(lambda p: [p.pop(name) for name in names])
    put = lambda **members: of_predicate(lambda p: p.update(members))
    yield from each(repo, {
        "refused": put(state="refused"),
        "superseded": put(state="superseded"),
        "no state": drop("state"),
        "no nonce": drop("nonce"),
        "a short nonce": put(nonce="00"),
        "a time with an offset": put(issued_at="2026-01-01T00:00:00+00:00"),
        "no time of day": put(issued_at="2026-01-01"),
        "a boolean for a number": of_predicate(lambda p: p["log"].update(seq=True)),
        "a negative position": of_predicate(lambda p: p["log"].update(seq=-1)),
        "no root commits": of_predicate(lambda p: p["repository"].update(root_commits=[])),
        "root commits out of order": of_predicate(lambda p: p["repository"].update(
            root_commits=p["repository"]["root_commits"] + ["0" * 40])),
        "another object format": of_predicate(lambda p: p["repository"].update(object_format="sha256")),
        "a gate twice": of_predicate(lambda p: p["gates"].append(p["gates"][0])),
        "an unknown gate": of_predicate(lambda p: p["gates"][0].update(name="luck")),
        "an unknown outcome": of_predicate(lambda p: p["gates"][0].update(outcome="perhaps")),
        "an unknown verdict": put(verdicts=[{
            "verdict_id": "v", "job_id": "j", "verdict": "maybe", "posture": "p", "session_id": "s", "lane": None,
            "artifact_sha256": None, "reviewed": [], "review": None}]),
        "upper-case digits": of_predicate(lambda p: p["log"].update(head="A" * 64)),
        "a digest with a line feed": of_predicate(lambda p: p["log"].update(head="0" * 64 + "\n")),
        "a run that is a path": of_predicate(lambda p: p["run"].update(run_id="../run_1")),
        "no content-tree": of_subjects(lambda s: s.pop("content-tree")),
        "no evidence": of_subjects(lambda s: s.pop("evidence")),
        "evidence of nothing": of_subjects(lambda s: s.update(evidence={"sha256": sha256(b"")})),
        "run evidence that is not there": of_subjects(lambda s: s.update({"evidence-run": {"sha256": "1" * 64}})),
        "a subject with another digest": of_subjects(lambda s: s["content-tree"].update(sha256="0" * 64)),
    }, "malformed")


@history
def changes_forms(repo):
    edge = lambda **members: of_changes(lambda c: c["edges"][0].update(members))
    hunk = lambda **members: of_changes(lambda c: c["edges"][0]["hunks"][0].update(members))
    yield from each(repo, {
        "version 2": of_changes(lambda c: c.update(version=2)),
        "no cumulative": of_changes(lambda c: c.pop("cumulative")),
        "an unknown member": of_changes(lambda c: c.update(more=1)),
        "an unknown edge member": edge(more=1),
        "an edge twice": of_changes(lambda c: c["edges"].append(c["edges"][0])),
        "a cumulative edge twice": of_changes(lambda c: c["cumulative"]["edges"].append(c["cumulative"]["edges"][0])),
        "a path that climbs": edge(path="../a.txt"),
        "an absolute path": edge(path="/a.txt"),
        "a path of the trust": edge(path=f"{TRUST}/policy.json"),
        "a mode of git's own": edge(mode_after="040000"),
        "a mode without an id": edge(after=None),
        "equal sides": of_changes(lambda c: c["edges"][0].update(
            mode_after=c["edges"][0]["mode_before"], after=c["edges"][0]["before"])),
        "another after": edge(after="1" * 40, hunks=[{"full": "0" * 64, "bare": "0" * 64, "removed": 0, "added": -1}]),
        "hunks of a link": edge(mode_after="120000"),
        "a false bare digest": hunk(bare="0" * 64),
        "a false number of lines": hunk(added=2),
        "a hunk too many": of_changes(lambda c: c["edges"][0]["hunks"].append(c["edges"][0]["hunks"][0])),
        "no hunks": edge(hunks=[]),
    }, "malformed")


@history
def envelope_forms(repo):
    raw = lambda change: {"file": lambda value: change(canonical(value) + b"\n")}
    member = lambda name, text: {"file": lambda value: canonical(value | {name: text(value[name])}) + b"\n"}
    entry = lambda change: {"file": lambda value: canonical(value | {"signatures": [
        change(dict(one)) for one in value["signatures"]]}) + b"\n"}
    codex = repo.keys.codex
    yield from each(repo, {
        "another payload type": member("payloadType", lambda text: "application/json"),
        "no padding": member("payload", lambda text: text.rstrip("=") if "=" in text else text + "="),
        "a line feed in base64": member("payload", lambda text: text[:76] + "\n" + text[76:]),
        "the URL alphabet": member("payload", lambda text: text[:-4] + "-_-_"),
        "loose bits in base64": entry(lambda one: one | {"sig": one["sig"][:-3] + "B=="}),
        "payload twice": raw(lambda data: data[:-2] + b',"payload":"e30="}\n'),
        "two line feeds": raw(lambda data: data + b"\n"),
        "carriage return": raw(lambda data: data[:-1] + b"\r\n"),
        "no signatures": member("signatures", lambda entries: []),
        "a signature without keyid": entry(lambda one: {"sig": one["sig"]}),
        "a signature with more": entry(lambda one: one | {"cert": ""}),
        "one key twice": {"signatures": lambda message: [(codex.fingerprint, codex.raw(message))] * 2},
        "one key in two forms": {"signatures": lambda message: [
            (codex.fingerprint, codex.raw(message)), (codex.fingerprint, codex.sshsig(message))]},
        "seventeen signatures": {"signatures": lambda message: [
            (codex.fingerprint, codex.raw(message)), *((f"SHA256:{n:043}", bytes(64)) for n in range(16))]},
        "more than 64 KiB": of_predicate(lambda p: p.update(future="x" * 50000)),
    }, "malformed")


@history
def signed_otherwise(repo):
    codex, claude, base = repo.keys.codex, repo.keys.claude, repo.head
    by = lambda sign: {"signatures": lambda message: [(codex.fingerprint, sign(message))]}
    body = lambda message: message.split(b" ", 4)[4]
    key_blob = len(codex.blob).to_bytes(4, "big") + codex.blob
    yield from each(repo, {
        "the payload alone": by(lambda m: codex.raw(body(m))),
        "a PAE of another type": by(lambda m: codex.raw(b"DSSEv1 16 application/json %d %s" % (len(body(m)), body(m)))),
        "a PAE of another length": by(lambda m: codex.raw(m.replace(b"DSSEv1 28 ", b"DSSEv1 29 "))),
        "the base64": by(lambda m: codex.raw(base64.b64encode(body(m)))),
        "another payload": by(lambda m: codex.raw(pae(b"{}"))),
        "63 bytes": by(lambda m: codex.raw(m)[:-1]),
        "65 bytes": by(lambda m: codex.raw(m) + b"\0"),
        "noughts": by(lambda m: bytes(64)),
        "the other half first": by(lambda m: codex.raw(m)[32:] + codex.raw(m)[:32]),
        "empty": by(lambda m: b""),
        "an SSHSIG of the payload alone": by(lambda m: codex.sshsig(body(m))),
        "an SSHSIG for files": by(lambda m: codex.sshsig(m, "file")),
        "an SSHSIG cut short": by(lambda m: codex.sshsig(m)[:-1]),
        "an SSHSIG with more": by(lambda m: codex.sshsig(m) + b"\0"),
        "an SSHSIG of version 2": by(lambda m: codex.sshsig(m).replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2")),
        "an SSHSIG that names another key": by(lambda m: codex.sshsig(m).replace(
            key_blob, len(claude.blob).to_bytes(4, "big") + claude.blob)),
        "an SSHSIG by another key": by(lambda m: claude.sshsig(m)),
        "an armored SSHSIG": by(lambda m: b"-----BEGIN SSH SIGNATURE-----\n" + base64.b64encode(codex.sshsig(m))),
        "two keys, swapped": {"signatures": lambda m: [(codex.fingerprint, claude.raw(m)), (claude.fingerprint, codex.raw(m))]},
    }, "bad_signature")
    yield from each(repo, {
        "a fingerprint that is none": {"signatures": lambda m: [("codex", codex.raw(m))]},
        "a fingerprint with padding": {"signatures": lambda m: [(codex.fingerprint + "=", codex.raw(m))]},
        "the key's hexadecimal name": {"signatures": lambda m: [(codex.hex, codex.raw(m))]},
    }, "untrusted_key", base)


@history
def thresholds_and_reviews(repo):
    human, codex, stranger = repo.keys.human, repo.keys.codex, repo.keys.stranger
    repo.trust(2, rules=[{"paths": ["a.txt"], "verdicts": {"human": 1}}, {"paths": ["b.txt"], "signatures": {"lane": 2}},
                         {"paths": ["docs/"], "accept": ["exact", "uncovered"]}])
    base = repo.head
    options = {"verdict": "accept"}

    def reviewed(label, good, seen=True, finding=None, key=human, receipt=None, change=None, **more):
        repo.branch("main", base)
        applied = repo.apply(CHANGED, commit=False)
        name = repo.generator.review(repo, receipt or applied.digest, "docs/r.md", "fine\n", key, **(options | more))
        if change:
            repo.write(*change(name))
        repo.commit("apply")
        docs = "exact" if seen and not finding else "uncovered"
        wrong = [] if finding is None else [(finding, 0, name)]
        return Check(label, "HEAD", [("exact" if docs == "exact" else "uncovered", {"a.txt": "exact", "docs/r.md": docs})],
                     [*wrong, *([] if good else unmet("a.txt"))])

    yield reviewed("a person accepts", True)
    yield reviewed("with findings", True, verdict="accept_with_findings")
    yield reviewed("rejects", False, verdict="reject")
    yield reviewed("a lane in a person's place", False, key=codex)
    yield reviewed("a stranger", False, finding="untrusted_key", key=stranger)
    yield reviewed("of another receipt", False, receipt="1" * 64)
    yield reviewed("edited finding", True, seen=False,
                   change=lambda name: ("docs/r.md", "fine, or not\n"))
    yield reviewed("edited envelope", False, finding="malformed", change=lambda name: (
        name, repo.git("cat-file", "blob", f":{name}", text=False).replace(b'"payload"', b'"Payload"')))

    def tampered(name):
        envelope = json.loads(repo.git("cat-file", "blob", f":{name}", text=False))
        envelope["payload"] = base64.b64encode(base64.b64decode(envelope["payload"]).replace(b"accept", b"reject")).decode()
        return name, canonical(envelope) + b"\n"
    yield reviewed("another word in it", False, finding="receipt_altered", change=tampered)
    repo.branch("main", base)
    repo.apply({"b.txt": "b\n"}, signatures=lambda m: [
        (codex.fingerprint, codex.raw(m)), (stranger.fingerprint, stranger.raw(m))])
    yield Check("two signatures wanted, one is a stranger's", "HEAD", [exact("b.txt")], unmet("b.txt"))
    repo.branch("main", base)
    repo.apply({"b.txt": "b\n"}, signatures=lambda m: [(codex.fingerprint, codex.raw(m)), (human.fingerprint, human.raw(m))])
    yield Check("two signatures wanted, one is a person's", "HEAD", [exact("b.txt")], unmet("b.txt"))


@history
def trust_forms(repo):
    """A root-signed trust that is not well-formed never takes effect, nor does one that loosens without a signature."""
    base, codex = repo.head, repo.keys.codex
    name = f"{TRUST}/keys/{codex.hex}.pub"
    line = codex.line("lane:codex")
    for label, files in {
            "two keys in a file": {name: line + line}, "no line feed": {name: line[:-1]},
            "an unknown option": {name: codex.line("lane:codex", "no-touch-required")},
            "a certificate authority": {name: codex.line("lane:codex", "cert-authority")},
            "any name": {name: codex.line("*")}, "an unknown role": {name: codex.line("admin:codex")},
            "upper case": {name: codex.line("lane:Codex")}, "no name": {name: codex.line("lane:")},
            "a namespace pattern": {name: codex.line("lane:codex", 'namespaces="*"')},
            "an option twice": {name: codex.line("lane:codex", 'valid-after="20250101Z",valid-after="20260101Z"')},
            "local time": {name: codex.line("lane:codex", 'valid-after="20250101"')},
            "a day that is none": {name: codex.line("lane:codex", 'valid-after="20250230Z"')},
            "executable": {name: ("100755", line)}, "a link": {name: ("120000", "/etc/passwd")},
            "another key under its name": {name: repo.keys.stranger.line("lane:codex")},
            "a key without its name": {f"{TRUST}/keys/codex.pub": repo.keys.stranger.line("lane:codex")},
            "version as text": {f"{TRUST}/policy.json": '{"version": "2"}'},
            "version 2.0": {f"{TRUST}/policy.json": '{"version": 2.0}'},
            "a version beyond all integers": {f"{TRUST}/policy.json": '{"version": 9007199254740992}'},
            "a byte order mark": {f"{TRUST}/policy.json": '\ufeff{"version": 2}'},
            "nought with a sign": {f"{TRUST}/policy.json": '{"version":2,"rules":[{"paths":["a"],"signatures":{"lane":-0}}]}'},
            "no policy": {f"{TRUST}/policy.json": None},
            "a comment": {f"{TRUST}/policy.json": '{"version": 2} // loose'},
            "an unknown class": {f"{TRUST}/policy.json": '{"version": 2, "rules": [{"paths": ["a"], "accept": ["all"]}]}'},
            "an unknown role in a rule": {f"{TRUST}/policy.json": '{"version":2,"rules":[{"paths":["a"],"signatures":{"root":1}}]}'},
            "a threshold below nought": {f"{TRUST}/policy.json": '{"version":2,"rules":[{"paths":["a"],"signatures":{"lane":-1}}]}'},
    }.items():
        repo.branch("main", base)
        repo.write_trust(2)
        for path, data in files.items():
            if data is not None and isinstance(data, tuple):
                (repo.path / path).unlink(missing_ok=True)
            repo.write(path, data)
        repo.commit(label, sign=repo.keys.root)
        yield Check(label, "HEAD", [RECORDS_ONLY], [("malformed", 0, TRUST)])
    for label, mode in (("a file in its place", "100644"), ("a link in its place", "120000")):
        repo.branch("main", base)
        repo.git("rm", "-rq", TRUST)
        repo.write(TRUST, (mode, "elsewhere"))
        repo.commit(label, sign=repo.keys.root)
        yield Check(label, "HEAD", [RECORDS_ONLY], [("malformed", 0, TRUST)])
    repo.branch("main", base)
    repo.write_trust(2, rules=[{"paths": ["**"], "accept": ["uncovered"]}])
    repo.commit("loosened on the way", CHANGED)
    yield Check("loosened beside the work", "HEAD", REFUSED, [("trust_change_unsigned", 0, TRUST), *unmet("a.txt")])
    repo.branch("main", base)
    late = repo.apply(CHANGED, run=Run("run_9"), issued_at=rfc3339(repo.clock - 86400 * 400))
    assert late and f"{FOLDER}/receipts" in late.receipt
    yield Check("an old date changes nothing where keys have no bounds", "HEAD", [exact("a.txt")])
