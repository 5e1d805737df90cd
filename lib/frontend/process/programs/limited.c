// SPDX-License-Identifier: MIT
// Run under a limit of address space: takes all there is, in blocks of several sizes, gets null and
// ENOMEM, gives it back and goes on; more threads than may be had at once. Then Arenite's
// statistics.
#include <errno.h>
#include <pthread.h>

#include "program.h"

struct taken {
  struct taken* next;
};

/* Takes blocks until there are no more, writes into each; the bytes that were had. */
static size_t exhaust(size_t size) {
  struct taken* all = NULL;
  size_t bytes = 0;
  for (;;) {
    errno = 0;
    struct taken* block = malloc(size);
    if (block == NULL) break;
    memset(block, 1, size < 4096 ? size : 4096);
    block->next = all;
    all = block;
    bytes += size;
  }
  const int error = errno;
  errno = 0;
  CHECK(calloc(1, size) == NULL && errno == ENOMEM);
  if (all != NULL) {
    errno = 0;
    CHECK(realloc(all, (size_t)1 << 31) == NULL && errno == ENOMEM);
  }
  while (all != NULL) {
    struct taken* next = all->next;
    free(all);
    all = next;
  }
  CHECK(error == ENOMEM);
  return bytes;
}

static pthread_barrier_t all_there;

static void* live(void* argument) {
  unsigned char* block = filled(100);
  pthread_barrier_wait(&all_there);
  CHECK(is_filled(block, 100));
  free(block);
  return argument;
}

static void run_threads(unsigned count) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK(pthread_attr_setstacksize(&attributes, 32 << 10) == 0);
  pthread_barrier_init(&all_there, NULL, count);
  pthread_t* threads = calloc(count, sizeof *threads);
  for (unsigned i = 0; i < count; ++i)
    CHECK(pthread_create(&threads[i], &attributes, live, NULL) == 0);
  for (unsigned i = 0; i < count; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  free(threads);
}

int main(void) {
  static const size_t sizes[] = {64, 1000, 30000, 100000, 5 << 20};
  size_t had[2][5];
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 5; ++i) had[round][i] = exhaust(sizes[i]);
  for (int i = 0; i < 5; ++i) {
    dprintf(STDERR_FILENO, "blocks of %zu: %zu bytes, then %zu\n", sizes[i], had[0][i], had[1][i]);
    CHECK(had[0][i] > 10 << 20);
    // Nothing is lost by having been out of memory, but that other blocks may lie in the way of
    // one.
    CHECK(had[1][i] + sizes[i] >= had[0][i] - had[0][i] / 20);
  }
  run_threads(200);
  use_malloc();
  int (*statistics)(int, int);
  *(void**)&statistics = dlsym(RTLD_DEFAULT, "arn_statistics");
  if (statistics != NULL) CHECK(statistics(STDOUT_FILENO, 1) == 0);
}
