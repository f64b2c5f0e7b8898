# SPDX-License-Identifier: Apache-2.0
"""Where two programs that got the same call differ."""

import json
import re
from dataclasses import dataclass, field

import common

# Lists whose order is told by a time and, within one second, by a random id.
ORDERED_LISTS = {"list runs": ("created_at", "run_id"), "list sessions": ("registered_at", "session_id"),
                 "list artifacts": ("created_at", "artifact_id"),
                 "list workflows": ("loaded_at", "workflow_snapshot_id")}
# Ids and digests that a frame cuts off at its width.
CUT = re.compile(r"\b((?:run|job_run|wfs|dec|sess|msg|art|verdict|blk|lease|wp|wt|sup|proc)_|sha256=)[0-9a-f]{1,63}_$", re.MULTILINE)
USAGE_ERROR = re.compile(r"^striatum( [a-z-]+)*: error: ")


def settled_summary(text):
    """A run summary with its sessions by name: those of one second stand in random order."""
    if not text.startswith("# Striatum Run Summary"):
        return text
    head, mark, rest = text.partition("\n## Sessions\n")
    sessions, end, tail = rest.partition("\n## ")
    return head + mark + "\n".join(sorted(sessions.split("\n"))) + end + tail


@dataclass
class Difference:
    """One place: `where` is exit, message, stderr, reply, table NAME, file PATH or git; `path` leads into it."""
    where: str
    path: str
    ref: object
    ours: object
    verb: str = ""
    step: dict = field(default_factory=dict)
    codes: tuple = (None, None)

    def describe(self):
        return (f"{self.verb}: {self.where} {self.path}\n    reference: {str(self.ref)[:600]!r}\n"
                f"    ours:      {str(self.ours)[:600]!r}")

    def signature(self):
        return self.verb, self.where, re.sub(r"\d+", "N", self.path), self.codes


