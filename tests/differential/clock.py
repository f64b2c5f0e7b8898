# SPDX-License-Identifier: Apache-2.0
"""A clock under the test's control, for programs that are linked to the C library.

Ids are random, timestamps have whole seconds, and the contract orders by both: only with a clock that the test sets
do two programs (or one program twice) give comparable answers. A small preloaded library answers the clock calls from
the environment variable TEST_CLOCK (seconds since 1970), the clock since boot included.
"""

import os
import shutil
import subprocess
from pathlib import Path

START = 1767607200  # 2026-01-05T10:00:00Z

SOURCE = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long given(void) {
  const char* text = getenv("TEST_CLOCK");
  return text ? atol(text) : -1;
}

int clock_gettime(clockid_t id, struct timespec* out) {
  const long now = given();
  const int wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
  if (now < 0 || (!wall && id != CLOCK_BOOTTIME)) return (int)syscall(SYS_clock_gettime, id, out);
  out->tv_sec = wall ? now : now - 1700000000;
  out->tv_nsec = 0;
  return 0;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
"""


def build(folder):
    """Compiles the library into `folder`; returns the environment that puts it to work."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        raise SystemExit("a C compiler is needed for the test clock (cc, gcc or the variable CC)")
    source, library = Path(folder) / "clock.c", Path(folder) / "clock.so"
    if not library.exists():
        source.write_text(SOURCE)
        subprocess.run([*compiler.split(), "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
    sanitizer = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(library),
            "ASAN_OPTIONS": ":".join(filter(None, [sanitizer, "verify_asan_link_order=0"]))}
