# SPDX-License-Identifier: Apache-2.0
"""The 28 rows of docs/format/verification.md section 11 as scripted histories, and what a verifier must answer.

A history gets a fresh adopted repository and yields checks; it may go on after a check. In a check, `commits` are the
expected (class, {path: class}) in order, `findings` are (kind, commit index or id, path), `uncovered` the number of rows
or the rows themselves, (path, kind, added, removed, line)."""
import dataclasses
import json
import shutil

from lib import FOLDER, Repo, Run, numbered

HISTORIES = []
TRUST = f"{FOLDER}/trust"
LINE = {3: "line three"}


@dataclasses.dataclass
class Check:
    label: str
    args: list
    commits: list | None
    findings: list = ()
    exit: int | None = None
    uncovered: int | list | None = None
    unreadable: int = 0
    warnings: list = ()
    repo: Repo | None = None

    def __post_init__(self):
        self.args = [self.args] if isinstance(self.args, str) else self.args
        self.exit = (14 if self.findings else 0) if self.exit is None else self.exit


def history(function):
    HISTORIES.append(function)
    return function


def exact(*paths):
    return "exact", {path: "exact" for path in paths}


def uncovered(*paths):
    return "uncovered", {path: "uncovered" for path in paths}


def human(*paths):
    return "human", {path: "human" for path in paths}


def carried(*paths):
    return "carried", {path: "carried" for path in paths}


RECORDS_ONLY = "provenance_only", {}


def unmet(*paths, at=0):
    return [("policy_unmet", at, path) for path in paths]


@history
def row_01_apply(repo):
    repo.apply({"a.txt": numbered(30, LINE), "new.txt": "new\n", "run.sh": None})
    yield Check("apply", "HEAD", [exact("a.txt", "new.txt", "run.sh")])
    repo.apply({"b.txt": numbered(30, LINE, start=101) + "end"}, form="sshsig", run=Run("run_2"))
    yield Check("signed as SSHSIG", "HEAD", [exact("b.txt")])
    repo.apply({"bin": b"\0\1\2", "link": ("120000", "a.txt"), "tool": ("100755", "#!/bin/sh\n"), "empty": ""},
               run=Run("run_3"))
    yield Check("binary, link, executable, empty", "HEAD", [exact("bin", "empty", "link", "tool")])
    yield Check("the whole history", "--all", [
        ("before_adoption", {}), RECORDS_ONLY, exact("a.txt", "new.txt", "run.sh"), exact("b.txt"),
        exact("bin", "empty", "link", "tool")])


@history
def row_02_amend_message(repo):
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.commit("another message", amend=True)
    yield Check("message amended", "HEAD", [exact("a.txt")])


@history
def row_03_amend_content(repo):
    repo.apply({"a.txt": numbered(30, LINE), "b.txt": numbered(30, {110: "ten"}, start=101)})
    repo.commit("amended", {"a.txt": numbered(30, LINE | {20: "line twenty"})}, amend=True)
    yield Check("one more line", "HEAD", [("uncovered", {"a.txt": "uncovered", "b.txt": "exact"})],
                [("tree_mismatch", 0, "a.txt"), *unmet("a.txt")], uncovered=1)


@history
def row_04_rebase(repo):
    base = repo.head
    repo.apply({"a.txt": numbered(30, LINE)})
    feature = repo.head
    repo.branch("other", base)
    repo.human({"c.txt": numbered(30, {205: "five"}, start=201)})
    repo.branch("feature", feature)
    repo.git("rebase", "-q", "other")
    yield Check("file left alone", "other..HEAD", [exact("a.txt")])
    repo.branch("same", base)
    repo.human({"a.txt": numbered(30, {28: "line twenty-eight"})})
    repo.branch("feature", feature)
    repo.git("rebase", "-q", "same")
    yield Check("file moved elsewhere", "same..HEAD", [carried("a.txt")])


