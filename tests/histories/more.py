# SPDX-License-Identifier: Apache-2.0
"""Histories beyond the 28 rows: what people, forges and configurations do to receipted commits."""
import subprocess

from lib import ATTRIBUTES, FOLDER, Repo, Run, numbered
from rows import LINE, RECORDS_ONLY, Check, carried, exact, history, human, uncovered, unmet

SEVEN, TWENTY = {7: "line seven"}, {20: "line twenty"}


def clone(repo, name, *options):
    made = Repo(repo.path.with_name(name), repo.keys)
    repo.git("clone", "-q", *options, f"file://{repo.path}", made.path)
    for key, value in (("user.name", "Tester"), ("user.email", "tester@example.org"), ("gpg.format", "ssh"),
                       ("striatum.trustRoot", repo.keys.root.fingerprint)):
        made.git("config", key, value)
    return made


def three_branches(repo):
    base = repo.head
    for name, path in (("one", "a.txt"), ("two", "b.txt"), ("three", "c.txt")):
        repo.branch(name, base)
        repo.apply({path: f"{name}\n"}, run=Run(f"run_{name}"))
    repo.branch("main", base)
    return base


@history
def octopus(repo):
    base = three_branches(repo)
    repo.git("merge", "-q", "--no-edit", "one", "two", "three")
    yield Check("three receipted branches", f"{base}..HEAD", [exact("a.txt"), exact("b.txt"), exact("c.txt"), exact()])
    repo.commit("merge", {"b.txt": "two and more\n"}, amend=True)
    yield Check("with something slipped in", f"{base}..HEAD", [
        exact("a.txt"), exact("b.txt"), exact("c.txt"), uncovered("b.txt")], unmet("b.txt", at=3),
        uncovered=[("b.txt", "text", 1, 30, 1)])


@history
def criss_cross(repo):
    """Two merge bases: git may merge it, but no single base proves it."""
    base = repo.head
    repo.apply({"a.txt": numbered(30, LINE)})
    left = repo.head
    repo.branch("right", base)
    repo.apply({"a.txt": numbered(30, TWENTY)}, run=Run("run_2"))
    right = repo.head
    repo.git("merge", "-q", "--no-edit", left)
    repo.branch("left", left)
    repo.git("merge", "-q", "--no-edit", right)
    repo.apply({"a.txt": numbered(30, LINE | TWENTY | {11: "eleven"})}, run=Run("run_3"))
    repo.git("checkout", "-q", "right")
    repo.apply({"a.txt": numbered(30, LINE | TWENTY | {28: "twenty-eight"})}, run=Run("run_4"))
    repo.git("merge", "-q", "--no-edit", "left")
    assert repo.git("merge-base", "--all", "HEAD^1", "HEAD^2").count("\n") == 1
    yield Check("same file on both sides", f"{base}..HEAD", [
        exact("a.txt"), exact("a.txt"), exact(), exact(), exact("a.txt"), exact("a.txt"), uncovered("a.txt")],
        unmet("a.txt", at=6))


@history
def merge_strategies(repo):
    base = repo.head
    repo.branch("feature")
    repo.apply({"a.txt": numbered(30, LINE | TWENTY)})
    repo.branch("main", base)
    repo.human({"a.txt": numbered(30, {3: "third line", 27: "their end"})})
    main = repo.head
    repo.git("merge", "-q", "--no-edit", "-X", "ours", "feature")
    yield Check("-X ours mixes both sides", "HEAD", [exact("a.txt"), uncovered("a.txt")], unmet("a.txt", at=1))
    repo.branch("main", main)
    repo.git("merge", "-q", "--no-edit", "--no-commit", "feature", check=False)
    repo.git("checkout", "-q", "--theirs", "--", "a.txt")
    repo.git("add", "a.txt")
    repo.commit("merge")
    yield Check("one side taken whole", "HEAD", [exact("a.txt"), exact()])
    repo.git("revert", "--no-edit", "-m", "1", "HEAD")
    yield Check("revert of a merge", "HEAD", [uncovered("a.txt")], unmet("a.txt"))


