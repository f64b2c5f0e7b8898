# SPDX-License-Identifier: Apache-2.0
"""The differences that the contract asks for or allows, one entry each.

`contract` names the line it rests on: pages of the reference contract (cli, workflow, lifecycle, messages, store,
receipts) and design. `apart` marks those after which the two states are no longer the same, so that a scenario ends.
"""

import json
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


PATH_VERBS = ("evidence export", "decision record", "publish-artifact", "submit-review")
SAFETY = re.compile(r"symbolic link|is a URL|under \.(git|striatum)|no earlier export|already exists|plain (file|path) inside"
                    r"|regular file|must stay inside the repository|is (empty|too long)|holds an? ")


def unsafe_path(difference):
    """A path that a symlink, a `..`, a disguise of .git or .striatum, or somebody else's file stands on."""
    return (difference.verb in PATH_VERBS and difference.where == "exit" and difference.codes[0] in (0, 1)
            and difference.codes[1] == 6 and SAFETY.search(difference.ours) is not None)


def safety_first(difference):
    """Both refuse the path, ours for what makes it unsafe, the reference for the scope or the missing file."""
    return (difference.verb in PATH_VERBS and difference.where == "message" and difference.codes == (6, 6)
            and SAFETY.search(difference.ours) is not None
            and re.search(r"outside the job write scope|does not exist", difference.ref) is not None)


def refused_rewrite(difference):
    """The block that 1.24 puts in front of a synthesis, also when it then refuses to publish the file."""
    block = '---\nschema_version: "striatum.synthesis.v1"\nartifact_kind: "synthesis"\n---\n\n'
    return (difference.verb in ("publish-artifact", "submit-review") and difference.where.startswith("file ")
            and 0 not in difference.codes and difference.ref == block + str(difference.ours))


def new_global_flag(difference):
    """`--r…` and `--v…` before the verb are cut short to flags that the reference does not have."""
    words = difference.step.get("call", [])
    return difference.where == "exit" and any(
        word in words[:4] for word in ("--r", "--re", "--v", "--ve", "--ver", "--version", "--request-id"))


INSTALLED = re.compile(r"file (\.claude/skills/[^/]+/SKILL\.md|\.codex/agents/[^/]+\.md|[^/]*STRIATUM_\w+_GUIDE\.md"
                       r"|docs/(SPEC|PRD|DECISION_LOG|UBIQUITOUS_LANGUAGE|DDD)\.md|docs/rfcs/(README|0001-template)\.md)")


def installed_text(difference):
    return INSTALLED.fullmatch(difference.where) is not None and bool(difference.ref) and bool(difference.ours)


def manifest(difference):
    """The digests of the texts; and ours leaves a manifest alone when nothing changed."""
    return (difference.where.endswith("manifest.json")
            and re.search(r"=(template_sha256|sha256|generated_at)$", difference.path) is not None
            or difference.verb in ("skills install", "init") and difference.where == "reply"
            and re.search(r"\.(sha256_before|sha256_after|prior_sha256)$", difference.path) is not None)


NO_NUMBER = re.compile(r"NaN|Infinity|[^\w.]\d{20}")


def no_json(difference):
    """NaN, Infinity and whole numbers beyond 64 bits, which few readers of JSON know or keep (RFC 8259 section 6)."""
    return (difference.where == "exit" and difference.codes == (0, 4) and difference.verb == "send"
            and NO_NUMBER.search(" ".join(difference.step["call"])) is not None)


def no_json_in_workflow(difference):
    """The same in a workflow file: the maker of broken ones puts such a number under `future_key`."""
    return (difference.where == "exit" and difference.codes == (0, 8)
            and difference.verb in ("workflow validate", "workflow plan", "workflow graph", "run prepare")
            and "beyond 64 bits" in difference.ours)


def sweep_of(line):
    """One line of `recovery watch` without what old lapses add to it."""
    try:
        sweep = json.loads(line)
    except ValueError:
        return re.sub(r" still_stuck=\d+$", "", line)
    sweep.pop("still_stuck", None)
    return {**sweep, "actions": [one for one in sweep.get("actions", []) if not one["kind"].startswith("review_requeue")]}


SWEEPS = ("recovery auto", "recovery watch", "recovery requeue-stale")


