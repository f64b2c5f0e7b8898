// SPDX-License-Identifier: Apache-2.0
/*
 * start: start many processes at the same moment, round after round.
 *
 *   start TABLE FOLDER
 *
 * TABLE holds one command a line, its words separated by tabs. For every line on standard input all commands are
 * forked, wait for the last of them, and are let go together; the output of the i-th goes to FOLDER/i. When all
 * have ended, one line of their exit statuses is printed (128 + signal where one ended a process).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_COMMANDS 256
#define MAX_WORDS 64

static char* commands[MAX_COMMANDS][MAX_WORDS + 1];
static pid_t pids[MAX_COMMANDS];
static int count;

static void read_table(const char* path) {
  FILE* file = fopen(path, "r");
  char* line = NULL;
  size_t size = 0;
  while (file && count < MAX_COMMANDS && getline(&line, &size, file) > 0) {
    int words = 0;
    for (char* word = strtok(strdup(line), "\t\n"); word && words < MAX_WORDS; word = strtok(NULL, "\t\n")) {
      commands[count][words++] = word;
    }
    ++count;
  }
  if (file) fclose(file);
}

static void become(int number, const char* folder, int gate, int ready) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%d", folder, number);
  const int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(out, 1);
  dup2(out, 2);
  char byte = 0;
  if (write(ready, &byte, 1) != 1 || read(gate, &byte, 1) < 0) _exit(126);
  execv(commands[number][0], commands[number]);
  _exit(127);
}

static int play_round(const char* folder) {
  int gate[2], ready[2];
  if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0) return 1;
  for (int i = 0; i < count; ++i) {
    pids[i] = fork();
    if (pids[i] < 0) return 1;
    if (pids[i] == 0) {
      close(gate[1]);
      become(i, folder, gate[0], ready[1]);
    }
  }
  char byte;
  for (int i = 0; i < count; ++i) {
    if (read(ready[0], &byte, 1) != 1) return 1;
  }
  close(gate[1]); /* the end of the pipe lets all of them go */
  for (int i = 0; i < count; ++i) {
    int status;
    if (waitpid(pids[i], &status, 0) < 0) return 1;
    printf("%d ", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
  printf("\n");
  fflush(stdout);
  close(gate[0]);
  close(ready[0]);
  close(ready[1]);
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  read_table(argv[1]);
  char line[16];
  while (fgets(line, sizeof line, stdin)) {
    if (play_round(argv[2]) != 0) return 1;
  }
  return 0;
}