@history
def row_05_rebase_neighbour(repo):
    base = repo.head
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.branch("upstream", base)
    repo.human({"a.txt": numbered(30, {5: "line five"})})
    repo.git("checkout", "-q", "main")
    repo.git("rebase", "-q", "upstream")
    yield Check("neighbour changed", "HEAD", [("adapted", {"a.txt": "adapted"})], unmet("a.txt"))
    repo.git("checkout", "-q", "upstream")
    repo.trust(2, rules=[{"paths": ["**"], "accept": ["exact", "adapted"]}])
    repo.git("checkout", "-q", "main")
    repo.git("rebase", "-q", "upstream")
    yield Check("adapted accepted by policy", "HEAD", [("adapted", {"a.txt": "adapted"})])


@history
def row_06_squash_files(repo):
    base, run = repo.head, Run()
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    repo.apply({"b.txt": numbered(30, {103: "three"}, start=101)}, run=run)
    repo.git("reset", "-q", "--soft", base)
    repo.commit("squash")
    yield Check("different files", "HEAD", [exact("a.txt", "b.txt")])


@history
def row_07_squash_lines(repo):
    base, run = repo.head, Run()
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    repo.apply({"a.txt": numbered(30, {3: "line three again"})}, run=run)
    repo.git("reset", "-q", "--soft", base)
    repo.commit("squash")
    yield Check("same lines twice", "HEAD", [exact("a.txt")])


def two_applies_squashed_onto(repo, changes, label, expected):
    base, run = repo.head, Run()
    repo.branch("feature")
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    repo.apply({"a.txt": numbered(30, {3: "line three again"}), "b.txt": None}, run=run)
    repo.branch("main", base)
    repo.human(changes)
    repo.git("merge", "-q", "--squash", "feature")
    repo.commit("squashed")
    return Check(label, "HEAD", [expected])


@history
def row_08_merge_squash(repo):
    yield two_applies_squashed_onto(repo, {"c.txt": "other\n"}, "other files moved", exact("a.txt", "b.txt"))


@history
def row_09_merge_squash_same_file(repo):
    yield two_applies_squashed_onto(repo, {"a.txt": numbered(30, {25: "moved"})}, "same file moved",
                                    ("carried", {"a.txt": "carried", "b.txt": "exact"}))


@history
def row_10_cherry_pick(repo):
    base = repo.head
    repo.apply({"a.txt": numbered(30, {10: "line ten"})})
    picked = repo.head
    for label, files, expected in (
            ("same file", {"c.txt": "other\n"}, "exact"),
            ("another version of the file", {"a.txt": numbered(30, {20: "line twenty"})}, "carried"),
            ("another neighbourhood", {"a.txt": numbered(30, {12: "line twelve"})}, "adapted")):
        repo.branch("target", base)
        repo.human(files)
        repo.git("cherry-pick", picked)
        yield Check(label, "HEAD", [(expected, {"a.txt": expected})], unmet("a.txt") if expected == "adapted" else ())


@history
def row_11_revert(repo):
    applied = repo.apply({"a.txt": numbered(30, LINE)})
    repo.git("revert", "--no-edit", "HEAD")
    removed = [("record_removed", 0, path) for path in (applied.receipt, applied.changes, applied.evidence)]
    yield Check("revert", "HEAD", [uncovered("a.txt")], unmet("a.txt"), warnings=removed)
    reverted = repo.head
    repo.git("revert", "--no-edit", "HEAD")
    yield Check("revert of the revert", "HEAD", [exact("a.txt")])
    yield Check("all of them", "HEAD~3..HEAD", [exact("a.txt"), uncovered("a.txt"), exact("a.txt")], unmet("a.txt", at=1))
    repo.branch("signed", reverted)
    repo.commit("revert", sign=repo.keys.human, amend=True)
    yield Check("signed by a human", "HEAD", [human("a.txt")])


@history
def row_12_old_content(repo):
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.human({"a.txt": numbered(30)})
    repo.commit("back", {"a.txt": numbered(30, LINE)})
    yield Check("no record with it", "HEAD", [uncovered("a.txt")], unmet("a.txt"))


