#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and installs git-striatum, then shows one whole run on a real repository: two agents, a review that asks
# for a revision, a signed commit, a second clone that checks it, one changed byte that is found out; then three agents
# that land on one branch at the same time, and a server that takes what it can verify.
#   examples/demo.sh [--on REPOSITORY] [--keep FOLDER] [--installed PREFIX]     PREFIX=./prefix  NO_COLOR=1
# --on works on a clone of any repository, --keep leaves the repositories behind, --installed builds nothing.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
on=
keep=
installed=
while [ $# -gt 0 ]; do
  case $1 in
    --on) on=${2:?--on needs a repository}; shift 2 ;;
    --keep) keep=${2:?--keep needs a folder}; shift 2 ;;
    --installed) installed=$(cd "${2:?--installed needs a prefix}" && pwd); shift 2 ;;
    *) echo "usage: examples/demo.sh [--on REPOSITORY] [--keep FOLDER] [--installed PREFIX]" >&2; exit 2 ;;
  esac
done
if [ -d "$on" ]; then on=$(cd "$on" && pwd); fi

bold= dim= plain=
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
  bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
  NO_COLOR=1
  export NO_COLOR
fi
number=0
step() {
  number=$((number + 1))
  printf '\n%s%s. %s%s\n' "$bold" "$number" "$*" "$plain"
}
say() { printf '   %s\n' "$*"; }
# shown COMMAND...: prints a command, then its output, indented; fails as it does. The command runs on a terminal of
# its own where that can be had, so that it speaks to people.
shown() {
  line=
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=@%,+-]*) word="'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'" ;;
    esac
    line="$line $word"
  done
  printf '   %s$%s%s\n' "$dim" "$line" "$plain"
  code=0
  if command -v script >/dev/null 2>&1; then
    script -qec "$line" /dev/null </dev/null >"$scratch/shown" 2>&1 || code=$?
  else
    "$@" >"$scratch/shown" 2>&1 || code=$?
  fi
  tr -d '\r' <"$scratch/shown" | sed "s/$(printf '\033')\[K//g; s/^/     /"
  return $code
}
# short ID: as much of it as a person types.
short() { printf '%.12s' "$1"; }
# field NAME: a text member of the reply on standard input.
field() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }

build() {
  prefix=$installed
  [ -z "$installed" ] || return 0
  cd "$top"
  packaging/deps.sh
  prefix=${PREFIX:-$top/prefix}
  mkdir -p "$prefix" build
  prefix=$(cd "$prefix" && pwd)
  CCACHE_DIR=${CCACHE_DIR:-$top/build/ccache}
  export CCACHE_DIR
  launcher=
  if command -v ccache >/dev/null 2>&1; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  log=build/demo.log
  echo "building and installing into $prefix (log: $log; the first time takes minutes)"
  { cmake --preset release $launcher && cmake --build --preset release && cmake --install build/release --prefix "$prefix"; } \
    >"$log" 2>&1 || { tail -40 "$log"; exit 1; }
}

# A world of its own: home, git configuration, keys.
settle() {
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/striatum-demo.XXXXXX")
  if [ -n "$keep" ]; then
    mkdir -p "$keep"
    keep=$(cd "$keep" && pwd)
    rmdir "$scratch"
    scratch=$keep/demo-$(date +%s)
    mkdir "$scratch"
  else
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM
  fi
  for name in $(env | sed -n 's/^\(GIT_[A-Z_]*\|STRIATUM_[A-Z_]*\|XDG_[A-Z_]*\|SSH_AUTH_SOCK\|CI\)=.*/\1/p'); do unset "$name"; done
  HOME=$scratch/home
  PATH=$prefix/bin:$PATH
  GIT_CONFIG_NOSYSTEM=1
  GIT_PAGER=cat
  export HOME PATH GIT_CONFIG_NOSYSTEM GIT_PAGER
  mkdir "$HOME"
  unset SHELL
  git config --global user.name "Demo Person"
  git config --global user.email person@example.org
  git config --global init.defaultBranch main
  git config --global advice.detachedHead false
  if [ -z "$bold" ]; then
    for name in ui push transport remote; do git config --global color.$name false; done
  fi
}

# The repository to work on; `dir` is where the little project lies in it.
project() {
  repo=$scratch/repo
  dir=
  if [ -n "$on" ]; then
    git clone -q "$on" "$repo"
    cd "$repo"
    git symbolic-ref -q HEAD >/dev/null || git checkout -q -b demo-start
    dir=striatum-demo/
    [ ! -e "$dir" ] || { echo "there is a $dir in $on already" >&2; exit 1; }
    if [ -e .provenance/striatum/trust ]; then
      say "It has a trust of its own, whose root key is not ours: the demonstration starts afresh from its files."
      git rm -rq .provenance
      git checkout -q --orphan demo-start
      git commit -qm "The files of $(basename "$on")" --no-verify
    fi
  else
    git init -q "$repo"
    cd "$repo"
  fi
  mkdir -p "${dir}src" "${dir}tests" "${dir}workflow"
  cp "$top/examples/demo/slug.sh" "${dir}src/slug.sh"
  cp "$top/examples/demo/test.sh" "${dir}tests/test.sh"
  sed "s|@DIR@|$dir|g" "$top/examples/demo/workflow.json" >"${dir}workflow/fix-slug.json"
  git add -f "${dir}src" "${dir}tests" "${dir}workflow"
  git commit -qm "A program that makes address words of titles, its test, and a workflow"
  home_branch=$(git symbolic-ref --short HEAD)
}

