# SPDX-License-Identifier: Apache-2.0
"""What libraries would give the verifier: git objects and hunks, strict JSON and shapes, Ed25519 (RFC 8032, 5.1),
SSHSIG, DSSE. Nothing in here knows of receipts. Whatever is wrong with data is one of BAD, an object that is not there is Missing."""
import base64
import collections
import functools
import hashlib
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile
from datetime import datetime

TABLES = json.loads(pathlib.Path(__file__).with_name("tables.json").read_text())
Hunk = collections.namedtuple("Hunk", "full bare removed added")
Key = collections.namedtuple("Key", "blob roles after before namespaces")
KEY_LINE = re.compile(TABLES["key line"].replace("P", TABLES["principal"]).replace("O", TABLES["option"]), re.A)
Missing, BAD = subprocess.CalledProcessError, (ValueError, RecursionError)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def fingerprint(blob):
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def need(good):
    if not good:
        raise ValueError("form")


def from_base64(encoded):
    data = base64.b64decode(encoded, validate=True)
    need(base64.b64encode(data).decode() == encoded)
    return data


# ---- git: README.md. What has to become an object goes to a scratch folder, never into the repository.

ABSENT, REGULAR, LIMIT = (None, None), ("100644", "100755"), 8388608
EMPTY_BLOB, EMPTY_TREE = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
SCRATCH = tempfile.TemporaryDirectory(prefix="verify-")
ENV = {k: v for k, v in os.environ.items() if k != "GIT_DIFF_OPTS" and not k.endswith("_PATHSPECS")}
ENV.update(GIT_NO_REPLACE_OBJECTS="1", GIT_NO_LAZY_FETCH="1", GIT_GRAFT_FILE=os.devnull, LC_ALL="C")


def git(*args, stdin=b"", check=True):
    return subprocess.run(["git", *args], env=ENV, input=stdin, capture_output=True, check=check).stdout


def open_repository():
    """The empty blob and scratch trees are found, and nothing is written where we are. SHA-1 only."""
    if git("rev-parse", "--show-object-format") != b"sha1\n":
        raise Missing(3, "object format")
    ENV.update(GIT_ALTERNATE_OBJECT_DIRECTORIES=os.path.abspath(git("rev-parse", "--git-path", "objects")[:-1].decode()),
               GIT_OBJECT_DIRECTORY=SCRATCH.name, GIT_INDEX_FILE=f"{SCRATCH.name}/index")
    git("hash-object", "-w", "--stdin")


def scratch(name, data):
    path = pathlib.Path(SCRATCH.name, name)
    path.write_bytes(data)
    return path


@functools.cache
def read(oid, kind="blob"):
    return git("cat-file", kind, oid)


@functools.lru_cache(maxsize=64)
def files(tree):
    """{path: (mode, id)} of a commit or tree, folders entered; nothing for None"""
    rows = git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")[:-1] if tree else []
    return {path: (meta[:6].decode(), meta[-40:].decode()) for meta, path in (row.split(b"\t", 1) for row in rows)}


def graph(*revisions):
    """{commit: parents}, parents first"""
    rows = git("rev-list", "--topo-order", "--reverse", "--parents", *revisions).decode().splitlines()
    return {row[:40]: row[41:].split() for row in rows}


def cut_commits():
    shallow = git("rev-parse", "--git-path", "shallow").decode()[:-1]
    return set(pathlib.Path(shallow).read_text().split()) if os.path.exists(shallow) else set()


def resolve(name):
    return git("rev-parse", "--verify", "-q", "--end-of-options", (name or "HEAD") + "^{commit}").decode().strip()


def shown(path):
    """a path as text, C-quoted like git does where it is not UTF-8"""
    try:
        return path and path.decode()
    except ValueError:
        special = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
        return '"' + "".join(special.get(b, chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in path) + '"'


def content(x, path):
    mode, oid = files(x).get(path, ABSENT)
    return read(oid) if mode not in (None, "160000") else None


@functools.cache
def time_of(x):
    return int(re.search(rb"^committer .*> (-?[0-9]+)", read(x, "commit"), re.M)[1])


def merges_cleanly(ours, theirs, base, result):
    mode = theirs[0] if ours[0] == base[0] else ours[0]
    if any(s[0] not in REGULAR or text(s) is None for s in (ours, theirs, base, result)) or result[0] != mode:
        return False
    sides = [scratch(name, text(side)) for name, side in (("ours", ours), ("base", base), ("theirs", theirs))]
    try:
        return git("merge-file", "-p", *sides) == text(result)
    except Missing:
        return False


def text(side):
    """bytes of a side that may have hunks, else None"""
    data = b"" if side == ABSENT else read(side[1]) if side[0] in REGULAR else b"\0"
    return None if len(data) > LIMIT or b"\0" in data[:8000] else data


@functools.cache
def hunks(before, after):
    """Of a pair of entries, None for a pair that has none by rule: records.md 7"""
    if before[1] == after[1] or {before[0], after[0]} - {None, *REGULAR} or None in (text(before), text(after)):
        return None
    diff = git("-c", "diff.suppressBlankEmpty=false", "diff", "--text", "--no-ext-diff", "--no-textconv", "--no-color",
               "--diff-algorithm=myers", "--no-indent-heuristic", "-U3", "--inter-hunk-context=0",
               before[1] or EMPTY_BLOB, after[1] or EMPTY_BLOB)
    return tuple(Hunk(sha256(body), sha256(re.sub(rb"(?m)^ .*\n", b"", body)), len(re.findall(rb"(?m)^-", body)),
                      len(re.findall(rb"(?m)^\+", body))) for body in re.split(rb"(?m)^@@.*\n", diff)[1:])


# ---- JSON: records.md 3 and the tables of members


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
            and all((name in known or "..." in shape) and fits(value[name], known.get(name, shape.get("..."))) for name in value))


