// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char* span = malloc(1 << 20);
  printf("%p\n", (void*)(span + (1 << 16)));
  fflush(stdout);
  free(span + (1 << 16));
}
