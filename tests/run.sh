#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every test, from a fresh clone: installs missing packages, builds, runs CTest under `dev`, and the unit tests and
# five scripted suites under `asan`. --full adds the others there, what has threads under `tsan`, release and package,
# line coverage, fuzzing and the long versions of the suites.
#   tests/run.sh [--full]         JOBS=N  STRIATUM_REFERENCE=/path/to/striatum (release 1.24.0, to compare with)
set -eu
cd "$(dirname "$0")/.."
full=no
case ${1-} in
  --full) full=yes ;;
  '') ;;
  *) echo "usage: tests/run.sh [--full]" >&2; exit 2 ;;
esac
jobs=${JOBS:-$(nproc)}
build=$PWD/build
mkdir -p "$build/home"

say() { printf '\n== %s\n' "$*"; }

# Nothing of the user's own is read or written: caches, keys and configuration of the tests live below build/.
isolate() {
  CCACHE_DIR=${CCACHE_DIR:-$build/ccache}
  HOME=$build/home
  export HOME CCACHE_DIR
  unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME SSH_AUTH_SOCK GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE CI
  for name in $(env | sed -n 's/^\(STRIATUM_[A-Z_]*\)=.*/\1/p'); do
    [ "$name" = STRIATUM_REFERENCE ] || unset "$name"
  done
}

# configure PRESET [OPTION...]
configure() {
  preset=$1
  shift
  launcher=
  command -v ccache >/dev/null 2>&1 && launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
  cmake --preset "$preset" $launcher "$@" >"$build/$preset.configure.log" || { cat "$build/$preset.configure.log"; exit 1; }
}

# compile PRESET [TARGET...]: quiet when it works.
compile() {
  preset=$1
  shift
  say "build $preset${*:+ ($*)}"
  cmake --build --preset "$preset" -j "$jobs" ${*:+--target "$@"} >"$build/$preset.build.log" 2>&1 ||
    { grep -E -A8 'error|FAILED' "$build/$preset.build.log" | head -100; echo "whole log: $build/$preset.build.log"; exit 1; }
}

# check PRESET [CTEST-OPTION...]
check() {
  preset=$1
  shift
  say "test $preset"
  ctest --test-dir "$build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@"
}

# Release 1.24.0 of the program whose contract we keep, for the tests that compare the two side by side.
reference() {
  [ -z "${STRIATUM_REFERENCE-}" ] || return 0
  venv=$build/reference
  if [ ! -x "$venv/bin/striatum" ]; then
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --no-cache-dir --retries 1 --timeout 10 \
        striatum-orchestrator==1.24.0; } >"$build/reference.log" 2>&1 || {
      rm -rf "$venv"
      say "NOT COMPARED: striatum-orchestrator 1.24.0 cannot be had here ($build/reference.log); its tests are skipped"
      return 0
    }
  fi
  STRIATUM_REFERENCE=$venv/bin/striatum
  export STRIATUM_REFERENCE
}

# sanitized [CTEST-OPTION...]
sanitized() {
  configure asan
  compile asan git-striatum unit-tests verify-batch
  check asan "$@"
}

full_suites() {
  sanitized -LE once
  configure tsan
  compile tsan unit-tests
  check tsan -R '^unit:(background|evidence)'
  configure release
  compile release
  say "demo"
  PREFIX=$build/prefix examples/demo.sh
  say "package"
  (cd "$build/release" && cpack -G DEB -B "$build/package" >/dev/null) && ls "$build/package"/*.deb
  configure coverage
  compile coverage
  check coverage -LE once
  say "line coverage of core and export"
  gcovr -r . --object-directory "$build/coverage" -f 'core/.*' -f 'export/.*' --fail-under-line 90 "$build/coverage" |
    tail -4
  configure fuzz -DSTRIATUM_LONG_TESTS=ON
  compile fuzz fuzz-targets
  check fuzz -L fuzz
}

say "packages"
packaging/deps.sh $([ $full = yes ] && echo --full)
isolate
reference
configure dev -DSTRIATUM_LONG_TESTS=$([ $full = yes ] && echo ON || echo OFF)
compile dev
check dev
if [ $full = yes ]; then full_suites; else sanitized -R '^unit:|^e2e: (dashboard|hooks|keys|trust|worktrees)$'; fi
[ -n "${STRIATUM_REFERENCE-}" ] || say "NOT COMPARED with release 1.24.0, which cannot be had here; everything else is done"
