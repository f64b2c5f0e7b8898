# SPDX-License-Identifier: Apache-2.0
# The part of the demonstration with a team, for demo.sh, whose functions and variables it uses.

# Three agents, each in a worktree of its own, land on one branch at the same time.
team() {
  cd "$repo"
  git switch -q "$home_branch"
  sed "s|@DIR@|$dir|g" "$top/examples/demo/team.json" >"$scratch/pages.json"
  pages=$(unused work/pages)
  run=$(git striatum run prepare --workflow "$scratch/pages.json" --json | field run_id)
  git striatum branch confirm --run-id "$run" --branch "$pages" --create --json >/dev/null
  git striatum run start --run-id "$run" --json >/dev/null
  agents=
  for name in ann ben cleo; do
    "$top/examples/demo/agent-page.sh" "$run" "$name" &
    agents="$agents $!"
  done
  for agent in $agents; do wait "$agent"; done
  shown git log --oneline "$home_branch..$pages"
  shown git striatum verify --root "$root_fpr" "$home_branch..$pages"
}

# A server that takes what it can verify, and nothing else.
team_push() {
  server=$scratch/server.git
  git init -q --bare "$server"
  (cd "$server" && git striatum hooks install --json >/dev/null && git config striatum.trustRoot "$root_fpr")
  git remote add server "$server"
  git push -q server "$home_branch"
  say "a server with the hook pre-receive; it has $home_branch and knows the root's fingerprint"
  echo "And one more thing." >>"${dir}pages/usage.md"
  git commit -qam "A line that nobody reviewed" --no-verify
  code=0
  shown git push -q --no-verify server "$pages" || code=$?
  [ "$code" != 0 ] || { echo "the server took what nobody vouches for" >&2; exit 1; }
  git reset -q --hard HEAD^
  say "Without that commit:"
  shown git push -q server "$pages" && say "It is there: $(git ls-remote server "refs/heads/$pages" | cut -c 1-12)"
}
