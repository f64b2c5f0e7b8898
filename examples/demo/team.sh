# SPDX-License-Identifier: Apache-2.0
# The part of the demonstration with a team, for demo.sh, whose functions and variables it uses.

# Three agents, each in a worktree of its own, land on one branch at the same time.
team() {
  cd "$repo"
  git switch -q "$home_branch"
  sed "s|@DIR@|$dir|g" "$top/examples/demo/team.json" >"${dir}workflow/pages.json"
  git add -f "${dir}workflow"
  git commit -qm "A workflow for a team"
  team_base=$(git rev-parse HEAD)
  run=$(git striatum run prepare --workflow "${dir}workflow/pages.json" --json | field run_id)
  git striatum branch confirm --run-id "$run" --branch work/pages --create --json >/dev/null
  git striatum run start --run-id "$run" --json >/dev/null
  agents=
  for name in ann ben cleo; do
    "$top/examples/demo/agent-page.sh" "$run" "$name" &
    agents="$agents $!"
  done
  for agent in $agents; do wait "$agent"; done
  shown git log --oneline "$team_base..HEAD"
  shown git striatum verify --root "$root_fpr" "$team_base..HEAD"
}
