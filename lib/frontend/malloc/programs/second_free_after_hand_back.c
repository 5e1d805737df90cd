// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  // Keeps the pool in use.
  void* volatile neighbour = malloc(100);
  void* volatile block = malloc(100);
  printf("%p\n", block);
  fflush(stdout);
  free(block);
  malloc_trim(0);
  free(block);
  malloc_trim(0);
  free(neighbour);
}