@history
def row_13_fast_forward(repo):
    base = repo.head
    repo.branch("feature")
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.apply({"b.txt": "b\n"}, run=Run("run_2"))
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--ff-only", "feature")
    yield Check("fast-forward", f"{base}..HEAD", [exact("a.txt"), exact("b.txt")])


@history
def row_14_merges(repo):
    base = repo.head
    repo.branch("feature")
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.branch("second", base)
    repo.apply({"b.txt": "b\n"}, run=Run("run_2"))
    repo.branch("main", base)
    repo.human({"c.txt": "c\n"})
    repo.git("merge", "-q", "--no-edit", "feature")
    yield Check("clean merge", "HEAD", [exact("a.txt"), exact()])
    repo.branch("main", base)
    repo.human({"a.txt": numbered(30, {25: "line twenty-five"})})
    repo.git("merge", "-q", "--no-edit", "feature")
    yield Check("within one file", "HEAD", [exact("a.txt"), exact()])
    repo.branch("main", base)
    repo.human({"c.txt": "c\n"})
    repo.git("merge", "-q", "--no-edit", "feature", "second")
    yield Check("octopus", "HEAD", [exact("a.txt"), exact("b.txt"), exact()])
    repo.branch("main", base)
    repo.human({"c.txt": "c\n"})
    main = repo.head
    repo.git("merge", "-q", "--no-edit", "-s", "ours", "feature")
    yield Check("ours", "HEAD", [exact("a.txt"), exact()])
    repo.branch("side", base)
    repo.trust(2, members=[*repo.members(), (repo.keys.ci, "ci:builder")])
    repo.branch("main", main)
    repo.git("merge", "-q", "--no-edit", "-s", "ours", "side")
    rollback = [("policy_rollback", 1, TRUST)]
    yield Check("ours, older trust kept", "HEAD", [RECORDS_ONLY, exact()],
                [("trust_change_unsigned", 1, TRUST), *rollback])
    repo.commit("merge", sign=repo.keys.root, amend=True)
    yield Check("the same, root-signed", "HEAD", [RECORDS_ONLY, exact()], rollback)
    repo.branch("main", main)
    repo.git("merge", "-q", "--no-edit", "side")
    yield Check("newer trust merged", "HEAD", [RECORDS_ONLY, exact()])


@history
def row_15_resolved_by_hand(repo):
    base = repo.head
    repo.branch("feature")
    repo.apply({"a.txt": numbered(30, LINE), "b.txt": "b\n"})
    repo.branch("main", base)
    repo.human({"a.txt": numbered(30, {3: "third line"})})
    repo.git("merge", "-q", "--no-edit", "feature", check=False)
    repo.commit("merge", {"a.txt": numbered(30, {3: "line three, third line"})})
    yield Check("resolved", "HEAD", [exact("a.txt", "b.txt"), uncovered("a.txt")], unmet("a.txt", at=1))
    repo.commit("merge", sign=repo.keys.human, amend=True)
    yield Check("resolved by a human", "HEAD", [exact("a.txt", "b.txt"), human("a.txt")])


@history
def row_16_subtree_and_pointer(repo):
    commits = repo.git("rev-parse", "HEAD", "HEAD~1").split()
    repo.apply({"module": ("160000", commits[0])})
    yield Check("pointer applied", "HEAD", [exact("module")])
    repo.git("config", "diff.ignoreSubmodules", "all")
    repo.commit("pointer by hand", {"module": ("160000", commits[1])})
    yield Check("pointer moved by hand", "HEAD", [uncovered("module")], unmet("module"), uncovered=1)
    repo.git("checkout", "-q", "--orphan", "foreign")
    repo.git("read-tree", "--empty")
    foreign = repo.commit("foreign", {"lib.c": "int x;\n"}, sign=repo.keys.human)  # a root commit has no trust to judge it
    repo.git("checkout", "-q", "-f", "main")
    repo.git("merge", "-q", "-s", "ours", "--no-commit", "--allow-unrelated-histories", foreign)
    repo.git("read-tree", "--prefix=lib/", foreign)
    repo.commit("subtree", sign=repo.keys.human)
    yield Check("subtree merged by a human", "HEAD", [uncovered("lib.c"), human("lib/lib.c")], unmet("lib.c"))
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.git("merge", "-q", "-s", "ours", "--no-commit", "--allow-unrelated-histories", foreign)
    repo.apply({"lib/lib.c": "int x;\n"}, run=Run("run_2"))
    yield Check("subtree merged by apply", "HEAD", [uncovered("lib.c"), exact("lib/lib.c")], unmet("lib.c"))