def old_lapses_noted(difference):
    """1.24 also sweeps expired leases of jobs that were claimed again, queued again or ended since: it writes events."""
    return (difference.verb in SWEEPS and difference.where == "table events" and difference.ours == []
            and all('"already_reclaimable":true' in row["payload_json"] for row in difference.ref))


def old_lapses(difference):
    """What else such a sweep shows and touches."""
    if difference.verb == "recovery watch" and difference.path == "(text)":
        left, right = ([sweep_of(line) for line in text.splitlines()] for text in (difference.ref, difference.ours))
        return left == right
    if difference.verb not in SWEEPS:
        return False
    if difference.where == "table queue_messages":
        return difference.path.endswith(".updated_at")
    more = difference.path == ".data.actions.length" and len(difference.ref) > len(difference.ours)
    return difference.where == "reply" and (
        difference.path.startswith(".data.still_stuck") or more and "review_requeue" in str(difference.ref))


def one_transaction(difference):
    """A refused submit-review: 1.24 keeps the acknowledgement, and the artifact too when the verdict failed."""
    return (difference.verb == "submit-review" and 0 not in difference.codes
            and difference.where in ("table jobs", "table queue_messages", "table events", "table artifacts"))


def broken_sweep(difference):
    """1.24 ends a sweep with 4 at an expired lease of a job that was claimed again or ended since."""
    return (difference.verb in ("recovery auto", "recovery watch") and difference.where == "exit"
            and difference.codes == (4, 0)
            and re.search(r"no stale expired lease|watch_exit|recovery watch exit:", difference.ref) is not None)


def own_file_kept(difference):
    """A file of the user's own where a skill would go: 1.24 writes over it without force."""
    if difference.verb not in ("skills install", "init"):
        return False
    if difference.where == "reply":
        return difference.path.endswith(".status") and difference.ref in ("written", "dry_run") and difference.ours == "refused_modified"
    return difference.where.endswith("manifest.json") and ".length" in difference.path and len(difference.ours) < len(difference.ref)


def control_byte_hidden(difference):
    """Redaction checks shapes: a path with a line break in it is no line of text."""
    return (difference.verb == "evidence export" and difference.ours == "<redacted-free-text>"
            and re.search(r"[\x00-\x1f\x7f]", str(difference.ref)) is not None)


def other_digits(difference):
    """`int()` of Python reads the digits of every script, and `_` between them; a shell's and a C reader's do not."""
    said = re.search(r"invalid whole number '([^']*)'", difference.ours) if difference.where == "exit" else None
    if said is None or difference.codes[0] == 2 or difference.codes[1] != 2:
        return False
    try:
        int(said[1])
    except ValueError:
        return False
    return re.fullmatch(r"[+-]?[0-9]+", said[1]) is None


def line_break_shown(difference):
    """A screen of lines: a control byte of a path stands there as `\\x0a`, in 1.24 as itself."""
    return (difference.verb == "dashboard" and difference.path == "(text)" and "\\x0a" in difference.ours
            and difference.ours.replace("\\x0a", "\n") == difference.ref)


def sentence_on_board(difference):
    """The event of a checkpoint shows the sentence it was opened with."""
    def cut(text):
        return re.sub(r"(?m)( human_checkpoint\.open\S* .* description=).+$", r"\1", text)
    return (difference.verb == "dashboard" and difference.path == "(text)" and cut(difference.ref) == cut(difference.ours))


