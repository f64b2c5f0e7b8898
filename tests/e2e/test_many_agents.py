# SPDX-License-Identifier: Apache-2.0
"""Many agents, each in worktrees of its own, land their work on one branch at the same time.

A person commits in between, an owner has the branch checked out with changes of their own, a formatter rewrites what is
staged, and some jobs write the same file. Every apply lands or names the gate that is missing; nothing is lost, nothing
foreign is swept in, and every commit that landed is exact.

usage: test_many_agents.py PROGRAM [--agents N] [--jobs N]"""
import argparse
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import lab

SHARED_EVERY = 4   # one job in so many also writes the list that all share, and the first of each agent
PERSON_EVERY = 10  # one commit of a person's for so many jobs

FORMATTER = """#!/bin/sh
for f in $(git diff --cached --name-only --diff-filter=AM -- work); do
  grep -q ' $' "$f" || continue
  sed -i 's/ *$//' "$f"; git add "$f"
done
"""


def job_of(number):
    return lab.job(f"j{number}", "build", [f"work/{number}/", "shared.txt"])


class Team:
    def __init__(self, folder, program, agents, jobs):
        self.lab = lab.Lab(folder, program)
        self.agents, self.jobs = agents, jobs
        self.repo = self.lab.repo(files={"shared.txt": "begin\n", "README.md": "A thing.\n"},
                                  trusted=("lane:local", "human:ann"))
        self.lab.run(["git", "config", "--global", "striatum.signingKey", self.lab.keys["lane:local"]], folder)
        self.run = self.repo.prepare(lab.workflow([job_of(n) for n in range(jobs)], [], lanes={"local": lab.ISOLATED}))
        hook = self.repo.path / ".git/hooks/pre-commit"
        self.repo.write(".git/hooks/pre-commit", FORMATTER)
        hook.chmod(0o755)
        self.repo.git("worktree", "add", "-q", "--detach", "../person", "work")
        self.repo.write("README.md", "Edited by its owner.\n")
        self.repo.write("notes.txt", "mine\n")
        self.base = self.repo.head()
        self.landed, self.refused, self.seconds, self.persons, self.errors = {}, {}, [], [], []
        self.shared = set()
        self.all_began = threading.Barrier(agents)

    # ---- those who work

    def agent(self):
        try:
            agent = self.repo.agent(self.run, "author")
            while self.one_job(agent):
                pass
        except Exception as error:  # shown at the end, with those of the others
            self.errors.append(error)
            self.all_began.abort()

    def one_job(self, agent):
        first = not hasattr(agent, "worktree")
        agent.repo = self.repo
        if not agent.try_claim():
            return False
        agent.enter()
        if first:
            self.all_began.wait()  # all of them from one base: of those who write the same file one lands
        number = int(agent.packet["job"]["workflow_job_id"][1:])
        side = agent.side
        side.write(f"work/{number}/a.txt", f"work of {number}  \n" if number % 3 == 0 else f"work of {number}\n")
        if first or number % SHARED_EVERY == 0:
            self.shared.add(number)
            side.write("shared.txt", side.read("shared.txt") + f"line of {number}\n")
        agent.complete()
        self.apply(agent, number)
        return True

    def apply(self, agent, number):
        began = time.monotonic()
        try:
            self.landed[number] = agent.side.apply(self.run, "--job-id", agent.job)
        except lab.Failed as failed:
            self.refused[number] = failed.error
        self.seconds.append(time.monotonic() - began)
        end = [] if number in self.landed else ["--save"]
        self.repo.call("worktree", "release", "--worktree-id", agent.worktree, *end)

    def person(self):
        """Moves the branch by hand, with a signed commit, whatever the agents do."""
        side = lab.Repo(self.lab, self.repo.path.parent / "person")
        key = Path(self.lab.home) / ".local/share/striatum/keys"
        key = next(p for p in key.iterdir() if p.suffix == ".role" and p.read_text().strip() == "human:ann").with_suffix("")
        while len(self.persons) < self.jobs // PERSON_EVERY:
            tip = self.repo.head("work")
            side.git("checkout", "-q", "--detach", tip)
            side.write(f"person/{len(self.persons)}.txt", "by hand\n")
            side.git("add", "person")
            side.git("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit", "-q", "--no-verify", "-S", "-m", "By hand")
            commit = side.head()
            moved = self.lab.run(["git", "update-ref", "refs/heads/work", commit, tip], self.repo.path, check=False)
            if moved.returncode == 0:
                self.persons.append(commit)
                # whose checkout it is sees to it, as after a push
                self.repo.git("checkout", commit, "--", f"person/{len(self.persons) - 1}.txt")

    def everybody(self):
        threads = [threading.Thread(target=self.agent) for _ in range(self.agents)]
        threads.append(threading.Thread(target=self.person))
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.elapsed = time.monotonic() - began
        if self.errors:
            raise self.errors[0]

    # ---- what has to hold

    def check(self):
        assert len(self.landed) + len(self.refused) == self.jobs, (len(self.landed), len(self.refused))
        for number, error in self.refused.items():
            missing = [gate["name"] for gate in error.get("gates", []) if gate["outcome"] == "failed"]
            assert missing == ["base"] and number in self.shared, (number, error)
        assert len(self.refused) >= self.agents - 1, "those who began together all landed"
        self.check_history()
        self.check_contents()
        self.check_owner()
        self.check_verdict()

    def check_history(self):
        line = self.repo.git("rev-list", "--reverse", f"{self.base}..work").split()
        assert self.repo.git("rev-list", "--min-parents=2", f"{self.base}..work") == ""
        wanted = [done["commit"] for done in self.landed.values()] + self.persons
        assert sorted(line) == sorted(wanted), (len(line), len(wanted))
        for number, done in self.landed.items():
            changed = self.repo.git("diff-tree", "-r", "--name-only", "--no-commit-id", done["commit"]).split()
            work = [path for path in changed if not path.startswith(".provenance/")]
            allowed = {f"work/{number}/a.txt"} | ({"shared.txt"} if number in self.shared else set())
            assert set(work) == allowed == set(done["paths"]), (number, work)

    def check_contents(self):
        lines = self.repo.git("show", "work:shared.txt").splitlines()
        shared = [n for n in self.landed if n in self.shared]
        assert sorted(lines) == sorted(["begin"] + [f"line of {n}" for n in shared]), lines
        assert shared, "nobody landed the shared file"
        for number in range(self.jobs):
            there = self.lab.run(["git", "show", f"work:work/{number}/a.txt"], self.repo.path, check=False)
            wanted = f"work of {number}\n" if number in self.landed else ""
            assert there.stdout == wanted, (number, there)
        for number in self.refused:  # and what was refused is still to be had
            refs = self.repo.git("for-each-ref", "--format=%(refname)", "refs/striatum/worktrees").split()
            assert any(self.lab.run(["git", "cat-file", "-e", f"{ref}:work/{number}/a.txt"], self.repo.path,
                                    check=False).returncode == 0 for ref in refs), number

    def check_owner(self):
        assert self.repo.status() == "M README.md\n?? notes.txt", self.repo.status()
        assert self.repo.read("README.md") == "Edited by its owner.\n"
        assert not list((self.repo.path / ".striatum/worktrees").iterdir())

    def check_verdict(self):
        code, data = self.repo.verify(f"{self.base}..work", "--root", self.repo.root)
        assert (code, data["findings"]) == (0, []), (code, data["findings"])
        classes = {row["commit"]: row["class"] for row in data["commits"]}
        for number, done in self.landed.items():
            assert classes[done["commit"]] == "exact", (number, classes[done["commit"]])
        assert all(classes[commit] == "human" for commit in self.persons)

    def figures(self):
        times = sorted(self.seconds)
        return (f"{self.agents} agents, {self.jobs} applies: {len(self.landed)} landed, {len(self.refused)} refused by the "
                f"gate base, {len(self.persons)} commits by hand between them; {self.elapsed:.1f} s in all, an apply "
                f"{times[len(times) // 2]:.2f} s (median), {times[-1]:.2f} s (longest)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=16)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="striatum-agents-")
    team = Team(folder, arguments.program, arguments.agents, arguments.jobs)
    team.everybody()
    team.check()
    print(team.figures())
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
