#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh BUILD: the demonstration with what BUILD built, twice, then on clones of these sources and of a repository that
# has a trust of its own. It must leave nothing behind, in the sources neither.
set -eu
build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
mkdir "$scratch/tmp"
TMPDIR=$scratch/tmp
export TMPDIR

# demo [OPTION...]
demo() {
  start=$(date +%s%N)
  "$top/examples/demo.sh" --installed "$scratch/prefix" "$@" >"$scratch/out" 2>&1 || { cat "$scratch/out"; exit 1; }
  echo "demo $*: $((($(date +%s%N) - start) / 1000000)) ms"
  grep -q 'exit 14' "$scratch/out" || { echo "it refused nothing:"; cat "$scratch/out"; exit 1; }
  [ -z "$(ls -A "$TMPDIR")" ] || { echo "it left behind:"; ls -A "$TMPDIR"; exit 1; }
}

before=$(git -C "$top" status --porcelain 2>/dev/null || :)
demo
demo --keep "$scratch/kept"
demo --on "$(echo "$scratch"/kept/demo-*/repo)"
grep -q 'a trust of its own' "$scratch/out" || { echo "it did not see the trust:"; cat "$scratch/out"; exit 1; }
if git -C "$top" rev-parse -q --verify HEAD >/dev/null 2>&1; then demo --on "$top"; fi
[ "$(git -C "$top" status --porcelain 2>/dev/null || :)" = "$before" ] || { echo "it changed the sources"; exit 1; }
