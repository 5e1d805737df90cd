// SPDX-License-Identifier: MIT
// Allocates in each of 10,000 frames, and frees on the way back; on the main stack and on a small
// one.
#include <pthread.h>
#include <stdlib.h>

#include "sum.h"

static uint64_t go_down(int depth) {
  char* block = malloc((size_t)(1 + depth % 300));
  block[0] = (char)depth;
  uint64_t below = 0;
  if (depth > 0) below = go_down(depth - 1);
  below = below * 31 + (unsigned char)block[0];
  free(block);
  return below;
}

static void* on_small_stack(void* unused) {
  (void)unused;
  add(go_down(100));
  return NULL;
}

int main(void) {
  add(go_down(10000));
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &small, on_small_stack, NULL) != 0) return 2;
    pthread_join(thread, NULL);
  }
  pthread_attr_destroy(&small);
  return print_sum();
}