@history
def both_add_the_same(repo):
    base = repo.head
    repo.branch("feature")
    repo.apply({"new.txt": "new\n"})
    repo.branch("main", base)
    repo.apply({"new.txt": "new\n"}, run=Run("run_2"))
    repo.git("merge", "-q", "--no-edit", "feature")
    yield Check("merged", "HEAD", [exact("new.txt"), exact()])


@history
def subtree_squashed(repo):
    """git subtree add --squash: a root commit of its own, merged below a folder."""
    repo.git("checkout", "-q", "--orphan", "library")
    repo.git("read-tree", "--empty")
    library = repo.commit("Squashed 'lib/' content", {"lib.c": "int x;\n"})
    repo.git("checkout", "-q", "-f", "main")
    tree = repo.git("rev-parse", f"{library}^{{tree}}")
    repo.git("read-tree", "--prefix=lib/", library)
    merged = repo.git("commit-tree", repo.git("write-tree"), "-p", "main", "-p", library, "-m", "Merge 'lib/'")
    yield Check("added by hand", merged, [uncovered("lib.c"), uncovered("lib/lib.c")],
                [*unmet("lib.c"), *unmet("lib/lib.c", at=1)],
                uncovered=[("lib.c", "text", 1, 0, 1), ("lib/lib.c", "text", 1, 0, 1)])
    assert tree


@history
def submodule(repo):
    other = Repo(repo.path.with_name("module"), repo.keys).init()
    first = other.commit("first", {"x": "1\n"})
    second = other.commit("second", {"x": "2\n"})
    text = f'[submodule "m"]\n\tpath = m\n\turl = {other.path}\n'
    repo.apply({".gitmodules": text, "m": ("160000", first)})
    yield Check("added", "HEAD", [exact(".gitmodules", "m")])
    made = clone(repo, "cloned")
    made.git("-c", "protocol.file.allow=always", "submodule", "update", "--init", "-q")
    made.git("config", "submodule.m.ignore", "all")
    made.git("checkout", "-q", second, check=False)
    made.write("m", ("160000", second))
    made.commit("moved")
    yield Check("moved by hand in a clone that has it", "HEAD", [uncovered("m")], unmet("m"), repo=made,
                uncovered=[("m", "pointer", 0, 0, None)])


@history
def rename_with_edit(repo):
    base, changed = repo.head, numbered(30, {115: "edited"}, start=101)
    repo.git("mv", "b.txt", "moved.txt")
    repo.commit("by hand", {"moved.txt": changed})
    yield Check("by hand", "HEAD", [uncovered("b.txt", "moved.txt")], unmet("b.txt", "moved.txt"),
                uncovered=[("b.txt", "text", 0, 30, 1), ("moved.txt", "text", 30, 0, 1)])
    repo.branch("main", base)
    repo.apply({"b.txt": None, "moved.txt": changed})
    yield Check("applied", "HEAD", [exact("b.txt", "moved.txt")])
    repo.branch("edit", base)
    repo.apply({"b.txt": numbered(30, {103: "three"}, start=101)}, run=Run("run_2"))
    picked = repo.head
    repo.git("checkout", "-q", "main")
    repo.git("cherry-pick", picked)
    yield Check("an edit picked over the rename", "HEAD", [uncovered("moved.txt")],
                [("tree_mismatch", 0, None), *unmet("moved.txt")])


@history
def case_and_normal_forms(repo):
    repo.apply({"Readme": "one\n", "README": "two\n", "caf\u00e9": "composed\n", "cafe\u0301": "decomposed\n"})
    yield Check("four files", "HEAD", [exact("README", "Readme", "cafe\u0301", "caf\u00e9")])
    repo.apply({"Readme": None, "readMe": "one\n"}, run=Run("run_2"))
    yield Check("case-only rename", "HEAD", [exact("Readme", "readMe")])


