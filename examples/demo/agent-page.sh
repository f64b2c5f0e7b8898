#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One of several authors at work at once: takes a page, writes it in a worktree of its own, lands it on the branch that
# all share, and leaves the worktree.   agent-page.sh RUN_ID NAME
. "$(dirname "$0")/lib.sh"
run=$1
join author writing write
role=$2
claim
page=$(printf '%s' "$reply" | grep -o '"allowed_paths":\["[^"]*"' | head -n 1 | cut -d '"' -f 4)
reply=$(git striatum worktree create --session-id "$session" --job-id "$job" --lease-id "$lease" --json)
worktree=$(printf '%s' "$reply" | field worktree_id)
cd "$(printf '%s' "$reply" | field folder)"
mkdir -p "$(dirname "$page")"
printf '# %s\n\nWritten by %s in %s.\n' "$title" "$role" "a worktree of its own" >"$page"
git striatum complete --session-id "$session" --job-id "$job" --lease-id "$lease" --json >/dev/null
commit=$(git striatum apply --run-id "$run" --job-id "$job" --json | field commit)
told "landed $page as $(git rev-parse --short "$commit")"
git striatum worktree release --worktree-id "$worktree" --json >/dev/null
