/* SPDX-License-Identifier: MIT
 * Moves a block up and down across sizes; what it holds goes along. */
#include "ask.h"

int main(void) {
  size_t size = 50;
  unsigned char* block = malloc(size);
  memset(block, 0x5A, size);
  static const size_t sizes[] = {150, 250, 150, 50, 250, 5000, 100, 300000, 50};
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    block = realloc(block, sizes[i]);
    const size_t kept = size < sizes[i] ? size : sizes[i];
    for (size_t k = 0; k < kept && k < 50; ++k) CHECK(block[k] == 0x5A);
    printf("%d", serial_of(block) != 0);
    size = sizes[i];
  }
  free(block);
  puts("");
}
