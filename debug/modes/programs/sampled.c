/* SPDX-License-Identifier: MIT
 * sampled HOW ROUNDS LIVE: allocates in rounds of LIVE blocks at once, gives them back. `count`
 * prints how many of all were sampled, `after_free` reads each block after it was freed. */
#include <fcntl.h>

#include "ask.h"

int main(int argc, char** argv) {
  enum { kMost = 5000 };
  static char* blocks[kMost];
  const int rounds = atoi(argv[2]), live = atoi(argv[3]);
  const int null = open("/dev/null", O_WRONLY);
  long sampled = 0;
  volatile char sum = 0;
  CHECK(live <= kMost && null >= 0);
  for (int i = 0; i < rounds; ++i) {
    for (int k = 0; k < live; ++k) blocks[k] = malloc(20 + k % 100);
    for (int k = 0; is(argv[1], "count") && k < live; ++k)
      sampled += arn_describe(blocks[k], null) == 1;
    for (int k = 0; k < live; ++k) free(blocks[k]);
    for (int k = 0; is(argv[1], "after_free") && k < live; ++k) sum += blocks[k][7];
  }
  printf("%ld", sampled);
}
