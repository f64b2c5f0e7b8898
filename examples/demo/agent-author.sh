#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The author: reads the failing test, repairs the program, runs the tests, hands over. On a second round it reads
# the reviewer's finding first.   agent-author.sh RUN_ID [FOLDER/]
. "$(dirname "$0")/lib.sh"
run=$1
dir=${2-}
program=${dir}src/slug.sh
notes=${dir}notes/NOTES.md
review=${dir}reviews/REVIEW.md

# What lies outside the job's write scope is refused.
stray() {
  told "tries to hand in the workflow as well: $(publish handoff notes "${dir}workflow/fix-slug.json" 2>&1 || :)"
}

repair() {
  stray
  told "runs of other characters become several dashes; squeezing them into one"
  sed -i "s/tr -c 'a-z0-9\\\\n' '-'\$/tr -cs 'a-z0-9\\\\n' '-'/" "$program"
  what="Runs of characters that are no letters or digits become one dash."
}

revise() {
  told "reads the finding: $(sed -n 's/^\* //p' "$review" | head -n 1)"
  sed -i "/^printf/ s/\$/ | sed 's|^-||; s|-\$||'/" "$program"
  sed -i "/^check 'Hello, World'/ a check 'Ready?' ready\ncheck '(A) B' a-b" "${dir}tests/test.sh"
  what="Dashes at either end are dropped as well; two tests hold that."
}

join author writing write
claim
if tests; then revise; else repair; fi
tests
mkdir -p "${dir}notes"
printf '# Notes\n\nauthor: operator\n\n%s\n' "$what" >"$notes"
publish handoff notes "$notes"
finish "$what"
leave
