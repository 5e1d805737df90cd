/* SPDX-License-Identifier: MIT
 * Has a few blocks, says so, and waits to be ended. */
#include <stdlib.h>
#include <unistd.h>

void* blocks[16];

int main(void) {
  for (int i = 0; i < 16; ++i) blocks[i] = malloc(100);
  free(blocks[3]);
  if (write(STDOUT_FILENO, "r", 1) != 1) return 1;
  for (;;) pause();
}
