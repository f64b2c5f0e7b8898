# SPDX-License-Identifier: Apache-2.0
"""A worktree for each job: made, published from, applied from, removed; nothing that lies in one is lost.

usage: test_worktrees.py PROGRAM [unittest options]"""
import json
import os
import shutil
from pathlib import Path

import lab

GOOD = "def add(a, b):\n    return a + b\n"


class Case(lab.Case):
    def team(self, jobs=(("one", "build", ["src/"]),), edges=(), trusted=("lane:local",)):
        """A repository and a run whose jobs want worktrees."""
        repo = self.lab.repo(trusted=trusted)
        return repo, repo.prepare(lab.workflow([lab.job(*job) for job in jobs], edges, lanes={"local": lab.ISOLATED}))

    def worker(self, repo, run):
        """An agent with work in hand, in its own worktree."""
        agent = repo.agent(run, "author")
        agent.claim()
        agent.enter()
        return agent

    def rows(self, repo):
        return {row["worktree_id"]: row["state"] for row in repo.call("worktree", "list")["worktrees"]}

    def contract(self, repo, *args, code=0):
        """`data` or error of a verb called by the contract's name."""
        link = self.folder / "striatum"
        if not link.exists():
            link.symlink_to(Path(self.program).resolve())
        done = self.lab.run([link, *args, "--json"], repo.path, check=False)
        self.assertEqual(done.returncode, code, done)
        reply = json.loads(done.stdout)
        return reply.get("data") or reply["error"]


class Create(Case):
    def test_a_detached_worktree_at_the_tip(self):
        repo, run = self.team()
        agent = repo.agent(run, "author")
        packet = agent.claim()
        self.assertTrue(packet["worktree_required"])
        made = repo.call("worktree", "create", *agent.held())
        side = lab.Repo(self.lab, made["folder"])
        self.assertEqual((side.head(), made["base"]), (repo.head("work"), repo.head("work")))
        self.assertEqual(side.git("rev-parse", "--abbrev-ref", "HEAD"), "HEAD")
        self.assertEqual(made["worktree_path"], f".striatum/worktrees/{made['worktree_id']}")
        code, error = repo.fails("worktree", "create", *agent.held())
        self.assertEqual(code, 4)
        self.assertIn(made["worktree_id"], error["message"])
        self.assertEqual(side.call("worktree", "list"), repo.call("worktree", "list"))
        self.assertEqual(repo.status(), "")

    def test_refusals_leave_nothing(self):
        repo, run = self.team()
        agent = repo.agent(run, "author")
        agent.claim()
        self.assertEqual(repo.fails("worktree", "create", "--session-id", agent.session, "--job-id", "nope",
                                    "--lease-id", agent.lease)[0], 3)
        other = self.lab.repo("plain")
        plain = other.prepare(lab.workflow([lab.job("one", "build", ["src/"])], []))
        without = other.agent(plain, "author")
        without.claim()
        code, error = other.fails("worktree", "create", *without.held())
        self.assertEqual(code, 4)
        self.assertIn("worktree_isolation", error["message"])
        (repo.path / ".striatum/worktrees").write_text("in the way")
        self.assertEqual(repo.fails("worktree", "create", *agent.held())[0], 1)
        (repo.path / ".striatum/worktrees").unlink()
        self.assertEqual(repo.call("worktree", "list")["worktrees"], [])
        self.assertEqual(len(repo.git("worktree", "list").splitlines()), 1)
        agent.enter()

    def test_next_agent_is_told_of_an_earlier_try(self):
        repo = self.lab.repo()
        run = repo.prepare(lab.reviewed_change() | {"lanes": {"local": lab.ISOLATED}})
        first = self.worker(repo, run)
        first.side.write("src/half.py", "half\n")
        first.publish("handoff", "handoff", "docs/HANDOFF.md", "half done\n")
        first.complete()
        first.close()
        lab.review(repo, run, "needs_revision", "the other half\n")
        second = repo.agent(run, "author")
        second.claim()
        made = repo.call("worktree", "create", *second.held())
        self.assertEqual([row["worktree_id"] for row in made["earlier"]], [first.worktree])
        self.assertEqual((Path(made["earlier"][0]["folder"]) / "src/half.py").read_text(), "half\n")