def instant(value):
    """nanoseconds since 1970"""
    whole = datetime.fromisoformat(value[:19] + "+00:00").timestamp()
    return int(whole) * 10**9 + int(value[20:-1].ljust(9, "0"))


# ---- signatures

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
    half = times(n // 2, plus(a, a)) if n else (0, 1)
    return plus(half, a) if n % 2 else half


def ed25519_verifies(public, signature, message):
    base, s = point((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little")), int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return s < ORDER and times(s, base) == plus(point(signature[:32]), times(h, point(public)))


def strings(data):
    """the strings with u32 lengths that data consists of"""
    end = 4 + int.from_bytes(data[:4], "big")
    need(len(data) >= end or not data)
    return [data[4:end], *strings(data[end:])] if data else []


def key_type(blob):
    kind, *parts = strings(blob)
    need(kind.decode() in TABLES["key types"] and (kind != b"ssh-ed25519" or [len(part) for part in parts] == [32]))
    need(kind != b"ssh-rsa" or len(parts) == 2 and int.from_bytes(parts[1], "big").bit_length() >= 3072)
    return kind.decode()


def sshsig_key(signature):
    """public key blob of a binary SSHSIG"""
    blob, _, reserved, digest, _ = strings(signature[10:])
    need(signature[:10] == b"SSHSIG\0\0\0\1" and reserved == b"" and digest in (b"sha256", b"sha512") and key_type(blob))
    return blob


def parse_key(name, mode, data):
    """A line of OpenSSH's allowed_signers form as trust.md 1 restricts it."""
    line = KEY_LINE.fullmatch(data.decode("latin-1"))
    need(line and len(data) <= 16384 and mode == "100644")
    (principals, options, kind, encoded), blob = line.groups(), from_base64(line[4])
    given = dict(pairs := re.findall('([a-z-]+)="([^"]*)"', options or ""))
    need(key_type(blob) == kind and name == sha256(blob).encode() + b".pub" and len(given) == len(pairs))
    bound = lambda name, none: none if name not in given else int(datetime.strptime(
        given[name][:-1].ljust(14, "0") + "+0000", "%Y%m%d%H%M%S%z").timestamp())
    return Key(blob, {p.split(":")[0] for p in principals.split(",")}, bound("valid-after", -math.inf),
               bound("valid-before", math.inf), given["namespaces"].split(",") if "namespaces" in given else None)


@functools.cache
def sshsig_verifies(signature, namespace, message):
    armor = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(signature) + b"-----END SSH SIGNATURE-----\n"
    return subprocess.run(["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", scratch("sig", armor)],
                          input=message, capture_output=True).returncode == 0


def commit_signer(x):
    """(fingerprint, whether it verifies); (None, False) for an unsigned commit"""
    head, _, body = read(x, "commit").partition(b"\n\n")
    values = re.findall(rb"^gpgsig (.*\n(?: .*\n)*)", head + b"\n", re.M)
    message = re.sub(rb"(?m)^gpgsig(-sha256)? .*\n( .*\n)*", b"", head + b"\n") + b"\n" + body
    armor = re.fullmatch(rb"-----BEGIN SSH SIGNATURE-----\n((?: .*\n)*) -----END SSH SIGNATURE-----\n+", b"".join(values))
    try:
        need(armor and len(values) == 1)
        signature = base64.b64decode(armor[1].replace(b"\n ", b"").strip(), validate=True)
        return fingerprint(sshsig_key(signature)), sshsig_verifies(signature, "git", message)
    except ValueError:
        return None, False


# ---- DSSE envelopes: records.md 4 and 5


def parse_file(data, shape, limit):
    need(data is not None and len(data) <= limit and data.endswith(b"\n"))
    value = parse_json(data[:-1])
    need(fits(value, TABLES[shape]))
    return value


def parse_envelope(data):
    """(payload, {keyid: signature})"""
    value = parse_file(data, "envelope", 65536)
    signatures = {s["keyid"]: from_base64(s["sig"]) for s in value["signatures"]}
    need(1 <= len(signatures) == len(value["signatures"]) <= 16)
    return from_base64(value["payload"]), signatures


def entry_verifies(blob, signature, payload, namespace):
    """Whether a signature entry, raw Ed25519 or SSHSIG, is by the public key; namespace None: no SSHSIG is accepted."""
    message = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    try:
        if len(signature) == 64:
            return key_type(blob) == "ssh-ed25519" and ed25519_verifies(blob[-32:], signature, message)
        return sshsig_key(signature) == blob and bool(namespace) and sshsig_verifies(signature, namespace, message)
    except BAD:
        return False
