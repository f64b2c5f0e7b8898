// SPDX-License-Identifier: Apache-2.0
/*
 * inject: run a program with all its children and interfere with their n-th writing system call.
 *
 *   inject MODE N REPORT CMD [ARG...]
 *
 * MODE     count   only count; REPORT gets one line for each call
 *          kill    SIGKILL for every process of the tree before call N happens
 *          one     SIGKILL for the process that makes call N, the others go on
 *          torn    half of the bytes of call N (write, pwrite64) reach the file, then as `kill`
 *          int, term   SIGINT, SIGTERM for the program itself before call N, which goes on
 *          half    half of the bytes of call N reach the file, the call says so, the program goes on
 *          eio, enospc, edquot   call N fails with that error, once
 *          eio+, enospc+, edquot+   call N and every later one fails
 *
 * One counter serves the whole tree in the order of the calls, so that children are covered call by call and a
 * run can be repeated (strace counts for each process and each call by itself). A seccomp filter stops the
 * program at these calls only; openat, open and fcntl are told apart by their arguments in the filter.
 *
 * REPORT   `call N PID WHERE NAME DETAIL` for calls (in all modes but `count` only for the one that was hit),
 *          then `total N` and `exit CODE`, `signal S` or `timeout`.
 * Exit status: 0 when REPORT is complete.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "inject reads the registers of x86-64 only"
#endif

#define MAX_PIDS 256
#define SECONDS 60

enum check { always, open_flags, open_flags_2, lock_command };
struct call {
  int number;
  const char* name;
  enum check check;
  char kind; /* W: writes a descriptor, P: changes a path, S: syncs, L: locks */
};

static const struct call calls[] = {
    {SYS_write, "write", always, 'W'},
    {SYS_pwrite64, "pwrite64", always, 'W'},
    {SYS_writev, "writev", always, 'W'},
    {SYS_pwritev, "pwritev", always, 'W'},
    {SYS_pwritev2, "pwritev2", always, 'W'},
    {SYS_copy_file_range, "copy_file_range", always, 'W'},
    {SYS_sendfile, "sendfile", always, 'W'},
    {SYS_fallocate, "fallocate", always, 'W'},
    {SYS_ftruncate, "ftruncate", always, 'W'},
    {SYS_truncate, "truncate", always, 'P'},
    {SYS_fsync, "fsync", always, 'S'},
    {SYS_fdatasync, "fdatasync", always, 'S'},
    {SYS_sync_file_range, "sync_file_range", always, 'S'},
    {SYS_rename, "rename", always, 'P'},
    {SYS_renameat, "renameat", always, 'P'},
    {SYS_renameat2, "renameat2", always, 'P'},
    {SYS_unlink, "unlink", always, 'P'},
    {SYS_unlinkat, "unlinkat", always, 'P'},
    {SYS_rmdir, "rmdir", always, 'P'},
    {SYS_link, "link", always, 'P'},
    {SYS_linkat, "linkat", always, 'P'},
    {SYS_symlink, "symlink", always, 'P'},
    {SYS_symlinkat, "symlinkat", always, 'P'},
    {SYS_mkdir, "mkdir", always, 'P'},
    {SYS_mkdirat, "mkdirat", always, 'P'},
    {SYS_creat, "creat", always, 'P'},
    {SYS_open, "open", open_flags, 'P'},
    {SYS_openat, "openat", open_flags_2, 'P'},
    {SYS_chmod, "chmod", always, 'P'},
    {SYS_fchmod, "fchmod", always, 'P'},
    {SYS_fchmodat, "fchmodat", always, 'P'},
    {SYS_flock, "flock", always, 'L'},
    {SYS_fcntl, "fcntl", lock_command, 'L'},
};
#define CALLS (sizeof calls / sizeof calls[0])

/* ------------------------------------------------------------------ filter */

static struct sock_filter program[8 * CALLS + 8];
static unsigned short length;

