#!/bin/sh
# Tests slug.sh, which lies beside this folder.
slug=$(dirname "$0")/../src/slug.sh
failed=0
check() {
  got=$(sh "$slug" "$1")
  [ "$got" = "$2" ] && return
  echo "FAIL: slug of '$1' is '$got', not '$2'"
  failed=1
}
check 'Hello World' hello-world
check 'Hello, World' hello-world
[ $failed = 0 ] && echo "all tests pass"
exit $failed
