// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  void* volatile address = (void*)UINTPTR_MAX;
  printf("%p\n", address);
  fflush(stdout);
  free(address);
}