@history
def autocrlf(repo):
    """Records and judgement are of blobs; what the work tree shows does not matter."""
    repo.apply({"dos.txt": b"one\r\ntwo\r\n", ".gitattributes": "*.txt text=auto\n", "a.txt": numbered(30, LINE)})
    yield Check("applied", "HEAD", [exact(".gitattributes", "a.txt", "dos.txt")])
    made = clone(repo, "windows", "-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    assert b"\r\n" in (made.path / "a.txt").read_bytes()
    yield Check("in a clone with autocrlf", "HEAD", [exact(".gitattributes", "a.txt", "dos.txt")], repo=made)
    made.apply({"a.txt": numbered(30, LINE | TWENTY).replace("\n", "\r\n")}, run=Run("run_2"))
    assert b"\r" not in made.read("a.txt")
    yield Check("applied from there", "HEAD", [exact("a.txt")], repo=made)
    assert made.read(f"{FOLDER}/.gitattributes") == ATTRIBUTES.encode()
    made.commit("renormalised", {"dos.txt": b"one\ntwo\n"})
    yield Check("renormalised by hand", "HEAD", [uncovered("dos.txt")], unmet("dos.txt"), repo=made,
                uncovered=[("dos.txt", "text", 2, 2, 1)])


@history
def lfs_style_filter(repo):
    """A clean filter puts pointers into blobs; here it is rot13, so that a forgotten filter shows."""
    for name in ("clean", "smudge"):
        repo.git("config", f"filter.rot.{name}", "tr a-z n-za-m")
    repo.git("config", "filter.rot.required", "true")
    repo.apply({".gitattributes": "*.big filter=rot -text\n* filter=rot\n"})
    repo.apply({"data.big": "abc\n"}, run=Run("run_2"))
    assert repo.read("data.big") == b"nop\n"
    yield Check("filtered content, records are not", "HEAD~2..HEAD", [exact(".gitattributes"), exact("data.big")])
    made = clone(repo, "without", "--no-checkout")
    yield Check("where the filter is not installed", "HEAD", [exact("data.big")], repo=made)


@history
def binary(repo):
    picture, other = b"\x89PNG\0" + bytes(range(256)) * 4, b"\x89PNG\0" + bytes(range(255, -1, -1)) * 4
    repo.apply({"picture": picture})
    base = repo.head
    repo.apply({"picture": other}, run=Run("run_2"))
    yield Check("applied twice", f"{base}~1..HEAD", [exact("picture"), exact("picture")])
    repo.commit("by hand", {"picture": other + b"\n"}, amend=True)
    yield Check("one byte more", "HEAD", [uncovered("picture")], [("tree_mismatch", 0, "picture"), *unmet("picture")],
                uncovered=[("picture", "binary", 0, 0, None)])
    repo.branch("text", base)
    repo.commit("now text", {"picture": "text\n"})
    yield Check("binary to text", "HEAD", [uncovered("picture")], unmet("picture"),
                uncovered=[("picture", "binary", 0, 0, None)])


@history
def partial_clone(repo):
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.apply({"a.txt": numbered(30, LINE | TWENTY)}, run=Run("run_2"))
    made = clone(repo, "partial", "--filter=blob:none", "--no-checkout")
    yield Check("no blobs", "HEAD~2..HEAD", [], exit=3, unreadable=3, repo=made)
    made.git("log", "-p", "--text", "HEAD~2..HEAD")
    made.git("checkout", "-q", "main")
    yield Check("the blobs of the range fetched", "HEAD~2..HEAD", [exact("a.txt"), exact("a.txt")], repo=made)


@history
def sparse_and_split_index(repo):
    repo.apply({f"d{n}/{name}": f"{n}\n" for n in range(4) for name in ("x", "y")})
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "d1", ".provenance")
    assert not (repo.path / "d2/x").exists()
    repo.apply({"d1/x": "changed\n"}, run=Run("run_2"))
    yield Check("sparse index", "HEAD", [exact("d1/x")])
    repo.git("sparse-checkout", "disable")
    repo.git("update-index", "--split-index")
    repo.apply({"d2/x": "changed\n"}, run=Run("run_3"))
    assert list((repo.path / ".git").glob("sharedindex.*"))
    yield Check("split index", "HEAD~2..HEAD", [exact("d1/x"), exact("d2/x")])


