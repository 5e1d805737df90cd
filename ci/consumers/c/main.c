/* SPDX-License-Identifier: MIT
 * A C program as a user of the installed library writes it: the interface works, and malloc is the
 * library's. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arenite/arenite.h>

static int failures;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                             \
    }                                                                         \
  } while (0)

int main(void) {
  int on_the_stack = 0;
  char* block = arn_malloc(100);
  CHECK(block != NULL);
  if (block == NULL) return 1;
  memset(block, 'a', 100);
  CHECK((uintptr_t)block % 16 == 0);
  CHECK(arn_usable_size(block) >= 100);
  CHECK(arn_owns(block) == 1);
  CHECK(arn_owns(&on_the_stack) == 0);
  CHECK(arn_owns(NULL) == 0);

  block = arn_realloc(block, 100000);
  CHECK(block != NULL && block[0] == 'a' && block[99] == 'a');
  arn_free(block);

  /* Read through a volatile size, so that the compiler cannot do without the call. */
  volatile size_t size = 64;
  void* from_malloc = malloc(size);
  CHECK(from_malloc != NULL && arn_owns(from_malloc) == 1);
  arn_free(from_malloc);
  void* to_free = arn_malloc(size);
  free(to_free);

  arn_heap* heap = arn_heap_create(0);
  CHECK(heap != NULL);
  if (heap != NULL) {
    void* inside = arn_heap_malloc(heap, 200);
    CHECK(inside != NULL && arn_heap_owns(heap, inside) == 1);
    CHECK(arn_heap_owns(heap, &on_the_stack) == 0);
    CHECK(arn_heap_audit(heap, 2) == 0);
    arn_heap_destroy(heap);
  }

  CHECK(arn_audit(2) == 0);
  return failures == 0 ? 0 : 1;
}
