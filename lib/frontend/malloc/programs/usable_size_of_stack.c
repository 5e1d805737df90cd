// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <stdio.h>

int main(void) {
  char block[64];
  void* volatile address = block;
  printf("%p\n", address);
  fflush(stdout);
  return malloc_usable_size(address) != 0;
}
