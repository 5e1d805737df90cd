// SPDX-License-Identifier: MIT
// 200,000 blocks that live at a time.
#include <stdlib.h>
#include <string.h>

#include "sum.h"

enum { kBlocks = 200000 };

static unsigned char* blocks[kBlocks];

static size_t bytes_of(uint32_t i) {
  return 1 + i * 2654435761u % 300;
}

int main(void) {
  for (uint32_t i = 0; i < kBlocks; ++i) {
    blocks[i] = malloc(bytes_of(i));
    memset(blocks[i], (int)(i % 256), bytes_of(i));
  }
  for (uint32_t i = 0; i < kBlocks; i += 2) {
    add_bytes(blocks[i], bytes_of(i));
    free(blocks[i]);
  }
  for (uint32_t i = 0; i < kBlocks; i += 2) blocks[i] = calloc(1, bytes_of(i));
  for (uint32_t i = 0; i < kBlocks; ++i) {
    add(blocks[i][bytes_of(i) - 1]);
    free(blocks[i]);
  }
  return print_sum();
}
