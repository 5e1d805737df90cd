// SPDX-License-Identifier: MIT
// Threads that fork at the same time, while others allocate; the main thread is not in the child.
#include <sys/wait.h>

#include "churn.h"

enum { kForks = 25, kForkers = 4 };

static void* fork_often(void* argument) {
  for (int i = 0; i < kForks; ++i) {
    unsigned char* block = filled(777);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      alarm(200);
      CHECK(is_filled(block, 777));
      free(block);
      use_malloc();
      // As a thread that ends, which ends the process with it.
      pthread_exit(NULL);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    free(block);
  }
  return argument;
}

int main(void) {
  start_churning();
  pthread_t forkers[kForkers];
  for (int i = 0; i < kForkers; ++i)
    CHECK(pthread_create(&forkers[i], NULL, fork_often, NULL) == 0);
  for (int i = 0; i < kForkers; ++i) CHECK(pthread_join(forkers[i], NULL) == 0);
  stop_churning();
  puts("done");
}
