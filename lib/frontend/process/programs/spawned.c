// SPDX-License-Identifier: MIT
// The ways to start another program, while threads allocate: vfork, posix_spawn, system, popen.
#include <spawn.h>
#include <sys/wait.h>

#include "churn.h"

extern char** environ;
static char* const echo[] = {(char*)"/bin/echo", (char*)"said", NULL};

static void wait_for(pid_t child) {
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  start_churning();
  for (int i = 0; i < 10; ++i) {
    const pid_t forked = vfork();
    if (forked == 0) {
      execv(echo[0], echo);
      _exit(1);
    }
    wait_for(forked);
    pid_t spawned;
    CHECK(posix_spawn(&spawned, echo[0], NULL, NULL, echo, environ) == 0);
    wait_for(spawned);
    CHECK(system("echo said") == 0);
    FILE* pipe = popen("echo said", "r");
    char line[16] = "";
    CHECK(pipe != NULL && fgets(line, sizeof line, pipe) != NULL && strcmp(line, "said\n") == 0);
    CHECK(pclose(pipe) == 0);
    use_malloc();
  }
  stop_churning();
  puts("done");
}
