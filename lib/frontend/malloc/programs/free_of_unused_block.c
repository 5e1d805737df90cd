// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  // The last block of a pool that was only just begun.
  char* block = malloc(4096);
  char* volatile last = block - (uintptr_t)block % 65536 + 15 * 4096;
  printf("%p\n", (void*)last);
  fflush(stdout);
  free(last);
  malloc_trim(0);
}
