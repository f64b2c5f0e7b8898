# SPDX-License-Identifier: Apache-2.0
# What an agent that is a shell script needs; the demonstration and the pages of the examples source it. `run` holds
# the run's id. Each function is one or two verbs, and fails as they do.

# field NAME: the first text member of this name in the reply on standard input.
field() {
  grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

told() {
  printf '%s: %s\n' "$role" "$*"
}

# join ROLE LANE CAPABILITY: registers this agent; sets role and session.
join() {
  role=$1
  reply=$(git striatum register-session --run-id "$run" --role "$1" --lane "$2" --capability "$3") || return
  session=$(printf '%s' "$reply" | field session_id)
}

# claim: takes the next job and starts it; sets job, lease, title. Fails when there is none.
claim() {
  reply=$(git striatum claim-next --session-id "$session" --lease-seconds 600) || return
  job=$(printf '%s' "$reply" | field job_id)
  [ -n "$job" ] || { told "no work"; return 1; }
  lease=$(printf '%s' "$reply" | field lease_id)
  title=$(printf '%s' "$reply" | field title)
  message=$(printf '%s' "$reply" | field message_id)
  git striatum ack --session-id "$session" --message-id "$message" --lease-id "$lease" >/dev/null || return
  told "claimed \"$title\""
}

# publish KIND NAME PATH: hands one expected artifact in.
publish() {
  git striatum publish-artifact --session-id "$session" --job-id "$job" --lease-id "$lease" \
    --kind "$1" --logical-name "$2" --path "$3" >/dev/null || return
  told "published $3"
}

# finish SUMMARY: completes the job.
finish() {
  git striatum complete --session-id "$session" --job-id "$job" --lease-id "$lease" --summary "$1" >/dev/null || return
  told "completed: $1"
}

# review VERDICT NAME PATH REASON: publishes the finding and gives the verdict.
review() {
  reply=$(git striatum submit-review --session-id "$session" --job-id "$job" --lease-id "$lease" \
    --verdict "$1" --logical-name "$2" --path "$3" --rationale "$4") || return
  told "verdict $1: $4"
}

leave() {
  git striatum session close --session-id "$session" --reason "round done" >/dev/null
}
