/* SPDX-License-Identifier: MIT
 * Ten blocks; says each one's serial (0: not guarded), gives all back. */
#include "ask.h"

int main(void) {
  void* blocks[10];
  for (int i = 0; i < 10; ++i) blocks[i] = malloc(10 + i * 10);
  unsigned long serials[10];
  for (int i = 0; i < 10; ++i) serials[i] = serial_of(blocks[i]);
  for (int i = 0; i < 10; ++i) free(blocks[i]);
  for (int i = 0; i < 10; ++i) printf("%lu ", serials[i]);
  puts("");
}
