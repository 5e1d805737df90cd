// SPDX-License-Identifier: MIT
// Out of memory in the middle of a life: with RLIMIT_DATA the system refuses pages, not addresses.
#include <errno.h>
#include <sys/resource.h>

#include "program.h"

enum { kBlocks = 4000 };
static unsigned char* blocks[kBlocks];

static int exhaust(size_t size) {
  int count = 0;
  errno = 0;
  while (count < kBlocks && (blocks[count] = malloc(size)) != NULL) {
    memset(blocks[count], (int)(size % 251), size);
    ++count;
  }
  CHECK(count < kBlocks && errno == ENOMEM);
  return count;
}

static void give_back(int count, size_t size) {
  for (int i = 0; i < count; ++i) {
    CHECK(is_filled(blocks[i], size));
    free(blocks[i]);
  }
}

int main(void) {
  static const size_t sizes[] = {32000, 200000, 3000000};
  unsigned char* before = filled(5000);
  const struct rlimit limit = {100 << 20, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
  CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 3; ++i) {
      const int count = exhaust(sizes[i]);
      CHECK((size_t)count * sizes[i] > 50 << 20);
      errno = 0;
      CHECK(realloc(blocks[0], (size_t)1 << 30) == NULL && errno == ENOMEM);
      CHECK(is_filled(blocks[0], sizes[i]));
      give_back(count, sizes[i]);
    }
  CHECK(is_filled(before, 5000));
  CHECK(setrlimit(RLIMIT_DATA, &none) == 0);
  unsigned char* large = filled(200 << 20);
  free(large);
  free(before);
  use_malloc();
  puts("done");
}
