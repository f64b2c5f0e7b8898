# SPDX-License-Identifier: Apache-2.0
# What both agents of the demonstration need. An agent is a program that knows its run, claims work, does it in the
# repository and tells what it did through the verbs; nothing it prints moves the run.
set -eu

# field NAME: the first text member of this name in the reply on standard input.
field() {
  grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

# join ROLE LANE CAPABILITY: registers this agent; sets session.
join() {
  role=$1
  reply=$(git striatum register-session --run-id "$run" --role "$1" --lane "$2" --capability "$3" --json)
  session=$(printf '%s' "$reply" | field session_id)
}

# claim: takes the next job and starts it; sets job, lease, message, title. Fails when there is none.
claim() {
  reply=$(git striatum claim-next --session-id "$session" --lease-seconds 600 --json)
  [ "$(printf '%s' "$reply" | grep -o '"status":"claimed"')" ] || { told "no work: $reply"; return 1; }
  job=$(printf '%s' "$reply" | field job_id)
  lease=$(printf '%s' "$reply" | field lease_id)
  message=$(printf '%s' "$reply" | field message_id)
  title=$(printf '%s' "$reply" | field title)
  git striatum ack --session-id "$session" --message-id "$message" --lease-id "$lease" --json >/dev/null
  told "claimed \"$title\" under $lease"
}

leave() {
  git striatum session close --session-id "$session" --reason "round done" --json >/dev/null
}

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