keys() {
  root=$(git striatum key create --role root:demo --no-passphrase --json)
  lane=$(git striatum key create --role lane:writing --no-passphrase --json)
  root_fpr=$(printf '%s' "$root" | field fingerprint)
  root_path=$(printf '%s' "$root" | field path)
  lane_fpr=$(printf '%s' "$lane" | field fingerprint)
  say "root key  $root_fpr (a person keeps it)"
  say "lane key  $lane_fpr (signs what agents did)"
  git striatum trust init --root "$root_fpr" >/dev/null
  git striatum trust add "$lane_fpr" >/dev/null
  git add .provenance
  git -c gpg.format=ssh -c user.signingkey="$root_path" commit -qS -m "Trust: the root key and the agents' key"
  say "the trust is committed on $home_branch, signed by the root key"
}

# unused BRANCH: that name, or a longer one that the repository does not have.
unused() {
  if git rev-parse -q --verify "origin/$1" >/dev/null; then unused "$1-again"; else printf '%s' "$1"; fi
}

# One round of each agent.
agent() { "$top/examples/demo/agent-$1.sh" "$run" "$dir"; }

. "$top/examples/demo/team.sh"

main() {
  build
  settle
  began=$(date +%s)
  cat <<END

Two agents repair a program in a git repository. One of them writes, the other reviews and once sends the work back;
then the result becomes a signed commit, which a second clone checks. Lines after "\$" are commands as you would type
them; "author" and "reviewer" are programs that use the same commands (examples/demo/agent-*.sh).
END

  step "A repository with a bug"
  project
  shown git log --oneline -1
  shown sh "${dir}tests/test.sh" || say "The test fails; that is the work."

  step "Keys, trust, hooks"
  keys
  git striatum init >/dev/null
  shown git striatum hooks install

  step "A run: who may do what, in which order, on which branch"
  run=$(git striatum run prepare --workflow "${dir}workflow/fix-slug.json" --json | field run_id)
  say "run $(short "$run"): fix, then review; a review may send the fix back twice"
  branch=$(unused work/fix-slug)
  git striatum branch confirm --run-id "$run" --branch "$branch" --create >/dev/null
  git striatum run start --run-id "$run" >/dev/null
  say "on branch $branch, which started at $(git rev-parse --short HEAD)"

  step "Round 1: the author repairs, the reviewer is not content"
  agent author
  agent reviewer
  shown git striatum status --run-id "$(short "$run")"

  step "Round 2: the author revises, a fresh reviewer accepts"
  agent author
  agent reviewer
  shown git striatum why review
  shown git striatum log verify

  step "Apply: what was reviewed becomes one signed commit"
  shown git striatum apply --run-id "$(short "$run")" -m "Make address words of any title"
  shown git show --stat --format=medium HEAD -- . ':!.provenance'
  receipt=$(git log -1 --format='%(trailers:key=Striatum-Receipt,valueonly)' | sed 's/^sha256://' | head -n 1)
  [ -n "$receipt" ] || { echo "the commit names no receipt" >&2; exit 1; }
  shown git striatum receipt show "$(printf '%.12s' "$receipt")"
  shown sh "${dir}tests/test.sh"

  step "A stranger clones it and checks, knowing nothing but the root's fingerprint"
  git clone -q --branch "$branch" "$repo" "$scratch/clone"
  cd "$scratch/clone"
  shown git striatum verify --root "$root_fpr" "origin/$home_branch..HEAD"

  step "The same commit with one byte changed"
  sed -i "s/a-z0-9/a-z0-8/" "${dir}src/slug.sh"
  git commit -qa --amend --no-edit
  shown git diff -U0 --word-diff=plain '@{1}' HEAD -- "${dir}src"
  code=0
  shown git striatum verify --root "$root_fpr" "origin/$home_branch..HEAD" || code=$?
  [ "$code" = 14 ] || { echo "the change was not refused (exit $code)" >&2; exit 1; }
  say "exit $code: the program is not what was reviewed."

  step "Three agents at once, each in a worktree of its own, one branch"
  team

  step "A push that the server refuses, and one that it takes"
  team_push

  printf '\n%sDone%s in %s seconds.\n\n' "$bold" "$plain" "$(($(date +%s) - began))"
  say "The program:          $prefix/bin/git-striatum (git finds it in the PATH: git striatum -h)"
  [ -z "$keep" ] || say "The repositories:     $scratch"
  [ -n "$on" ] || say "On another one:       examples/demo.sh --on PATH-OR-URL"
  say "Step by step:         docs/GETTING_STARTED.md"
  say "What a receipt says:  docs/PROVENANCE.md"
}

main