def embedded(text):
    """The JSON object or list that a string holds, or None."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def json_style(text, value):
    if text == common.canonical_json(value):
        return "canonical"
    return "blanks" if text == json.dumps(value) else "other"


def evidence_sections(text):
    """An evidence file as its parts, so that differences are told by field."""
    parts = re.split(r"\n## (\w+) Output\n|\n## (Snapshot)\n", text)
    head = parts[0].split("\n")
    sections = {"head": head[:7], "notice": "\n".join(head[7:])}
    for index in range(1, len(parts), 3):
        name = parts[index] or parts[index + 1]
        body = parts[index + 2]
        block = re.fullmatch(r"\n```json\n(.*)\n```\n*", body, re.DOTALL)
        value = embedded(block.group(1)) if block else None
        if value is None:
            sections[name] = body
            continue
        indent = 2 if name == "Snapshot" else None
        written = json.dumps(value, indent=2, sort_keys=True) if indent else common.canonical_json(value)
        sections[name] = {"value": value, "well_formed": written == block.group(1), "around": body.count("\n\n")}
    return sections


def differences(ref, ours, path=""):
    """Yields (path, ref, ours) for every leaf that differs, looking into JSON kept in text."""
    if type(ref) is not type(ours):
        yield path, ref, ours
    elif isinstance(ref, dict):
        for key in [*ref, *(key for key in ours if key not in ref)]:
            if key not in ref or key not in ours:
                yield f"{path}.{key}", ref.get(key, "(absent)"), ours.get(key, "(absent)")
            else:
                yield from differences(ref[key], ours[key], f"{path}.{key}")
    elif isinstance(ref, list):
        if len(ref) != len(ours):
            yield f"{path}.length", ref, ours
            return
        for index, (left, right) in enumerate(zip(ref, ours)):
            yield from differences(left, right, f"{path}[{index}]")
    elif isinstance(ref, str):
        yield from text_differences(ref, ours, path)
    elif ref != ours and not (ref != ref and ours != ours):
        yield path, ref, ours


def text_differences(ref, ours, path):
    if ref == ours:
        return
    left, right = embedded(ref), embedded(ours)
    if left is None or right is None or type(left) is not type(right):
        yield path, ref, ours
    elif json_style(ref, left) != json_style(ours, right):
        yield f"{path}(style)", ref, ours
    else:
        if json_style(ref, left) != "canonical":  # the order of keys counts
            left, right = (json.loads(text, object_pairs_hook=ordered_pairs) for text in (ref, ours))
        yield from differences(left, right, f"{path}(json)")


def ordered_pairs(pairs):
    return {"keys": [key for key, _ in pairs], **{f"={key}": value for key, value in pairs}}


def sorted_as_told(items, keys):
    order = [tuple(item.get(key) or "" for key in keys) for item in items]
    return order == sorted(order)


def settle_ties(items, keys):
    """Entries of one second, whose order is random, by name instead."""
    def key(item):
        kind, _, number = str(item.get(keys[1])).partition("#")
        return item.get(keys[0]) or "", kind, int(number or 0)
    return sorted(items, key=key)


class Comparison:
    """Compares two sides after one call."""

    def __init__(self, ref, ours):
        self.ref = ref
        self.ours = ours
        self.compared = {}
        self.compared_files = {}

    def after_call(self, step, ref_reply, our_reply):
        verb = common.verb_of(step["call"])
        found = []
        if ref_reply.exit != our_reply.exit:
            found.append(Difference("exit", "", f"{ref_reply.exit} {first_line(ref_reply)}",
                                    f"{our_reply.exit} {first_line(our_reply)}"))
        else:
            found += self._reply(verb, ref_reply, our_reply)
        found += self._tables() + self._files()
        for difference in found:
            difference.verb, difference.step = verb, step
            difference.codes = (ref_reply.exit, our_reply.exit)
        return found

    def _reply(self, verb, ref_reply, our_reply):
        left, right = ref_reply.envelope(), our_reply.envelope()
        found = self._stderr(verb, ref_reply, our_reply)
        if ref_reply.exit == 1 and left is None:
            return [Difference("crash", "", first_line(ref_reply), first_line(our_reply))]
        if left is None or right is None:
            return found + self._plain(ref_reply, our_reply)
        if our_reply.stdout != common.canonical_json(right) + "\n" and ref_reply.stdout == (
                common.canonical_json(left) + "\n"):
            found.append(Difference("reply", "(style)", ref_reply.stdout, our_reply.stdout))
        if "error" in left and "error" in right:
            return found + self._error(verb, left, right)
        for side, envelope in ((self.ref, left), (self.ours, right)):
            if not self._right_order(verb, envelope):
                found.append(Difference("reply", ".order", "ordered by time and id",
                                        "reference" if side is self.ref else "ours"))
        left, right = self._settled(verb, self.ref.show(left)), self._settled(verb, self.ours.show(right))
        return found + [Difference("reply", *place) for place in differences(left, right)]

    def _plain(self, ref_reply, our_reply):
        if ref_reply.exit == 0 and ref_reply.stdout.startswith("usage"):
            return [] if our_reply.stdout.strip() else [Difference("reply", "(help)", "usage text", "")]
        left, right = (CUT.sub(r"\1…_", side.show(reply.stdout))
                       for side, reply in ((self.ref, ref_reply), (self.ours, our_reply)))
        return [] if left == right else [Difference("reply", "(text)", left, right)]

    def _error(self, verb, left, right):
        left, right = dict(left["error"]), dict(right["error"])
        found = self._message(verb, left.pop("message", ""), right.pop("message", ""))
        return found + [Difference("reply", f".error{path}", *values)
                        for path, *values in differences(self.ref.show(left), self.ours.show(right))]

    def _message(self, verb, left, right):
        left, right = self.ref.show(left), self.ours.show(right)
        missing = common.missing_words(left, right, verb)
        if missing:
            return [Difference("message", f"lacks {missing}", left, right)]
        if not right.strip() or "\n" in right.rstrip("\n") and "\n" not in left.rstrip("\n"):
            return [Difference("message", "is one line", left, right)]
        return []

    def _stderr(self, verb, ref_reply, our_reply):
        left, right = ref_reply.stderr, our_reply.stderr
        if bool(left) != bool(right):
            return [Difference("stderr", "", left, right)]
        if "usage:" in left:
            last = right.rstrip("\n").rsplit("\n", 1)[-1]
            return [] if USAGE_ERROR.match(last) else [Difference("stderr", "(usage)", left, right)]
        return self._message(verb, left, right) if left and ref_reply.exit else []

    @staticmethod
    def _right_order(verb, envelope):
        keys = ORDERED_LISTS.get(verb)
        return keys is None or sorted_as_told(envelope.get("data", {}).get("items", []), keys)

    @staticmethod
    def _settled(verb, envelope):
        keys = ORDERED_LISTS.get(verb)
        if keys and "items" in envelope.get("data", {}):
            envelope["data"]["items"] = settle_ties(envelope["data"]["items"], keys)
        if verb == "doctor" and "problem_records" in envelope.get("data", {}):  # by ids that are random
            envelope["data"]["problem_records"].sort(key=common.canonical_json)
            envelope["data"]["problems"].sort()
        return envelope

    def _tables(self):
        found = []
        for table in {**self.ref.tables, **self.ours.tables}:
            left, right = self.ref.tables.get(table), self.ours.tables.get(table)
            found += [Difference(f"table {table}", *place) for place in self._rows(table, left, right)]
        return found

    def _rows(self, table, left, right):
        """Differences of one table; rows compared before and unchanged since are passed over."""
        if left is None or right is None or len(left) != len(right):
            same = next((index for index, (one, other) in enumerate(zip(left or [], right or [])) if one != other),
                        min(len(left or []), len(right or [])))
            yield ".rows", (left or ["no table"])[same:], (right or ["no table"])[same:]
            return
        for index, (one, other) in enumerate(zip(left, right)):
            known = self.compared.get((table, index))
            if known is not None and known[0] is one and known[1] is other:
                continue
            self.compared[table, index] = (one, other)
            yield from differences(one, other, f"[{index}]")

    def _files(self):
        found = []
        left, right = self.ref.contents(), self.ours.contents()
        for path in sorted({*left, *right}):
            one, other = left.get(path), right.get(path)
            if one == other or self.compared_files.get(path) == (one, other):
                continue
            self.compared_files[path] = (one, other)
            if one is None or other is None:
                found.append(Difference(f"file {path}", "", one, other))
            elif one.startswith("# Striatum Evidence Export") and other.startswith("# Striatum Evidence Export"):
                sections = [self._evidence(one), self._evidence(other)]
                found += [Difference(f"file {path}", *place) for place in differences(*sections)]
            else:
                found += [Difference(f"file {path}", *place)
                          for place in differences(settled_summary(one), settled_summary(other))]
        found += [Difference("git", *place) for place in differences(self.ref.branches(), self.ours.branches())]
        return found

    @staticmethod
    def _evidence(text):
        sections = evidence_sections(text)
        snapshot = sections.get("Snapshot")
        if isinstance(snapshot, dict):
            value = snapshot["value"]
            value["sessions"] = settle_ties(value.get("sessions", []), ("registered_at", "session_id"))
        return sections


def first_line(reply):
    text = (reply.stdout + reply.stderr).strip()
    return text.split("\n")[0 if reply.stdout else -1][:300]
