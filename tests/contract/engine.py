# SPDX-License-Identifier: Apache-2.0
"""Replays one recorded conversation with the program and compares it, ids and times mapped.

A conversation is a list of steps: {args, exit, stdout_json|stdout, stderr?, env?}, {write_file, content},
{read_file, content}, {git, exit}, {db_table, rows}. Ids, times and digests that the program chooses differ from
the recorded ones; they are paired when first met and have to stay paired.
"""

import hashlib
import itertools
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "differential"))
import common  # noqa: E402

FREE = re.compile(r"<TEXT>|<one-line notice[^>]*>|<usage lines>|<uncaught exception[^>]*>")
TOKEN = re.compile(
    r"(?P<free><TEXT>|<one-line notice[^>]*>|<usage lines>|<uncaught exception[^>]*>)|(?P<repo><REPO>)"
    r"|(?P<id>" + common.RANDOM_ID.pattern + r")"
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)|(?P<day>(?<!\d)20\d\d-\d\d-\d\d(?!\d))"
    r"|(?P<span>\d+h \d+m \d+s)|(?P<clock>(?<![\dT:])\d\d:\d\d:\d\d(?![\d:]))"
    r"|(?P<cut>sha256=[0-9a-f]{6,63}_)|(?P<sha>(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f]))")
SHAPE = {"free": r".*", "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "day": r"\d{4}-\d\d-\d\d",
         "span": r"\d+h \d+m \d+s", "clock": r"\d\d:\d\d:\d\d",
         "cut": r"sha256=[0-9a-f]+_"}


class Pairs:
    """Recorded names and the program's own, one to one."""

    def __init__(self):
        self.own = {}
        self.recorded = {}

    def bind(self, recorded, own):
        if recorded in self.own or own in self.recorded:
            return self.own.get(recorded) == own
        self.own[recorded] = own
        self.recorded[own] = recorded
        return True

    def save(self):
        return dict(self.own), dict(self.recorded)

    def restore(self, saved):
        self.own, self.recorded = dict(saved[0]), dict(saved[1])

    def translate(self, text):
        return common.RANDOM_ID.sub(lambda match: self.own.get(match.group(0), match.group(0)), text)


# Fields that hold a sentence of the program, unless the text is the caller's.
PROSE = {"warning", "warnings", "description", "decision_required", "instruction"}
ANY_TEXT = {"warning"}  # not even words are asked for