static void add(unsigned short code, unsigned k, unsigned char yes, unsigned char no) {
  program[length++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

static void load(unsigned offset) { add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }

/* For one call: load its number, leave the block when it is another one, else look at the argument. */
static void filter_call(const struct call* call) {
  const unsigned argument = call->check == open_flags_2 ? 2 : 1;
  load(offsetof(struct seccomp_data, nr));
  switch (call->check) {
    case always:
      add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call->number, 0, 1);
      break;
    case open_flags:
    case open_flags_2:
      add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call->number, 0, 3);
      load((unsigned)offsetof(struct seccomp_data, args) + 8 * argument);
      add(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY), 0, 1);
      break;
    case lock_command:
      add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call->number, 0, 6);
      load((unsigned)offsetof(struct seccomp_data, args) + 8);
      add(BPF_JMP | BPF_JEQ | BPF_K, F_SETLK, 3, 0);
      add(BPF_JMP | BPF_JEQ | BPF_K, F_SETLKW, 2, 0);
      add(BPF_JMP | BPF_JEQ | BPF_K, F_OFD_SETLK, 1, 0);
      add(BPF_JMP | BPF_JEQ | BPF_K, F_OFD_SETLKW, 0, 1);
      break;
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_TRACE, 0, 0);
}

static void install_filter(void) {
  load(offsetof(struct seccomp_data, arch));
  add(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  for (size_t i = 0; i < CALLS; ++i) filter_call(&calls[i]);
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  struct sock_fprog filter = {length, program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    perror("inject: seccomp");
    _exit(126);
  }
}

/* ----------------------------------------------------------------- tracees */

static pid_t pids[MAX_PIDS];
static int pid_count;
static pid_t main_pid;
static int killing;

/* A child that was on its way when the others were killed goes the same way. */
static void remember(pid_t pid) {
  for (int i = 0; i < pid_count; ++i) {
    if (pids[i] == pid) return;
  }
  if (pid_count < MAX_PIDS) pids[pid_count++] = pid;
  if (killing) kill(pid, SIGKILL);
}

static void forget(pid_t pid) {
  for (int i = 0; i < pid_count; ++i) {
    if (pids[i] == pid) pids[i] = pids[--pid_count];
  }
}

static void kill_all(void) {
  killing = 1;
  for (int i = 0; i < pid_count; ++i) kill(pids[i], SIGKILL);
}

static const struct call* call_of(unsigned long long number) {
  for (size_t i = 0; i < CALLS; ++i) {
    if ((unsigned long long)calls[i].number == number) return &calls[i];
  }
  return NULL;
}

static void read_text(pid_t pid, unsigned long long address, char* out, size_t size) {
  struct iovec local = {out, size - 1};
  struct iovec remote = {(void*)address, size - 1};
  ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
  if (got < 0) { /* the text may end just before an unmapped page */
    remote.iov_len = local.iov_len = 4096 - address % 4096 < size - 1 ? 4096 - address % 4096 : size - 1;
    got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
  }
  out[got < 0 ? 0 : got] = '\0';
}

static void describe(FILE* report, long long n, pid_t pid, const struct call* call,
                     const struct user_regs_struct* regs) {
  char detail[4096] = "";
  if (call->kind == 'P') {
    const int at = strstr(call->name, "at") != NULL;
    read_text(pid, at ? regs->rsi : regs->rdi, detail, sizeof detail);
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, (int)regs->rdi);
    const ssize_t got = readlink(link, detail, sizeof detail - 1);
    detail[got < 0 ? 0 : got] = '\0';
  }
  for (char* c = detail; *c; ++c) {
    if ((unsigned char)*c < ' ') *c = '?';
  }
  char name[64] = "?", path[64];
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  FILE* comm = fopen(path, "r");
  if (comm) {
    if (fgets(name, sizeof name, comm)) name[strcspn(name, "\n")] = '\0';
    fclose(comm);
  }
  char* blank = name;
  while ((blank = strchr(blank, ' ')) != NULL) *blank = '_';
  fprintf(report, "call %lld %d %s:%s %c %s %d %s\n", n, pid, pid == main_pid ? "main" : "child", name, call->kind,
          call->name, call->kind == 'P' ? -1 : (int)regs->rdi, detail);
}

/* -------------------------------------------------------------------- main */

static volatile sig_atomic_t out_of_time;

static void on_alarm(int signal_number) {
  (void)signal_number;
  out_of_time = 1;
}

struct plan {
  const char* mode;
  long long n;
  int error;
  int sticky;
  int signal;
};

