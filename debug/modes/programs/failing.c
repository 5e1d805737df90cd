/* SPDX-License-Identifier: MIT
 * failing: which of 40 requests of growing size fail, as a string of digits; all ways to ask. */
#include "ask.h"

static void* ask(int i) {
  const size_t size = 10 + i;
  void* block = NULL;
  switch (i % 4) {
    case 0:
      return malloc(size);
    case 1:
      return calloc(size, 1);
    case 2:
      return realloc(NULL, size);
    default:
      return posix_memalign(&block, 64, size) == 0 ? block : NULL;
  }
}

int main(void) {
  char text[41] = "";
  void* blocks[40];
  for (int i = 0; i < 40; ++i) {
    errno = 0;
    blocks[i] = ask(i);
    text[i] = blocks[i] == NULL ? '1' : '0';
    CHECK(blocks[i] != NULL || i % 4 == 3 || errno == ENOMEM);
    if (blocks[i] != NULL) memset(blocks[i], 0x77, 10 + i);
  }
  for (int i = 0; i < 40; ++i) free(blocks[i]);
  write(STDOUT_FILENO, text, 40);
}
