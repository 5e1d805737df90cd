// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

static char block[64];

int main(void) {
  void* volatile address = block;
  printf("%p\n", address);
  fflush(stdout);
  free(address);
}
