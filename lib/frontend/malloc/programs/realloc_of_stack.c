// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char block[64];
  void* volatile address = block;
  printf("%p\n", address);
  fflush(stdout);
  return realloc(address, 100) != NULL;
}
