# SPDX-License-Identifier: Apache-2.0
"""What bash, zsh and fish offer where ids, branches and states are typed; asked in the shells themselves.

usage: test_completion.py PROGRAM [unittest options]"""
import json
import re
import shutil
import sys
import unittest
from pathlib import Path

import lab
from lab import reviewed_change

PROGRAM = None
TOP = Path(__file__).resolve().parent.parent.parent
COMPLETIONS = TOP / "packaging" / "completions"
BASH_GIT = "/usr/share/bash-completion/completions/git"
STRANGE = "odd/$(touch${IFS}hit)"

BASH = r'''
source @GIT@ 2>/dev/null
source @SCRIPT@
COMP_LINE=@LINE@
COMP_POINT=${#COMP_LINE}
read -ra COMP_WORDS <<< "$COMP_LINE"
[[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMPREPLY=()
if [[ ${COMP_WORDS[0]} == git ]]; then __git_wrap__git_main 2>/dev/null || _git_striatum; else _striatum; fi
printf '%s\n' "${COMPREPLY[@]}"
'''

# A terminal of zsh's own: the line is typed, Tab is pressed, and what the completion adds is printed instead of shown.
ZSH = r'''
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "fpath=(@FOLDER@ \$fpath); autoload -Uz compinit; compinit -u -d @DUMP@; PS1=PROM''PT:"
zpty -w z 'compadd() { builtin compadd -A found "$@" 2>/dev/null; (( $#found )) && print -r -- "<<<${(j: :)found}>>>"; builtin compadd "$@" }'
zpty -w z 'bindkey "^I" complete-word; print -r -- READ''Y'
zpty -r -m z line '*READY*PROMPT:*'
zpty -w -n z @LINE@$'\t'
zpty -w z ''
zpty -w z 'print -r -- END''ED'
zpty -r -m z line '*ENDED*'
print -r -- $line
'''


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.linked(cls.addClassCleanup, PROGRAM)
        repo = cls.repo = cls.lab.repo(trusted=())
        repo.git("branch", STRANGE)
        cls.run_id = repo.prepare(reviewed_change())
        cls.agent = repo.agent(cls.run_id, "author")
        cls.agent.claim()
        repo.write("../second.json", json.dumps(reviewed_change()))
        cls.second = repo.call("run", "prepare", "--workflow", "../second.json")["run_id"]

    def wanted(self):
        """Line to complete, and what has to be offered."""
        job = f"job_{self.run_id}_"
        return {
            "why run_": {self.run_id, self.second},
            "run pause --run-id ": {self.run_id, self.second},
            "run start --run-id ": set(),
            "branch confirm --run-id " + self.second[:8]: {self.second},
            "branch confirm --branch ma": {"main"},
            "run retry-job --run-id " + self.run_id + " --job-id ": {job + "review"},
            "heartbeat --session-id ": {self.agent.session},
            f"heartbeat --session-id {self.agent.session} --lease-id ": {self.agent.lease},
            "heartbeat --session-id sess_no --lease-id ": set(),
            f"register-session --run-id {self.run_id} --role ": {"author", "reviewer"},
            f"register-session --run-id {self.run_id} --lane ": {"local"},
            f"list jobs --run-id {self.run_id} --state ": {"running", "blocked"},
            "list runs --state ": {"running", "needs_branch_confirmation"},
            "why impl": {"implement"},
        }


class Program(Case):
    def offered(self, *words, cwd=None):
        done = self.lab.run([self.lab.program, "__complete", *words], cwd or self.repo.path)
        self.assertEqual(done.stderr, "")
        return {line.split("\t")[0] for line in done.stdout.split("\n") if line}

    def test_words(self):
        for line, wanted in self.wanted().items():
            self.assertEqual(self.offered(*line.split(" ")), wanted, line)
        self.assertEqual(self.offered("--repo", str(self.repo.path), "run", "pause", "--run-id", "", cwd=self.lab.folder),
                         {self.run_id, self.second})

    def test_nothing_to_offer(self):
        """Neither a refusal nor a trace: not without a state, not with a broken one, not for what has no ids."""
        other = self.lab.repo("other", trusted=())
        for words in ([], [""], ["run"], ["run", "start", "--run-id", ""], ["key", "create", "--role", ""], ["why", "x"]):
            self.assertEqual(self.offered(*words, cwd=other.path), set())
        self.assertFalse((other.path / ".striatum").exists())
        other.write(".striatum/state.sqlite3", "no database")
        self.assertEqual(self.offered("run", "start", "--run-id", "", cwd=other.path), set())

    def test_it_changes_nothing(self):
        state = self.repo.path / ".striatum"
        before = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
        self.offered("why", "")
        after = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
        self.assertEqual(before["state.sqlite3"], after["state.sqlite3"])
        self.assertEqual(set(after) - set(before), set())


class Bash(Case):
    def offered(self, line):
        script = BASH.replace("@GIT@", BASH_GIT).replace("@SCRIPT@", f"'{COMPLETIONS}/git-striatum.bash'")
        script = script.replace("@LINE@", "'" + line + "'")
        done = self.lab.run(["bash", "--norc", "-c", script], self.repo.path)
        self.assertEqual(done.stderr, "")
        return {word for word in done.stdout.split("\n") if word}

    def test_both_names(self):
        for start in ("striatum ", "git striatum "):
            for line, wanted in self.wanted().items():
                self.assertEqual(self.offered(start + line), wanted, start + line)

    def test_another_folder(self):
        if not Path(BASH_GIT).exists():
            self.skipTest("git's own completion is not installed")
        script = BASH.replace("@GIT@", BASH_GIT).replace("@SCRIPT@", f"'{COMPLETIONS}/git-striatum.bash'")
        script = script.replace("@LINE@", f"'git -C {self.repo.path} striatum run pause --run-id '")
        done = self.lab.run(["bash", "--norc", "-c", script], self.lab.folder)
        self.assertEqual({word for word in done.stdout.split("\n") if word}, {self.run_id, self.second})

    def test_names_are_never_expanded(self):
        offered = self.offered("striatum branch confirm --branch odd/")
        self.assertEqual(offered, {r"odd/\$\(touch\$\{IFS\}hit\)"})
        self.assertFalse((self.repo.path / "hit").exists())


@unittest.skipUnless(shutil.which("fish"), "there is no fish")
class Fish(Case):
    def offered(self, line):
        script = f"source '{COMPLETIONS}/git-striatum.conf.fish'; set -p fish_complete_path '{COMPLETIONS}'; complete -C '{line}' | string replace -r '\\t.*' ''; true"
        done = self.lab.run(["fish", "-c", script], self.repo.path)
        self.assertEqual(done.stderr, "")
        return {word for word in done.stdout.split("\n") if word}

    def test_both_names(self):
        for start in ("striatum ", "git striatum "):
            for line, wanted in self.wanted().items():
                self.assertEqual(self.offered(start + line), wanted, start + line)


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
class Zsh(Case):
    def offered(self, line):
        script = ZSH.replace("@FOLDER@", str(COMPLETIONS)).replace("@DUMP@", f"{self.lab.folder}/zcompdump")
        script = script.replace("@LINE@", f"'{line}'")
        done = self.lab.run(["zsh", "-f", "-c", script], self.repo.path, env={"TERM": "dumb"})
        return {word for words in re.findall(r"<<<([^$]*?)>>>", done.stdout) for word in words.split()}

    def test_both_names(self):
        for start in ("striatum ", "git striatum "):
            for line, wanted in self.wanted().items():
                self.assertEqual(self.offered(start + line), wanted, start + line)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
