// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  // A pool of 65536 bytes holds 1365 blocks of 48 bytes and a rest of 16.
  char* block = malloc(48);
  char* volatile behind = block - (uintptr_t)block % 65536 + 1365 * 48;
  printf("%p\n", (void*)behind);
  fflush(stdout);
  free(behind);
  malloc_trim(0);
}
