// SPDX-License-Identifier: Apache-2.0
/*
 * timed: run a command once and say what it took.
 *
 *   timed OUT CMD [ARG...]
 *
 * Writes `wall_ns user_us sys_us peak_rss_kib code` to OUT; code is 128 + the signal where one ended it. The
 * streams go where ours go. A small program of its own because a child inherits the peak memory of the program
 * that forked it, and an interpreter's would hide everything.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: timed OUT CMD [ARG...]\n");
    return 2;
  }
  const long long start = now_ns();
  const pid_t pid = vfork();
  if (pid < 0) return 2;
  if (pid == 0) {
    execvp(argv[2], argv + 2);
    _exit(127);
  }
  int status;
  struct rusage used;
  if (wait4(pid, &status, 0, &used) < 0) return 2;
  const long long end = now_ns();
  FILE* out = fopen(argv[1], "w");
  if (!out) return 2;
  fprintf(out, "%lld %lld %lld %ld %d\n", end - start, microseconds(used.ru_utime), microseconds(used.ru_stime),
          used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return fclose(out) == 0 ? 0 : 2;
}
