// SPDX-License-Identifier: MIT
// Uses every byte that malloc_usable_size grants.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "sum.h"

static void fill(char* block, size_t asked) {
  const size_t usable = malloc_usable_size(block);
  memset(block, 0x5a, usable);
  add(usable >= asked);
  add(usable == 0 || block[usable - 1] == 0x5a);
}

int main(void) {
  add(malloc_usable_size(NULL));
  for (size_t bytes = 0; bytes < 20000; bytes += 1 + bytes / 50) {
    char* block = malloc(bytes);
    fill(block, bytes);
    block = realloc(block, bytes + 13);
    fill(block, bytes + 13);
    free(block);
    block = calloc(bytes, 3);
    add_bytes(block, bytes < 100 ? bytes * 3 : 0);
    fill(block, bytes * 3);
    free(block);
    if (posix_memalign((void**)&block, 64, bytes + 1) != 0) return 2;
    fill(block, bytes + 1);
    free(block);
  }
  char* large = malloc(5000001);
  fill(large, 5000001);
  free(large);
  return print_sum();
}
