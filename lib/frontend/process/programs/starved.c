// SPDX-License-Identifier: MIT
// Run where not even the least heap can be had: each request fails as it should, nothing crashes.
#include <errno.h>
#include <malloc.h>

#include "program.h"

#define CHECK_NO_MEMORY(request)                 \
  do {                                           \
    errno = 0;                                   \
    CHECK((request) == NULL && errno == ENOMEM); \
  } while (0)

int main(void) {
  CHECK_NO_MEMORY(malloc(1));
  CHECK_NO_MEMORY(malloc(0));
  CHECK_NO_MEMORY(malloc(100000));
  CHECK_NO_MEMORY(calloc(10, 10));
  CHECK_NO_MEMORY(calloc(1000, 1000));
  CHECK_NO_MEMORY(realloc(NULL, 100));
  CHECK_NO_MEMORY(reallocarray(NULL, 10, 10));
  CHECK_NO_MEMORY(aligned_alloc(64, 64));
  CHECK_NO_MEMORY(memalign(64, 64));
  CHECK_NO_MEMORY(valloc(64));
  CHECK_NO_MEMORY(strdup("text"));
  void* block = NULL;
  CHECK(posix_memalign(&block, 64, 64) == ENOMEM && block == NULL);
  free(NULL);
  CHECK(malloc_usable_size(NULL) == 0);
  CHECK(malloc_trim(0) == 0);
  CHECK(mallinfo2().uordblks == 0);
  const pid_t child = fork();
  if (child == 0) _exit(malloc(1) != NULL);
  CHECK(child > 0);
  // Buffered output does without a buffer.
  puts("done");
}