static struct plan make_plan(const char* mode, const char* n) {
  struct plan plan = {mode, atoll(n), 0, mode[strlen(mode) - 1] == '+', 0};
  if (strcmp(mode, "int") == 0) plan.signal = SIGINT;
  if (strcmp(mode, "term") == 0) plan.signal = SIGTERM;
  if (strncmp(mode, "eio", 3) == 0) plan.error = EIO;
  if (strncmp(mode, "enospc", 6) == 0) plan.error = ENOSPC;
  if (strncmp(mode, "edquot", 6) == 0) plan.error = EDQUOT;
  return plan;
}

/* Runs the shortened call to its end: the next stop of this process is the call's exit. */
static void shorten(pid_t pid, struct user_regs_struct* regs) {
  regs->rdx /= 2;
  ptrace(PTRACE_SETREGS, pid, 0, regs);
  int status;
  ptrace(PTRACE_SYSCALL, pid, 0, 0);
  waitpid(pid, &status, __WALL);
}

/* True when the process may go on. */
static int interfere(const struct plan* plan, pid_t pid, const struct call* call, struct user_regs_struct* regs) {
  const int shortens = call->number == SYS_write || call->number == SYS_pwrite64;
  if (plan->error != 0) {
    regs->orig_rax = (unsigned long long)-1;
    regs->rax = (unsigned long long)-plan->error;
    ptrace(PTRACE_SETREGS, pid, 0, regs);
    return 1;
  }
  if (strcmp(plan->mode, "half") == 0) {
    if (shortens && regs->rdx > 1) shorten(pid, regs);
    return 1;
  }
  if (plan->signal != 0) {
    kill(main_pid, plan->signal);
    return 1;
  }
  if (strcmp(plan->mode, "torn") == 0 && shortens) shorten(pid, regs);
  if (strcmp(plan->mode, "one") == 0) {
    kill(pid, SIGKILL);
  } else {
    kill_all();
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: inject MODE N REPORT CMD [ARG...]\n");
    return 2;
  }
  const struct plan plan = make_plan(argv[1], argv[2]);
  const int count_only = strcmp(plan.mode, "count") == 0;
  FILE* report = fopen(argv[3], "we");
  if (!report) {
    perror(argv[3]);
    return 2;
  }
  main_pid = fork();
  if (main_pid < 0) return 2;
  if (main_pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    install_filter();
    execvp(argv[4], argv + 4);
    _exit(127);
  }
  int status;
  waitpid(main_pid, &status, 0);
  ptrace(PTRACE_SETOPTIONS, main_pid, 0,
         PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
             PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  remember(main_pid);
  ptrace(PTRACE_CONT, main_pid, 0, 0);

  struct sigaction alarm_action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &alarm_action, NULL);
  alarm(SECONDS);
  long long seen = 0;
  int main_status = -1;
  while (pid_count > 0) {
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR && out_of_time) {
      kill_all();
      break;
    }
    if (pid < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid == main_pid) main_status = status;
      forget(pid);
      continue;
    }
    remember(pid);
    int deliver = 0;
    if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_SECCOMP << 8))) {
      struct user_regs_struct regs;
      if (ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0) {
        const struct call* call = call_of(regs.orig_rax);
        ++seen;
        const int hit = seen == plan.n || (plan.sticky && seen > plan.n);
        if (call && (count_only || seen == plan.n)) describe(report, seen, pid, call, &regs);
        if (call && hit && !count_only && !interfere(&plan, pid, call, &regs)) continue;
      }
    } else if (status >> 16 == 0 && WSTOPSIG(status) != (SIGTRAP | 0x80) && WSTOPSIG(status) != SIGTRAP) {
      deliver = WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);
    }
    ptrace(PTRACE_CONT, pid, 0, deliver);
  }
  fprintf(report, "total %lld\n", seen);
  if (out_of_time) {
    fprintf(report, "timeout\n");
  } else if (WIFEXITED(main_status)) {
    fprintf(report, "exit %d\n", WEXITSTATUS(main_status));
  } else {
    fprintf(report, "signal %d\n", WTERMSIG(main_status));
  }
  return fclose(report) == 0 ? 0 : 2;
}
