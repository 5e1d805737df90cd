// SPDX-License-Identifier: MIT
// Blocks that grow to 64 MiB and shrink again, a little and a lot at a time.
#include <stdlib.h>
#include <string.h>

#include "sum.h"

static char* resize(char* block, size_t from, size_t to) {
  block = realloc(block, to);
  if (block == NULL) abort();
  if (to > from) memset(block + from, (int)(to % 253), to - from);
  add((unsigned char)block[(from < to ? from : to) - 1]);
  add((unsigned char)block[to - 1]);
  return block;
}

int main(void) {
  size_t bytes = 1;
  char* block = malloc(bytes);
  block[0] = 'a';
  for (; bytes < (size_t)64 << 20; bytes += bytes) block = resize(block, bytes, bytes * 2);
  for (; bytes > 100; bytes = bytes / 3 + 1) block = resize(block, bytes, bytes / 3 + 1);
  for (; bytes < 3000; bytes += 7) block = resize(block, bytes, bytes + 7);
  for (; bytes < 2000000; bytes += 4096) block = resize(block, bytes, bytes + 4096);
  free(block);
  char* blocks[50];
  for (size_t i = 0; i < 50; ++i) blocks[i] = calloc(1, 1 + i);
  for (size_t round = 1; round < 40; ++round)
    for (size_t i = 0; i < 50; ++i)
      blocks[i] = resize(blocks[i], 1 + i + (round - 1) * 31, 1 + i + round * 31);
  for (size_t i = 0; i < 50; ++i) {
    add_bytes(blocks[i], 1 + i);
    free(blocks[i]);
  }
  return print_sum();
}
