// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char* block = malloc(100);
  printf("%p %p\n", (void*)(block + 16), (void*)block);
  fflush(stdout);
  free(block + 16);
}