@history
def row_17_rename(repo):
    base = repo.head
    repo.git("mv", "b.txt", "d.txt")
    repo.commit("rename")
    yield Check("by hand", "HEAD", [uncovered("b.txt", "d.txt")], unmet("b.txt", "d.txt"))
    repo.branch("main", base)
    repo.apply({"b.txt": None, "d.txt": numbered(30, start=101)})
    yield Check("both edges vouched", "HEAD", [exact("b.txt", "d.txt")])


@history
def row_18_mode(repo):
    base = repo.head
    repo.commit("chmod", {"run.sh": ("100755", "#!/bin/sh\n")})
    yield Check("by hand", "HEAD", [uncovered("run.sh")], unmet("run.sh"), uncovered=1)
    repo.branch("main", base)
    repo.apply({"run.sh": ("100755", "#!/bin/sh\n")})
    yield Check("vouched", "HEAD", [exact("run.sh")])


@history
def row_19_human_between(repo):
    base, run = repo.head, Run()
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    middle = repo.head
    for signed in (True, False):
        repo.branch("main", middle)
        again = Run(run.run_id, run.branch_base, list(run.edges), run.previous)
        repo.commit("by hand", {"c.txt": "c\n"}, sign=repo.keys.human if signed else None)
        repo.apply({"b.txt": "b\n"}, run=again)
        yield Check("signed" if signed else "unsigned", f"{base}..HEAD",
                    [exact("a.txt"), human("c.txt") if signed else uncovered("c.txt"), exact("b.txt")],
                    () if signed else unmet("c.txt", at=1))


@history
def row_20_human_edit_below(repo):
    base, run = repo.head, Run()
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    repo.human({"a.txt": numbered(30, LINE | {15: "edited"})})
    repo.apply({"a.txt": numbered(30, LINE | {15: "edited", 27: "again"})}, run=run)
    yield Check("R2 on a human edit", f"{base}..HEAD", [exact("a.txt"), human("a.txt"), exact("a.txt")])


@history
def row_21_key_added(repo):
    base, members = repo.head, [*repo.members(), (repo.keys.ci, "ci:builder")]
    repo.trust(2, sign=None, members=members)
    yield Check("unsigned", "HEAD", [RECORDS_ONLY], [("trust_change_unsigned", 0, TRUST)])
    repo.branch("main", base)
    repo.trust(2, members=members)
    yield Check("root-signed", "HEAD", [RECORDS_ONLY])
    repo.apply({"a.txt": "a\n"}, key=repo.keys.ci)
    yield Check("and used", "HEAD", [exact("a.txt")])
    repo.branch("main", base)
    repo.trust(2, sign="human", members=members)
    yield Check("signed without the role", "HEAD", [RECORDS_ONLY], [("trust_change_unsigned", 0, TRUST)])


@history
def row_22_receipt_edited(repo):
    applied = repo.apply({"a.txt": numbered(30, LINE)})
    repo.commit("edited", {applied.receipt: repo.read(applied.receipt).replace(b"codex", b"claud") + b" "})
    yield Check("edited in place", "HEAD", [RECORDS_ONLY], [("receipt_altered", 0, applied.receipt)])
    repo.git("reset", "-q", "--hard", "HEAD~1")
    other = f"{FOLDER}/receipts/00/{'0' * 64}.dsse.json"
    repo.commit("renamed", {other: repo.read(applied.receipt), applied.receipt: None})
    yield Check("named otherwise", "HEAD", [RECORDS_ONLY], [("receipt_altered", 0, other)],
                warnings=[("record_removed", 0, applied.receipt)])


