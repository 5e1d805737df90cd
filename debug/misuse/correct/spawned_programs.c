// SPDX-License-Identifier: MIT
// Starts itself again by vfork and execve, by posix_spawn, and through the shell, with what it
// finds in the environment.
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sum.h"

extern char** environ;

static int be_started(void) {
  char* greeting = strdup(getenv("GREETING"));
  setenv("ANOTHER", greeting, 1);
  putenv(greeting);
  const size_t length = strlen(getenv("ANOTHER"));
  unsetenv("ANOTHER");
  unsetenv("GREETING");
  free(greeting);
  return (int)length;
}

static int wait_for(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

int main(int count, char** arguments) {
  if (count > 1) return be_started();
  char* again[] = {arguments[0], strdup("again"), NULL};
  for (int i = 0; i < 3; ++i) {
    setenv("GREETING", "GREETING=hello", 1);
    pid_t child = vfork();
    if (child == 0) {
      execve(again[0], again, environ);
      _exit(127);
    }
    add((uint64_t)wait_for(child));
    if (posix_spawn(&child, again[0], NULL, NULL, again, environ) != 0) return 2;
    add((uint64_t)wait_for(child));
    char* command = malloc(strlen(arguments[0]) + 10);
    sprintf(command, "\"%s\" again", arguments[0]);
    add((uint64_t)WEXITSTATUS(system(command)));
    FILE* output = popen("echo a line of output", "r");
    char line[64] = "";
    add(fgets(line, sizeof line, output) != NULL);
    add_bytes(line, strlen(line));
    add((uint64_t)pclose(output));
    free(command);
  }
  free(again[1]);
  return print_sum();
}
