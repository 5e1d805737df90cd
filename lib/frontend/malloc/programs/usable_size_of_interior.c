// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char* block = malloc(100);
  printf("%p %p\n", (void*)(block + 16), (void*)block);
  fflush(stdout);
  return malloc_usable_size(block + 16) != 0;
}
