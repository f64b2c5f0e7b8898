# SPDX-License-Identifier: Apache-2.0
"""From `init` to a commit that a second clone verifies, and what is refused on the way.

usage: test_apply.py PROGRAM [unittest options]"""
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import implement, review, reviewed, reviewed_change

PROGRAM = None
GOOD = "def add(a, b):\n    return a + b\n"
FORMATTER = "sed -i 's/a + b/b + a/' src/add.py && git add src/add.py\n"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="striatum-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.lab = lab.Lab(self.folder, PROGRAM)

    def gates(self, reply):
        return {gate["name"]: gate["outcome"] for gate in reply["gates"]}

    def refused(self, repo, run, gate, code, *args):
        """A gate says no: nothing but the state has changed."""
        before = repo.head("work"), repo.status(), repo.git("diff", "HEAD")
        number, error = repo.fails("apply", "--run-id", run, *args)
        self.assertEqual(number, code, error)
        self.assertEqual(error["kind"], "apply_refused", error)
        failed = [row["name"] for row in error["gates"] if row["outcome"] == "failed"]
        self.assertIn(gate, failed)
        self.assertTrue(error["hints"], error)
        self.assertEqual((repo.head("work"), repo.status(), repo.git("diff", "HEAD")), before)
        return error


class WholeRun(Case):
    def test_from_init_to_a_verified_commit(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        implement(repo, run, {"src/add.py": "def add(a, b):\n    return a * b\n"}, "first try\n")
        review(repo, run, "needs_revision", "it multiplies\n")
        implement(repo, run, {"src/add.py": GOOD}, "second try\n")
        review(repo, run, "accept", "adds now\n")
        repo.write("README.md", "A thing, being edited by its owner.\n")
        repo.write("notes.txt", "mine\n")
        base = repo.head()

        done = repo.apply(run)
        self.assertEqual(done["status"], "applied")
        self.assertEqual(done["base"], base)
        self.assertEqual(done["commit"], repo.head("work"))
        self.assertEqual(repo.head("work^"), base)
        self.assertEqual(done["paths"], ["docs/HANDOFF.md", "reviews/REVIEW.md", "src/add.py"])
        self.assertEqual(sorted(done["left_alone"]), ["README.md", "notes.txt"])
        self.assertEqual(repo.status(), "M README.md\n?? notes.txt")
        message = repo.git("log", "-1", "--format=%B")
        self.assertIn(f"Striatum-Run: {run}", message)
        self.assertIn(f"Striatum-Receipt: sha256:{done['receipt']}", message)
        self.assertEqual(repo.apply(run)["status"], "nothing_to_apply")
        self.assertEqual(repo.head("work"), done["commit"])

        other = repo.clone("second", "-b", "work")
        code, data = other.verify("--root", repo.root)
        self.assertEqual((code, data["findings"]), (0, []), data)
        self.assertEqual([c["class"] for c in data["commits"]], ["exact"])
        self.assertEqual(other.verify()[0], 14)
        self.assertEqual(other.verify("--self-asserted")[0], 0)
        self.assertEqual(other.verify("--root", repo.root, "--pin")[0], 0)
        code, data = other.verify("--all")
        self.assertEqual((code, data["anchor"]), (0, "pinned"))

    def test_one_byte_is_refused(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        done = repo.apply(run)
        other = repo.clone("second", "-b", "work")
        other.write("src/add.py", GOOD.replace("+", "*"))
        other.git("commit", "-q", "-a", "--amend", "--no-edit")
        code, data = other.verify("--root", repo.root)
        self.assertEqual(code, 14)
        self.assertEqual(data["commits"][0]["class"], "uncovered")
        self.assertIn("tree_mismatch", [f["kind"] for f in data["findings"]])

        third = repo.clone("third", "-b", "work")
        text = third.read(done["receipt_path"])
        at = text.index('"payload":"') + 40
        third.write(done["receipt_path"], text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:])
        third.git("commit", "-q", "-a", "--amend", "--no-edit")
        self.assertEqual(third.verify("--root", repo.root)[0], 14)


class Gates(Case):
    def test_no_verdict(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        implement(repo, run, {"src/add.py": GOOD})
        error = self.refused(repo, run, "verdicts", 4)
        listed = repo.call("receipt", "list", "--run-id", run)
        self.assertEqual([row["state"] for row in listed["items"]], ["refused"])
        self.assertEqual(listed["items"][0]["receipt"], error["receipt"])
        self.assertEqual(repo.git("log", "--all", "--oneline", "--", ".provenance/striatum/receipts"), "")
        shown = repo.call("receipt", "show", error["receipt"][:12])
        self.assertEqual(shown["statement"]["predicate"]["state"], "refused")

    def test_a_refusing_verdict(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change() | {"cycles": []})
        implement(repo, run, {"src/add.py": GOOD})
        review(repo, run, "needs_revision")
        self.refused(repo, run, "verdicts", 4)

    def test_work_changed_after_it_was_accepted(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        repo.write("src/add.py", GOOD + "\n")
        self.refused(repo, run, "snapshot", 4)
        repo.write("src/add.py", GOOD)
        repo.write("src/new.py", "surprise\n")
        self.refused(repo, run, "snapshot", 4)
        (repo.path / "src/new.py").unlink()
        self.assertEqual(repo.apply(run)["status"], "applied")

    def test_path_changed_on_the_branch(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        other = repo.clone("other", "-b", "work")
        other.write("src/add.py", "# theirs\n")
        other.git("commit", "-q", "-a", "-m", "Theirs")
        repo.git("fetch", "-q", str(other.path), "work")
        repo.git("update-ref", "refs/heads/work", "FETCH_HEAD")
        self.refused(repo, run, "base", 4)

    def test_branch_moved_elsewhere(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        repo.write("README.md", "Another text.\n")
        repo.git("commit", "-q", "-m", "By hand", "--", "README.md")
        done = repo.apply(run)
        self.assertEqual(repo.read("README.md"), "Another text.\n")
        code, data = repo.verify("--root", repo.root)
        self.assertEqual((code, data["commits"][0]["class"]), (0, "exact"), data)
        self.assertEqual(done["base"], repo.head("work^"))

    def test_artifact_changed(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        repo.write("reviews/REVIEW.md", "not fine\n")
        self.refused(repo, run, "artifacts", 6)

    def test_records_are_nobodys_work(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change([".provenance/", "src/"]))
        implement(repo, run, {"src/add.py": GOOD, ".provenance/striatum/trust/keys/mine.pub": "key\n"})
        review(repo, run)
        self.refused(repo, run, "scope", 6)

    def test_dry_run(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        implement(repo, run, {"src/add.py": GOOD})
        before = repo.head("work"), repo.status()
        said = repo.apply(run, "--dry-run")
        self.assertEqual(said["status"], "dry_run")
        missing = [gate for gate in said["gates"] if gate["outcome"] == "failed"]
        self.assertEqual([gate["name"] for gate in missing], ["verdicts"])
        self.assertTrue(missing[0]["hint"])
        self.assertEqual((repo.head("work"), repo.status()), before)
        self.assertEqual(repo.call("receipt", "list")["count"], 0)

    def test_no_key(self):
        repo = self.lab.repo(trusted=())
        run = reviewed(repo, {"src/add.py": GOOD})
        code, error = repo.fails("apply", "--run-id", run)
        self.assertEqual((code, error["kind"]), (4, "no_key"))
        self.assertIn("key create", " ".join(error["hints"]))
        self.assertEqual(repo.call("receipt", "list")["count"], 0)

    def test_unknown_ids(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.assertEqual(repo.fails("apply", "--run-id", "run_nothing")[0], 3)
        self.assertEqual(repo.fails("apply", "--run-id", run, "--job-id", "job_nothing")[0], 3)


class People(Case):
    """Hooks, formatters, staged changes and other work trees of the user."""

    def hook(self, repo, name, text):
        repo.write(f".git/hooks/{name}", "#!/bin/sh\n" + text)
        (repo.path / f".git/hooks/{name}").chmod(0o755)

    def test_formatter(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "pre-commit", FORMATTER)
        done = repo.apply(run)
        self.assertEqual(self.gates(done)["pre_commit"], "rewrote")
        self.assertEqual(repo.git("show", "work:src/add.py"), GOOD.replace("a + b", "b + a").strip())
        self.assertEqual((repo.status(), done["left_alone"]), ("", []))
        self.assertEqual(repo.verify("--root", repo.root)[0], 0)

    def test_formatter_while_the_branch_moves(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "pre-commit", FORMATTER + "[ -e .git/moved ] || { touch .git/moved; "
                  "git update-ref refs/heads/work $(git commit-tree -p work -m between work^{tree}); }\n")
        done = repo.apply(run)
        self.assertEqual(self.gates(done)["pre_commit"], "rewrote")
        self.assertEqual(repo.git("log", "-1", "--format=%s", "work^"), "between")
        self.assertEqual((repo.status(), done["left_alone"]), ("", []))

    def test_formatter_before_a_commit_that_fails(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "pre-commit", FORMATTER)
        self.hook(repo, "commit-msg", "exit 1\n")
        before = repo.head("work"), repo.status()
        repo.fails("apply", "--run-id", run)
        self.assertEqual((repo.head("work"), repo.status(), repo.read("src/add.py")), (*before, GOOD))
        (repo.path / ".git/hooks/commit-msg").unlink()
        self.assertEqual(repo.apply(run)["status"], "applied")

    def test_formatter_in_a_hook_that_refuses(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "pre-commit", FORMATTER + "exit 1\n")
        self.refused(repo, run, "pre_commit", 4)
        self.assertEqual(repo.read("src/add.py"), GOOD)
        self.refused(repo, run, "pre_commit", 4)

    def test_a_hook_that_stages_what_is_not_the_work(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        repo.write("notes.txt", "mine\n")
        repo.write("other.txt", "mine too\n")
        self.hook(repo, "pre-commit", FORMATTER + "git add notes.txt other.txt\n")
        error = self.refused(repo, run, "pre_commit", 4)
        self.assertIn("notes.txt", error["message"])
        self.assertEqual((repo.read("notes.txt"), repo.read("other.txt")), ("mine\n", "mine too\n"))
        self.assertEqual(repo.read("src/add.py"), GOOD)

    def test_hook_that_refuses(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "pre-commit", "echo too long >&2; exit 1\n")
        error = self.refused(repo, run, "pre_commit", 4)
        self.assertIn("too long", error["message"])

    def test_rewritten_artifact(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "pre-commit", "blob=$(echo x | git hash-object -w --stdin)\n"
                  "git update-index --cacheinfo 100644,$blob,docs/HANDOFF.md\n")
        error = self.refused(repo, run, "pre_commit", 4)
        self.assertIn("docs/HANDOFF.md", error["message"])

    def test_message_hooks(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "prepare-commit-msg", 'sed -i "1s/^/[#7] /" "$1"\n')
        self.hook(repo, "commit-msg", 'git interpret-trailers --in-place --trailer "Change-Id: I1" "$1"\n')
        self.hook(repo, "post-commit", "git log -1 --format=%s > seen.txt\n")
        done = repo.apply(run, "-m", "Add for real")
        message = repo.git("log", "-1", "--format=%B")
        self.assertTrue(message.startswith("[#7] Add for real\n"), message)
        self.assertCountEqual(message.split("\n\n")[-1].split("\n"),
                              [f"Striatum-Run: {run}", f"Striatum-Receipt: sha256:{done['receipt']}", "Change-Id: I1"])
        self.assertEqual(repo.read("seen.txt"), "[#7] Add for real\n")
        self.hook(repo, "commit-msg", "echo bad subject; exit 1\n")

    def test_commit_msg_that_refuses(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "commit-msg", "echo bad subject; exit 1\n")
        before = repo.head("work")
        code, error = repo.fails("apply", "--run-id", run)
        self.assertEqual((code, error["kind"]), (4, "hook_refused"))
        self.assertEqual(repo.head("work"), before)
        (repo.path / ".git/hooks/commit-msg").unlink()
        self.assertEqual(repo.apply(run)["status"], "applied")

    def test_signed_commit(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        key = [row for row in self.lab.call(["key", "list"], repo.path)["items"] if row["role"] == "lane:local"][0]
        repo.git("config", "gpg.format", "ssh")
        repo.git("config", "user.signingkey", key["path"])
        repo.git("config", "commit.gpgsign", "true")
        repo.apply(run)
        self.assertIn("gpgsig -----BEGIN SSH SIGNATURE-----", repo.git("cat-file", "commit", "work"))

    def test_staged_and_edited_files_stay(self):
        repo = self.lab.repo(files={"src/add.py": "x\n", "other.txt": "one\n", "third.txt": "1\n"})
        run = reviewed(repo, {"src/add.py": GOOD})
        repo.write("other.txt", "two\n")
        repo.git("add", "other.txt")
        repo.write("other.txt", "three\n")
        repo.git("rm", "-q", "--cached", "third.txt")
        done = repo.apply(run)
        self.assertEqual(repo.status(), "MM other.txt\nD  third.txt\n?? third.txt")
        self.assertEqual(done["left_alone"], ["other.txt", "third.txt"])
        self.assertEqual(repo.git("show", ":other.txt"), "two")

    def test_detached_worktree(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        repo.git("worktree", "add", "-q", "--detach", "../side", "work")
        side = lab.Repo(self.lab, repo.path.parent / "side")
        implement(side, run, {"src/add.py": GOOD, "src/more.py": "more\n"})
        review(side, run)
        repo.write("README.md", "Edited by its owner.\n")
        done = side.apply(run)
        self.assertEqual(repo.read("src/add.py"), GOOD)
        self.assertEqual(repo.read("src/more.py"), "more\n")
        self.assertEqual(repo.status(), "M README.md")
        self.assertEqual(done["left_alone"], [])
        self.assertNotEqual(side.head(), done["commit"])

    def test_checkout_with_changes_in_the_way(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        repo.git("worktree", "add", "-q", "--detach", "../side", "work")
        side = lab.Repo(self.lab, repo.path.parent / "side")
        implement(side, run, {"src/add.py": GOOD, "src/more.py": "more\n"})
        review(side, run)
        repo.write("src/add.py", "# the owner's own try\n")
        done = side.apply(run)
        self.assertEqual(repo.read("src/add.py"), "# the owner's own try\n")
        self.assertEqual(repo.read("src/more.py"), "more\n")
        self.assertEqual(done["left_alone"], ["src/add.py"])

    def test_branch_moves_meanwhile(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.hook(repo, "commit-msg", "test -e .git/once && exit 0; touch .git/once\n"
                  "unset GIT_INDEX_FILE; new=$(git commit-tree -p HEAD -m moved HEAD^{tree})\n"
                  "git update-ref refs/heads/work $new\n")
        done = repo.apply(run)
        self.assertEqual(repo.git("log", "--format=%s", "-2", "work").split("\n")[1], "moved")
        self.assertEqual(done["base"], repo.head("work^"))
        self.assertEqual(repo.verify("--root", repo.root)[0], 0)
        self.assertEqual(repo.verify("HEAD", "--root", repo.root)[1]["commits"][0]["class"], "exact")


class SeveralApplies(Case):
    def test_propose_review_apply(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        base = repo.head()
        implement(repo, run, {"src/add.py": GOOD})
        proposed = repo.apply(run, "--propose")
        self.assertEqual(proposed["status"], "proposed")
        self.assertEqual(self.gates(proposed)["verdicts"], "skipped")
        code, data = repo.verify("--root", repo.root)
        self.assertEqual((code, data["commits"][0]["class"]), (14, "proposed"))
        self.assertEqual(repo.apply(run, "--propose")["status"], "nothing_to_apply")
        review(repo, run)
        done = repo.apply(run)
        self.assertEqual(done["status"], "applied")
        code, data = repo.verify(f"{base}..work", "--root", repo.root)
        self.assertEqual((code, data["findings"]), (0, []), data)
        self.assertEqual([c["class"] for c in data["commits"]], ["exact", "exact"])
        receipt = repo.call("receipt", "show", done["receipt"])["statement"]["predicate"]
        self.assertEqual(receipt["previous"], proposed["receipt"])

    def test_revision_of_a_proposal(self):
        repo = self.lab.repo()
        run = repo.prepare(reviewed_change())
        base = repo.head()
        implement(repo, run, {"src/add.py": "wrong\n"}, "one\n")
        repo.apply(run, "--propose")
        review(repo, run, "needs_revision", "no\n")
        implement(repo, run, {"src/add.py": GOOD}, "two\n")
        review(repo, run, "accept", "yes\n")
        repo.apply(run)
        code, data = repo.verify(f"{base}..work", "--root", repo.root)
        self.assertEqual((code, data["findings"]), (0, []), data)

    def test_one_job_after_the_other(self):
        steps = [lab.job("one", "build", ["one/"]), lab.job("two", "build", ["two/"])]
        repo = self.lab.repo()
        run = repo.prepare(lab.workflow(steps, [("one", "two")]))
        base = repo.head()
        agent = repo.agent(run, "author")
        agent.claim()
        repo.write("one/a.txt", "a\n")
        agent.complete()
        first = repo.apply(run, "-m", "First")
        agent = repo.agent(run, "author")
        agent.claim()
        repo.write("two/b.txt", "b\n")
        agent.complete()
        second = repo.apply(run, "-m", "Second")
        self.assertEqual((first["paths"], second["paths"]), (["one/a.txt"], ["two/b.txt"]))
        code, data = repo.verify(f"{base}..work", "--root", repo.root)
        self.assertEqual((code, [c["class"] for c in data["commits"]]), (0, ["exact", "exact"]), data)
        receipt = repo.call("receipt", "show", second["receipt"])["statement"]
        self.assertEqual(receipt["predicate"]["previous"], first["receipt"])
        self.assertIn("evidence-run", [row["name"] for row in receipt["subject"]])
        repo.git("switch", "-q", "--detach", base)
        repo.git("merge", "-q", "--squash", "work")
        repo.git("commit", "-q", "-m", "Squashed")
        code, data = repo.verify("--root", repo.root)
        self.assertEqual((code, data["commits"][0]["class"]), (0, "exact"), data)

    def test_parts_of_a_run(self):
        steps = [lab.job("one", "build", ["src/"]), lab.job("two", "build", ["src/"])]
        repo = self.lab.repo()
        run = repo.prepare(lab.workflow(steps, [("one", "two")]))
        ids = []
        for name in ("one", "two"):
            agent = repo.agent(run, "author")
            agent.claim()
            repo.write(f"src/{name}.txt", name)
            agent.complete()
            ids.append(agent.job)
        done = repo.apply(run, "--job-id", ids[0])
        self.assertEqual((done["paths"], done["left_alone"]), (["src/one.txt"], ["src/two.txt"]))
        self.assertEqual(repo.apply(run)["paths"], ["src/two.txt"])

    def test_repeated_call(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        first = repo.apply(run, "--request-id", "r1")
        self.assertEqual(repo.apply(run, "--request-id", "r1"), first)
        self.assertEqual(repo.fails("apply", "--run-id", run, "--propose", "--request-id", "r1")[0], 4)


class Crash(Case):
    """The program dies in the middle; the next command puts things right."""

    def die(self, repo, run, hook, before=""):
        repo.die(hook, "apply", "--run-id", run, "--request-id", "r1", before=before)

    def test_before_the_branch_moved(self):
        for name in ("pre-commit", "commit-msg"):
            with self.subTest(name):
                repo = self.lab.repo(name)
                run = reviewed(repo, {"src/add.py": GOOD})
                before = repo.head("work"), repo.status()
                self.die(repo, run, name)
                self.assertEqual((repo.head("work"), repo.status()), before)
                self.assertEqual(repo.apply(run, "--request-id", "r1")["status"], "applied")
                self.assertEqual(repo.verify("--root", repo.root)[0], 0)

    def test_behind_a_formatter(self):
        """What it staged is known to be its own, and is put back by whatever command comes next."""
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.die(repo, run, "pre-commit", FORMATTER)
        self.assertIn("b + a", repo.read("src/add.py"))
        repo.fails("run", "pause", "--run-id", run)
        self.assertEqual(repo.read("src/add.py"), GOOD)
        self.assertEqual([path.name for path in repo.path.glob(".striatum/apply-*") if path.is_dir()], [])
        self.assertEqual(repo.apply(run)["status"], "applied")

    def test_behind_a_formatter_and_a_later_hook(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        (repo.path / ".git/hooks/pre-commit").write_text("#!/bin/sh\n" + FORMATTER)
        (repo.path / ".git/hooks/pre-commit").chmod(0o755)
        self.die(repo, run, "commit-msg")
        done = repo.apply(run)
        self.assertEqual(self.gates(done)["pre_commit"], "rewrote")
        self.assertEqual((repo.status(), done["left_alone"]), ("", []))

    def test_behind_a_formatter_that_stages_nothing(self):
        """It may be somebody's edit, so that it stays; the refusal gives the line that puts it back."""
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD, "src/it's new.py": GOOD})
        self.die(repo, run, "pre-commit", "sed -i 's/a + b/b + a/' src/*.py\n")
        error = self.refused(repo, run, "snapshot", 4)
        self.assertIn("b + a", repo.read("src/add.py"))
        line = error["hints"][0].partition(": ")[2]
        self.lab.run(["sh", "-c", line], repo.path)
        self.assertEqual((repo.read("src/add.py"), repo.read("src/it's new.py")), (GOOD, GOOD))
        self.assertEqual(repo.apply(run)["status"], "applied")

    def test_behind_a_formatter_and_an_edit(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.die(repo, run, "pre-commit", FORMATTER)
        repo.write("src/add.py", "# somebody's own\n")
        self.refused(repo, run, "snapshot", 4)
        self.assertEqual(repo.read("src/add.py"), "# somebody's own\n")

    def test_after_the_branch_moved(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.die(repo, run, "reference-transaction", '[ "$1" = committed ] && grep -q refs/heads/work || exit 0\n')
        commit = repo.head("work")
        self.assertEqual(repo.call("receipt", "list", "--run-id", run)["items"][0]["commit"], commit)
        repeated = repo.apply(run, "--request-id", "r1")
        self.assertEqual((repeated["status"], repeated["commit"]), ("applied", commit))
        self.assertEqual(repo.status(), "")
        self.assertEqual(repo.apply(run)["status"], "nothing_to_apply")
        self.assertEqual(repo.head("work"), commit)
        self.assertEqual(repo.verify("--root", repo.root)[0], 0)

    def test_any_write_verb_recovers(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        self.die(repo, run, "reference-transaction", '[ "$1" = committed ] && grep -q refs/heads/work || exit 0\n')
        repo.fails("run", "pause", "--run-id", run)
        self.assertEqual(repo.status(), "")
        self.assertEqual(repo.apply(run)["status"], "nothing_to_apply")


class Receipts(Case):
    def test_list_show_verify(self):
        repo = self.lab.repo()
        run = reviewed(repo, {"src/add.py": GOOD})
        done = repo.apply(run)
        row = {"receipt": done["receipt"], "state": "applied", "run_id": run, "commit": done["commit"]}
        for where in (repo, repo.clone("second", "-b", "work")):
            items = where.call("receipt", "list")["items"]
            self.assertEqual(len(items), 1)
            self.assertEqual(items[0], items[0] | row)
            shown = where.call("receipt", "show", done["receipt"][:10])
            self.assertEqual(shown["path"], done["receipt_path"])
            self.assertEqual([s["principal"] for s in shown["signatures"]], ["lane:local"])
            self.assertTrue(where.call("receipt", "verify", done["receipt"])["valid"])
            self.assertTrue(where.call("receipt", "verify", done["receipt_path"])["valid"])
        text = repo.read(done["receipt_path"])
        envelope = json.loads(text)
        envelope["signatures"][0]["sig"] = "A" * 86 + "=="
        repo.write("../forged.json", json.dumps(envelope))
        answer = self.lab.run([PROGRAM_PATH(), "receipt", "verify", "../forged.json", "--json"], repo.path, check=False)
        self.assertEqual(answer.returncode, 14)
        self.assertEqual(json.loads(answer.stdout)["data"]["findings"][0]["kind"], "bad_signature")
        self.assertEqual(repo.fails("receipt", "show", "ffffffff")[0], 3)


def PROGRAM_PATH():
    return str(Path(PROGRAM).resolve())


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