class Matcher:
    """Compares recorded values with actual ones; `exact_messages` also compares the program's sentences."""

    def __init__(self, repo, exact_messages=False):
        self.repo = str(repo)
        self.pairs = Pairs()
        self.fixed_digests = set()
        self.callers_texts = set()
        self.exact_messages = exact_messages

    def learn(self, steps):
        """Takes over what a conversation's own words and files are."""
        self.fixed_digests |= file_digests(steps)
        self.callers_texts |= {arg for step in steps for arg in step.get("args", [])}

    def text(self, expected, actual, where):
        embedded = embedded_json(expected)
        if embedded is None or embedded_json(actual) is None:
            return self._plain_text(expected, actual, where)
        if json_style(expected) != json_style(actual):
            return [f"{where}: written as {actual[:200]!r}, expected {expected[:200]!r}"]
        return self.value(embedded, embedded_json(actual), where)

    def _plain_text(self, expected, actual, where):
        pattern, kinds = self._pattern(expected)
        found = re.fullmatch(pattern, actual, re.DOTALL)
        if found is None and "\n" in expected and expected.count("\n") == actual.count("\n"):
            pairs = zip(expected.split("\n"), actual.split("\n"))
            return [problem for number, (left, right) in enumerate(pairs, 1)
                    for problem in self._plain_text(left, right, f"{where}, line {number}")]
        if found is None:
            return [f"{where}: expected {expected[:300]!r}, got {actual[:300]!r}"]
        problems = []
        for index, (kind, recorded) in enumerate(kinds):
            own = found.group(f"t{index}")
            if kind == "sha" and recorded in self.fixed_digests and own != recorded:
                problems.append(f"{where}: digest {own}, expected {recorded}")
            elif not self.pairs.bind(recorded, own):
                problems.append(f"{where}: {own} stands where {recorded} "
                                f"(= {self.pairs.own.get(recorded)}) is expected")
        return problems

    def _pattern(self, expected):
        """A regular expression for `expected` and the (kind, recorded) of each of its groups."""
        parts, kinds, end = [], [], 0
        for token in TOKEN.finditer(expected):
            parts.append(re.escape(expected[end:token.start()]))
            end = token.end()
            kind, recorded = token.lastgroup, token.group(0)
            kind = "id" if token.group("id") else kind
            if kind == "repo":
                parts.append(re.escape(self.repo))
            elif kind in SHAPE:
                parts.append(SHAPE[kind])
            else:
                body = recorded.split("_")[0] + "_[0-9a-f]{32}" if kind == "id" else "[0-9a-f]{64}"
                parts.append(f"(?P<t{len(kinds)}>{body})")
                kinds.append((kind, recorded))
        parts.append(re.escape(expected[end:]))
        return "".join(parts), kinds

    def value(self, expected, actual, where):
        if isinstance(expected, str) and isinstance(actual, str):
            return self.text(expected, actual, where)
        if type(expected) is not type(actual):
            return [f"{where}: expected {str(expected)[:200]!r}, got {str(actual)[:200]!r}"]
        if isinstance(expected, dict):
            return self._object(expected, actual, where)
        if isinstance(expected, list):
            return self._list(expected, actual, where)
        return [] if expected == actual else [f"{where}: expected {expected!r}, got {actual!r}"]

    def _object(self, expected, actual, where):
        problems = []
        expected = {self.pairs.translate(key): value for key, value in expected.items()}
        if expected.keys() != actual.keys():
            problems.append(f"{where}: missing keys {sorted(expected.keys() - actual.keys())}, "
                            f"more keys {sorted(actual.keys() - expected.keys())}")
        for key in expected:
            if key in actual and key in ANY_TEXT and expected[key] and actual[key] and not self.exact_messages:
                continue
            if key in actual and key in PROSE:
                problems += self._prose(expected[key], actual[key], f"{where}.{key}")
            elif key in actual:
                problems += self.value(expected[key], actual[key], f"{where}.{key}")
        return problems

    def _prose(self, expected, actual, where):
        if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
            return [problem for pair in zip(expected, actual) for problem in self._prose(*pair, where)]
        if not isinstance(expected, str) or not isinstance(actual, str):
            return self.value(expected, actual, where)
        if expected in self.callers_texts or FREE.search(expected):
            return self.text(expected, actual, where)
        return self.message(expected, actual, where)

    def _list(self, expected, actual, where):
        if len(expected) != len(actual):
            return [f"{where}: {len(expected)} entries expected, got {len(actual)}"]
        problems, start = [], 0
        while start < len(expected):
            end = tie_end(expected, start)
            problems += self._group(expected[start:end], actual[start:end], f"{where}[{start}]")
            start = end
        return problems

    def _group(self, expected, actual, where):
        """Entries whose recorded order is decided by a random id or by the second they were made in."""
        saved = self.pairs.save()
        first = None
        for order in itertools.permutations(range(len(actual))) if len(actual) < 7 else [range(len(actual))]:
            self.pairs.restore(saved)
            problems = []
            for index, place in enumerate(order):
                left, right = expected[index], actual[place]
                if len(actual) > 1 and "event_id" in left:
                    left = {**left, "event_id": right.get("event_id")}
                problems += self.value(left, right, f"{where}+{index}" if len(actual) > 1 else where)
            if not problems:
                return []
            first = first or problems
        self.pairs.restore(saved)
        return first

    def message(self, expected, actual, where, verb=""):
        if self.exact_messages:
            return self.text(expected, actual, where)
        if not actual or "\n" in actual.rstrip("\n") and "\n" not in expected.rstrip("\n"):
            return [f"{where}: a message is one line, got {actual!r}"]
        missing = common.missing_words(self.pairs.translate(expected), actual, verb)
        return [f"{where}: message {actual!r} lacks {missing}"] if missing else []