@history
def row_23_indentation(repo):
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.commit("indented", {"a.txt": numbered(30, {3: "  line three"})}, amend=True)
    yield Check("indented", "HEAD", [uncovered("a.txt")], [("tree_mismatch", 0, "a.txt"), *unmet("a.txt")], uncovered=1)


@history
def row_24_shallow(repo):
    run = Run()
    for number in (1, 2, 3):
        repo.apply({"a.txt": numbered(30, {3: f"version {number}"})}, run=run)
    path = repo.path.with_name("shallow")
    repo.git("clone", "-q", "--depth", 2, f"file://{repo.path}", path)
    clone = Repo(path, repo.keys)
    root = ["--root", repo.keys.root.fingerprint]
    yield Check("cut inside the range", ["--all", *root], [exact("a.txt")], exit=3, unreadable=1, repo=clone)
    yield Check("cut below the range", ["HEAD", *root], [exact("a.txt")], exit=3, unreadable=1, repo=clone)
    yield Check("base not there", ["HEAD~2..HEAD", *root], None, exit=3, repo=clone)


@history
def squashed_away(repo):
    """A clone that never had the blobs between R1 and R2, and a repository of another object format."""
    base, run = repo.head, Run()
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    repo.apply({"a.txt": numbered(30, {3: "line three again"})}, run=run)
    repo.git("reset", "-q", "--soft", base)
    repo.commit("squash")
    clone = Repo(repo.path.with_name("clone"), repo.keys)
    repo.git("clone", "-q", f"file://{repo.path}", clone.path)
    yield Check("blobs not there", ["HEAD", "--root", repo.keys.root.fingerprint], [exact("a.txt")], repo=clone)
    other = Repo(repo.path.with_name("sha256"), repo.keys)
    repo.git("init", "-q", "--object-format=sha256", other.path)
    other.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "x")
    yield Check("SHA-256", "HEAD", None, exit=3, repo=other)


@history
def row_25_half_picked(repo):
    base = repo.head
    repo.apply({"a.txt": numbered(30, LINE), "b.txt": "b\n"})
    repo.branch("target", base)
    repo.git("checkout", "-q", "main", "--", "a.txt", ".provenance")
    repo.commit("half")
    yield Check("one of two files", "HEAD", [exact("a.txt")], [("partial", 0, "b.txt")])


@history
def row_26_pasted_again(repo):
    base = repo.head
    section = "begin\n{\n  one\n  two\n  three\n}\nend\n"
    longer = section.replace("  two\n", "  two\n  more\n")
    repo.apply({"sections.txt": longer + section * 3})
    repo.commit("pasted", {"sections.txt": longer + section + longer + section})
    yield Check("in its own commit", f"{base}..HEAD", [exact("sections.txt"), uncovered("sections.txt")],
                unmet("sections.txt", at=1), uncovered=1)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.commit("both", {"sections.txt": longer + section + longer + section}, amend=True)
    yield Check("in the receipted commit", "HEAD", [uncovered("sections.txt")],
                [("tree_mismatch", 0, "sections.txt"), *unmet("sections.txt")], uncovered=1)


@history
def row_27_squash_with_human(repo):
    base, run = repo.head, Run()
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    repo.human({"a.txt": numbered(30, LINE | {15: "edited"})})
    repo.apply({"a.txt": numbered(30, LINE | {15: "edited", 27: "again"})}, run=run)
    repo.git("reset", "-q", "--soft", base)
    repo.commit("squash")
    yield Check("squash", "HEAD", [uncovered("a.txt")], [("tree_mismatch", 0, "a.txt"), *unmet("a.txt")], uncovered=1)


