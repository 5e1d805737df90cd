// SPDX-License-Identifier: MIT
// Allocates and frees in atexit handlers and in destructors, the last of which runs after Arenite's
// own would: a library's destructors may run before those of what was loaded after it.
#include "program.h"

static unsigned char* kept[4];

static void take_and_give(int which) {
  use_malloc();
  CHECK(is_filled(kept[which], 1000));
  free(kept[which]);
  kept[which] = realloc(NULL, 50000);
  CHECK(kept[which] != NULL && is_ours(kept[which]));
}

static void at_exit(void) {
  take_and_give(0);
}
__attribute__((destructor)) static void destruct(void) {
  take_and_give(1);
}
__attribute__((destructor(101))) static void destruct_late(void) {
  take_and_give(2);
}
static void finalise(void) {
  take_and_give(3);
  static const char done[] = "done\n";
  CHECK(write(STDOUT_FILENO, done, sizeof done - 1) == sizeof done - 1);
}
__attribute__((section(".fini_array"), used)) static void (*fini)(void) = finalise;

int main(void) {
  for (int i = 0; i < 4; ++i) kept[i] = filled(1000);
  atexit(at_exit);
}