def embedded_json(text):
    """The object or list that a text column holds, or None."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def json_style(text):
    """How JSON is written: compact and sorted, or with blanks and in the order given."""
    value = json.loads(text)
    if text == common.canonical_json(value):
        return "canonical"
    return "blanks" if text == json.dumps(value) else "other"


def tie_end(entries, start):
    """The end of the group of `entries` from `start` whose order is not told by their contents."""
    first = entries[start]
    end = start + 1
    if not isinstance(first, dict):
        return end
    if first.get("event_type") == "session.closed":
        while end < len(entries) and entries[end].get("event_type") == "session.closed":
            end += 1
    for key in ("registered_at", "created_at"):
        if key in first and ("run_id" in first and "workflow_id" in first or "slug" in first):
            while end < len(entries) and entries[end].get(key) == first[key]:
                end += 1
    return end


# Where the recorded program failed by an uncaught exception or a raw constraint text (code 1), the contract asks
# for these codes (contract page "cli", section 8, rows 1 and 3).
INSTEAD_OF_CRASH = {"workflow validate": 8, "run prepare": 8, "send": 4, "publish-artifact": 6, "submit-review": 6,
                    "verdict": 4, "register-session": 3}


class Replay:
    """One conversation in one repository."""

    def __init__(self, program, repo, matcher, skip=()):
        self.program = program
        self.repo = repo
        self.matcher = matcher
        self.skip = set(skip)
        self.skipped = {}
        self.better_codes = 0
        self.compared = 0
        self.last_skipped = False
        self.transcript = []

    def run(self, step, where):
        """Does one step; returns the differences."""
        if "args" in step:
            return self._command(step, where)
        if "write_file" in step:
            path = self.matcher.pairs.translate(step["write_file"])
            common.write_file(self.repo, path, step["content"])
            self.transcript.append({"write_file": path, "content": step["content"]})
            return []
        if "read_file" in step:
            return self._read(step, where)
        if "git" in step:
            return self._git(step, where)
        if "db_table" in step:
            return self._table(step, where)
        return []

    def call(self, args, env=None):
        real = [self.matcher.pairs.translate(arg).replace("<REPO>", str(self.repo)) for arg in args]
        self.program.now += 1
        reply = self.program.call(real, self.repo, env)
        self._note_command(args, env, reply)
        return reply

    def _note_command(self, args, env, reply):
        real = [self.matcher.pairs.translate(arg) for arg in args]
        step = {"args": real, "exit": reply.exit}
        if env:
            step["env"] = env
        envelope = reply.envelope()
        if envelope is not None:
            step["stdout_json"] = envelope
        else:
            step["stdout"] = reply.stdout
        if reply.stderr:
            step["stderr"] = reply.stderr
        self.transcript.append(step)

    def _command(self, step, where):
        verb = common.verb_of(step["args"])
        self.last_skipped = verb in self.skip
        if self.last_skipped:
            self.skipped[verb] = self.skipped.get(verb, 0) + 1
            return []
        self.compared += 1
        reply = self.call(step["args"], step.get("env"))
        where = f"{where} {verb}"
        if step["exit"] == 1 and reply.exit == INSTEAD_OF_CRASH.get(verb):
            self.better_codes += 1
            return []
        problems = []
        if reply.exit != step["exit"]:
            problems.append(f"{where}: exit {reply.exit}, expected {step['exit']}: "
                            f"{(reply.stdout + reply.stderr)[:300]!r}")
        return problems + self._output(step, reply, where)

    def _output(self, step, reply, where):
        if "stdout_json" in step:
            return self._envelope(step["stdout_json"], reply, where, common.verb_of(step["args"])) + self._stderr(step, reply, where)
        if FREE.fullmatch(step.get("stderr", "").strip() or "-"):
            return []
        return self.matcher.text(step["stdout"], reply.stdout, where) + self._stderr(step, reply, where)

    def _envelope(self, expected, reply, where, verb):
        actual = reply.envelope()
        if actual is None:
            return [f"{where}: no JSON envelope: {reply.stdout[:200]!r}"]
        if reply.stdout != common.canonical_json(actual) + "\n":
            return [f"{where}: the envelope is not in canonical form: {reply.stdout[:200]!r}"]
        if "error" in expected and "error" in actual:
            expected, actual = dict(expected["error"]), dict(actual["error"])
            return (self.matcher.message(expected.pop("message"), actual.pop("message", ""), where, verb)
                    + self.matcher.value(expected, actual, where))
        return self.matcher.value(expected, actual, where)

    def _stderr(self, step, reply, where):
        expected = step.get("stderr", "")
        if not expected:
            return [f"{where}: standard error: {reply.stderr[:200]!r}"] if reply.stderr else []
        if self.matcher.exact_messages:
            return self.matcher.text(expected, reply.stderr, f"{where} standard error")
        if "<usage lines>" in expected:
            last = reply.stderr.rstrip("\n").rsplit("\n", 1)[-1]
            wanted = expected.rsplit("\n", 1)[-1].split(" error:")[0] + " error:"
            return [] if last.startswith(wanted) else [f"{where}: last line {last!r}, expected {wanted!r} …"]
        return self.matcher.message(expected, reply.stderr, f"{where} standard error")

    def _read(self, step, where):
        if self.last_skipped:
            return []
        path = self.repo / step["read_file"]
        if not path.exists():
            return [f"{where}: {step['read_file']} was not written"]
        content = path.read_text()
        self.transcript.append({"read_file": step["read_file"], "content": content})
        expected, actual = step["content"].split("\n"), content.split("\n")
        if len(expected) != len(actual):
            return [f"{where}: {step['read_file']} has {len(actual)} lines, expected {len(expected)}"]
        return [problem for number, (left, right) in enumerate(zip(expected, actual), 1)
                for problem in self.matcher.text(left, right, f"{where} {step['read_file']}:{number}")]

    def _git(self, step, where):
        done = common.git(self.repo, self.program.env, *step["git"], check=False)
        self.transcript.append({"git": step["git"], "exit": done.returncode})
        return [] if done.returncode == step["exit"] else [f"{where}: git exit {done.returncode}"]

    def _table(self, step, where):
        rows = []
        for row in common.table_rows(self.repo, step["db_table"]):
            if "payload_json" in row:
                row["payload"] = json.loads(row["payload_json"])
            rows.append(row)
        columns = list(step["rows"][0]) if step["rows"] else None
        if columns:
            rows = [{key: row[key] for key in columns} for row in rows]
        self.transcript.append({"db_table": step["db_table"], "rows": rows})
        return self.matcher.value(step["rows"], self._wanted(step, rows), f"{where} table {step['db_table']}")

    def _wanted(self, step, rows):
        """Some recordings show a part of a table: the rows whose ids they name."""
        key = common.TABLES[step["db_table"]]
        if len(rows) <= len(step["rows"]) or key is None:
            return rows
        named = {self.matcher.pairs.own.get(row[key]) for row in step["rows"]}
        return [row for row in rows if row[key] in named]


def file_digests(steps):
    """Digests that do not depend on ids: of the files that the conversation writes, and of their canonical JSON."""
    texts = {step["content"] for step in steps if "write_file" in step}
    for text in list(texts):
        try:
            texts.add(common.canonical_json(json.loads(text)))
        except ValueError:
            pass
    return {hashlib.sha256(text.encode()).hexdigest() for text in texts}
