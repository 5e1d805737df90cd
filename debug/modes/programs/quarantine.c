/* SPDX-License-Identifier: MIT
 * How many allocations after a free its address comes back, 0 if within none of many; and how much
 * memory it takes to free blocks of 100 bytes, as many as the argument says, and 100 MB in large
 * ones. With `large` and a number: allocates and frees so many blocks of 100 MB. */
#include <sys/resource.h>

#include "ask.h"

static int until_reused(size_t size, int most) {
  void* const freed = malloc(size);
  void* volatile next = freed;
  free(freed);
  for (int i = 1; i <= most; ++i) {
    next = malloc(size);
    if (next == freed) return i;
    free(next);
  }
  return 0;
}

static long peak_mb(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

int main(int argc, char** argv) {
  if (argc > 2 && is(argv[1], "large")) {
    for (long i = 0; i < atol(argv[2]); ++i) {
      void* volatile block = malloc(100000000);
      CHECK(block != NULL);
      free(block);
    }
    return 0;
  }
  const long blocks = argc > 1 ? atol(argv[1]) : 1000000;
  printf("reused %d, large %d\n", until_reused(100, 1000), until_reused(300000, 2));
  const long before = peak_mb();
  for (long i = 0; i < blocks; ++i) free(malloc(100));
  for (int i = 0; i < 400; ++i) {
    char* block = malloc(250000);
    memset(block, 1, 250000);
    free(block);
  }
  printf("grew %ld MB\n", peak_mb() - before);
}
