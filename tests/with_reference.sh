#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# with_reference.sh COMMAND...: runs it with `--ref PROGRAM` added, where release 1.24.0 is at hand; else a skip.
[ -x "${STRIATUM_REFERENCE-}" ] || {
  echo "SKIPPED: STRIATUM_REFERENCE names no program (release 1.24.0); nothing was compared"
  exit 77
}
exec "$@" --ref "$STRIATUM_REFERENCE"
