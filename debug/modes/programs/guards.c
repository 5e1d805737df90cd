/* SPDX-License-Identifier: MIT
 * Prints the guard bytes behind a block. */
#include "ask.h"

int main(void) {
  volatile unsigned char* block = malloc(32);
  for (int i = 32; i < 48; ++i) printf("%02x", block[i]);
  puts("");
  free((void*)block);
}