class Publish(Case):
    def test_from_anywhere(self):
        repo, run = self.team([("one", "build", ["src/", "docs/"])])
        agent = self.worker(repo, run)
        agent.side.write("docs/NOTE.md", "made in the worktree\n")
        for place, name in ((repo.path, "a"), (agent.side.path, "b"), (agent.side.path / "docs", "c"), (Path("/"), "d")):
            agent.side.write("docs/NOTE.md", f"{name}, made in the worktree\n")
            done = self.lab.call(["--repo", str(repo.path), "publish-artifact", *agent.held(), "--kind", "other",
                                  "--logical-name", name, "--path", "docs/NOTE.md"], place)
            self.assertEqual(done["status"], "published")
        self.assertFalse((repo.path / "docs").exists())


class Apply(Case):
    def test_from_the_worktree_and_from_outside(self):
        for inside in (True, False):
            with self.subTest(inside=inside):
                self.lab = lab.Lab(self.folder / f"inside-{inside}", self.program)
                repo, run = self.team()
                repo.write("README.md", "Edited by its owner.\n")
                agent = self.worker(repo, run)
                base = agent.side.head()
                agent.side.write("src/add.py", GOOD)
                agent.side.write("src/new.py", "new\n")
                agent.complete()
                done = (agent.side if inside else repo).apply(run)
                self.assertEqual((done["status"], done["paths"]), ("applied", ["src/add.py", "src/new.py"]))
                self.assertEqual(done["left_alone"], [])
                self.assertEqual(agent.side.head(), base)
                self.assertEqual(repo.read("src/add.py"), GOOD)
                self.assertEqual(repo.status(), "M README.md")
                code, data = repo.verify("--root", repo.root)
                self.assertEqual((code, [c["class"] for c in data["commits"]]), (0, ["exact"]), data)
                self.assertEqual(repo.call("worktree", "release", "--worktree-id", agent.worktree)["saved"], None)

    def test_everything_changed_has_to_be_in_scope(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        agent.side.write("src/add.py", GOOD)
        agent.side.write("README.md", "mine now\n")
        agent.complete()
        before = repo.head("work"), agent.side.status()
        code, error = agent.side.fails("apply", "--run-id", run)
        self.assertEqual((code, [g["name"] for g in error["gates"] if g["outcome"] == "failed"]), (6, ["scope"]))
        self.assertEqual((repo.head("work"), agent.side.status()), before)
        agent.side.git("checkout", "--", "README.md")
        self.assertEqual(agent.side.apply(run)["status"], "applied")

    def test_one_apply_takes_from_one_worktree(self):
        repo, run = self.team([("one", "build", ["one/"]), ("two", "build", ["two/"])])
        agents = [self.worker(repo, run) for _ in range(2)]
        for agent in agents:
            scope = agent.packet["write_scope"]["allowed_paths"][0]
            agent.side.write(scope + "a.txt", scope)
            agent.complete()
        code, error = repo.fails("apply", "--run-id", run)
        self.assertEqual((code, error["kind"]), (4, "several_worktrees"))
        for hint in error["hints"]:
            words = hint.removeprefix("git striatum ").split()
            self.assertEqual(repo.call(*words)["status"], "applied")
        self.assertEqual((repo.read("one/a.txt"), repo.read("two/a.txt")), ("one/", "two/"))
        code, data = repo.verify("work~2..work", "--root", repo.root)
        self.assertEqual((code, [c["class"] for c in data["commits"]]), (0, ["exact", "exact"]), data)

    def test_work_that_never_saw_the_work_before_it(self):
        repo, run = self.team([("one", "build", ["src/"]), ("two", "build", ["src/"])], [("one", "two")])
        first = self.worker(repo, run)
        first.side.write("src/add.py", GOOD)
        first.complete()
        second = self.worker(repo, run)  # made before the first was applied
        second.side.write("src/add.py", "# all new\n")
        second.complete()
        self.assertEqual(repo.apply(run, "--job-id", first.job)["status"], "applied")
        code, error = repo.fails("apply", "--run-id", run, "--job-id", second.job)
        self.assertEqual((code, [g["name"] for g in error["gates"] if g["outcome"] == "failed"]), (4, ["base"]))
        self.assertEqual(repo.read("src/add.py"), GOOD)

    def test_formatter_runs_where_the_work_lies(self):
        repo, run = self.team()
        repo.write(".git/hooks/pre-commit", "#!/bin/sh\nfor f in $(git diff --cached --name-only --diff-filter=AM -- src)\n"
                   "do sed -i 's/[ \t]*$//' $f; git add $f; done\n")
        (repo.path / ".git/hooks/pre-commit").chmod(0o755)
        agent = self.worker(repo, run)
        agent.side.write("src/add.py", GOOD.replace("\n", "  \n"))
        agent.complete()
        done = repo.apply(run)
        self.assertEqual([g["outcome"] for g in done["gates"] if g["name"] == "pre_commit"], ["rewrote"])
        self.assertEqual(repo.git("show", "work:src/add.py") + "\n", GOOD)
        self.assertEqual(repo.read("src/add.py"), GOOD)
        self.assertEqual(repo.verify("--root", repo.root)[0], 0)

    def test_review_written_elsewhere(self):
        repo = self.lab.repo()
        document = lab.reviewed_change() | {"lanes": {"local": lab.ISOLATED}}
        run = repo.prepare(document)
        agent = self.worker(repo, run)
        agent.side.write("src/add.py", GOOD)
        agent.publish("handoff", "handoff", "docs/HANDOFF.md", "done\n")
        agent.complete()
        agent.close()
        lab.review(repo, run)
        done = agent.side.apply(run)
        self.assertEqual(done["paths"], ["docs/HANDOFF.md", "reviews/REVIEW.md", "src/add.py"])
        self.assertEqual(repo.status(), "")
        self.assertEqual(repo.verify("--root", repo.root)[0], 0)


class Release(Case):
    def dirty(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        agent.side.write("src/add.py", GOOD)
        agent.side.git("add", "src/add.py")
        agent.side.write("src/add.py", "later than the index\n")
        agent.side.write("src/new.py", "untracked\n")
        return repo, run, agent

    def release(self, repo, agent, *args):
        return repo.call("worktree", "release", "--worktree-id", agent.worktree, *args)

    def test_clean(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        self.assertEqual(self.release(repo, agent), {"status": "released", "state": "removed", "saved": None,
                                                     "worktree_id": agent.worktree})
        self.assertFalse(agent.side.path.exists())
        self.assertEqual(len(repo.git("worktree", "list").splitlines()), 1)
        self.assertEqual(self.release(repo, agent)["status"], "already_released")
        self.assertEqual(repo.fails("worktree", "release", "--worktree-id", "wt_missing")[0], 3)

    def test_work_is_not_lost(self):
        repo, run, agent = self.dirty()
        before = agent.side.status()
        code, error = repo.fails("worktree", "release", "--worktree-id", agent.worktree)
        self.assertEqual((code, error["kind"], error["paths"]), (4, "worktree_unsaved", ["src/add.py", "src/new.py"]))
        self.assertEqual(agent.side.status(), before)
        self.assertEqual(self.rows(repo), {agent.worktree: "active"})
        self.assertTrue(any("--save" in hint for hint in error["hints"]), error)

    def test_save(self):
        repo, run, agent = self.dirty()
        base = agent.side.head()
        ref = self.release(repo, agent, "--save")["saved"]
        self.assertFalse(agent.side.path.exists())
        self.assertEqual(repo.git("show", f"{ref}:src/new.py"), "untracked")
        self.assertEqual(repo.git("show", f"{ref}:src/add.py"), "later than the index")
        self.assertEqual(repo.git("show", f"{ref}^2:src/add.py") + "\n", GOOD)
        self.assertEqual(repo.head(f"{ref}^1"), base)

    def test_discard(self):
        repo, run, agent = self.dirty()
        self.release(repo, agent, "--discard")
        self.assertFalse(agent.side.path.exists())
        self.assertEqual(repo.git("for-each-ref", "refs/striatum"), "")

    def test_by_the_contract_s_name_it_is_saved(self):
        repo, run, agent = self.dirty()
        done = self.contract(repo, "worktree", "release", "--worktree-id", agent.worktree)
        self.assertEqual(done, {"state": "removed", "status": "released", "worktree_id": agent.worktree})
        self.assertEqual(repo.git("show", f"refs/striatum/worktrees/{agent.worktree}:src/new.py"), "untracked")

    def test_commits_of_its_own(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        agent.side.write("src/add.py", GOOD)
        agent.side.git("commit", "-q", "-a", "-m", "On a detached HEAD")
        commit = agent.side.head()
        code, error = repo.fails("worktree", "release", "--worktree-id", agent.worktree)
        self.assertEqual((code, error["commits"], error["paths"]), (4, True, []))
        ref = self.release(repo, agent, "--save")["saved"]
        self.assertEqual(repo.head(f"{ref}^"), commit)

    def test_another_repository_in_it(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        lab.Repo(self.lab, agent.side.path / "src/inner").git("init", "-q")
        agent.side.write("src/inner/a.txt", "a\n")
        for option in ([], ["--save"]):
            code, error = repo.fails("worktree", "release", "--worktree-id", agent.worktree, *option)
            self.assertEqual((code, error["repositories"]), (4, ["src/inner/"]))
        self.assertTrue((agent.side.path / "src/inner/a.txt").exists())

    def test_locked(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        repo.git("worktree", "lock", str(agent.side.path))
        code, error = repo.fails("worktree", "release", "--worktree-id", agent.worktree, "--discard")
        self.assertEqual(code, 4)
        self.assertTrue(agent.side.path.is_dir())
        self.lab.run(["sh", "-c", error["hints"][0]], repo.path)
        self.release(repo, agent)

    def test_folder_gone(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        shutil.rmtree(agent.side.path)
        told = repo.call("doctor", "--verbose")
        self.assertIn("worktree_path_missing_on_disk", [row["check"] for row in told["problem_records"]])
        self.assertEqual(len(told["hints"]), len(told["problems"]))
        hints = [hint for text, hint in zip(told["problems"], told["hints"]) if text.startswith("active worktree has no folder")]
        self.assertEqual(hints, [f"git striatum worktree release --worktree-id {agent.worktree}"])
        self.assertNotIn("hints", self.contract(repo, "doctor"))
        self.release(repo, agent)
        self.assertEqual(self.rows(repo), {agent.worktree: "removed"})
        self.assertEqual(len(repo.git("worktree", "list").splitlines()), 1)

    def test_from_within(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        self.release(agent.side, agent)
        self.assertFalse(agent.side.path.exists())


class Prune(Case):
    def test_abandoned_ones(self):
        repo, run = self.team([("one", "build", ["one/"]), ("two", "build", ["two/"]), ("three", "build", ["three/"])])
        agents = [self.worker(repo, run) for _ in range(3)]
        agents[0].side.write("one/a.txt", "a\n")
        for agent in agents[:2]:
            repo.call("heartbeat", "--session-id", agent.session, "--lease-id", agent.lease, "--extend-seconds", "-5")
        repo.call("status", "--run-id", run)
        states = self.rows(repo)
        self.assertEqual([states[agent.worktree] for agent in agents], ["abandoned", "abandoned", "active"])
        self.assertTrue(all(agent.side.path.is_dir() for agent in agents))
        rehearsed = {item["worktree_id"]: item["action"] for item in repo.call("worktree", "prune", "--dry-run")["items"]}
        self.assertEqual([rehearsed[a.worktree] for a in agents], ["kept", "would_remove", "kept"])
        done = {item["worktree_id"]: item for item in repo.call("worktree", "prune")["items"]}
        self.assertEqual([done[a.worktree]["action"] for a in agents], ["kept", "removed", "kept"])
        self.assertIn("one/a.txt", done[agents[0].worktree]["reason"])
        self.assertEqual([a.side.path.is_dir() for a in agents], [True, False, True])
        reply = self.contract(repo, "worktree", "release", "--worktree-id", agents[0].worktree)
        self.assertEqual((reply["status"], reply["state"]), ("already_released", "abandoned"))
        self.assertTrue(agents[0].side.path.is_dir())
        ref = repo.call("worktree", "release", "--worktree-id", agents[0].worktree, "--save")["saved"]
        self.assertEqual(repo.git("show", f"{ref}:one/a.txt"), "a")

    def test_after_the_apply(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        agent.side.write("src/add.py", GOOD)
        agent.complete()
        checks = [row["check"] for row in repo.call("doctor", "--verbose")["problem_records"]]
        self.assertIn("worktree_orphaned_lease", checks)
        self.assertEqual(repo.call("worktree", "prune")["items"][0]["action"], "kept")
        repo.apply(run)
        self.assertEqual(repo.call("worktree", "prune")["items"][0]["action"], "removed")
        self.assertEqual(repo.call("worktree", "prune")["items"], [])


class Crash(Case):
    """Killed while git is at work: the next command leaves either a whole worktree or none."""

    def test_while_git_makes_it(self):
        repo, run = self.team()
        agent = repo.agent(run, "author")
        agent.claim()
        repo.die("post-checkout", "worktree", "create", *agent.held())
        agent.enter()
        self.assertEqual(list(self.rows(repo).values()), ["active"])
        self.assertEqual(len(repo.git("worktree", "list").splitlines()), 2)
        self.assertEqual(os.listdir(repo.path / ".striatum/worktrees"), [agent.worktree])

    def test_while_its_work_is_saved(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        agent.side.write("src/new.py", "untracked\n")
        repo.die("reference-transaction", "worktree", "release", "--worktree-id", agent.worktree, "--save",
                 before="grep -q refs/striatum/worktrees || exit 0\n")
        repo.fails("run", "pause", "--run-id", "nope")  # any command puts it back
        self.assertEqual(agent.side.read("src/new.py"), "untracked\n")
        self.assertEqual(agent.side.status(), "?? src/new.py")
        self.assertEqual(self.rows(repo), {agent.worktree: "active"})
        ref = repo.call("worktree", "release", "--worktree-id", agent.worktree, "--save")["saved"]
        self.assertEqual(repo.git("show", f"{ref}:src/new.py"), "untracked")

    def test_while_a_formatter_is_at_work_there(self):
        repo, run = self.team()
        agent = self.worker(repo, run)
        agent.side.write("src/add.py", GOOD)
        agent.complete()
        repo.die("pre-commit", "apply", "--run-id", run, before="echo '# formatted' > src/add.py && git add src/add.py\n")
        self.assertEqual(agent.side.read("src/add.py"), "# formatted\n")
        repo.fails("run", "pause", "--run-id", "nope")
        self.assertEqual(agent.side.read("src/add.py"), GOOD)
        self.assertEqual(repo.apply(run)["status"], "applied")


if __name__ == "__main__":
    lab.main()
