/* SPDX-License-Identifier: MIT
 * damage SIZE OFFSET...: a block of SIZE bytes for each OFFSET, with a byte changed there, all
 * given back. */
#include "ask.h"

int main(int argc, char** argv) {
  const size_t size = strtoul(argv[1], NULL, 10);
  for (int i = 2; i < argc; ++i) {
    char* block = malloc(size);
    write_at(block, strtol(argv[i], NULL, 10));
    free(block);
  }
  puts("went on");
}
