# SPDX-License-Identifier: Apache-2.0
"""The differences that the contract asks for or allows, one entry each.

`contract` names the line it rests on: pages of the reference contract (cli, workflow, lifecycle, messages, store,
receipts) and design. `apart` marks those after which the two states are no longer the same, so that a scenario ends.
"""

import re
from dataclasses import dataclass
from typing import Callable

from common import missing_words


@dataclass(frozen=True)
class Entry:
    name: str
    contract: str
    matches: Callable
    apart: bool = False


def instead_of_crash(verbs, codes):
    """The reference ends with code 1 (a traceback or a raw constraint text), ours with the documented code."""
    def matches(difference):
        ref, ours = difference.codes
        return (difference.where == "exit" and ref == 1 and ours in codes
                and re.fullmatch(verbs, difference.verb) is not None)
    return matches


def ours_refuses(verbs, code):
    def matches(difference):
        return (difference.where == "exit" and difference.codes == (0, code)
                and re.fullmatch(verbs, difference.verb) is not None)
    return matches


def sentence(where, path, words=True):
    """A place that holds a sentence of the program: other words, but what callers look for is there."""
    def matches(difference):
        ref, ours = difference.ref, difference.ours
        return (re.search(where, difference.where) is not None and re.search(path, difference.path) is not None
                and isinstance(ref, str) and isinstance(ours, str) and bool(ours.strip())
                and not (words and missing_words(ref, ours, difference.verb)))
    return matches


def starter_text(difference):
    folder = r"file flows/[^/]+/"
    if re.fullmatch(folder + r"(roles|prompts)/\w+\.md", difference.where):
        return bool(difference.ref) and bool(difference.ours)
    return (re.fullmatch(folder + r"workflow\.json", difference.where) is not None
            and re.search(r"\.=(title|objective)$", difference.path) is not None)


def decided_later(difference):
    """A path that a symlink, a disguise of .git or .striatum, or somebody else's file stands on."""
    return (difference.where == "exit" and difference.codes[0] in (0, 1) and difference.codes[1] == 6
            and difference.verb in ("evidence export", "decision record", "publish-artifact", "submit-review"))


def new_global_flag(difference):
    """`--r…` and `--v…` before the verb are cut short to flags that the reference does not have."""
    words = difference.step.get("call", [])
    return difference.where == "exit" and any(
        word in words[:4] for word in ("--r", "--re", "--v", "--ve", "--ver", "--version", "--request-id"))


def no_json(difference):
    """NaN and Infinity, which the reference reads and RFC 8259 does not know."""
    return (difference.where == "exit" and difference.codes == (0, 4) and difference.verb == "send"
            and re.search(r"NaN|Infinity", " ".join(difference.step["call"])) is not None)


ALLOWED = [
    Entry("workflow file crash", "cli 8 row 1, row 3: 8 for workflow files",
          instead_of_crash("workflow (validate|plan|graph|init)|run prepare", {8})),
    Entry("message body crash", "cli 8 row 1: 4 for message bodies", instead_of_crash("send", {4})),
    Entry("same bytes again", "cli 8 row 3: 6 for a path and content published before",
          instead_of_crash("publish-artifact|submit-review", {6})),
    Entry("second verdict", "cli 8 row 3: 4 for a session that gave its verdict",
          instead_of_crash("verdict|submit-review", {4})),
    Entry("unknown parent session", "store 5: foreign keys are checked before the insert",
          instead_of_crash("register-session", {3, 4})),
    Entry("unknown findings artifact", "store 5: foreign keys are checked before the insert",
          instead_of_crash("verdict|override-verdict", {3, 4, 6})),
    Entry("start after an early retry", "lifecycle 8: retry before start makes run start fail",
          instead_of_crash("run start", {0, 4}), apart=True),
    Entry("plain message", "design 1: a crash becomes a plain message",
          lambda d: d.where == "crash" and bool(d.ours)),
    Entry("no JSON", "cli 8 row 1: 4 for broken message bodies", no_json, apart=True),
    Entry("export path crash", "cli 2: 6 for paths", instead_of_crash("evidence export|decision record", {6})),
    Entry("integer out of range", "cli 2: 2 for a bad integer",
          instead_of_crash("claim-next|heartbeat|list (runs|workflows)", {2, 4})),
    Entry("file of others", "design 1 (safety), receipts 5: no overwriting of a file we did not make",
          decided_later, apart=True),
    Entry("new global flags", "design 3: --request-id and --version shorten the prefixes of --repo", new_global_flag),
    Entry("checkpoint sentence", "lifecycle 6: a fixed sentence of one's own",
          sentence("reply|table|file", r"\.description$", words=False)),
    Entry("decision sentence", "messages 5: decision_required",
          lambda d: d.path.endswith(".decision_required") and str(d.ours).startswith("Human decision required")),
    Entry("branch warning", "messages 5: any text", sentence("reply", r"\.warning$", words=False)),
    Entry("review instruction", "messages 5: review_policy.instruction",
          sentence("reply|table work_packets", r"\.instruction$")),
    Entry("workflow warnings", "messages 2: warnings", sentence("reply", r"\.warnings\[\d+\]$")),
    Entry("doctor sentence", "messages 4: texts that name their parts",
          sentence("reply|file", r"\.problems\[\d+\]$")),
    Entry("evidence notice", "receipts 5: a sentence that live state is not included",
          sentence("file", r"^\.notice$", words=False)),
    Entry("starter texts", "workflow 11: the files of a starter", starter_text),
]
BY_NAME = {entry.name: entry for entry in ALLOWED}


def sort_out(differences, counts):
    """Counts what is allowed; returns (the rest, whether the two states are apart from here on)."""
    unknown, apart = [], False
    for difference in differences:
        entry = next((entry for entry in ALLOWED if entry.matches(difference)), None)
        if entry is None:
            unknown.append(difference)
        else:
            counts[entry.name] += 1
            apart = apart or entry.apart
    return ([] if apart else unknown), apart
