# SPDX-License-Identifier: Apache-2.0
# What both agents of the demonstration need. An agent is a program that knows its run, claims work, does it in the
# repository and tells what it did through the verbs; nothing it prints moves the run.
set -eu
. "$(dirname "$0")/../agent.sh"

told() {
  printf '  %-8s | %s\n' "$role" "$*"
}

# tests: runs the project's tests and shows what they say.
tests() {
  status=0
  out=$(sh "${dir}tests/test.sh" 2>&1) || status=$?
  printf '%s\n' "$out" | while read -r line; do told "tests: $line"; done
  return $status
}
