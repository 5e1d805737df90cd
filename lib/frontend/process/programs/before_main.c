// SPDX-License-Identifier: MIT
// Allocates before any constructor has run, in the earliest one, and in a late one; main finds it
// all.
#include "program.h"

enum { kEach = 1000 };
static unsigned char* early[3][kEach];

static void fill(int which) {
  for (size_t i = 0; i < kEach; ++i) early[which][i] = filled(1 + i * 7);
}

static void preinitialise(void) {
  fill(0);
}
__attribute__((section(".preinit_array"), used)) static void (*preinit)(void) = preinitialise;

__attribute__((constructor(101))) static void construct_early(void) {
  fill(1);
}
__attribute__((constructor)) static void construct(void) {
  fill(2);
}

int main(void) {
  for (int which = 0; which < 3; ++which)
    for (size_t i = 0; i < kEach; ++i) {
      CHECK(is_filled(early[which][i], 1 + i * 7));
      free(early[which][i]);
    }
  puts("done");
}
