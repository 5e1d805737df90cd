/* SPDX-License-Identifier: MIT
 * Of requests one by one to grow a block, all but the first are to fail: the block stays as it was.
 */
#include "ask.h"

int main(void) {
  char* block = malloc(1000);
  CHECK(block != NULL);
  memset(block, 0x5A, 1000);
  errno = 0;
  CHECK(realloc(block, 100000) == NULL && errno == ENOMEM);
  for (int i = 0; i < 1000; ++i) CHECK(block[i] == 0x5A);
  free(block);
  write(STDOUT_FILENO, "kept", 4);
}
