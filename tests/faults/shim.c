// SPDX-License-Identifier: Apache-2.0
/*
 * A world that a test controls, preloaded into the program (LD_PRELOAD). Each part does nothing without its variable.
 *
 *   FAULT_WALL=SECONDS     the wall clock is that far off
 *   FAULT_BOOT=SECONDS     the time since boot is that far off
 *   FAULT_BOOT_ID=FILE     what /proc/sys/kernel/random/boot_id reads as
 *   FAULT_STOP=1           the process stops (SIGSTOP) before it queues for the state's write lock, once
 *   FAULT_MALLOC=N         the N-th allocation fails; with FAULT_STICKY=1 every later one too
 *   FAULT_COUNT=FILE       the number of allocations is written there at the end
 * Allocations are those of the program itself, not of its children, nor of OpenSSL, which does not survive a lack of
 * memory while it starts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);

static long number(const char* name) {
  const char* text = getenv(name);
  return text ? atol(text) : 0;
}

/* ------------------------------------------------------------------ clocks */

int clock_gettime(clockid_t which, struct timespec* out) {
  const long rc = syscall(SYS_clock_gettime, which, out);
  if (rc != 0) return (int)rc;
  if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE) out->tv_sec += number("FAULT_WALL");
  if (which == CLOCK_BOOTTIME) out->tv_sec += number("FAULT_BOOT");
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

static const char* redirected(const char* path) {
  const char* other = getenv("FAULT_BOOT_ID");
  return other && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 ? other : path;
}

#define REDIRECT_FOPEN(name)                                                       \
  FILE* name(const char* restrict path, const char* restrict mode) {               \
    FILE* (*real)(const char*, const char*) = dlsym(RTLD_NEXT, #name);             \
    return real(redirected(path), mode);                                           \
  }
REDIRECT_FOPEN(fopen)
REDIRECT_FOPEN(fopen64)

#define REDIRECT_OPEN(name)                                                        \
  int name(const char* path, int flags, ...) {                                     \
    va_list more;                                                                  \
    va_start(more, flags);                                                         \
    const int mode = va_arg(more, int);                                            \
    va_end(more);                                                                  \
    return (int)syscall(SYS_openat, AT_FDCWD, redirected(path), flags, mode);      \
  }
REDIRECT_OPEN(open)
REDIRECT_OPEN(open64)

/* -------------------------------------------------------------------- stop */

int flock(int fd, int operation) {
  static int stopped;
  if (!stopped && number("FAULT_STOP")) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    const char* name = strrchr(path, '/');
    if (name && strcmp(name, "/write.lock") == 0) {
      stopped = 1;
      raise(SIGSTOP);
    }
  }
  return (int)syscall(SYS_flock, fd, operation);
}

/* ------------------------------------------------------------------ memory */

static long allocations;
static long failing = -1;
static int sticky;

static int in_the_program(void) {
  return strcmp(program_invocation_short_name, "striatum") == 0 ||
         strcmp(program_invocation_short_name, "git-striatum") == 0;
}

static int of_openssl(void* caller) {
  Dl_info from;
  return dladdr(caller, &from) != 0 && from.dli_fname != NULL && strstr(from.dli_fname, "libcrypto") != NULL;
}

/* The variables are looked up with the first allocation; getenv itself allocates nothing. */
static int fails(void* caller) {
  if (failing < 0) {
    failing = in_the_program() ? number("FAULT_MALLOC") : 0;
    sticky = number("FAULT_STICKY") != 0;
  }
  const long mine = __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
  if (failing == 0 || mine < failing || (mine > failing && !sticky) || of_openssl(caller)) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) { return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size); }

__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("FAULT_COUNT");
  if (!path || !in_the_program()) return;
  char text[32];
  const int length = snprintf(text, sizeof text, "%ld\n", allocations);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd >= 0 && write(fd, text, (size_t)length) == length) close(fd);
}