@history
def autosquash(repo):
    """A deep rebase that folds fixups and carries the rest over moved files."""
    base, run = repo.head, Run()
    text = lambda changes: numbered(60, changes)
    repo.apply({"long.txt": text({})}, run=Run("run_0"))
    start = repo.head
    changes = {}
    for number in range(1, 9):
        changes[number * 6] = f"change {number}"
        repo.apply({"long.txt": text(changes)}, run=run, message=f"step {number}")
    changes[12] = "change 2, better"
    repo.apply({"long.txt": text(changes)}, run=run, message="fixup! step 2")
    tip = repo.head
    repo.branch("upstream", start)
    repo.human({"long.txt": text({57: "moved below"}), "c.txt": "c\n"})
    repo.branch("main", tip)
    repo.git("-c", "sequence.editor=true", "rebase", "-q", "-i", "--autosquash", "upstream")
    assert repo.git("rev-list", "--count", "upstream..HEAD") == "8"
    mixed = ("uncovered", {"long.txt": "uncovered"})
    data = [carried("long.txt")] * 8
    yield Check("eight steps, one fixed up", "upstream..HEAD", [data[0], mixed, *data[2:]],
                [("tree_mismatch", 1, "long.txt"), *unmet("long.txt", at=1)], uncovered=[("long.txt", "text", 1, 1, 12)])
    repo.branch("plain", tip)
    repo.git("-c", "sequence.editor=true", "rebase", "-q", "-i", "--autosquash", start)
    yield Check("on the same base", f"{start}..HEAD", None, exit=14)
    repo.git("reset", "-q", "--soft", start)
    repo.commit("all in one")
    yield Check("squashed whole", "HEAD", [exact("long.txt")])
    assert base


@history
def reordered(repo):
    run = Run()
    base = repo.head
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    first = repo.head
    repo.apply({"a.txt": numbered(30, LINE | TWENTY)}, run=run)
    second = repo.head
    repo.branch("other", base)
    repo.git("cherry-pick", second, first)
    yield Check("two steps the other way round", f"{base}..HEAD", [carried("a.txt"), carried("a.txt")])


@history
def split_in_two(repo):
    base = repo.head
    applied = repo.apply({"a.txt": numbered(30, LINE), "b.txt": "b\n"})
    repo.git("reset", "-q", "--soft", base)
    repo.git("reset", "-q", "--", "b.txt")
    repo.commit("first half")
    repo.commit("second half", {"b.txt": "b\n"})
    yield Check("records with the first half", f"{base}..HEAD", [exact("a.txt"), exact("b.txt")])
    yield Check("the second half alone", "HEAD", [uncovered("b.txt")], unmet("b.txt"))
    assert applied


@history
def sent_by_mail(repo):
    base, run = repo.head, Run()
    repo.apply({"a.txt": numbered(30, LINE), "bin": b"\0\1"}, run=run)
    repo.apply({"a.txt": numbered(30, LINE | TWENTY)}, run=run)
    patches = repo.git("format-patch", "--stdout", "--binary", "--full-index", f"{base}..HEAD", text=False)
    repo.branch("mailed", base)
    repo.human({"c.txt": "c\n"})
    start = repo.head
    repo.git("am", "-q", "--keep-cr", stdin=patches)
    yield Check("format-patch and am", f"{start}..HEAD", [exact("a.txt", "bin"), exact("a.txt")])
    assert base


@history
def types_and_modes(repo):
    repo.apply({"link": ("120000", "a.txt"), "tool": "#!/bin/sh\n"})
    base = repo.head
    (repo.path / "link").unlink()
    repo.apply({"link": "a file now\n", "tool": ("100755", "#!/bin/sh\necho\n")}, run=Run("run_2"))
    yield Check("link to file, mode with content", "HEAD", [exact("link", "tool")])
    applied = repo.head
    repo.branch("other", base)
    repo.human({"tool": "#!/bin/sh\n\n# below\n# more\n# lines\n# end\n"})
    repo.branch("hand", base)
    (repo.path / "link").unlink()
    repo.commit("by hand", {"link": ("120000", "b.txt")})
    yield Check("another target by hand", "HEAD", [uncovered("link")], unmet("link"),
                uncovered=[("link", "symlink", 0, 0, None)])
    repo.branch("mode", applied)
    repo.commit("not executable", {"tool": ("100644", "#!/bin/sh\necho\n")}, amend=True)
    yield Check("vouched hunks, another mode", "HEAD", [("uncovered", {"link": "exact", "tool": "uncovered"})],
                [("tree_mismatch", 0, "tool"), *unmet("tool")])


