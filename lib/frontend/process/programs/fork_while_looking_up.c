// SPDX-License-Identifier: MIT
// Forks while other threads look symbols up; the child looks one up, and walks the modules.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <link.h>
#include <pthread.h>
#include <sys/wait.h>

#include "program.h"

enum { kForks = 100, kThreads = 2 };

static int stops;

static void* look_up(void* argument) {
  while (!__atomic_load_n(&stops, __ATOMIC_RELAXED)) CHECK(dlsym(RTLD_DEFAULT, "malloc") != NULL);
  return argument;
}

static int count(struct dl_phdr_info* info, size_t size, void* modules) {
  (void)info, (void)size;
  ++*(int*)modules;
  return 0;
}

int main(void) {
  pthread_t threads[kThreads];
  for (int i = 0; i < kThreads; ++i) CHECK(pthread_create(&threads[i], NULL, look_up, NULL) == 0);
  for (int i = 0; i < kForks; ++i) {
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      alarm(200);
      int modules = 0;
      dl_iterate_phdr(count, &modules);
      CHECK(modules > 1);
      use_malloc();
      _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  __atomic_store_n(&stops, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < kThreads; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  puts("done");
}