@history
def row_28_proposal(repo):
    rule = {"paths": ["a.txt"], "accept": ["exact"], "verdicts": {"human": 1}}
    repo.trust(2, rules=[rule])
    base, run = repo.head, Run()
    proposed = repo.apply({"a.txt": numbered(30, LINE)}, run=run, state="proposed")
    yield Check("proposed", "HEAD", [("proposed", {"a.txt": "proposed"})], unmet("a.txt"))
    repo.apply({}, run=run, edges=proposed.edges)
    yield Check("applied, a review is asked for", f"{base}..HEAD", [exact("a.txt"), RECORDS_ONLY], unmet("a.txt"))
    repo.git("reset", "-q", "--hard", "HEAD~1")
    applied = repo.apply({}, run=Run(run.run_id, base, [], proposed.digest), edges=proposed.edges, commit=False)
    repo.generator.review(repo, applied.digest, "docs/review.md", "fine\n", repo.keys.human, run=run)
    repo.commit("apply")
    yield Check("applied and reviewed", f"{base}..HEAD", [exact("a.txt"), exact("docs/review.md")])
    yield Check("the second alone", "HEAD", [exact("docs/review.md")])


@history
def two_lanes(repo):
    repo.trust(2, rules=[{"paths": ["*.txt"], "verdicts": {"accepting": 2, "distinct_lanes": 2}, "signatures": {"lane": 2}},
                         {"paths": ["docs/"], "accept": ["exact", "uncovered"]}])
    verdict = lambda n, lane, word="accept": {
        "verdict_id": f"v{n}", "job_id": f"job_{n}", "verdict": word, "posture": "independent", "session_id": "ses_2",
        "lane": lane, "artifact_sha256": None, "reviewed": [], "review": None}
    both = [verdict(1, "codex"), verdict(2, "claude")]
    sign = lambda *keys: lambda pae: [(key.fingerprint, key.raw(pae)) for key in keys]
    codex, claude = repo.keys.codex, repo.keys.claude
    base = repo.head
    for label, verdicts, keys, good in (
            ("two keys, two lanes", both, (codex, claude), True), ("one key", both, (codex,), False),
            ("one lane", [both[0], verdict(2, "codex")], (codex, claude), False), ("no verdict", [], (codex, claude), False)):
        repo.branch("main", base)
        repo.apply({"a.txt": "a\n"}, verdicts=verdicts, signatures=sign(*keys))
        yield Check(label, "HEAD", [exact("a.txt")], () if good else unmet("a.txt"))
    repo.commit("docs", {"docs/x.md": "x\n", "docs/deep/y.md": "y\n", "deep/z.txt": "z\n"})
    yield Check("globs", "HEAD", [uncovered("deep/z.txt", "docs/deep/y.md", "docs/x.md")], unmet("deep/z.txt"))
    repo.branch("main", base)
    repo.apply({"a.txt": "a\n"}, verdicts=[verdict(1, "codex"), verdict(1, "claude", "reject")], signatures=sign(codex, claude))
    yield Check("rejected at last", "HEAD", None, exit=14)


@history
def adoption_and_anchors(repo):
    repo.apply({"a.txt": numbered(30, LINE)})
    stranger = repo.keys.stranger.fingerprint
    repo.git("config", "--unset", "striatum.trustRoot")
    yield Check("no anchor", "HEAD", [exact("a.txt")], exit=14)
    yield Check("self-asserted", ["HEAD", "--self-asserted"], [exact("a.txt")])
    adopting = repo.git("rev-parse", "HEAD~1")
    yield Check("a stranger's anchor", ["HEAD", "--root", stranger], [uncovered("a.txt")],
                [("untrusted_key", adopting, TRUST), *unmet("a.txt")])
    yield Check("two anchors", ["HEAD", "--root", stranger, "--root", repo.keys.root.fingerprint], [exact("a.txt")])
    repo.branch("unadopted", "HEAD~2")
    repo.commit("work", {"c.txt": "c\n"})
    yield Check("nothing adopted", ["HEAD", "--self-asserted"], [uncovered("c.txt")], unmet("c.txt"))


