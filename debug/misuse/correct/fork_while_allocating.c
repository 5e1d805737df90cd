// SPDX-License-Identifier: MIT
// Forks while four threads allocate; each child allocates, frees what its parent allocated, ends.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sum.h"

static atomic_int ended;

static void* allocate(void* seed) {
  uint32_t state = (uint32_t)(uintptr_t)seed;
  char* blocks[64] = {NULL};
  while (!atomic_load(&ended)) {
    char** block = &blocks[next_number(&state) % 64];
    free(*block);
    *block = malloc(1 + next_number(&state) % 2000);
    **block = 'x';
  }
  for (int i = 0; i < 64; ++i) free(blocks[i]);
  return NULL;
}

static void be_child(char* parents, int number) {
  char* text = strdup(parents);
  free(parents);
  for (size_t i = 0; i < 50; ++i) free(calloc(i, 77));
  text = realloc(text, 100000);
  _exit(strcmp(text, "of the parent") == 0 ? number : 99);
}

int main(void) {
  pthread_t threads[4];
  for (uintptr_t i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, allocate, (void*)(i + 1));
  char* parents = strdup("of the parent");
  for (int i = 0; i < 40; ++i) {
    const pid_t child = fork();
    if (child == 0) be_child(parents, i);
    int status = -1;
    waitpid(child, &status, 0);
    add(WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 1000);
  }
  atomic_store(&ended, 1);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  free(parents);
  return print_sum();
}
