// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  void* volatile span = malloc(1 << 20);
  printf("%p\n", span);
  fflush(stdout);
  free(span);
  return realloc(span, 1 << 21) != NULL;
}