ALLOWED = [
    Entry("other digits", "cli 1 and 2: a negative integer as a separate word; 2 for a bad integer", other_digits, apart=True),
    Entry("line break shown", "design 1 (no raw control byte reaches a terminal)", line_break_shown),
    Entry("broken sweep", "processes 5: breaks itself", broken_sweep, apart=True),
    Entry("a namespace is a name", "scaffold 4: it becomes part of file names",
          lambda d: d.verb == "skills install" and d.where == "exit" and d.codes == (0, 4) and "is no name" in d.ours, apart=True),
    Entry("own file kept", "scaffold 4: the user's own file is overwritten without force", own_file_kept, apart=True),
    Entry("control byte hidden", "redaction: shape checks of every field", control_byte_hidden),
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
    Entry("start after an early cancel", "lifecycle 8, as after an early retry: the jobs that are left are started",
          lambda d: d.verb == "run start" and d.where == "exit" and d.codes == (4, 0) and "not enqueueable" in d.ref,
          apart=True),
    Entry("swept first", "lifecycle 4: why of a run expires overdue leases; ours shows the rows as they then are",
          lambda d: d.verb == "why" and d.where == "reply"
          and re.match(r"\.data\.(jobs\[\d+\]\.(state|current_lease_id)|events\.length)$", d.path) is not None),
    Entry("escalated once", "processes 5: a checkpoint escalates once, which an event remembers",
          lambda d: d.verb == "recovery auto" and (d.where == "table events" or d.path.startswith(".data.escalations")),
          apart=True),
    Entry("plain message", "design 1: a crash becomes a plain message",
          lambda d: d.where == "crash" and bool(d.ours)),
    Entry("no JSON", "cli 8 row 1: 4 for broken message bodies", no_json, apart=True),
    Entry("no JSON in front matter", "lifecycle 5: `key: <JSON value>`, which NaN and Infinity are not",
          lambda d: d.where == "message" and d.codes == (6, 6) and re.search("got '-?(NaN|Infinity)'", d.ours) is not None),
    Entry("help behind a bad choice", "cli 1: -h at any level is usage and exit 0",
          lambda d: d.where == "exit" and d.codes == (2, 0) and "invalid choice" in d.ref
          and any(word in ("-h", "--help") for word in d.step["call"])),
    Entry("no JSON in a workflow", "cli 8 row 1: 8 for workflow files", no_json_in_workflow, apart=True),
    Entry("one transaction", "lifecycle 5 (submit-review is three), design 1 (nothing half-done)", one_transaction,
          apart=True),
    Entry("export path crash", "cli 2: 6 for paths", instead_of_crash("evidence export|decision record|run summary", {6})),
    Entry("the branch before", "design 1: git never takes a name for an option; - is the branch before to git checkout",
          lambda d: d.verb == "branch confirm" and d.where == "exit" and d.codes == (0, 8)
          and '"requested_branch":"-"' in d.ref, apart=True),
    Entry("branch that is an option or a blank", "design 1: git never takes a name for an option; its -- changes git's words",
          lambda d: d.verb == "branch confirm" and d.where == "message"
          and any(f"git checkout failed for branch '{start}" in d.ref for start in ("-", " '"))),
    Entry("integer out of range", "cli 2: 2 for a bad integer",
          instead_of_crash("claim-next|heartbeat|list (runs|workflows)", {2, 4})),
    Entry("unsafe path", "design 1 (safety), receipts 5: no overwriting of a file we did not make", unsafe_path,
          apart=True),
    Entry("safety told first", "design 1 (safety): no path with a .git or .striatum component or a `..`", safety_first),
    Entry("refused rewrite", "design 1 (nothing half-done): a refused call leaves the file as it was", refused_rewrite,
          apart=True),
    Entry("new global flags", "design 3: --request-id and --version shorten the prefixes of --repo", new_global_flag),
    Entry("checkpoint sentence", "lifecycle 6: a fixed sentence of one's own",
          sentence("reply|table|file", r"\.description$", words=False)),
    Entry("checkpoint sentence on the board", "lifecycle 6: a fixed sentence of one's own", sentence_on_board),
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
    Entry("plugin install", "cli 8 row 4: implemented, where 1.24 lacks its templates",
          lambda d: d.verb == "plugin install" and d.where == "exit" and d.codes == (1, 0), apart=True),
    Entry("installed texts", "scaffold 3 and 5: the documents of the layout, the skills and guides", installed_text),
    Entry("installed manifest", "scaffold 4: digests of our texts, and a manifest that stays when nothing changed",
          manifest),
    Entry("dry sweep", "processes 5: a dry run writes nothing, also no expiry of leases",
          lambda d: d.verb == "recovery auto" and "--dry-run" in d.step["call"] and d.where.startswith("table "),
          apart=True),
    Entry("needs of a snapshot", "workflow 4: told where a file is loaded, which run graph does not do",
          lambda d: d.verb == "run graph" and d.where == "stderr" and "deprecated 'needs'" in d.ref),
    Entry("sweeps look at what waits", "processes 5: only jobs that wait where the lapse left them", old_lapses),
    Entry("sweeps write of what waits", "processes 5: only jobs that wait where the lapse left them", old_lapses_noted,
          apart=True),
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
