// SPDX-License-Identifier: MIT
// Blocks freed twice.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

CASE(free_twice) {
  char* block = malloc(10);
  free(block);
  if (wrong) free(hidden(block));
}

CASE(free_twice_after_others) {
  char* block = malloc(50);
  char* other = malloc(50);
  free(block);
  free(other);
  if (wrong) free(hidden(block));
}

CASE(free_twice_after_thousands) {
  char* block = malloc(100);
  free(block);
  for (int i = 0; i < 5000; ++i) free(malloc(100));
  if (wrong) free(hidden(block));
}

CASE(free_twice_large_block) {
  char* block = calloc(1000, 1000);
  free(block);
  if (wrong) free(hidden(block));
}

CASE(free_twice_aligned_block) {
  char* block = aligned_alloc(1024, 2048);
  free(block);
  if (wrong) free(hidden(block));
}

CASE(free_twice_of_strdup) {
  char* copy = strdup("a copy");
  free(copy);
  if (wrong) free(hidden(copy));
}

static void* free_it(void* block) {
  free(block);
  return NULL;
}

CASE(free_twice_across_threads) {
  char* block = malloc(30);
  on_thread(free_it, block);
  if (wrong) free(hidden(block));
}

CASE(free_twice_on_two_threads) {
  char* block = malloc(70);
  on_thread(free_it, block);
  if (wrong) on_thread(free_it, hidden(block));
}

CASE(free_after_realloc_to_nothing) {
  char* block = malloc(40);
  char* rest = realloc(block, 0);
  if (wrong) free(hidden(block));
  free(rest);
}

CASE(free_after_realloc_moved) {
  char* block = malloc(20);
  char* larger = realloc(block, 500000);
  if (wrong) free(hidden(block));
  free(larger);
}

struct Owner {
  char* name;
};

CASE(free_by_two_owners) {
  struct Owner first = {malloc(16)};
  struct Owner second = first;
  if (!wrong) second.name = NULL;
  free(first.name);
  free(second.name);
}

static int fails_and_frees(char* block, int fails) {
  if (fails) free(block);
  return fails ? -1 : 0;
}

CASE(free_by_callee_and_caller) {
  char* block = malloc(64);
  if (fails_and_frees(block, wrong) != 0) {
    free(block);
    return;
  }
  free(block);
}

CASE(free_list_with_same_node_twice) {
  char* list[3] = {malloc(8), malloc(8), NULL};
  if (wrong) list[2] = list[0];
  for (int i = 0; i < 3; ++i) free(list[i]);
}

CASE(free_twice_in_child) {
  char* block = malloc(24);
  const pid_t child = fork();
  if (child == 0) {
    free(block);
    if (wrong) free(hidden(block));
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  free(block);
  if (WIFSIGNALED(status)) abort();
}