@history
def last_line_without_feed(repo):
    repo.apply({"a.txt": numbered(30)[:-1]})
    base = repo.head
    repo.apply({"a.txt": numbered(30)}, run=Run("run_2"))
    yield Check("feed taken and given back", f"{base}~1..HEAD", [exact("a.txt"), exact("a.txt")])
    repo.commit("taken again", {"a.txt": numbered(30)[:-1]})
    yield Check("by hand", "HEAD", [uncovered("a.txt")], unmet("a.txt"), uncovered=[("a.txt", "text", 1, 1, 30)])


@history
def everything_deleted(repo):
    repo.apply({"a.txt": None, "b.txt": None, "c.txt": None, "sections.txt": None, "run.sh": None})
    yield Check("by apply", "HEAD", [exact("a.txt", "b.txt", "c.txt", "run.sh", "sections.txt")])


@history
def places_of_a_repository(repo):
    """The same answer from a bare clone, a linked worktree, a shared clone, packed with a commit graph, and by a tag."""
    repo.apply({"a.txt": numbered(30, LINE)})
    repo.git("-c", "user.signingKey=", "tag", "-a", "v1", "-m", "first")
    answer = [exact("a.txt")]
    yield Check("an annotated tag", "v1", answer)
    yield Check("a bare clone", "HEAD", answer, repo=clone(repo, "bare", "--bare"))
    repo.git("worktree", "add", "-q", "--detach", repo.path.with_name("linked"))
    yield Check("a linked worktree", "HEAD", answer, repo=Repo(repo.path.with_name("linked"), repo.keys))
    repo.git("clone", "-q", "--shared", repo.path, repo.path.with_name("shared"))
    shared = Repo(repo.path.with_name("shared"), repo.keys)
    yield Check("objects of another repository", ["HEAD", "--root", repo.keys.root.fingerprint], answer, repo=shared)
    repo.git("gc", "-q")
    repo.git("commit-graph", "write", "--reachable", "--changed-paths")
    repo.git("pack-refs", "--all")
    yield Check("packed, with a commit graph", "HEAD", answer)


@history
def human_and_lanes_in_turn(repo):
    """Range mode as a pull request has it: what the target has is not judged again."""
    run = Run()
    repo.apply({"a.txt": numbered(30, LINE)}, run=run)
    target = repo.head
    repo.branch("feature")
    repo.apply({"a.txt": numbered(30, LINE | SEVEN)}, run=run)
    repo.human({"c.txt": "c\n"})
    repo.commit("nobody", {"b.txt": numbered(30, {110: "x"}, start=101)})
    yield Check("the branch against its target", f"{target}..feature",
                [exact("a.txt"), human("c.txt"), uncovered("b.txt")], unmet("b.txt", at=2),
                uncovered=[("b.txt", "text", 1, 1, 10)])
    repo.git("checkout", "-q", "main")
    repo.trust(2, rules=[{"paths": ["b.txt"], "accept": ["uncovered"]}])
    yield Check("by the target's policy", "main..feature",
                [exact("a.txt"), human("c.txt"), uncovered("b.txt")], uncovered=[("b.txt", "text", 1, 1, 10)])
    yield Check("the target's own change", "HEAD", [RECORDS_ONLY])


@history
def records_moved_between_branches(repo):
    """git checkout of a file and the records from another branch, several commits at once."""
    base, run = repo.head, Run()
    for number in range(3):
        repo.apply({"a.txt": numbered(30, {3: f"version {number}"})}, run=run)
    repo.branch("other", base)
    repo.git("checkout", "-q", "main", "--", "a.txt", ".provenance")
    repo.commit("brought over")
    yield Check("three receipts, one commit", "HEAD", [exact("a.txt")])
    done = subprocess.run(["git", "diff", "--stat", "main"], cwd=repo.path, env=repo.env, capture_output=True, check=True)
    assert done.stdout == b""
