// SPDX-License-Identifier: MIT
// Threads with the smallest stack there may be take every way through the allocator.
#include <limits.h>
#include <malloc.h>
#include <pthread.h>

#include "program.h"

static void* live(void* argument) {
  for (int i = 0; i < 100; ++i) {
    use_malloc();
    void* block = malloc(100);
    for (size_t size = 200; size < 1000000; size *= 3) {
      block = realloc(block, size);
      CHECK(block != NULL);
    }
    free(block);
  }
  void* aligned = NULL;
  CHECK(posix_memalign(&aligned, 1 << 20, 100) == 0 && is_ours(aligned));
  free(aligned);
  malloc_trim(0);
  return argument;
}

int main(void) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK(pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) == 0);
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    CHECK(pthread_create(&thread, &attributes, live, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
  }
  puts("done");
}