@history
def side_branch_of_before(repo):
    """Work on a branch that left before the adoption is judged, the common past is not."""
    repo.branch("old", "HEAD~1")
    repo.commit("old work", {"c.txt": "c\n"})
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-edit", "old")
    yield Check("merged", "HEAD", [uncovered("c.txt"), exact()], unmet("c.txt"))
    since = repo.head
    repo.trust(2, since=since)
    yield Check("since", "--all", [("before_adoption", {}), RECORDS_ONLY, ("before_adoption", {}), exact(), RECORDS_ONLY])


@history
def configuration_is_ignored(repo):
    """Local settings, attributes, replace refs and grafts do not change the judgement."""
    for name, value in (("diff.suppressBlankEmpty", "true"), ("diff.context", "0"), ("diff.algorithm", "histogram"),
                        ("diff.noprefix", "true"), ("diff.renames", "copies"), ("core.quotePath", "false"),
                        ("diff.external", "false"), ("diff.interHunkContext", "9"), ("merge.conflictStyle", "diff3")):
        repo.git("config", name, value)
    old = "".join(f"paragraph {n}\n\nend {n}\n\n" for n in range(8))
    repo.apply({"p.txt": old})
    first = repo.head
    repo.apply({"p.txt": old.replace("end 3", "END 3\n\nmore").replace("paragraph 6\n", "")}, run=Run("run_2"))
    (repo.path / ".git/info/attributes").write_text("*.txt -diff -text\n")
    yield Check("settings", f"{first}~1..HEAD", [exact("p.txt"), exact("p.txt")])
    bad = repo.commit("bad", {"a.txt": "a\n"})
    repo.git("replace", bad, first)
    yield Check("replace ref", bad, [uncovered("a.txt")], unmet("a.txt"))


@history
def paths_and_endings(repo):
    odd = {"with space.txt": "x\n", "ünïcode.txt": "y", "cr.txt": "one\r\ntwo\rthree\r\n", "tab\tname": "@@ -1 +1 @@\n",
           "quote\"name": "--- a\n+++ b\n"}
    repo.apply(odd)
    yield Check("odd names", "HEAD", [exact(*sorted(odd, key=str.encode))])
    repo.apply({"cr.txt": "one\r\ntwo\rthree\r\nfour", "ünïcode.txt": "y\n", "tab\tname": "@@ -2 +2 @@\n"}, run=Run("run_2"))
    yield Check("line endings", "HEAD", [exact("cr.txt", "tab\tname", "ünïcode.txt")])
    (repo.path / ".git/bad").write_bytes(b"raw\n")
    blob = repo.git("hash-object", "-w", ".git/bad")
    repo.git("update-index", "-z", "--index-info", stdin=b"100644 %s\tb\xffd\0" % blob.encode())
    repo.commit("not UTF-8")
    yield Check("a name that is not UTF-8", "HEAD", [uncovered('"b\\377d"')], unmet('"b\\377d"'))


@history
def folder_becomes_file(repo):
    repo.apply({"d/x": "x\n", "d/y": "y\n"})
    shutil.rmtree(repo.path / "d")
    repo.git("rm", "-q", "--cached", "-r", "d")
    repo.apply({"d": "now a file\n"}, run=Run("run_2"))
    yield Check("both sides", "HEAD", [exact("d", "d/x", "d/y")])


@history
def wrong_policy(repo):
    base = repo.head
    for label, change in (("unknown member", {"rulez": []}), ("no paths", {"rules": [{"accept": ["exact"]}]})):
        repo.branch("main", base)
        repo.trust(2, **change)
        yield Check(label, "HEAD", [RECORDS_ONLY], [("malformed", 0, TRUST)])
    repo.branch("main", base)
    repo.write_trust(2)
    repo.write(f"{TRUST}/policy.json", json.dumps({"version": 2})[:-1] + ', "version": 2}')
    repo.commit("twice", sign=repo.keys.root)
    yield Check("a member twice", "HEAD", [RECORDS_ONLY], [("malformed", 0, TRUST)])
