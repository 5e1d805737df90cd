// SPDX-License-Identifier: MIT
// Forks 60 times while other threads are in the middle of operations. Each child frees blocks of
// its parent, allocates, forks, has threads of its own and ends in the ordinary way; handlers of
// the fork allocate as well.
#include <signal.h>
#include <sys/wait.h>

#include "churn.h"

enum { kForks = 60, kBlocks = 300 };

static void at_fork(void) {
  use_malloc();
}

static void* in_child_thread(void* argument) {
  use_malloc();
  free(argument);
  return malloc(100);
}

static void wait_for(pid_t child) {
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) dprintf(STDERR_FILENO, "child: signal %d\n", WTERMSIG(status));
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void be_child(unsigned char** blocks) {
  alarm(200);
  use_malloc();
  for (size_t i = 0; i < kBlocks; ++i) {
    CHECK(is_filled(blocks[i], 1 + i * 20));
    free(blocks[i]);
    blocks[i] = filled(1 + i * 30);
  }
  // What threads that are not here any more had on the shelf.
  for (int i = 0; i < kShelf; ++i) free(__atomic_exchange_n(&shelf[i], NULL, __ATOMIC_ACQ_REL));
  pthread_t thread;
  void* result = NULL;
  CHECK(pthread_create(&thread, NULL, in_child_thread, filled(500)) == 0);
  CHECK(pthread_join(thread, &result) == 0);
  free(result);
  const pid_t grandchild = fork();
  CHECK(grandchild >= 0);
  if (grandchild == 0) {
    use_malloc();
    _exit(0);
  }
  wait_for(grandchild);
  exit(0);
}

int main(void) {
  CHECK(pthread_atfork(at_fork, at_fork, at_fork) == 0);
  start_churning();
  for (int i = 0; i < kForks; ++i) {
    unsigned char* blocks[kBlocks];
    for (size_t k = 0; k < kBlocks; ++k) blocks[k] = filled(1 + k * 20);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) be_child(blocks);
    for (size_t k = 0; k < kBlocks; ++k) free(blocks[k]);
    wait_for(child);
  }
  stop_churning();
  puts("done");
}
