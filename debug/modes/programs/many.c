/* SPDX-License-Identifier: MIT
 * many BLOCKS SIZE: so many live blocks at once, filled, looked at, given back. Says how many there
 * were memory for. */
#include "ask.h"

int main(int argc, char** argv) {
  const size_t most = strtoul(argv[1], NULL, 10), size = strtoul(argv[2], NULL, 10);
  char** blocks = calloc(most, sizeof(char*));
  CHECK(blocks != NULL);
  size_t count = 0;
  for (; count < most && (blocks[count] = malloc(size)) != NULL; ++count)
    memset(blocks[count], (int)count, size);
  for (size_t i = 0; i < count; ++i)
    CHECK(blocks[i][0] == (char)i && blocks[i][size - 1] == (char)i);
  for (size_t i = 0; i < count; ++i) free(blocks[i]);
  printf("%zu", count);
}
