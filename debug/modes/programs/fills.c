/* SPDX-License-Identifier: MIT
 * Prints what the first, middle and last byte of a new block and of a freed one are. */
#include "ask.h"

static void print(const char* what, const volatile unsigned char* block) {
  printf("%s %02x%02x%02x\n", what, block[0], block[50], block[99]);
}

int main(void) {
  unsigned char* block = malloc(100);
  print("fresh", block);
  memset(block, 0x11, 100);
  free(block);
  print("freed", block);
  unsigned char* zeroed = calloc(100, 1);
  print("zeroed", zeroed);
  free(zeroed);
}
