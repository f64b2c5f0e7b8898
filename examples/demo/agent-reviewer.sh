#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reviewer: runs the tests, then tries what the author did not, and gives a verdict with a written finding.
#   agent-reviewer.sh RUN_ID [FOLDER/]
. "$(dirname "$0")/lib.sh"
run=$1
dir=${2-}
finding=${dir}reviews/REVIEW.md

# try TITLE SLUG: one input of the reviewer's own; adds a line to the finding when the program fails it.
try() {
  got=$(sh "${dir}src/slug.sh" "$1")
  told "tries '$1' -> '$got'"
  [ "$got" = "$2" ] || findings="$findings* '$1' gives '$got', it should be '$2'
"
}

join reviewer reviewing review
claim
tests
findings=
try 'Ready?' ready
try '  spaced  out ' spaced-out
verdict=accept
[ -z "$findings" ] || verdict=needs_revision
mkdir -p "${dir}reviews"
cat >"$finding" <<END
---
schema_version: "striatum.finding.v1"
artifact_kind: "finding"
verdict_intent: "$verdict"
---
# Review

author: operator

${findings:-Tried more inputs than the tests have; all came out right.
}
END
review "$verdict" review "$finding" "see $finding"
[ "$(printf '%s' "$reply" | field run_state)" = completed ] || leave
