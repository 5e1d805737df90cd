// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  void* volatile block = malloc(100);
  printf("%p\n", block);
  fflush(stdout);
  free(block);
  free(block);
  malloc_trim(0);
}
